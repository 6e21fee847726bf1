/**
 * The clone of one base commit. Two directories side by side:
 *
 *     engine/  a git directory of ours: objects of the base commit alone, and what we know of the work (index, curated tree)
 *     files/   the work tree, which is what an implementer gets
 *
 * The implementer sees no git directory, so it can neither read history (there is none: one commit, without parents,
 * refs, reflog, remotes or alternates) nor change how we read its work (index, excludes, attributes, config, hooks).
 *
 * Several workspaces can stand over one git directory: each has its own `files/` and `state/` then, and objects, which are
 * named by what they hold, are all that they share.
 */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { err, GitSha, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Repository } from "../port.ts";
import { commonDirOf } from "./discover.ts";
import { git, type GitCall, GitError, gitLine, pipeGit } from "./git.ts";
import { makeParent, removeTree } from "./inside.ts";
import { unreadable } from "./repository.ts";
import { writeGitDir } from "./shim.ts";

export interface Clone {
  readonly root: string;
  /** The git directory. */
  readonly engine: string;
  /** Index, curated tree, excludes: of this workspace alone. */
  readonly state: string;
  readonly files: string;
  readonly base: string;
  readonly baseTree: string;
  /** Objects that the base does not reach, as the clone was made; null where nobody counted. */
  readonly unreachable: number | null;
}

const Marker = z.strictObject({
  v: z.literal(1),
  base: GitSha,
  baseTree: GitSha,
  unreachable: z.number().int().min(0),
});
const MARKER = "engine/edgeforge.json";

/** For every command in a clone. Nothing there must outlive a power cut: a lost clone is made again. */
export function inClone(clone: Clone, more: GitCall = {}): GitCall {
  return {
    gitDir: clone.engine,
    workTree: clone.files,
    index: join(clone.state, "index"),
    ...more,
    config: { "core.fsync": "none", ...more.config },
  };
}

/**
 * Copies the base commit out of the repository, into an object store of its own. `filled` puts the base's files into the work tree;
 * without it there is only an index, which `fill` checks out.
 */
