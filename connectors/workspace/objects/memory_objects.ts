/**
 * Git objects in memory, without git and without files: trees are kept as the files that they hold, objects that were not made here
 * are fetched by name. Everything fetched is compared with its name.
 */
import { type GitTreeEntry, nameOfBlob, nameOfTree } from "./object_name.ts";

/** A file, link or submodule of a tree; directories follow from the paths. */
export interface FlatEntry {
  readonly mode: string;
  readonly sha: string;
}
export type FlatTree = ReadonlyMap<string, FlatEntry>;

export interface MemoryObjects {
  readonly sha256: boolean;
  /** Keeps a tree and its directories; gives its name. */
  addTree(files: FlatTree): Promise<string>;
  /** Every file of a tree that was added. */
  files(tree: string): FlatTree;
  /** What is in a directory that belongs to an added tree. */
  directory(tree: string): readonly GitTreeEntry[];
  addBlob(bytes: Uint8Array): Promise<string>;
  blob(sha: string): Promise<Uint8Array>;
  /** Directories and files of `tree` that `base` does not have, by name. */
  fresh(tree: string, base: string): Promise<Map<string, { type: string; size: number }>>;
}

/** Files up to this size stay in memory once they were fetched, until so many bytes are held. */
const KEPT_BYTES = 64 * 1024 * 1024;

const LINK = "160000";

export function memoryObjects(
  { fetchBlob, sha256 }: { fetchBlob: (sha: string) => Promise<Uint8Array>; sha256: boolean },
): MemoryObjects {
  const trees = new Map<string, FlatTree>();
  const directories = new Map<string, readonly GitTreeEntry[]>();
  const made = new Map<string, Uint8Array>();
  const fetched = new Map<string, Promise<Uint8Array>>();
  let held = 0;

  async function build(files: readonly (readonly [string, FlatEntry])[]): Promise<string> {
    const entries: GitTreeEntry[] = [];
    const below = new Map<string, (readonly [string, FlatEntry])[]>();
    for (const [path, entry] of files) {
      const slash = path.indexOf("/");
      if (slash < 0) {
        entries.push({ ...entry, type: entry.mode === LINK ? "commit" : "blob", name: path });
        continue;
      }
      const name = path.slice(0, slash);
      const inside = below.get(name) ?? [];
      inside.push([path.slice(slash + 1), entry]);
      below.set(name, inside);
    }
    for (const [name, inside] of below) {
      entries.push({ mode: "040000", type: "tree", sha: await build(inside), name });
    }
    const sha = await nameOfTree(entries, sha256);
    directories.set(sha, entries);
    return sha;
  }

  async function fetchOnce(sha: string): Promise<Uint8Array> {
    const bytes = await fetchBlob(sha);
    const name = await nameOfBlob(bytes, sha256);
    if (name !== sha) throw new Error(`Cannot use the object ${sha}: what came is ${name}`);
    held += bytes.byteLength;
    if (held > KEPT_BYTES) {
      fetched.clear();
      held = bytes.byteLength;
    }
    return bytes;
  }

  const self: MemoryObjects = {
    sha256,
    async addTree(files) {
      const sha = await build([...files]);
      if (!trees.has(sha)) trees.set(sha, new Map(files));
      return sha;
    },
    files(tree) {
      const found = trees.get(tree);
      if (found === undefined) throw new Error(`Cannot read the tree ${tree}: it was not made here`);
      return found;
    },
    directory(tree) {
      const found = directories.get(tree);
      if (found === undefined) throw new Error(`Cannot read the directory ${tree}: it was not made here`);
      return found;
    },
    async addBlob(bytes) {
      const sha = await nameOfBlob(bytes, sha256);
      made.set(sha, bytes.slice());
      return sha;
    },
    async blob(sha) {
      const own = made.get(sha);
      if (own !== undefined) return own.slice();
      let coming = fetched.get(sha);
      if (coming === undefined) {
        coming = fetchOnce(sha);
        coming.catch(() => fetched.delete(sha));
        fetched.set(sha, coming);
      }
      return (await coming).slice();
    },
    async fresh(tree, base) {
      const known = new Set<string>();
      const collect = (sha: string): void => {
        if (known.has(sha)) return;
        known.add(sha);
        for (const entry of self.directory(sha)) {
          if (entry.type === "tree") collect(entry.sha);
          else known.add(entry.sha);
        }
      };
      collect(base);
      const found = new Map<string, { type: string; size: number }>();
      const walk = async (sha: string): Promise<void> => {
        if (known.has(sha) || found.has(sha)) return;
        found.set(sha, { type: "tree", size: 0 });
        for (const entry of self.directory(sha)) {
          if (entry.type === "tree") await walk(entry.sha);
          else if (entry.type === "blob" && !known.has(entry.sha) && !found.has(entry.sha)) {
            found.set(entry.sha, { type: "blob", size: (await self.blob(entry.sha)).byteLength });
          }
        }
      };
      await walk(tree);
      return found;
    },
  };
  return self;
}
