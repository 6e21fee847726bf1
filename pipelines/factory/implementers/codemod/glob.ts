import picomatch from "picomatch";
import type { Result } from "../../../../specs/mod.ts";
import { type CodemodProblem, fail } from "./problem.ts";

/** Wildcards turn into backtracking expressions: more than these could take forever on a crafted path. */
const MAX_STARS_PER_SEGMENT = 4;
const MAX_GLOBSTARS = 4;

/** A matcher for one or several globs; a plain path matches itself. Extended globs and negation are not understood. */
export function globs(
  patterns: string | readonly string[],
): Result<(path: string) => boolean, CodemodProblem> {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  const matchers: ((path: string) => boolean)[] = [];
  for (const pattern of list) {
    const segments = pattern.split("/");
    const tooMany = segments.filter((it) => it === "**").length > MAX_GLOBSTARS ||
      segments.some((it) => it !== "**" && (it.match(/\*/g)?.length ?? 0) > MAX_STARS_PER_SEGMENT) ||
      (pattern.match(/\{/g)?.length ?? 0) > 4;
    if (tooMany) {
      return fail("invalid", `The glob ${pattern} has too many wildcards`, {
        value: pattern,
        remedy:
          `use at most ${MAX_GLOBSTARS} "**", ${MAX_STARS_PER_SEGMENT} "*" in a segment and 4 "{", or list the files`,
      });
    }
    const match = picomatch(pattern, { dot: true, nonegate: true, noextglob: true });
    matchers.push((path) => path === pattern || match(path));
  }
  return { ok: true, value: (path) => matchers.some((match) => match(path)) };
}
