/** A repository's files by API: no clone, every object by the name that says what it holds. */
import { z } from "zod";
import { GitSha } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";
import type { ForgeSource } from "../port.ts";
import { RepositoryAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import { branchAt, commitAt } from "./objects.ts";
import type { GitHubPlace } from "./place.ts";

const TreeAnswer = z.object({
  sha: GitSha,
  tree: z.array(z.object({
    path: z.string(),
    mode: z.string(),
    type: z.enum(["blob", "tree", "commit"]),
    sha: GitSha,
  })),
  truncated: z.boolean().optional(),
});
const BlobAnswer = z.object({ content: z.string(), encoding: z.string() });
const CommitRefAnswer = z.object({ sha: GitSha, commit: z.object({ tree: z.object({ sha: GitSha }) }) });

/** Requests for directories one by one, where GitHub gives no list of all files. */
const MOST_DIRECTORIES = 2000;

export function githubSource(client: GitHubClient, place: GitHubPlace): ForgeSource {
  const tree = (sha: string, recursive: boolean) =>
    client.call(TreeAnswer, "GET /repos/{owner}/{repo}/git/trees/{sha}", {
      ...place,
      sha,
      ...(recursive ? { recursive: 1 } : {}),
    });

  async function walk(root: string): Promise<{ path: string; mode: string; sha: string }[]> {
    const found: { path: string; mode: string; sha: string }[] = [];
    const open = [{ path: "", sha: root }];
    for (let count = 1;; count++) {
      const next = open.pop();
      if (next === undefined) return found;
      if (count > MOST_DIRECTORIES) {
        throw new ForgeError({
          code: "repo-too-large",
          message:
            `Cannot list the files by GitHub's API: there are more than ${MOST_DIRECTORIES} directories`,
          remedy: "Run it where the repository can be cloned.",
        }, { failure: { class: "resource", source: "user-environment", retryable: false } });
      }
      const answer = await tree(next.sha, false);
      for (const { path: name, mode, type, sha } of answer.tree) {
        const path = next.path === "" ? name : `${next.path}/${name}`;
        if (type === "tree") open.push({ path, sha });
        else found.push({ path, mode: mode.padStart(6, "0"), sha });
      }
    }
  }

  return {
    async resolve(given) {
      const ref = given ??
        (await client.call(RepositoryAnswer, "GET /repos/{owner}/{repo}", { ...place })).default_branch;
      const branch = await branchAt(client, place, ref);
      if (branch !== null) {
        return { ref, commit: branch, tree: (await commitAt(client, place, branch)).tree };
      }
      try {
        const found = await client.maybe(CommitRefAnswer, "GET /repos/{owner}/{repo}/commits/{ref}", {
          ...place,
          ref,
        });
        return found === null ? null : { ref, commit: found.sha, tree: found.commit.tree.sha };
      } catch (error) {
        // So it answers for a name that no commit has.
        if (error instanceof ForgeError && error.status === 422) return null;
        throw error;
      }
    },
    async files(commit) {
      const root = (await commitAt(client, place, commit)).tree;
      const answer = await tree(root, true);
      if (answer.truncated === true) return await walk(root);
      return answer.tree.filter(({ type }) => type !== "tree").map(({ path, mode, sha }) => ({
        path,
        mode: mode.padStart(6, "0"),
        sha,
      }));
    },
    async blob(sha) {
      const { content, encoding } = await client.call(
        BlobAnswer,
        "GET /repos/{owner}/{repo}/git/blobs/{sha}",
        { ...place, sha },
      );
      return encoding === "base64"
        ? Uint8Array.fromBase64(content.replace(/\s+/g, ""))
        : new TextEncoder().encode(content);
    },
  };
}
