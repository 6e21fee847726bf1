/** A workspace: the clone of one base commit, and what the factory does with it. */
import { join } from "node:path";
import { GitSha } from "../../specs/mod.ts";
import type { Checkout, Workspace } from "../port.ts";
import { applyPatch, checkOutTree } from "./apply.ts";
import type { Clone } from "./clone.ts";
import { diffFiles, diffPatch } from "./diff.ts";
import { makeParent, refusePath, removeTree } from "./inside.ts";
import { isQuoted } from "./path_text.ts";
import { stage } from "./stage.ts";
import { listTree, readBlobs } from "./tree.ts";

/** Wraps a clone. Calls that touch the index run one after the other. */
export function workspaceOf(clone: Clone): Workspace {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => undefined);
    return next;
  };
  const headFile = join(clone.engine, "head-tree");
  const read = batched(clone);

  async function curatedTree(): Promise<string> {
    const known = GitSha.safeParse((await Deno.readTextFile(headFile).catch(() => "")).trim());
    return known.success ? known.data : await inTurn(() => stage(clone));
  }
  const treeAt = (at: "base" | "head") => at === "base" ? Promise.resolve(clone.baseTree) : curatedTree();

  return {
    dir: clone.files,
    base: clone.base,
    baseTree: clone.baseTree,
    apply: (patch) => inTurn(() => applyPatch(clone, patch)),
    curate: () =>
      inTurn(async () => {
        const tree = await stage(clone);
        const [files, patch] = await Promise.all([
          diffFiles(clone, clone.baseTree, tree),
          diffPatch(clone, clone.baseTree, tree),
        ]);
        await Deno.writeTextFile(headFile, tree);
        const sum = (count: (file: typeof files[number]) => number) =>
          files.reduce((all, file) => all + count(file), 0);
        const change = {
          base: clone.base,
          baseTree: clone.baseTree,
          tree,
          files,
          added: sum((file) => file.added),
          removed: sum((file) => file.removed),
        };
        return { change, patch };
      }),
    read: async (path, at) => {
      if (!isQuoted(path) && refusePath(path) !== null) return null;
      return await read(`${await treeAt(at)}:${path}`);
    },
    list: async (at) => (await listTree(clone, await treeAt(at))).map((entry) => entry.path).sort(),
    checkout: (tree, into) => checkOut(clone, tree, into),
    dispose: () => inTurn(() => removeTree(clone.root)),
  };
}

async function checkOut(clone: Clone, tree: string, into: string): Promise<Checkout> {
  if (!GitSha.safeParse(tree).success) {
    throw new Error(`Cannot check out ${JSON.stringify(tree)}: it is not a tree's name`);
  }
  await makeParent(into);
  await Deno.mkdir(into, { mode: 0o700 });
  const dir = await Deno.realPath(into);
  try {
    await checkOutTree(clone, tree, dir);
  } catch (error) {
    await removeTree(dir);
    throw error;
  }
  return { dir, tree, dispose: () => removeTree(dir) };
}

/** Reads that are asked for at the same time share one process. */
function batched(clone: Clone): (name: string) => Promise<Uint8Array | null> {
  let waiting: {
    name: string;
    done: (bytes: Uint8Array | null) => void;
    failed: (error: unknown) => void;
  }[] = [];
  async function flush() {
    const batch = waiting;
    waiting = [];
    try {
      const answers = await readPlain(clone, batch.map((one) => one.name));
      batch.forEach((one, at) => one.done(answers[at] ?? null));
    } catch (error) {
      batch.forEach((one) => one.failed(error));
    }
  }
  return (name) =>
    new Promise((done, failed) => {
      if (waiting.push({ name, done, failed }) === 1) queueMicrotask(() => void flush());
    });
}

/** A name with a line break cannot go through git's line protocol: found by listing the tree instead. */
async function readPlain(clone: Clone, names: readonly string[]): Promise<(Uint8Array | null)[]> {
  const asked = await Promise.all(names.map(async (name) => {
    if (!name.includes("\n") && !/:".*\\012.*"$/.test(name)) return name;
    const colon = name.indexOf(":");
    const entries = await listTree(clone, name.slice(0, colon));
    return entries.find((entry) => entry.path === name.slice(colon + 1))?.oid ??
      "0".repeat(clone.base.length);
  }));
  return await readBlobs(clone, asked);
}
