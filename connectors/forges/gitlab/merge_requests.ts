/** Merge requests as GitLab has them. */
import { MergeRequestAnswer } from "./answers.ts";
import type { Call, GitLabClient } from "./client.ts";
import { type GitLabPlace, projectPath } from "./place.ts";
import { branchAt } from "./trees.ts";

export const mergeRequestsPath = (place: GitLabPlace): string => `${projectPath(place)}/merge_requests`;
export const mergeRequestPath = (place: GitLabPlace, number: number): string =>
  `${mergeRequestsPath(place)}/${number}`;

export const mergeRequestAt = (
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
): Promise<MergeRequestAnswer> => client.call(MergeRequestAnswer, "GET", mergeRequestPath(place, number));

/** Those of a branch of this very project, newest first. */
export async function ofBranch(
  client: GitLabClient,
  place: GitLabPlace,
  branch: string,
  state: "opened" | "all",
): Promise<MergeRequestAnswer[]> {
  const { items } = await client.list(MergeRequestAnswer, mergeRequestsPath(place), {
    source_branch: branch,
    state,
    scope: "all",
    order_by: "created_at",
    sort: "desc",
  }, 20);
  return items.filter((one) => one.source_branch === branch && isHere(one));
}

/** Its branch is in the project itself, not in a fork. */
export const isHere = (one: MergeRequestAnswer): boolean => one.source_project_id === one.target_project_id;

export const isDraft = (one: MergeRequestAnswer): boolean => one.draft ?? one.work_in_progress ?? false;

export const change = (
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  body: NonNullable<Call["body"]>,
): Promise<MergeRequestAnswer> =>
  client.call(MergeRequestAnswer, "PUT", mergeRequestPath(place, number), { body });

/**
 * The commit that it offers. While it is open that is its branch's, where the branch is here: GitLab brings the merge request itself up
 * to date only a while later.
 */
export async function headOf(
  client: GitLabClient,
  place: GitLabPlace,
  one: MergeRequestAnswer,
): Promise<string | null> {
  if (one.state !== "opened" || !isHere(one)) return one.sha;
  return await branchAt(client, place, one.source_branch) ?? one.sha;
}
