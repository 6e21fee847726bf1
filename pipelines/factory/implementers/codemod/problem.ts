import { err, type Problem } from "../../../../specs/mod.ts";

/** Why an operation could not be done. */
export type CodemodProblemCode =
  | "no-match"
  | "ambiguous"
  | "collision"
  | "in-use"
  | "exists"
  | "missing-file"
  | "not-utf8"
  | "too-large"
  | "unsupported-language"
  | "unsupported"
  | "grammar-unavailable"
  | "invalid"
  | "lockfile"
  | "unsafe-path"
  | "limit"
  | "breaks-syntax"
  | "breaks-references"
  | "cancelled";

export interface CodemodProblem extends Problem {
  code: CodemodProblemCode;
}

type Details = { path?: string; value?: string; remedy: string };

/** A failed result: what failed and why, the value given, and what to do next. */
export function fail(
  code: CodemodProblemCode,
  message: string,
  details: Details,
): { ok: false; error: CodemodProblem } {
  return err({ code, message, ...details });
}

/** At most this many places are written out in a message; the rest is counted. */
const SHOWN = 8;

/** `a, b, c and 12 more`. */
export function enumerate(items: readonly string[], shown = SHOWN): string {
  if (items.length <= shown) return items.join(", ");
  return `${items.slice(0, shown).join(", ")} and ${items.length - shown} more`;
}

/** What an exception says. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
