/**
 * The forge without a server: a pull request is a commit on a branch of the user's repository, and a record. Written by
 * plumbing through a git directory of ours, so that HEAD, index, work tree, notes, configuration, reflogs and hooks of the user
 * take no part.
 */
import { pathToFileURL } from "node:url";
import type { Problem } from "../../specs/mod.ts";
import type { Forge, PullRequest, PullRequestRequest } from "../port.ts";
import { type Clone, openClone } from "../workspace/clone.ts";
import { commonDirOf, discover, type Found } from "../workspace/discover.ts";
import { git, GitError, gitLine, runGit } from "../workspace/git.ts";
import { resolveNames } from "../workspace/repository.ts";
import { type Shim, withShim } from "../workspace/shim.ts";
import { ForgeError } from "./failure.ts";
import { copyObjects } from "./objects.ts";
import type { PullRequestRecords } from "./records.ts";

export interface LocalForgeOptions {
  records: PullRequestRecords;
  /** What a pull request is called in links; the default names the repository's directory. */
  url?: (number: number, location: string) => string;
}

/** Author and committer of every commit that the engine makes. */
const IDENTITY = { name: "Edgeforge", email: "edgeforge@localhost" };

/** Pull requests as branches of a repository on this disk. */
export function localForge(options: LocalForgeOptions): Forge {
  const { records } = options;
  const url = options.url ?? ((number, location) => `${pathToFileURL(location)}#pull-request-${number}`);
  return {
    kind: "local",
    find: (request) => records.get(request.key),
    open: async (request) => {
      const there = await records.get(request.key);
      if (there !== null) return there;
      const commit = await publish(request);
      return await records.create(request.key, (number) => pullRequest(request, commit, number, url));
    },
    list: async (location) =>
      await records.list(location === undefined ? undefined : await commonName(location)),
    show: async (number, location) => {
      const found = await records.show(number);
      if (found === null || location === undefined) return found;
      return found.repository === await commonName(location) ? found : null;
    },
    refuses: nameTaken,
  };
}

/** Git keeps a branch and branches below its name apart: where `forge` is one, `forge/...` cannot be. */
async function nameTaken(repository: { location: string; gitDir: string }): Promise<Problem | null> {
  const { gitDir, location } = repository;
  const found: Found = { gitDir, commonDir: await commonDirOf(gitDir), workTree: null };
  const [taken] = await withShim(found, (shim) => resolveNames(shim, ["refs/heads/forge"]));
  if (!taken) return null;
  return {
    code: "branch-exists",
    message:
      `Cannot open pull requests in ${location}: it has a branch named forge, so that there can be no forge/...`,
    value: "forge",
    remedy: "Rename that branch: git branch -m forge forge-main",
  };
}

function pullRequest(
  request: PullRequestRequest,
  commit: string,
  number: number,
  url: (number: number, location: string) => string,
): PullRequest {
  return {
    number,
    run: request.run,
    title: request.title,
    body: request.body,
    branch: request.branch,
    base: request.repository.baseRef,
    baseCommit: request.repository.baseCommit,
    commit,
    url: url(number, request.repository.location),
    draft: request.draft,
    createdAt: request.at,
    repository: request.repository.location,
  };
}

/** A directory that the user names, as records name its repository. */
async function commonName(location: string): Promise<string> {
  const found = await discover(location);
  return found.ok ? found.value.commonDir : location;
}

