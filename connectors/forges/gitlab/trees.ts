/**
 * What is in a tree on GitLab. GitLab does not name the tree of a commit, but it names everything that is in its root: from that the
 * tree's own name follows, as git makes it. So what GitLab made of a change is compared with what was judged, whole.
 */
import { type GitTreeEntry, nameOfTree } from "../../workspace/objects/object_name.ts";
import { ForgeError } from "../failure.ts";
import { BranchAnswer, CommitAnswer, TreeEntryAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { type GitLabPlace, projectPath } from "./place.ts";

export type TreeEntry = GitTreeEntry;

const MOST_ENTRIES = 20_000;

/** What is in a directory of a commit; "" is the root. */
export async function directoryAt(
  client: GitLabClient,
  place: GitLabPlace,
  commit: string,
  path: string,
): Promise<TreeEntry[]> {
  const { items, cut } = await client.list(
    TreeEntryAnswer,
    `${projectPath(place)}/repository/tree`,
    { ref: commit, ...(path === "" ? {} : { path }) },
    MOST_ENTRIES,
  );
  if (cut) {
    throw new ForgeError({
      code: "change-too-large",
      message: `Cannot compare with GitLab: the directory ${
        JSON.stringify(path)
      } has more than ${MOST_ENTRIES} entries`,
      remedy: "Use --forge local.",
    }, { failure: { class: "resource", source: "user-environment", retryable: false } });
  }
  return items.map(({ id, name, type, mode }) => ({ mode: mode.padStart(6, "0"), type, sha: id, name }));
}

/** Tree and parents of a commit that GitLab has. */
export async function commitAt(
  client: GitLabClient,
  place: GitLabPlace,
  sha: string,
): Promise<{ tree: string; parents: string[] }> {
  const commit = await client.call(
    CommitAnswer,
    "GET",
    `${projectPath(place)}/repository/commits/${encodeURIComponent(sha)}`,
    { query: { stats: "false" } },
  );
  return { tree: await treeAt(client, place, commit.id), parents: commit.parent_ids };
}

export async function treeAt(client: GitLabClient, place: GitLabPlace, commit: string): Promise<string> {
  return await nameOfTree(await directoryAt(client, place, commit, ""), commit.length === 64);
}

/** The head of a branch; null when there is none. */
export async function branchAt(
  client: GitLabClient,
  place: GitLabPlace,
  branch: string,
): Promise<string | null> {
  const found = await client.maybe(
    BranchAnswer,
    `${projectPath(place)}/repository/branches/${encodeURIComponent(branch)}`,
  );
  return found === null || found.name !== branch ? null : found.commit.id;
}
