import type { TestProbe } from "../../../specs/mod.ts";

/** What a program knows of its own start, and of who called it. */
const STARTED =
  /\bos\.Args\b|\bprocess\.argv\b|\bDeno\.(?:args|mainModule)\b|\bsys\.(?:argv|orig_argv)\b|\benv::args\b/;
const CALLED = /\bnew\s+Error\([^)]{0,80}\)\s*\??\.\s*stack\b|\bextract_stack\b|\bruntime\.Callers?\b/;
/** A string that names a file or a program of tests; `test` alone may be a command or an option. */
const FILE =
  /["'`][^"'`\n]{0,80}(?:[./_\\](?:tests?|specs?|checks?)\b|\b(?:tests?|specs?|checks?)[./_\\])[^"'`\n]{0,80}["'`]/i;
/** In a call stack every such word is the name of a file or a function. */
const WORD = /["'`](?:[^"'`\n]{0,80}\W)?(?:tests?|specs?|checks?)(?:\W[^"'`\n]{0,80})?["'`]/i;
/** How many lines may lie between the two. */
const NEAR = 12;
const MAX_LINE = 2000;

/** Lines that look for the name of a test in what a program knows of its start: the two need not stand on one line. */
export function namedTests(
  lines: readonly string[],
  isNew: (line: number) => boolean,
): Omit<TestProbe, "path">[] {
  const fresh = lines.flatMap((line, at) => isNew(at + 1) ? [{ line: line.slice(0, MAX_LINE), at }] : []);
  const near = (asks: RegExp, names: RegExp): number[] => {
    const places = fresh.filter(({ line }) => asks.test(line));
    return fresh.filter(({ line, at }) =>
      names.test(line) && places.some((one) => Math.abs(one.at - at) <= NEAR)
    )
      .map(({ at }) => at + 1);
  };
  return [...new Set([...near(STARTED, FILE), ...near(CALLED, WORD)])].slice(0, 5)
    .map((line) => ({ line, kind: "runner", text: "looks for a test in what it knows of its start" }));
}
