/**
 * Reads files of trees by path. Each question to git is a process, and whoever looks at a repository asks many small ones, one
 * after the other: so the small files of a tree come with the first of them.
 */
import type { Clone } from "./clone.ts";
import { listTree, readBlobs, type TreeEntry } from "./tree.ts";

export interface TreeReader {
  /** Every path of a tree, sorted. */
  list(tree: string): Promise<string[]>;
  /** A file's bytes, or a link's target; null where there is neither. */
  read(tree: string, path: string): Promise<Uint8Array | null>;
  /** How many files a tree has, and their bytes together. */
  size(tree: string): Promise<{ files: number; bytes: number }>;
  /** Gives up what was read beyond the small files: nobody reads on for now. */
  rest(): void;
}

/** What is read with the first question: files up to so many bytes, and so many together, those near the root first. */
const AHEAD_FILE_BYTES = 64 * 1024;
const AHEAD_TOTAL_BYTES = 4 * 1024 * 1024;
/** What is read with a question beyond that: the files that follow it by name, more of them each time that it was of use. */
const WINDOW_BYTES = { least: 64 * 1024, most: 8 * 1024 * 1024 };
/** Of so many trees it is known what they hold: base, and head as it was and is. */
const KNOWN_TREES = 4;

interface Known {
  entries: Map<string, TreeEntry>;
  /** Sorted by path. */
  sorted: TreeEntry[];
  ahead: Promise<void> | null;
}

/** A reader of a clone's trees. Objects never change, so what was read once stays right. */
export function treeReader(clone: Clone): TreeReader {
  const trees = new Map<string, Promise<Known>>();
  const held = new Map<string, Uint8Array>();
  let window = new Map<string, Uint8Array>();
  let windowBytes = WINDOW_BYTES.least;
  let ofUse = false;

  function known(tree: string): Promise<Known> {
    let found = trees.get(tree);
    if (found === undefined) {
      found = listTree(clone, tree).then((list) => ({
        entries: new Map(list.map((entry) => [entry.path, entry])),
        sorted: list.sort((a, b) => a.path < b.path ? -1 : 1),
        ahead: null,
      }));
      found.catch(() => trees.delete(tree));
      trees.set(tree, found);
      for (const oldest of [...trees.keys()].slice(0, -KNOWN_TREES)) trees.delete(oldest);
    }
    return found;
  }

  async function readAhead({ sorted }: Known): Promise<void> {
    let room = AHEAD_TOTAL_BYTES;
    for (const bytes of held.values()) room -= bytes.byteLength;
    const depth = (entry: TreeEntry) => entry.path.split("/").length;
    const oids: string[] = [];
    const small = sorted.filter(({ oid, size }) =>
      !held.has(oid) && size !== null && size <= AHEAD_FILE_BYTES
    )
      .map((entry) => ({ entry, depth: depth(entry) })).sort((a, b) => a.depth - b.depth);
    for (const { entry: { oid, size } } of small) {
      if ((size ?? 0) > room) break;
      room -= size ?? 0;
      oids.push(oid);
    }
    const contents = await readBlobs(clone, oids);
    for (const [at, oid] of oids.entries()) {
      const bytes = contents[at];
      if (bytes) held.set(oid, bytes);
    }
  }

  let reading: Promise<unknown> = Promise.resolve();
  /** What did not fit into the first answer: whoever reads one file after the other finds the next ones here. */
  function beyond(here: Known, entry: TreeEntry): Promise<Uint8Array> {
    const next = reading.then(async () => {
      const there = window.get(entry.oid);
      if (there !== undefined) return there;
      const oids = [entry.oid];
      windowBytes = ofUse ? Math.min(WINDOW_BYTES.most, windowBytes * 4) : WINDOW_BYTES.least;
      ofUse = false;
      let room = windowBytes - (entry.size ?? 0);
      for (let at = here.sorted.indexOf(entry) + 1; at < here.sorted.length; at++) {
        const { oid, size } = here.sorted[at] ?? { oid: "", size: null };
        if (size === null || held.has(oid)) continue;
        room -= size;
        if (room < 0) break;
        oids.push(oid);
      }
      const contents = await readBlobs(clone, oids);
      window = new Map();
      for (const [at, oid] of oids.entries()) {
        const bytes = contents[at];
        if (bytes) window.set(oid, bytes);
      }
      const bytes = window.get(entry.oid);
      if (bytes === undefined) {
        throw new Error(`Cannot read ${entry.path}: its object ${entry.oid} is not there`);
      }
      return bytes;
    });
    reading = next.catch(() => undefined);
    return next;
  }

  return {
    size: async (tree) => {
      const { sorted } = await known(tree);
      return { files: sorted.length, bytes: sorted.reduce((sum, { size }) => sum + (size ?? 0), 0) };
    },
    rest: () => {
      window = new Map();
      ofUse = false;
    },
    list: async (tree) => (await known(tree)).sorted.map(({ path }) => path),
    read: async (tree, path) => {
      const here = await known(tree);
      const entry = here.entries.get(path);
      if (entry === undefined || entry.size === null) return null;
      if (!held.has(entry.oid)) {
        await (here.ahead ??= readAhead(here).catch((error) => {
          here.ahead = null;
          throw error;
        }));
      }
      // A copy: who reads may write into it.
      const ahead = window.get(entry.oid);
      if (ahead !== undefined) ofUse = true;
      const found = held.get(entry.oid) ?? ahead;
      return found?.slice() ?? (await beyond(here, entry)).slice();
    },
  };
}
