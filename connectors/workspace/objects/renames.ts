/** Finds renames as git does: equal content first, then files of which at least half is the same. */
import type { MemoryObjects } from "./memory_objects.ts";
import { latin1 } from "./patch_text.ts";
import type { ChangedFile } from "./tree_diff.ts";

const LEAST_PERCENT = 50;
/** Git's own limit: beyond so many pairs only equal content is looked for. */
const MOST = 2000;

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const isFile = (mode: string | undefined): boolean => mode?.startsWith("100") === true;

export async function withRenames(
  objects: MemoryObjects,
  files: readonly ChangedFile[],
): Promise<ChangedFile[]> {
  const gone = files.filter((file) => file.now === null);
  const fresh = files.filter((file) => file.old === null);
  if (gone.length === 0 || fresh.length === 0) return [...files];
  const found = new Map<ChangedFile, { source: ChangedFile; similarity: number }>();
  const taken = new Set<ChangedFile>();
  for (const target of fresh) {
    const same = gone.filter((one) =>
      !taken.has(one) && one.old?.sha === target.now?.sha &&
      (isFile(one.old?.mode) === isFile(target.now?.mode))
    );
    // One of the same name goes before one that only has the same content.
    const source = same.find((one) => baseName(one.path) === baseName(target.path)) ?? same[0];
    if (source === undefined || await isEmpty(objects, target)) continue;
    found.set(target, { source, similarity: 100 });
    taken.add(source);
  }
  const [left, open] = [gone.filter((one) => !taken.has(one)), fresh.filter((one) => !found.has(one))];
  if (left.length * open.length <= MOST * MOST && left.length <= MOST && open.length <= MOST) {
    for (const { target, source, percent } of await scored(objects, left, open)) {
      if (found.has(target) || taken.has(source)) continue;
      found.set(target, { source, similarity: percent });
      taken.add(source);
    }
  }
  return files.flatMap((file) => {
    if (taken.has(file)) return [];
    const rename = found.get(file);
    if (rename === undefined) return [file];
    const { source, similarity } = rename;
    return [{ ...file, from: source.path, old: source.old, similarity }];
  });
}

/** An empty file is like every other one. */
async function isEmpty(objects: MemoryObjects, { now }: ChangedFile): Promise<boolean> {
  return now !== null && now.mode !== "160000" && (await objects.blob(now.sha)).byteLength === 0;
}

async function scored(objects: MemoryObjects, left: readonly ChangedFile[], open: readonly ChangedFile[]) {
  const counts = new Map<string, { size: number; pieces: Map<string, number> }>();
  const piecesIn = async (sha: string) => {
    const known = counts.get(sha);
    if (known !== undefined) return known;
    const bytes = await objects.blob(sha);
    const made = { size: bytes.byteLength, pieces: piecesOf(latin1(bytes)) };
    counts.set(sha, made);
    return made;
  };
  const pairs: { target: ChangedFile; source: ChangedFile; percent: number }[] = [];
  for (const target of open) {
    if (!isFile(target.now?.mode) || target.now === null) continue;
    const now = await piecesIn(target.now.sha);
    for (const source of left) {
      if (!isFile(source.old?.mode) || source.old === null) continue;
      const old = await piecesIn(source.old.sha);
      const [small, large] = [Math.min(now.size, old.size), Math.max(now.size, old.size)];
      if (small === 0 || small * 100 < large * LEAST_PERCENT) continue;
      let copied = 0;
      for (const [piece, bytes] of old.pieces) copied += Math.min(bytes, now.pieces.get(piece) ?? 0);
      const percent = Math.floor(copied * 100 / large);
      if (percent >= LEAST_PERCENT) pairs.push({ target, source, percent });
    }
  }
  const named = (pair: typeof pairs[number]) =>
    baseName(pair.target.path) === baseName(pair.source.path) ? 1 : 0;
  return pairs.sort((a, b) => b.percent - a.percent || named(b) - named(a));
}

/** Bytes by piece: lines, in parts of 64 bytes at most. */
function piecesOf(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split(/(?<=\n)/)) {
    for (let from = 0; from < line.length; from += 64) {
      const piece = line.slice(from, from + 64);
      found.set(piece, (found.get(piece) ?? 0) + piece.length);
    }
  }
  return found;
}
