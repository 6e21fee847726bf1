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
}

/** What is read ahead: files up to so many bytes, and so many together, those near the root first. */
const AHEAD_FILE_BYTES = 64 * 1024;
const AHEAD_TOTAL_BYTES = 4 * 1024 * 1024;
/** Of so many trees it is known what they hold: base, and head as it was and is. */
const KNOWN_TREES = 3;

interface Known {
  entries: Map<string, TreeEntry>;
  ahead: Promise<void> | null;
}

/** A reader of a clone's trees. Objects never change, so what was read once stays right. */
export function treeReader(clone: Clone): TreeReader {
  const trees = new Map<string, Promise<Known>>();
  const held = new Map<string, Uint8Array>();
  const together = batched((oids) => readBlobs(clone, oids));

  function known(tree: string): Promise<Known> {
    let found = trees.get(tree);
    if (found === undefined) {
      found = listTree(clone, tree).then((list) => ({
        entries: new Map(list.map((entry) => [entry.path, entry])),
        ahead: null,
      }));
      found.catch(() => trees.delete(tree));
      trees.set(tree, found);
      for (const oldest of [...trees.keys()].slice(0, -KNOWN_TREES)) trees.delete(oldest);
    }
    return found;
  }

  async function readAhead(entries: Iterable<TreeEntry>): Promise<void> {
    let room = AHEAD_TOTAL_BYTES;
    for (const bytes of held.values()) room -= bytes.byteLength;
    const depth = (entry: TreeEntry) => entry.path.split("/").length;
    const oids: string[] = [];
    const small = [...entries].filter(({ oid, size }) =>
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

  return {
    list: async (tree) => [...(await known(tree)).entries.keys()].sort(),
    read: async (tree, path) => {
      const here = await known(tree);
      const entry = here.entries.get(path);
      if (entry === undefined || entry.size === null) return null;
      if (!held.has(entry.oid)) await (here.ahead ??= readAhead(here.entries.values()));
      // A copy: who reads may write into it.
      return held.get(entry.oid)?.slice() ?? await together(entry.oid);
    },
  };
}

/** Questions that are asked at the same time share one process. */
function batched(
  ask: (oids: readonly string[]) => Promise<(Uint8Array | null)[]>,
): (oid: string) => Promise<Uint8Array | null> {
  let waiting: {
    oid: string;
    done: (bytes: Uint8Array | null) => void;
    failed: (error: unknown) => void;
  }[] = [];
  async function flush() {
    const batch = waiting;
    waiting = [];
    try {
      const answers = await ask(batch.map((one) => one.oid));
      batch.forEach((one, at) => one.done(answers[at] ?? null));
    } catch (error) {
      batch.forEach((one) => one.failed(error));
    }
  }
  return (oid) =>
    new Promise((done, failed) => {
      if (waiting.push({ oid, done, failed }) === 1) queueMicrotask(() => void flush());
    });
}
