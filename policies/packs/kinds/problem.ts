import type { Problem } from "../../../specs/mod.ts";
import { err } from "../../../specs/mod.ts";

/** A rule that cannot load: what is wrong with its body, and what to do. */
export function cannotCompile(
  what: string,
  remedy: string,
  value?: string,
): { ok: false; error: Problem } {
  return err({
    code: "rule-body",
    message: what.slice(0, 1000),
    remedy,
    ...(value === undefined ? {} : { value: value.slice(0, 200) }),
  });
}

export const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]?.slice(0, 300) ?? "unknown";
