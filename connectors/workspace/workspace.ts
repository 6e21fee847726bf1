/** A workspace: the clone of one base commit, and what the factory does with it. */
import { join } from "node:path";
import { GitSha, ok } from "../../specs/mod.ts";
import type { Checkout, Workspace } from "../port.ts";
import { applyPatch, checkOutTree } from "./apply.ts";
import { checkoutsIn } from "./checkouts.ts";
import { type Clone, fill } from "./clone.ts";
import { diffFiles, diffPatch } from "./diff.ts";
import { historyOf } from "./history.ts";
import { makeParent, refusePath, removeTree } from "./inside.ts";
import { isQuoted } from "./path_text.ts";
import { stage } from "./stage.ts";
import { type TreeReader, treeReader } from "./tree_reader.ts";

/**
 * Wraps a clone, whose work tree has the files of its index when it is `filled`. Calls that touch the index run one after the other.
 * Workspaces over the same objects may share a reader of them.
 */
export function workspaceOf(
  clone: Clone,
  filled: boolean,
  reader: TreeReader = treeReader(clone),
): Workspace {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => undefined);
    return next;
  };
  const headFile = join(clone.state, "head-tree");
  // Without files nobody but us changes what the index holds, and it begins with the base.
  let indexed = clone.baseTree;
  const staged = async () => filled ? await stage(clone) : indexed;
  async function curateTree(): Promise<string> {
    const tree = await staged();
    await Deno.writeTextFile(headFile, tree);
    return tree;
  }

  async function curatedTree(): Promise<string> {
    const known = GitSha.safeParse((await Deno.readTextFile(headFile).catch(() => "")).trim());
    return known.success ? known.data : await inTurn(staged);
  }
  const treeAt = (at: "base" | "head") => at === "base" ? Promise.resolve(clone.baseTree) : curatedTree();

  return {
    dir: clone.files,
    base: clone.base,
    baseTree: clone.baseTree,
    files: () =>
      inTurn(async () => {
        if (!filled) await fill(clone, await staged());
        filled = true;
        return clone.files;
      }),
    apply: (patch) =>
      inTurn(async () => {
        const applied = await applyPatch(clone, patch, { before: await staged(), filled });
        if (!applied.ok) return applied;
        indexed = applied.value;
        return ok(undefined);
      }),
    curateTree: () => inTurn(curateTree),
    curate: () =>
      inTurn(async () => {
        const tree = await curateTree();
        const [files, patch] = await Promise.all([
          diffFiles(clone, clone.baseTree, tree),
          diffPatch(clone, clone.baseTree, tree),
        ]);
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
      return await reader.read(await treeAt(at), path);
    },
    list: async (at) => await reader.list(await treeAt(at)),
    checkout: (tree, into) => checkOut(clone, tree, into),
    checkouts: (parent, options) => checkoutsIn(clone, reader, parent, options),
    history: () => historyOf(clone),
    dispose: () => {
      reader.rest();
      return inTurn(() => removeTree(clone.root));
    },
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
