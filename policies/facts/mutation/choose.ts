import { isTestPath } from "../file_kind.ts";
import { parsePatch } from "../patch.ts";
import { type Node, syntaxOf } from "../syntax/tree.ts";
import { type MutableFile, type Mutant, mutantsIn } from "./mutants.ts";

/** Larger files are generated, or take longer to read than they are worth. */
const MAX_TEXT = 300_000;
const MAX_MUTANTS = 5000;

export interface ChosenMutants {
  mutants: Mutant[];
  /** How many the changed lines have. */
  possible: number;
  /** Changed lines that have one. */
  lines: number;
  /** Files that were not read. */
  unread: string[];
}

/** Lines at head that a patch adds, by path. */
export function linesAdded(patch: Uint8Array): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  const parsed = parsePatch(patch);
  if (!parsed.ok) return found;
  for (const { newPath, hunks } of parsed.files) {
    if (newPath === null) continue;
    const lines = found.get(newPath.text) ?? new Set<number>();
    for (const hunk of hunks) {
      let line = hunk.newStart;
      for (const one of hunk.lines) {
        if (one.kind === "added") lines.add(line);
        if (one.kind !== "removed") line++;
      }
    }
    if (lines.size > 0) found.set(newPath.text, lines);
  }
  return found;
}

/** Whether a path can hold code that is mutated: declarations alone cannot, and tests are what is put to the proof. */
export const isMutable = (path: string): boolean =>
  !isTestPath(path) && !/\.d\.[cm]?ts$|\.pyi$|\.min\.[cm]?js$|_pb2?\.|\.pb\.go$|_generated\./.test(path);

/**
 * At most `most` mutants of the changed lines, in the order in which they are to be tried: one for each line before a second one.
 * The seed alone decides which, so that the same patch has the same mutants everywhere.
 */
export async function chooseMutants(
  files: readonly MutableFile[],
  seed: string,
  most: number,
): Promise<ChosenMutants> {
  const all: Mutant[] = [];
  const unread: string[] = [];
  const roots = new Map<string, { root: Node; file: MutableFile }>();
  for (const file of files) {
    if (file.text.length > MAX_TEXT) {
      unread.push(file.path);
      continue;
    }
    const root = await syntaxOf(file.text, file.language, file.path);
    roots.set(file.path, { root, file });
    all.push(...mutantsIn(root, file).slice(0, Math.max(0, MAX_MUTANTS - all.length)));
  }
  const rank = (mutant: Mutant) =>
    hash(`${seed}\n${mutant.path}\n${mutant.line}\n${mutant.from}\n${mutant.operator}\n${mutant.put}`);
  const ofLine = [...Map.groupBy(all, ({ path, line }) => `${path}\n${line}`)]
    .map(([line, mutants]) => ({
      rank: hash(`${seed}\n${line}`),
      mutants: mutants.toSorted((a, b) => rank(a) - rank(b)),
    }))
    .toSorted((a, b) => a.rank - b.rank);
  const chosen: Mutant[] = [];
  const rounds = Math.max(0, ...ofLine.map(({ mutants }) => mutants.length));
  for (let round = 0; round < rounds && chosen.length < most; round++) {
    for (const { mutants } of ofLine) {
      const mutant = mutants[round];
      if (mutant === undefined) continue;
      const known = roots.get(mutant.path);
      // What the grammar cannot read is no program any more, and proves nothing.
      if (known === undefined || !await reads(mutant, known.file, known.root)) continue;
      chosen.push(mutant);
      if (chosen.length >= most) break;
    }
  }
  return { mutants: chosen, possible: all.length, lines: ofLine.length, unread };
}

/** The file with the mutant in it. */
export const mutated = (text: string, { from, to, put }: Pick<Mutant, "from" | "to" | "put">): string =>
  text.slice(0, from) + put + text.slice(to);

async function reads(mutant: Mutant, file: MutableFile, root: Node): Promise<boolean> {
  const after = await syntaxOf(mutated(file.text, mutant), file.language, file.path);
  return unreadIn(after) <= unreadIn(root);
}

const unreadIn = (node: Node): number =>
  (node.unread === true ? 1 : 0) + node.children.reduce((sum, one) => sum + unreadIn(one), 0);

/** FNV-1a: spreads, and is the same everywhere. Nobody needs to be kept from guessing it. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    state ^= text.charCodeAt(at);
    state = Math.imul(state, 0x01000193);
  }
  // The last characters must move the first bits, too.
  state ^= state >>> 15;
  state = Math.imul(state, 0x2c1b3c6d);
  return (state ^ state >>> 12) >>> 0;
}
