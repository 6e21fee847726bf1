/**
 * The clone of one base commit. Two directories side by side:
 *
 *     engine/  a git directory of ours: objects of the base commit alone, index, the tree that was curated last
 *     files/   the work tree, which is what an implementer gets
 *
 * The implementer sees no git directory, so it can neither read history (there is none: one commit, without parents,
 * refs, reflog, remotes or alternates) nor change how we read its work (index, excludes, attributes, config, hooks).
 */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { err, GitSha, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Repository } from "../port.ts";
import { commonDirOf } from "./discover.ts";
import { git, type GitCall, GitError, pipeGit } from "./git.ts";
import { makeParent, removeTree } from "./inside.ts";
import { unreadable } from "./repository.ts";
import { writeGitDir } from "./shim.ts";

export interface Clone {
  readonly root: string;
  readonly engine: string;
  readonly files: string;
  readonly base: string;
  readonly baseTree: string;
}

const Marker = z.strictObject({ v: z.literal(1), base: GitSha, baseTree: GitSha });

/** For every command in a clone. Nothing there must outlive a power cut: a lost clone is made again. */
export function inClone(clone: Clone, more: GitCall = {}): GitCall {
  return {
    gitDir: clone.engine,
    workTree: clone.files,
    index: join(clone.engine, "index"),
    ...more,
    config: { "core.fsync": "none", ...more.config },
  };
}

/** Copies the base commit out of the repository, with its own object store, and checks it out. */
export async function makeClone(repository: Repository, into: string): Promise<Result<Clone, Problem>> {
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
  const clone = cloneAt(await Deno.realPath(into), {
    base: repository.baseCommit,
    baseTree: repository.baseTree,
  });
  try {
    await Deno.mkdir(clone.files, { mode: 0o700 });
    await writeGitDir(clone.engine, {
      head: clone.base,
      sha256: clone.base.length === 64,
      shallow: [clone.base],
    });
    await copyCommit(repository, clone);
    await git(["read-tree", "--reset", "-u", clone.baseTree], inClone(clone, { timeoutMs: 600_000 }));
    await Deno.writeTextFile(
      join(clone.engine, "edgeforge.json"),
      JSON.stringify({ v: 1, base: clone.base, baseTree: clone.baseTree }),
    );
    return ok(clone);
  } catch (error) {
    await removeTree(clone.root);
    return err(uncloneable(repository.location, error));
  }
}

/** Opens what `makeClone` made, by its root or its files. */
export async function openClone(dir: string): Promise<Result<Clone, Problem>> {
  for (const root of [dir, dirname(dir)]) {
    const text = await Deno.readTextFile(join(root, "engine/edgeforge.json")).catch(() => null);
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

function cloneAt(root: string, at: { base: string; baseTree: string }): Clone {
  return {
    root,
    engine: join(root, "engine"),
    files: join(root, "files"),
    base: at.base,
    baseTree: at.baseTree,
  };
}

/**
 * One pack of the commit and its tree. `pack-objects` runs in our git directory over the user's object store: upload-pack
 * would read the user's configuration and a plain copy would bring all of the history.
 */
async function copyCommit(repository: Repository, clone: Clone): Promise<void> {
  await pipeGit({
    args: [
      "pack-objects",
      "--revs",
      "--stdout",
      "--quiet",
      "--delta-base-offset",
      "--window=0",
      "--compression=1",
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
