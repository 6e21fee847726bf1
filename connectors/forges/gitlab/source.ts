/** A project's files by API: no clone, every object by the name that says what it holds. */
import { z } from "zod";
import { ForgeError } from "../failure.ts";
import type { ForgeSource } from "../port.ts";
import { CommitAnswer, TreeEntryAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { type GitLabPlace, projectPath } from "./place.ts";
import { branchAt, treeAt } from "./trees.ts";

const DefaultBranch = z.object({ default_branch: z.string().nullable().optional() });
const ListedEntry = TreeEntryAnswer.extend({ path: z.string().min(1) });

const MOST_ENTRIES = 100_000;

export function gitlabSource(client: GitLabClient, place: GitLabPlace): ForgeSource {
  const project = projectPath(place);
  return {
    async resolve(given) {
      const ref = given ?? (await client.call(DefaultBranch, "GET", project)).default_branch ?? null;
      if (ref === null) return null;
      const branch = await branchAt(client, place, ref);
      if (branch !== null) return { ref, commit: branch, tree: await treeAt(client, place, branch) };
      const found = await client.maybe(
        CommitAnswer,
        `${project}/repository/commits/${encodeURIComponent(ref)}`,
        { stats: "false" },
      );
      return found === null ? null : { ref, commit: found.id, tree: await treeAt(client, place, found.id) };
    },
    async files(commit) {
      const { items, cut } = await client.list(
        ListedEntry,
        `${project}/repository/tree`,
        { ref: commit, recursive: "true" },
        MOST_ENTRIES,
      );
      if (cut) {
        throw new ForgeError({
          code: "repo-too-large",
          message: `Cannot list the files by GitLab's API: there are more than ${MOST_ENTRIES} entries`,
          remedy: "Run it where the repository can be cloned.",
        }, { failure: { class: "resource", source: "user-environment", retryable: false } });
      }
      return items.filter(({ type }) => type !== "tree").map(({ path, mode, id }) => ({
        path,
        mode: mode.padStart(6, "0"),
        sha: id,
      }));
    },
    async blob(sha) {
      const { status, bytes } = await client.raw(`${project}/repository/blobs/${sha}/raw`);
      if (status === 200) return bytes;
      throw new ForgeError({
        code: "forge-not-found",
        message: `Cannot read the object ${sha} of ${place.path}: GitLab answers ${status}`,
        remedy: "Check that the credential may read the repository.",
      }, { status, failure: { class: "external", source: "user-environment", retryable: false } });
    },
  };
}
