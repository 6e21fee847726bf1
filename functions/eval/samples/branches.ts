/** The changes of a sample as commits of one repository: one process of git writes all of them. */
import { git } from "../process.ts";
import { commitTree, samePath, type Tree } from "../repository.ts";
import type { Sample, SampleChange } from "./sample.ts";

const BASE = "main";

export interface Branches {
  repository: string;
  base: string;
  /** Change -> its branch. */
  heads: ReadonlyMap<SampleChange, string>;
}

/** Makes the repository in `dir`, with a branch for each change of a sample. */
export async function branchesOf(
  sample: Sample,
  changes: readonly SampleChange[],
  dir: string,
): Promise<Branches> {
  await commitTree(sample.base, dir);
  const heads = new Map<SampleChange, string>();
  const pieces: Uint8Array[] = [];
  for (const [index, change] of changes.entries()) {
    const branch = `change-${index}`;
    heads.set(change, branch);
    pieces.push(...commitOf(branch, sample.base, change.head()));
  }
  if (pieces.length > 0) await git(dir, ["fast-import", "--quiet"], joined(pieces));
  return { repository: dir, base: BASE, heads };
}

/** The unified diff of a change, as git prints it, and what stands behind it. */
export async function patchOf(
  { repository, base, heads }: Branches,
  change: SampleChange,
): Promise<Uint8Array> {
  const args = ["diff", "--no-color", "--binary", "--find-renames", base, heads.get(change) ?? base];
  const encoder = new TextEncoder();
  return joined([encoder.encode(await git(repository, args)), encoder.encode(change.tail)]);
}

function* commitOf(branch: string, base: Tree, head: Tree): Iterable<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(
    `commit refs/heads/${branch}\ncommitter Sample Author <author@example.org> 1767603600 +0000\n` +
      `data 6\nChange\nfrom refs/heads/${BASE}^0\n`,
  );
  // What goes goes first: a file may take the place of a folder.
  for (const path of base.keys()) if (!head.has(path)) yield encoder.encode(`D ${path}\n`);
  for (const [path, { mode, content }] of head) {
    if (samePath(base, head, path)) continue;
    yield encoder.encode(`M ${mode} inline ${path}\ndata ${content.length}\n`);
    yield content;
    yield encoder.encode("\n");
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
