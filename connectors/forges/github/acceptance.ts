/** Why no pull request can be opened in a repository, asked before a run begins. */
import type { Problem } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";
import { RepositoryAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import { branchName } from "./delivery.ts";
import { branchAt } from "./objects.ts";
import type { GitHubPlace } from "./place.ts";

/** Null when nothing that can be known now is in the way. */
export async function refusal(
  client: GitHubClient,
  place: GitHubPlace,
  wanted: { baseRef?: string; baseCommit?: string },
): Promise<Problem | null> {
  const name = `${place.owner}/${place.repo}`;
  const no = (code: string, why: string, remedy: string, value = name): Problem => ({
    code,
    message: `Cannot open pull requests in ${name}: ${why}`,
    value,
    remedy,
  });
  try {
    const repository = await client.maybe(RepositoryAnswer, "GET /repos/{owner}/{repo}", { ...place });
    if (repository === null) {
      return no(
        "repo-not-found",
        "GitHub shows no such repository to this credential",
        "Check the name, and what the token may see.",
      );
    }
    if (repository.full_name.toLowerCase() !== name.toLowerCase()) {
      return no(
        "repo-moved",
        `it is called ${repository.full_name} now`,
        "Name it so: change the URL, or the remote: git remote set-url origin …",
        repository.full_name,
      );
    }
    if (repository.archived) return no("repo-archived", "it is archived", "Unarchive it first.");
    if (repository.disabled) return no("repo-disabled", "GitHub has disabled it", "Ask its owner.");
    const lacks = await lacking(client, place, repository.permissions);
    if (lacks !== null) {
      return no(
        "forge-forbidden",
        lacks,
        "Give the credential contents: write and pull requests: write (classic tokens: the scope repo).",
      );
    }
    return await baseRefusal(client, place, wanted, no);
  } catch (error) {
    if (error instanceof ForgeError) return error.problem;
    throw error;
  }
}

async function baseRefusal(
  client: GitHubClient,
  place: GitHubPlace,
  wanted: { baseRef?: string; baseCommit?: string },
  no: (code: string, why: string, remedy: string, value?: string) => Problem,
): Promise<Problem | null> {
  if (await branchAt(client, place, "forge") !== null) {
    return no(
      "branch-exists",
      "it has a branch named forge, so that there can be no forge/...",
      "Rename that branch.",
      "forge",
    );
  }
  if (wanted.baseRef === undefined) return null;
  const base = branchName(wanted.baseRef);
  const head = await branchAt(client, place, base);
  if (head === null) {
    return no(
      "base-not-found",
      `GitHub has no branch ${base}`,
      "Name a branch that is there: --base main. A tag or a commit cannot be the base of a pull request.",
      base,
    );
  }
  if (wanted.baseCommit !== undefined && head !== wanted.baseCommit) {
    return no(
      "base-moved",
      `its branch ${base} is at ${head}, and the one here at ${wanted.baseCommit}`,
      "Bring the clone up to date (git pull), push what is only here, or name the repository by its URL.",
      head,
    );
  }
  return null;
}

/** What the credential may not do, in words; null when it may, or when that is not told. */
async function lacking(
  client: GitHubClient,
  place: GitHubPlace,
  permissions: Record<string, boolean> | undefined,
): Promise<string | null> {
  if (!client.isApp) {
    return permissions !== undefined && permissions.push !== true && permissions.admin !== true
      ? "the credential may read it, and not push"
      : null;
  }
  const granted = await client.grants(place);
  if (granted === null) return null;
  const missing = ["contents", "pull_requests"].filter((one) => granted[one] !== "write");
  return missing.length === 0 ? null : `the App has no right to write ${missing.join(" and ")}`;
}