/** Makes the commit and the branch; doing it again changes nothing. */
async function publish(request: PullRequestRequest): Promise<string> {
  const opened = await openClone(request.workspace);
  if (!opened.ok) throw new ForgeError(opened.error);
  const clone = opened.value;
  const { gitDir, baseCommit } = request.repository;
  if (clone.base !== baseCommit) {
    throw new ForgeError({
      code: "base-mismatch",
      message: `Cannot open a pull request: the workspace is of ${clone.base}, the request of ${baseCommit}`,
    });
  }
  if (request.tree === clone.baseTree) {
    throw new ForgeError({
      code: "pull-request-empty",
      message: "Cannot open a pull request: it would change nothing",
    });
  }
  const commit = await makeCommit(clone, request);
  try {
    const found: Found = { gitDir, commonDir: await commonDirOf(gitDir), workTree: null };
    await withShim(found, async (shim) => {
      if (await branchIsThere(shim, request.branch, commit)) return;
      await copyObjects(clone, shim, commit);
      await checkArrived(shim, commit, request.tree);
      await createBranch(shim, request.branch, commit);
    });
  } catch (error) {
    if (error instanceof ForgeError) throw error;
    throw new ForgeError({
      code: "forge-unwritable",
      message: `Cannot write the branch ${request.branch} into ${request.repository.location}: ${
        error instanceof Error ? error.message : String(error)
      }`,
      value: request.branch,
      remedy:
        "Check that the repository is there, that its disk has room and that its objects and refs can be written.",
    }, { cause: error });
  }
  return commit;
}

/** The same request makes the same commit: tree, parent, message, identity and instant decide its name. */
async function makeCommit(clone: Clone, request: PullRequestRequest): Promise<string> {
  const date = `${Math.floor(Date.parse(request.at) / 1000)} +0000`;
  return await gitLine(["commit-tree", request.tree, "-p", clone.base], {
    gitDir: clone.engine,
    stdin: new TextEncoder().encode(
      request.message.endsWith("\n") ? request.message : `${request.message}\n`,
    ),
    env: {
      GIT_AUTHOR_NAME: IDENTITY.name,
      GIT_AUTHOR_EMAIL: IDENTITY.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: IDENTITY.name,
      GIT_COMMITTER_EMAIL: IDENTITY.email,
      GIT_COMMITTER_DATE: date,
    },
  });
}

/** True when the branch is at this commit, false when there is none; another commit is an error. */
async function branchIsThere(shim: Shim, branch: string, commit: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const format = await runGit(["check-ref-format", ref], shim.call);
  if (format.code !== 0 || branch.startsWith("-") || branch === "HEAD") {
    throw new ForgeError({
      code: "branch-invalid",
      message: `Cannot use ${JSON.stringify(branch)} as the name of a branch`,
      value: branch,
      remedy: "Give a name like forge/fix-login-1.",
    });
  }
  const [at] = await resolveNames(shim, [ref]);
  if (at?.commit === commit) return true;
  if (at) throw branchExists(branch, at.commit);
  // Creating the branch that an unborn HEAD stands on would move what the user has checked out.
  const head = await gitLine(["symbolic-ref", "--quiet", "HEAD"], shim.call).catch(() => "");
  if (head === ref) throw branchExists(branch, "the checked-out branch, which has no commit yet");
  return false;
}

function branchExists(branch: string, at: string): ForgeError {
  return new ForgeError({
    code: "branch-exists",
    message: `Cannot open the pull request: the branch ${branch} is already there, at ${at}`,
    value: branch,
    remedy: "Delete or rename that branch, or start the run again.",
  });
}

async function checkArrived(shim: Shim, commit: string, tree: string): Promise<void> {
  const [there] = await resolveNames(shim, [commit]);
  if (there?.tree !== tree) {
    throw new ForgeError({
      code: "forge-unwritable",
      message: `The commit ${commit} did not arrive in the repository with the tree ${tree}`,
    });
  }
}

/** Only where there is none: the old value must be absent at the moment of writing. */
async function createBranch(shim: Shim, branch: string, commit: string): Promise<void> {
  try {
    await git(
      ["update-ref", "--no-deref", `refs/heads/${branch}`, commit, "0".repeat(commit.length)],
      shim.call,
    );
  } catch (error) {
    // Another process of ours may have made it between the look and now.
    if (error instanceof GitError && await branchIsThere(shim, branch, commit)) return;
    throw error;
  }
}
