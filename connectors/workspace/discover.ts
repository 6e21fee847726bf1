/** Finds the git directory of what the user names, without asking git: discovery by git obeys the repository's own settings. */
import { basename, dirname, join, resolve } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";

export interface Found {
  /** Of this work tree: HEAD and index are here. */
  gitDir: string;
  /** Shared by all work trees: objects, refs and config are here. */
  commonDir: string;
  workTree: string | null;
}

/**
 * Walks up from `location` (a work tree, a directory in one, a linked work tree, a bare repository, a `.git`).
 * Ownership is not asked, other than `safe.directory` does: no setting of the repository can run anything here.
 */
export async function discover(location: string): Promise<Result<Found, Problem>> {
  let start: string;
  try {
    start = await Deno.realPath(location);
  } catch {
    return notFound(location, "no such directory, or it cannot be read", "Check the path.");
  }
  if (!(await Deno.stat(start)).isDirectory) {
    return notFound(location, "it is not a directory", "Name the directory of the repository.");
  }
  for (let dir = start;; dir = dirname(dir)) {
    const dot = join(dir, ".git");
    const kind = await Deno.stat(dot).catch(() => null);
    if (kind?.isDirectory && await isGitDir(dot)) return ok(await found(dot, dir));
    if (kind?.isFile) {
      const target = /^gitdir: (.+?)\r?\n?$/s.exec((await readSmall(dot)) ?? "")?.[1];
      const gitDir = target === undefined ? null : resolve(dir, target);
      if (gitDir === null || !(await isGitDir(gitDir))) {
        return notFound(
          location,
          `${dot} points to ${target ?? "nothing"}, which is not a git directory`,
          "Repair it with `git worktree repair` or `git submodule update --init`.",
        );
      }
      return ok(await found(gitDir, dir));
    }
    if (await isGitDir(dir)) return ok(await found(dir, basename(dir) === ".git" ? dirname(dir) : null));
    if (dirname(dir) === dir) {
      return notFound(
        location,
        "neither it nor a directory above it is a git repository",
        "Name a git repository, or make one: `git init` and a first commit.",
      );
    }
  }
}

/** The directory that holds objects and refs of a git directory. */
export async function commonDirOf(gitDir: string): Promise<string> {
  const common = (await readSmall(join(gitDir, "commondir")))?.trim();
  return common ? await Deno.realPath(resolve(gitDir, common)) : await Deno.realPath(gitDir);
}

async function found(gitDir: string, workTree: string | null): Promise<Found> {
  return { gitDir: await Deno.realPath(gitDir), commonDir: await commonDirOf(gitDir), workTree };
}

async function isGitDir(dir: string): Promise<boolean> {
  const head = await Deno.lstat(join(dir, "HEAD")).catch(() => null);
  if (!head?.isFile && !head?.isSymlink) return false;
  const common = (await readSmall(join(dir, "commondir")))?.trim();
  const root = common ? resolve(dir, common) : dir;
  const [objects, refs] = await Promise.all(
    [join(root, "objects"), join(root, "refs")].map((path) => Deno.stat(path).catch(() => null)),
  );
  return objects?.isDirectory === true && refs?.isDirectory === true;
}

/** A regular file of at most 8 KB, or null: a pipe or a device in its place must not hold us. */
async function readSmall(path: string): Promise<string | null> {
  try {
    const info = await Deno.stat(path);
    return info.isFile && info.size <= 8192 ? await Deno.readTextFile(path) : null;
  } catch {
    return null;
  }
}

function notFound(location: string, why: string, remedy: string): Result<never, Problem> {
  return err({
    code: "repo-not-found",
    message: `Cannot open the repository ${location}: ${why}`,
    value: location,
    remedy,
  });
}
