/** Whether a path with forward slashes is covered by a glob. */
export type PathMatcher = (path: string) => boolean;

const maxAlternatives = 1_000;

/** Globs that were compiled before: the same few are asked for every path. */
const compiled = new Map<string, PathMatcher>();

/**
 * Compiles a glob over paths: `*` and `?` stay inside a segment, `**` as a whole segment crosses any number of them, `[a-z]` and
 * `[!a]` are sets, `{a,b}` alternatives. Dot files match like others and everything else is a letter. Matching takes
 * time in proportion to pattern times path, whatever they hold: globs come from specs that strangers may write.
 */
export function pathGlob(glob: string): PathMatcher {
  let matcher = compiled.get(glob);
  if (matcher === undefined) {
    if (compiled.size >= 2_000) compiled.clear();
    const alternatives = expandBraces(glob.replace(/^\.\//, ""));
    // Too many alternatives cover nothing: a glob that is not understood must not open anything.
    const patterns = (alternatives ?? []).map((one) => one.split("/"));
    matcher = (path) => {
      const parts = path.split("/");
      return patterns.some((pattern) => matchSegments(pattern, parts));
    };
    compiled.set(glob, matcher);
  }
  return matcher;
}

/** Greedy, coming back only to the last `**`: what stands before it has matched for good. */
function matchSegments(pattern: readonly string[], parts: readonly string[]): boolean {
  let [at, part, star, resume] = [0, 0, -1, 0];
  while (part < parts.length) {
    if (pattern[at] === "**") {
      star = at++;
      resume = part;
    } else if (at < pattern.length && matchSegment(pattern[at] ?? "", parts[part] ?? "")) {
      at++;
      part++;
    } else if (star >= 0) {
      at = star + 1;
      part = ++resume;
    } else return false;
  }
  while (pattern[at] === "**") at++;
  return at === pattern.length;
}

function matchSegment(pattern: string, text: string): boolean {
  let [at, letter, star, resume] = [0, 0, -1, 0];
  while (letter < text.length) {
    if (pattern.charAt(at) === "*") {
      star = at++;
      resume = letter;
      continue;
    }
    const length = at < pattern.length ? matchOne(pattern, at, text.charAt(letter)) : 0;
    if (length > 0) {
      at += length;
      letter++;
    } else if (star >= 0) {
      at = star + 1;
      letter = ++resume;
    } else return false;
  }
  while (pattern.charAt(at) === "*") at++;
  return at === pattern.length;
}

/** How long the piece of pattern is that this letter matches; 0 when it does not. */
function matchOne(pattern: string, at: number, letter: string): number {
  const sign = pattern.charAt(at);
  if (sign === "?") return 1;
  if (sign !== "[") return sign === letter ? 1 : 0;
  const close = pattern.indexOf("]", at + 2);
  if (close < 0) return sign === letter ? 1 : 0;
  let set = pattern.slice(at + 1, close);
  const negated = /^[!^]/.test(set);
  if (negated) set = set.slice(1);
  let found = false;
  for (let index = 0; index < set.length; index++) {
    const isRange = set.charAt(index + 1) === "-" && index + 2 < set.length;
    const end = isRange ? set.charAt(index + 2) : set.charAt(index);
    if (letter >= set.charAt(index) && letter <= end) found = true;
    if (isRange) index += 2;
  }
  return found !== negated ? close - at + 1 : 0;
}

/** All alternatives of `{a,b}`, nested ones too; null when there are too many. A brace without its match is a letter. */
function expandBraces(glob: string): string[] | null {
  const finished: string[] = [];
  const waiting = [{ text: glob, from: 0 }];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (finished.length + waiting.length > maxAlternatives) return null;
    const open = one.text.indexOf("{", one.from);
    const options = open < 0 ? null : bracesAt(one.text, open);
    if (open < 0) finished.push(one.text);
    else if (options === null) waiting.push({ text: one.text, from: open + 1 });
    else {
      const [head, tail] = [one.text.slice(0, open), one.text.slice(options.end + 1)];
      for (const option of options.parts) {
        waiting.push({ text: `${head}${option}${tail}`, from: head.length });
      }
    }
  }
  return finished;
}

function bracesAt(text: string, open: number): { parts: string[]; end: number } | null {
  const parts: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === "{") depth++;
    else if (letter === "}" && --depth === 0) {
      parts.push(text.slice(start, at));
      return parts.length > 1 ? { parts, end: at } : null;
    } else if (letter === "," && depth === 1) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return null;
}
