/** Opens what the user names, and resolves the base: read only, by commands that run nothing of the repository's settings. */
import { join } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Repository } from "../port.ts";
import { discover, type Found } from "./discover.ts";
import { GitError, gitLine, gitPrints, runGit } from "./git.ts";
import { type Shim, withShim } from "./shim.ts";

const FULL_NAME = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Opens a repository on this disk at `baseRef`, or at HEAD when none is given. */
export async function openRepository(
  location: string,
  baseRef?: string,
): Promise<Result<Repository, Problem>> {
  const refused = baseRef === undefined ? null : refuseRef(baseRef);
  if (refused !== null) return err(refused);
  const place = await discover(location);
  if (!place.ok) return place;
  const found = place.value;
  try {
    return await withShim(found, (shim) => resolveBase(location, found, shim, baseRef));
  } catch (error) {
    return err(unreadable(location, error));
  }
}

/** Why a base as given cannot be a name of a commit, or null when it can. */
export function refuseRef(ref: string): Problem | null {
  const why = ref === ""
    ? "it is empty"
    : ref.startsWith("-")
    ? "it begins with '-'"
    : ref.length > 1000
    ? "it is longer than 1000 characters"
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    : /[\x00-\x1f\x7f]/.test(ref)
    ? "it has control characters"
    : null;
  if (why === null) return null;
  return {
    code: "base-not-found",
    message: `Cannot use the base ${JSON.stringify(ref.slice(0, 200))}: ${why}`,
    value: ref.slice(0, 200),
    remedy: "Give a branch, a tag or a commit: --base main",
  };
}

async function resolveBase(
  location: string,
  found: Found,
  shim: Shim,
  baseRef?: string,
): Promise<Result<Repository, Problem>> {
  const ref = baseRef ?? "HEAD";
  // A branch goes before a tag of the same name: a pull request is opened against a branch.
  const names = FULL_NAME.test(ref) || ref === "HEAD" || ref.startsWith("refs/")
    ? [ref]
    : [`refs/heads/${ref}`, ref];
  const base = (await resolveNames(shim, names)).find((candidate) => candidate !== null);
  if (!base) return err(await baseNotFound(location, shim, ref, baseRef !== undefined));
  const [name, dirty] = await Promise.all([refName(shim, baseRef, base.commit), isDirty(found, shim)]);
  return ok({
    location: found.commonDir,
    gitDir: found.gitDir,
    baseRef: name,
    baseCommit: base.commit,
    baseTree: base.tree,
    dirty,
  });
}

/** Commit and tree of each name, null where there is none: one process for all. */
export async function resolveNames(
  shim: Shim,
  names: readonly string[],
): Promise<({ commit: string; tree: string } | null)[]> {
  const lines = names.flatMap((name) => [`${name}^{commit}`, `${name}^{tree}`]).join("\n") + "\n";
  const output = await runGit(["cat-file", "--batch-check=%(objecttype) %(objectname)"], {
    ...shim.call,
    stdin: new TextEncoder().encode(lines),
  });
  const answers = new TextDecoder().decode(output.stdout).split("\n");
  if (output.code !== 0 || answers.length !== names.length * 2 + 1) {
    throw new GitError(["cat-file"], output.code, output.stderr);
  }
  return names.map((_, at) => {
    const commit = /^commit ([0-9a-f]+)$/.exec(answers[at * 2] ?? "")?.[1];
    const tree = /^tree ([0-9a-f]+)$/.exec(answers[at * 2 + 1] ?? "")?.[1];
    return commit !== undefined && tree !== undefined ? { commit, tree } : null;
  });
}

/** What a pull request calls its base: the branch when HEAD is on one, the commit when it is detached. */
async function refName(shim: Shim, baseRef: string | undefined, commit: string): Promise<string> {
  if (baseRef !== undefined && baseRef !== "HEAD") return baseRef.replace(/^refs\/heads\//, "");
  const head = await runGit(["symbolic-ref", "--quiet", "HEAD"], shim.call);
  const branch = new TextDecoder().decode(head.stdout).trim();
  return head.code === 0 && branch.startsWith("refs/heads/") ? branch.slice("refs/heads/".length) : commit;
}

/** The problem of a name that is no commit here, with those that are. */
export async function baseNotFound(
  location: string,
  shim: Shim,
  ref: string,
  given: boolean,
): Promise<Problem> {
  const list = await gitLine(
    ["for-each-ref", "--count=12", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"],
    shim.call,
  );
  const names = list.split("\n").filter((name) => name !== "");
  const there = names.length === 0
    ? "The repository has no commit yet: commit something first."
    : `Give one that exists: --base ${names.join(" | ")}`;
  return {
    code: "base-not-found",
    message: given
      ? `Cannot find the base ${JSON.stringify(ref)} in ${location}: no branch, tag or commit has this name`
      : `Cannot take HEAD of ${location} as the base: its branch has no commit yet`,
    value: ref,
    remedy: there,
  };
}

/** Uncommitted work: staged, modified or untracked. Submodules are not asked: they have settings of their own. */
async function isDirty(found: Found, shim: Shim): Promise<boolean> {
  const workTree = found.workTree;
  if (workTree === null) return false;
  const args = [
    "status",
    "--porcelain",
    "-z",
    "--untracked-files=normal",
    "--ignore-submodules=all",
    "--no-renames",
  ];
  try {
    return await gitPrints(args, {
      ...shim.call,
      workTree,
      cwd: workTree,
      index: join(found.gitDir, "index"),
      timeoutMs: 30_000,
    });
  } catch (error) {
    // An index that cannot be read or compared in time: say that there may be work which is left out.
    if (error instanceof GitError) return true;
    throw error;
  }
}

/** Why a repository that is there cannot be read. */
export function unreadable(location: string, error: unknown): Problem {
  if (error instanceof Deno.errors.NotFound) {
    return {
      code: "git-missing",
      message: "Cannot start git: it is not on PATH",
      remedy: "Install git 2.34 or newer, for example: apt-get install git",
    };
  }
  if (!(error instanceof GitError)) throw error;
  if (
    /missing blob|unable to read|bad object|promisor|could not (fetch|read)|not our ref/i.test(error.stderr)
  ) {
    return {
      code: "repo-incomplete",
      message: `Cannot read all of the base in ${location}: objects are missing (${firstLine(error.stderr)})`,
      value: location,
      remedy:
        "A partial clone must be completed first: `git fetch --refetch --no-filter`; a damaged one is found by `git fsck`.",
    };
  }
  return {
    code: "repo-unreadable",
    message: `Cannot read the repository ${location}: ${firstLine(error.stderr)}`,
    value: location,
    remedy: "Check that `git fsck` and `git status` work there.",
  };
}

function firstLine(text: string): string {
  return (text.split("\n").find((line) => line.trim() !== "") ?? "git gave no reason").trim().slice(0, 500);
}
