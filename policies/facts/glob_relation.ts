/**
 * How globs stand to one another: whether some path fits two of them, and whether one holds nothing beyond others. Both walk the
 * patterns side by side over a small alphabet (one character for each range that the patterns tell apart), so that the answer is
 * about all paths, not about those that exist today.
 */
import { accepts, globPrograms, type Item } from "./glob.ts";

/** More states than this are not looked at: the answer is then the careful one. */
const MOST_STATES = 20_000;

/** Whether a path could fit both lists of globs. True, too, when it cannot be told: what may overlap is not done at the same time. */
export function globsOverlap(one: readonly string[], other: readonly string[]): boolean {
  const first = machine(one);
  const second = machine(other);
  if (first === null || second === null) return true;
  const found = walk(first, second, (a, b) => a && b);
  return found !== "none";
}

/**
 * A path that fits `inner` and none of `outers`; null when there is none, so that `inner` lies within them. Where it cannot be told
 * the glob's own text is the answer: what may lie outside does.
 */
export function globBeyond(inner: string, outers: readonly string[]): string | null {
  const first = machine([inner]);
  const second = machine(outers);
  if (first === null || second === null) return inner;
  const found = walk(first, second, (a, b) => a && !b);
  return found === "none" ? null : found === "unknown" ? inner : found.path;
}

type Program = readonly Item[];

/** Patterns as one machine that is in many places at once. */
interface Machine {
  readonly programs: readonly Program[];
  readonly letters: ReadonlySet<string>;
}

function machine(globs: readonly string[]): Machine | null {
  const programs: Program[] = [];
  const letters = new Set<string>();
  for (const glob of globs) {
    const compiled = globPrograms(glob);
    if (!compiled.ok) return null;
    programs.push(...compiled.programs);
  }
  for (const item of programs.flat()) {
    if (item.kind === "char") letters.add(item.char);
    if (item.kind === "set") {
      for (const [from, to] of item.ranges) {
        letters.add(from);
        letters.add(to);
        letters.add(after(to));
      }
    }
  }
  return { programs, letters };
}

/** The next character: where a range ends, another kind of character begins. */
function after(char: string): string {
  return String.fromCodePoint(Math.min((char.codePointAt(0) ?? 0) + 1, 0x10ffff));
}

/** Places of all programs, a bit each, as text: the key of a state. */
type Places = readonly (readonly number[])[];

function closed(program: Program, at: ReadonlySet<number>, start: boolean): number[] {
  const places = new Set(at);
  for (let place = 0; place < program.length; place++) {
    const item = program[place];
    if (places.has(place) && (item?.kind === "star" || (item?.kind === "deep" && start))) {
      places.add(place + 1);
    }
  }
  return [...places].sort((a, b) => a - b);
}

function begin({ programs }: Machine): Places {
  return programs.map((program) => closed(program, new Set([0]), true));
}

function step({ programs }: Machine, places: Places, char: string): Places {
  return programs.map((program, index) => {
    const next = new Set<number>();
    for (const place of places[index] ?? []) {
      const item = program[place];
      if (item === undefined) continue;
      if (item.kind === "deep") next.add(place);
      else if (item.kind === "star") {
        if (char !== "/") next.add(place);
      } else if (accepts(item, char)) next.add(place + 1);
    }
    return closed(program, next, char === "/");
  });
}

function fits({ programs }: Machine, places: Places): boolean {
  return programs.some((program, index) => {
    const at = new Set(places[index]);
    const ends = program.at(-1)?.kind === "deep" ? closed(program, at, true) : [...at];
    return ends.includes(program.length);
  });
}

/** A path at whose end `wanted` holds of the two machines, shortest first. */
function walk(
  first: Machine,
  second: Machine,
  wanted: (first: boolean, second: boolean) => boolean,
): { path: string } | "none" | "unknown" {
  // A letter that neither names stands for all of them; it is a readable one where it can be.
  const letters = new Set([...first.letters, ...second.letters, "/"]);
  const other = [..."xyzabcdefghijklmnopqrstuvw0123456789_"].find((char) => !letters.has(char)) ??
    "\u{10fffd}";
  letters.add(other);
  const alphabet = [other, ...[...letters].filter((char) => char !== other)];
  interface State {
    a: Places;
    b: Places;
    path: string;
  }
  const queue: State[] = [{ a: begin(first), b: begin(second), path: "" }];
  const seen = new Set<string>();
  for (let at = 0; at < queue.length; at++) {
    const { a, b, path } = queue[at] as State;
    const open = path === "" || path.endsWith("/");
    if (!open && wanted(fits(first, a), fits(second, b))) return { path };
    if (a.every((places) => places.length === 0)) continue;
    for (const char of alphabet) {
      // No path has an empty part.
      if (char === "/" && open) continue;
      const next = { a: step(first, a, char), b: step(second, b, char), path: path + char };
      const key = JSON.stringify([next.a, next.b, char === "/"]);
      if (seen.has(key)) continue;
      if (seen.size >= MOST_STATES) return "unknown";
      seen.add(key);
      queue.push(next);
    }
  }
  return "none";
}
