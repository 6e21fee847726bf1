/**
 * Globs of a spec, matched in time O(pattern x path) whatever they hold: both come from outside, and a backtracking
 * expression would let one hang the judge. Understood are `**`, `*`, `?`, `[abc]`, `[!a-z]` and `{a,b}`; everything else is
 * itself. Dot files match like any other.
 */
export type Glob = (path: string) => boolean;

/** One step of a compiled pattern. */
export type Item =
  | { kind: "char"; char: string }
  | { kind: "any" } // ?
  | { kind: "star" } // *
  | { kind: "deep" } // ** between slashes, or at an end
  | { kind: "set"; negated: boolean; ranges: [string, string][] };

const MAX_ALTERNATIVES = 1000;

/** Compiles a glob, or says why it is none. */
export function compileGlob(glob: string): { ok: true; glob: Glob } | { ok: false; problem: string } {
  const compiled = globPrograms(glob);
  if (!compiled.ok) return compiled;
  const { programs } = compiled;
  return { ok: true, glob: (path) => programs.some((program) => matches(program, path)) };
}

/** The patterns that a glob stands for, its braces expanded, or why it is none. */
export function globPrograms(
  glob: string,
): { ok: true; programs: readonly (readonly Item[])[] } | { ok: false; problem: string } {
  const refuse = (problem: string) => ({ ok: false as const, problem });
  if (glob.startsWith("/") || /^[A-Za-z]:/.test(glob)) return refuse("it is absolute");
  if (glob.split("/").includes("..")) return refuse("it leaves the repository by '..'");
  if (glob.startsWith("!")) return refuse("a scope cannot be negated");
  if (/[@+?*!]\(/.test(glob)) return refuse("extended patterns such as '+(a|b)' are not understood");
  const plain = glob.startsWith("./") ? glob.slice(2) : glob;
  const expanded = expandBraces(plain);
  if (expanded === null) {
    return refuse(`its braces do not close, or give more than ${MAX_ALTERNATIVES} patterns`);
  }
  const programs: Item[][] = [];
  for (const one of expanded) {
    // A directory names everything in it.
    const program = parse(one.endsWith("/") ? `${one}**` : one);
    if (program === null) return refuse("a '[' does not close");
    programs.push(program);
  }
  return { ok: true, programs };
}

/** True when the glob is one path and nothing more. */
export function isExactPath(glob: string): boolean {
  return !/[*?[\]{}]/.test(glob) && !glob.endsWith("/");
}

function expandBraces(glob: string): string[] | null {
  let patterns = [""];
  let at = 0;
  while (at < glob.length) {
    const char = glob[at] ?? "";
    if (char === "[") {
      const end = glob.indexOf("]", at + 2);
      const piece = end < 0 ? glob.slice(at) : glob.slice(at, end + 1);
      patterns = patterns.map((pattern) => pattern + piece);
      at += piece.length;
      continue;
    }
    if (char !== "{") {
      patterns = patterns.map((pattern) => pattern + char);
      at++;
      continue;
    }
    const parts = splitBrace(glob, at);
    if (parts === null) return null;
    const options: string[] = [];
    for (const option of parts.options) {
      const inner = expandBraces(option);
      if (inner === null) return null;
      options.push(...inner);
    }
    if (patterns.length * options.length > MAX_ALTERNATIVES) return null;
    patterns = patterns.flatMap((pattern) => options.map((option) => pattern + option));
    at = parts.end;
  }
  return patterns;
}

function splitBrace(glob: string, start: number): { options: string[]; end: number } | null {
  const options: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < glob.length; at++) {
    const char = glob[at];
    if (char === "{") {
      if (++depth > 10) return null;
    } else if (char === "}") {
      if (--depth === 0) {
        options.push(glob.slice(from, at));
        return { options, end: at + 1 };
      }
    } else if (char === "," && depth === 1) {
      options.push(glob.slice(from, at));
      from = at + 1;
    }
  }
  return null;
}

function parse(glob: string): Item[] | null {
  const items: Item[] = [];
  const chars = [...glob];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? "";
    if (char === "?") items.push({ kind: "any" });
    else if (char === "[") {
      const set = parseSet(chars, at);
      if (set === null) return null;
      items.push(set.item);
      at = set.end;
    } else if (char === "*") {
      let end = at;
      while (chars[end + 1] === "*") end++;
      const before = at === 0 || chars[at - 1] === "/";
      const after = end === chars.length - 1 || chars[end + 1] === "/";
      if (end === at + 1 && before && after) {
        // `a/**/b` also matches `a/b`: the slash behind belongs to the stars.
        items.push({ kind: "deep" });
        at = chars[end + 1] === "/" ? end + 1 : end;
      } else {
        items.push({ kind: "star" });
        at = end;
      }
    } else items.push({ kind: "char", char });
  }
  return items;
}

function parseSet(chars: string[], start: number): { item: Item; end: number } | null {
  let at = start + 1;
  const negated = chars[at] === "!" || chars[at] === "^";
  if (negated) at++;
  const ranges: [string, string][] = [];
  for (let first = true; at < chars.length; first = false) {
    const char = chars[at] ?? "";
    if (char === "]" && !first) return { item: { kind: "set", negated, ranges }, end: at };
    const to = chars[at + 2];
    if (chars[at + 1] === "-" && to !== undefined && to !== "]") {
      ranges.push([char, to]);
      at += 3;
    } else {
      ranges.push([char, char]);
      at++;
    }
  }
  return null;
}

/** All positions of the program at once, one step a character: no backtracking. */
function matches(program: readonly Item[], path: string): boolean {
  const chars = [...path];
  const size = program.length;
  let states = new Uint8Array(size + 1);
  const close = (set: Uint8Array, start: boolean) => {
    for (let at = 0; at < size; at++) {
      const item = program[at];
      if (set[at] && (item?.kind === "star" || (item?.kind === "deep" && start))) set[at + 1] = 1;
    }
  };
  states[0] = 1;
  close(states, true);
  for (const [index, char] of chars.entries()) {
    const next = new Uint8Array(size + 1);
    let alive = false;
    for (let at = 0; at < size; at++) {
      if (!states[at]) continue;
      const item = program[at];
      if (item === undefined) continue;
      if (item.kind === "deep") next[at] = 1;
      else if (item.kind === "star") {
        if (char !== "/") next[at] = 1;
      } else if (accepts(item, char)) next[at + 1] = 1;
    }
    // `**` steps on only at the start of a part of the path, or at its end when nothing follows it.
    close(next, char === "/" || (index === chars.length - 1 && program.at(-1)?.kind === "deep"));
    for (const flag of next) alive ||= flag === 1;
    if (!alive) return false;
    states = next;
  }
  return states[size] === 1;
}

/** Whether a step that takes one character takes this one. */
export function accepts(item: Item, char: string): boolean {
  switch (item.kind) {
    case "char":
      return item.char === char;
    case "any":
      return char !== "/";
    case "set":
      return char !== "/" && item.ranges.some(([from, to]) => from <= char && char <= to) !== item.negated;
    case "star":
    case "deep":
      return false;
  }
}
