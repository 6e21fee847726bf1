/** A workspace without git and without files: what an implementer that starts no process works in. */
import { ok, type Problem } from "../../../specs/mod.ts";
import type { BaseObjects, ChangeObjects, MergeConflict, Workspace } from "../../port.ts";
import type { FlatEntry, MemoryObjects } from "./memory_objects.ts";
import { applyToTree, unwritable } from "./patch_apply.ts";
import { diffTrees } from "./tree_diff.ts";

/** Thrown where somebody needs a directory: the port's errors, as those who ask have another way or were refused before. */
export class NoFilesHere extends Error {
  override readonly name = "NoFilesHere";
  readonly problem: Problem;
  constructor(what: string) {
    const problem = {
      code: "no-files",
      message: `Cannot ${what}: this host has no files and no processes`,
      remedy: "Use the implementer patch, codemod or model, and let the forge's CI verify",
    };
    super(`${problem.message}. ${problem.remedy}`);
    this.problem = problem;
  }
}

interface Base {
  readonly base: string;
  readonly baseTree: string;
}

/** The objects of one base commit, shared by every workspace over them. */
export function memoryBase(objects: MemoryObjects, { base, baseTree }: Base): BaseObjects {
  return {
    dir: "",
    base,
    baseTree,
    objects: changeObjects(objects, { base, baseTree }),
    isThere: () => Promise.resolve(true),
    workspace: (_into, tree = baseTree) =>
      Promise.resolve(memoryWorkspace(objects, { base, baseTree: tree })),
    async merge({ base: root, ours, theirs }) {
      return await mergeFiles(objects, { base: root, ours, theirs });
    },
    patch: async (from, to) => (await diffTrees(objects, from, to)).patch,
    dispose: () => Promise.resolve(),
  };
}

/** What a forge reads of a change to send it. */
export function changeObjects(objects: MemoryObjects, { base, baseTree }: Base): ChangeObjects {
  return {
    base,
    baseTree,
    directory: (tree) => Promise.resolve(objects.directory(tree)),
    blob: (sha) => objects.blob(sha),
    fresh: (tree) => objects.fresh(tree, baseTree),
    async overlaid(tree, write, remove) {
      const files = new Map(objects.files(tree));
      for (const path of remove) files.delete(path);
      for (const [path, bytes] of write) {
        clear(files, path);
        const mode = bytes[0] === 0x23 && bytes[1] === 0x21 ? "100755" : files.get(path)?.mode ?? "100644";
        files.set(path, {
          mode: mode.startsWith("100") ? mode : "100644",
          sha: await objects.addBlob(bytes),
        });
      }
      return await objects.addTree(files);
    },
  };
}

/** Makes way for a file: whatever stands at its place goes, and so does a link or a file where a directory has to be. */
function clear(files: Map<string, FlatEntry>, path: string): void {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) files.delete(parts.slice(0, depth).join("/"));
  for (const other of [...files.keys()]) if (other.startsWith(`${path}/`)) files.delete(other);
}

export function memoryWorkspace(objects: MemoryObjects, { base, baseTree }: Base): Workspace {
  let head = baseTree;
  const treeAt = (at: "base" | "head") => at === "base" ? baseTree : head;
  const none = (what: string) => Promise.reject(new NoFilesHere(what));
  return {
    dir: "",
    base,
    baseTree,
    objects: changeObjects(objects, { base, baseTree }),
    files: () => none("give the files a directory"),
    checkout: () => none("check out a tree"),
    checkouts: () => {
      throw new NoFilesHere("check out a tree");
    },
    async apply(patch) {
      const applied = await applyToTree(objects, head, patch);
      if (!applied.ok) return applied;
      head = applied.value;
      return ok(undefined);
    },
    inMemory: {
      mode: (path) => objects.files(head).get(path)?.mode ?? null,
      async write(path, bytes, like = path) {
        const why = unwritable(path, objects.files(head));
        if (why !== null) throw new Error(`Cannot write ${JSON.stringify(path)}: ${why}`);
        const files = new Map(objects.files(head));
        const mode = files.get(like)?.mode ?? "";
        clear(files, path);
        files.set(path, {
          mode: mode.startsWith("100") ? mode : "100644",
          sha: await objects.addBlob(bytes),
        });
        head = await objects.addTree(files);
      },
      async remove(path) {
        const files = new Map(objects.files(head));
        files.delete(path);
        head = await objects.addTree(files);
      },
    },
    curateTree: () => Promise.resolve(head),
    async curate() {
      const tree = head;
      const { files, patch } = await diffTrees(objects, baseTree, tree);
      const sum = (count: (file: typeof files[number]) => number) =>
        files.reduce((all, file) => all + count(file), 0);
      const added = sum((file) => file.added);
      return { change: { base, baseTree, tree, files, added, removed: sum((file) => file.removed) }, patch };
    },
    async read(path, at) {
      const entry = objects.files(treeAt(at)).get(path);
      return entry === undefined || entry.mode === "160000" ? null : await objects.blob(entry.sha);
    },
    list: (at) => Promise.resolve([...objects.files(treeAt(at)).keys()].sort()),
    // Nothing was cloned: what is here was fetched by the name of the base's tree, and nothing else can be asked for.
    history: () =>
      Promise.resolve({ base, foreign: [], unreachable: 0, traces: [], parents: "cut", exposed: false }),
    dispose: () => Promise.resolve(),
  };
}

/** Merges by whole files: what both changed in another way is a conflict. */
async function mergeFiles(
  objects: MemoryObjects,
  trees: { base: string; ours: string; theirs: string },
): ReturnType<BaseObjects["merge"]> {
  const [base, ours, theirs] = [trees.base, trees.ours, trees.theirs].map((tree) => objects.files(tree));
  const merged = new Map(ours);
  const conflicts: MergeConflict[] = [];
  const isSame = (a: FlatEntry | undefined, b: FlatEntry | undefined) =>
    a?.sha === b?.sha && a?.mode === b?.mode;
  for (const path of new Set([...base?.keys() ?? [], ...theirs?.keys() ?? []])) {
    const [was, own, other] = [base?.get(path), ours?.get(path), theirs?.get(path)];
    if (isSame(was, other) || isSame(own, other)) continue;
    if (!isSame(was, own)) {
      conflicts.push({ path, kind: "CONFLICT (contents)", message: "both sides changed this file" });
    } else if (other === undefined) merged.delete(path);
    else merged.set(path, other);
  }
  if (conflicts.length > 0) return { ok: false, error: conflicts.sort((a, b) => a.path < b.path ? -1 : 1) };
  return ok(await objects.addTree(merged));
}
