/** The two ends of a pull request by URL, with as much history as lies between them. Nothing of what is fetched is run. */
import { join } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { guardUrl } from "../net/guard.ts";
import { type FetchOptions, transport, unfetchable } from "./fetch.ts";
import { git, type GitCall, GitError, gitLine } from "./git.ts";
import { removeTree } from "./inside.ts";
import { writeGitDir } from "./shim.ts";

export interface FetchedChange {
  /** A git directory of ours, for as long as it is not disposed of. */
  readonly gitDir: string;
  readonly base: string;
  readonly head: string;
  /** The branch that the base is the head of. */
  readonly branch: string;
  dispose(): Promise<void>;
}

/** Whole histories are fetched only where the two ends have parted long ago. */
const DEPTHS = [50, 1000, null] as const;
const REF = /^[A-Za-z0-9_][\w./+-]*$/;

/** Fetches `refs.head` and the branch `refs.base` (the default branch unless told) until their common commit is there. */
export async function fetchChange(
  location: string,
  refs: { readonly base?: string; readonly head: string },
  options: FetchOptions,
): Promise<Result<FetchedChange, Problem>> {
  const access = await options.access?.(location) ?? null;
  const guarded = await guardUrl(location, { ...options, ...access });
  if (!guarded.ok) return guarded;
  const { url, protocol } = guarded.value;
  for (const ref of [refs.head, ...refs.base === undefined ? [] : [refs.base]]) {
    if (REF.test(ref)) continue;
    return err({
      code: "base-not-found",
      message: `Cannot fetch ${JSON.stringify(ref.slice(0, 200))}: not the name of a branch or a reference`,
      value: ref.slice(0, 200),
    });
  }
  const root = await Deno.makeTempDir({ prefix: "edgeforge-fetch-" });
  const gitDir = join(root, "repository.git");
  const dispose = () => removeTree(root);
  const call: GitCall = {
    gitDir,
    timeoutMs: options.timeoutMs ?? 600_000,
    protocols: [protocol],
    ...transport(guarded.value, options, access?.authorization),
  };
  try {
    await writeGitDir(gitDir, { head: "ref: refs/heads/none", sha256: false });
    const branch = refs.base ?? await defaultBranch(url, call);
    const wanted = [`+${branch}:refs/heads/base`, `+${refs.head}:refs/heads/head`];
    for (const depth of DEPTHS) {
      const how = depth === null ? await isShallow(call) ? ["--unshallow"] : [] : [`--depth=${depth}`];
      await git(
        [
          "fetch",
          "--quiet",
          ...how,
          "--no-tags",
          "--no-recurse-submodules",
          "--no-write-fetch-head",
          "--",
          url,
          ...wanted,
        ],
        call,
      );
      if (!await isShallow(call) || await haveMet(call)) break;
    }
    return ok({
      gitDir,
      base: (await gitLine(["rev-parse", "refs/heads/base"], call)).trim(),
      head: (await gitLine(["rev-parse", "refs/heads/head"], call)).trim(),
      branch: branch.replace(/^refs\/heads\//, ""),
      dispose,
    });
  } catch (error) {
    await dispose();
    if (!(error instanceof GitError)) throw error;
    return err(unfetchable(url, refs.head, error));
  }
}

async function defaultBranch(url: string, call: GitCall): Promise<string> {
  const answer = await gitLine(["ls-remote", "--symref", "--", url, "HEAD"], call);
  const branch = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(answer)?.[1];
  if (branch === undefined) throw new GitError(["ls-remote"], 0, "couldn't find remote ref HEAD");
  return branch;
}

async function isShallow(call: GitCall): Promise<boolean> {
  return (await gitLine(["rev-parse", "--is-shallow-repository"], call)).trim() === "true";
}

async function haveMet(call: GitCall): Promise<boolean> {
  try {
    return (await gitLine(["merge-base", "refs/heads/base", "refs/heads/head"], call)).trim() !== "";
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}
