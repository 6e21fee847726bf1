import { z } from "zod";
import type { Blobs } from "../../../kernel/mod.ts";
import { outlineLanguage, outlineOf } from "./outline.ts";

const Item = z.strictObject({
  line: z.number().int(),
  depth: z.number().int(),
  name: z.string(),
  text: z.string(),
});

/** What is known of the code of a tree: declarations of each file, and which file uses names of which. */
export const RepoIndex = z.strictObject({
  v: z.literal(1),
  tree: z.string(),
  files: z.array(z.strictObject({ path: z.string(), lines: z.number().int(), outline: z.array(Item) })),
  /** From, to (indices of `files`), and how many names. */
  uses: z.array(z.tuple([z.number().int(), z.number().int(), z.number().int()])),
  /** Code files that were not read, as there were too many or they are too large. */
  left: z.number().int(),
});
export type RepoIndex = z.infer<typeof RepoIndex>;

/** Where the digest of a tree's index is kept between processes; what it gives is only believed when it fits. */
export interface RepoIndexes {
  get(tree: string): Promise<string | null>;
  put(tree: string, digest: string): Promise<void>;
}

/** A tree to read: paths and bytes. */
export interface IndexedTree {
  readonly tree: string;
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array | null>;
}

const MAX_FILES = 3_000;
/** Reading is what takes time: about a second for a million characters. */
const MAX_CHARS = 2_000_000;
const MAX_WANTED = 60;
const MAX_FILE_CHARS = 300_000;
/** A name that so many files declare tells nothing of where it comes from. */
const MAX_HOMES = 4;

/**
 * The index of a tree: the one that is kept, or a new one, which is kept as a blob. Of a large tree only a part is read, code before
 * its tests; files that `wanted` names are read in any case.
 */
export async function repoIndex(
  blobs: Blobs,
  tree: IndexedTree,
  kept?: RepoIndexes,
  wanted: (path: string) => boolean = () => false,
): Promise<RepoIndex> {
  const index = await keptIndex(blobs, tree.tree, kept) ?? await newIndex(blobs, tree, kept);
  if (index.left === 0) return index;
  const known = new Set(index.files.map(({ path }) => path));
  const files: RepoIndex["files"] = [];
  for (const path of await tree.list()) {
    if (known.has(path) || files.length >= MAX_WANTED || !isIndexed(path) || !wanted(path)) continue;
    const read = await readFile(tree, path);
    if (read !== null) files.push(read.file);
  }
  return { ...index, files: [...index.files, ...files], left: index.left - files.length };
}

async function keptIndex(blobs: Blobs, tree: string, kept?: RepoIndexes): Promise<RepoIndex | null> {
  const digest = await kept?.get(tree) ?? null;
  const bytes = digest === null ? null : await blobs.get(digest);
  if (bytes === null) return null;
  const parsed = RepoIndex.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  return parsed.success && parsed.data.tree === tree ? parsed.data : null;
}

async function newIndex(blobs: Blobs, tree: IndexedTree, kept?: RepoIndexes): Promise<RepoIndex> {
  const code = (await tree.list()).filter(isIndexed);
  const order = code.sort((a, z) => Number(TESTS.test(a)) - Number(TESTS.test(z)) || (a < z ? -1 : 1));
  const files: RepoIndex["files"] = [];
  const words: ReadonlySet<string>[] = [];
  let chars = 0;
  let left = 0;
  for (const path of order) {
    const read = files.length >= MAX_FILES || chars >= MAX_CHARS ? null : await readFile(tree, path);
    if (read === null) {
      left++;
      continue;
    }
    chars += read.chars;
    files.push(read.file);
    words.push(read.words);
  }
  const index: RepoIndex = { v: 1, tree: tree.tree, files, uses: usesOf(files, words), left };
  const digest = await blobs.put(JSON.stringify(index));
  await kept?.put(tree.tree, digest);
  return index;
}

async function readFile(
  tree: IndexedTree,
  path: string,
): Promise<{ file: RepoIndex["files"][number]; words: ReadonlySet<string>; chars: number } | null> {
  const text = decoded(await tree.read(path));
  const outline = text === null || text.length > MAX_FILE_CHARS ? null : await outlineOf(path, text);
  if (text === null || outline === null) return null;
  return {
    file: { path, lines: text.split("\n").length, outline },
    words: new Set(text.match(/[A-Za-z_$][\w$]{2,}/g) ?? []),
    chars: text.length,
  };
}

const isIndexed = (path: string): boolean => outlineLanguage(path) !== null && !FOREIGN.test(path);

/** Which file uses names that another one declares at its top. */
function usesOf(files: RepoIndex["files"], words: readonly ReadonlySet<string>[]): RepoIndex["uses"] {
  const homes = new Map<string, number[]>();
  for (const [at, file] of files.entries()) {
    for (const name of new Set(file.outline.filter((item) => item.depth === 0).map((item) => item.name))) {
      homes.set(name, [...homes.get(name) ?? [], at]);
    }
  }
  const uses: RepoIndex["uses"] = [];
  for (const [from, own] of words.entries()) {
    const counts = new Map<number, number>();
    for (const word of own) {
      const at = homes.get(word);
      if (at === undefined || at.length > MAX_HOMES || at.includes(from)) continue;
      for (const to of at) counts.set(to, (counts.get(to) ?? 0) + 1);
    }
    for (const [to, count] of [...counts].sort(([a], [z]) => a - z)) uses.push([from, to, count]);
  }
  return uses;
}

const TESTS =
  /(?:^|\/)(?:tests?|__tests__|spec|e2e|testdata|fixtures)\/|[._-](?:test|spec)\.\w+$|(?:^|\/)test_[^/]*$/;
/** Code that others wrote or a program writes. */
const FOREIGN =
  /(?:^|\/)(?:node_modules|vendor|third[-_]?party|dist|build|target|\.venv|venv|__pycache__)\/|\.min\.[cm]?js$|_pb2?\.|\.d\.ts$/i;

function decoded(bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
