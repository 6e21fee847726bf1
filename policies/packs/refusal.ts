import { err, type Problem, type Result } from "../../specs/mod.ts";

/** A named reason why a pack is not taken. */
export function refusal(
  code: `pack-${string}`,
  message: string,
  remedy: string,
  more: { path?: string; value?: string } = {},
): Problem {
  return { code, message, remedy, ...more };
}

export const refuse = <T>(...given: Parameters<typeof refusal>): Result<T, Problem> => err(refusal(...given));