export async function makeClone(
  repository: Repository,
  into: string,
  filled: boolean,
): Promise<Result<Clone, Problem>> {
  await makeParent(into);
  try {
    await Deno.mkdir(into, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return err({
      code: "workspace-exists",
      message: `Cannot make a workspace in ${into}: something is there already`,
      value: into,
      remedy: "Give a path that does not exist, or reopen the workspace.",
    });
  }
  const bare = cloneAt(await Deno.realPath(into), {
    base: repository.baseCommit,
    baseTree: repository.baseTree,
    unreachable: 0,
  });
  try {
    await Deno.mkdir(bare.files, { mode: 0o700 });
    await writeGitDir(bare.engine, {
      head: bare.base,
      sha256: bare.base.length === 64,
      shallow: [bare.base],
    });
    await copyCommit(repository, bare);
    const changed = await changedBase(bare);
    if (changed !== null) {
      await removeTree(bare.root);
      return err(changed);
    }
    const clone = { ...bare, unreachable: await unreachableIn(bare) };
    // Either way a tree with paths that no work tree may have is refused.
    if (filled) await fill(clone, clone.baseTree);
    else await git(["read-tree", clone.baseTree], inClone(clone));
    // Last: what has no marker is not complete.
    await Deno.writeTextFile(
      join(clone.root, MARKER),
      JSON.stringify({
        v: 1,
        base: clone.base,
        baseTree: clone.baseTree,
        unreachable: clone.unreachable,
      }),
    );
    return ok(clone);
  } catch (error) {
    await removeTree(bare.root);
    return err(uncloneable(repository.location, error));
  }
}

/** The copied commit is the one that its name says, as every object was hashed on the way; its tree must be the one that was seen. */
async function changedBase(clone: Clone): Promise<Problem | null> {
  const tree = await gitLine(["rev-parse", `${clone.base}^{tree}`], inClone(clone, { cwd: clone.engine }));
  if (tree === clone.baseTree) return null;
  return {
    code: "base-changed",
    message: `Cannot work on ${clone.base}: its tree is ${tree} and not ${clone.baseTree}`,
    value: clone.base,
    remedy: "Start a new run; the repository's objects were changed under the same name",
  };
}

/** Puts the files of a tree into the empty work tree. */
export async function fill(clone: Clone, tree: string): Promise<void> {
  await git(["read-tree", "--reset", "-u", tree], inClone(clone, { timeoutMs: 600_000 }));
}

/** Whether a clone that was made here is still there, whole. */
export async function isThere(clone: Clone): Promise<boolean> {
  const marker = await Deno.lstat(join(clone.root, MARKER)).catch(() => null);
  return marker?.isFile === true;
}

/**
 * A work tree and an index of its own over the objects of a clone, in a new directory; nothing is checked out yet. With a tree it
 * begins with that one instead of the base's.
 */
export async function cloneOver(clone: Clone, into: string, tree = clone.baseTree): Promise<Clone> {
  if (!GitSha.safeParse(tree).success) {
    throw new Error(`Cannot begin a workspace with ${JSON.stringify(tree)}: it is not a tree's name`);
  }
  await makeParent(into);
  await Deno.mkdir(into, { mode: 0o700 });
  const root = await Deno.realPath(into);
  const over = { ...clone, baseTree: tree, root, state: join(root, "state"), files: join(root, "files") };
  await Promise.all([Deno.mkdir(over.state, { mode: 0o700 }), Deno.mkdir(over.files, { mode: 0o700 })]);
  if (tree === clone.baseTree) await Deno.copyFile(join(clone.state, "index"), join(over.state, "index"));
  else await git(["read-tree", tree], inClone(over));
  return over;
}

/** Opens what `makeClone` made, by its root or its files. */
export async function openClone(dir: string): Promise<Result<Clone, Problem>> {
  for (const root of [dir, dirname(dir)]) {
    const text = await Deno.readTextFile(join(root, MARKER)).catch(() => null);
    if (text === null || (root !== dir && basename(dir) !== "files")) continue;
    const marker = Marker.safeParse(parse(text));
    if (!marker.success) break;
    const clone = cloneAt(await Deno.realPath(root), marker.data);
    try {
      await git(["cat-file", "-e", `${clone.base}^{tree}`], inClone(clone, { cwd: clone.engine }));
      if ((await Deno.lstat(clone.files)).isDirectory) return ok(clone);
    } catch (error) {
      if (!(error instanceof GitError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
    break;
  }
  return err({
    code: "workspace-not-found",
    message: `Cannot reopen the workspace ${dir}: it is not there or not complete`,
    value: dir,
    remedy: "Make a new one from the repository.",
  });
}

function cloneAt(root: string, at: Pick<Clone, "base" | "baseTree" | "unreachable">): Clone {
  return {
    root,
    engine: join(root, "engine"),
    state: join(root, "engine"),
    files: join(root, "files"),
    base: at.base,
    baseTree: at.baseTree,
    unreachable: at.unreachable,
  };
}

/**
 * One pack of the commit and its tree, without compressing what is not compressed: it lives as long as a run. `pack-objects` runs in our git directory over the user's object store: upload-pack
 * would read the user's configuration and a plain copy would bring all of the history.
 */
export async function copyCommit(repository: Pick<Repository, "gitDir">, clone: Clone): Promise<void> {
  await pipeGit({
    args: [
      "pack-objects",
      "--revs",
      "--stdout",
      "--quiet",
      "--delta-base-offset",
      "--window=0",
      "--compression=0",
    ],
    call: inClone(clone, {
      objects: join(await commonDirOf(repository.gitDir), "objects"),
      stdin: new TextEncoder().encode(`${clone.base}\n`),
      timeoutMs: 600_000,
    }),
  }, {
    args: ["index-pack", "--stdin"],
    call: inClone(clone, { cwd: clone.engine }),
  });
}

/** Objects in the store that the base does not reach, as long as nobody but us has written there. */
export async function unreachableIn(clone: Clone): Promise<number> {
  const call = inClone(clone, { cwd: clone.engine });
  const [reached, there] = await Promise.all([
    git(["rev-list", "--objects", clone.base], call),
    git(["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)"], call),
  ]);
  // The store holds at least what the base reaches: git would not have read it whole.
  return Math.max(0, linesOf(there) - linesOf(reached));
}

function linesOf(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === 10) count++;
  return count;
}

function uncloneable(location: string, error: unknown): Problem {
  if (
    error instanceof GitError &&
    /invalid path|would be overwritten|unable to (create|checkout)/i.test(error.stderr)
  ) {
    return {
      code: "repo-unsafe",
      message: `Cannot check out the base of ${location}: ${error.stderr.trim().slice(0, 500)}`,
      value: location,
      remedy:
        "The base holds a path that no work tree may have (such as a `.git` directory), or the disk refuses it.",
    };
  }
  return unreadable(location, error);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
