/**
 * What is in a tree on GitLab. GitLab does not name the tree of a commit, but it names everything that is in its root: from that the
 * tree's own name follows, as git makes it. So what GitLab made of a change is compared with what was judged, whole.
 */
import { GitSha } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";
import { BranchAnswer, CommitAnswer, TreeEntryAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { type GitLabPlace, projectPath } from "./place.ts";

export interface TreeEntry {
  /** As git writes it, six digits: `100644`, `040000`. */
  readonly mode: string;
  readonly type: "tree" | "blob" | "commit";
  readonly sha: string;
  readonly name: string;
}

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

const utf8 = new TextEncoder();

/** The name of the tree that has these entries, as git makes it. */
export async function nameOfTree(entries: readonly TreeEntry[], sha256: boolean): Promise<string> {
  // Git sorts by bytes, a directory as if its name ended in a slash.
  const sorted = entries.map((entry) => ({
    entry,
    key: utf8.encode(entry.type === "tree" ? `${entry.name}/` : entry.name),
  })).sort((a, b) => byBytes(a.key, b.key));
  const parts = sorted.flatMap(({ entry }) => [
    utf8.encode(`${entry.mode.replace(/^0/, "")} ${entry.name}\0`),
    Uint8Array.from(entry.sha.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
  ]);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Blob([utf8.encode(`tree ${length}\0`), ...parts as BlobPart[]]);
  const digest = await crypto.subtle.digest(sha256 ? "SHA-256" : "SHA-1", await whole.arrayBuffer());
  return GitSha.parse(
    Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  );
}

function byBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
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
