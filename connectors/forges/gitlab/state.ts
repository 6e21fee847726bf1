/** How a merge request stands: its head, its base, what pipelines and reviewers say. */
import type { PullRequestReview, PullRequestState } from "../port.ts";
import {
  ApprovalsAnswer,
  type MergeRequestAnswer,
  ProjectAnswer,
  ReviewerAnswer,
  VersionAnswer,
} from "./answers.ts";
import { type Authors, authorsOf, tolerant } from "./authors.ts";
import { checksOf } from "./checks.ts";
import type { GitLabClient } from "./client.ts";
import { headOf, isDraft, mergeRequestAt, mergeRequestPath } from "./merge_requests.ts";
import { type GitLabPlace, projectPath } from "./place.ts";
import { ForgeError } from "../failure.ts";
import { branchAt } from "./trees.ts";
import { plainTitle } from "./wording.ts";

const MOST_REVIEWERS = 200;

export async function pullState(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
): Promise<PullRequestState> {
  const pull = await mergeRequestAt(client, place, number);
  const head = await headOf(client, place, pull);
  if (head === null) throw new ForgeError(headless(number, pull.web_url));
  const project = await client.call(ProjectAnswer, "GET", projectPath(place));
  const authors = authorsOf(client, place);
  const checks = await checksOf(client, place, {
    head,
    pipeline: pull.head_pipeline ?? null,
    mustPass: project.only_allow_merge_if_pipeline_succeeds ?? null,
    own: (await authors.own())?.id ?? null,
  });
  const reviews = await reviewsOf(client, place, pull, authors);
  return {
    number,
    url: pull.web_url,
    title: plainTitle(pull.title),
    state: pull.state === "merged" ? "merged" : pull.state === "closed" ? "closed" : "open",
    draft: isDraft(pull),
    branch: pull.source_branch,
    head,
    base: pull.target_branch,
    baseHead: await branchAt(client, place, pull.target_branch),
    mergeable: mergeability(pull),
    mergeCommit: pull.state === "merged" ? mergedAs(pull) : null,
    labels: pull.labels ?? [],
    checks: checks.items,
    reviews: reviews.items,
    cut: checks.cut || reviews.cut,
  };
}

/** A merge commit, the one that squashing made, or by fast-forward the head itself. */
export const mergedAs = (pull: MergeRequestAnswer): string | null =>
  pull.merge_commit_sha ?? pull.squash_commit_sha ?? pull.sha;

type Mergeable = PullRequestState["mergeable"];

/** Words of `detailed_merge_status`; one that nobody knows is `unknown`. */
const MERGEABLE: Readonly<Record<string, Mergeable>> = {
  mergeable: "clean",
  conflict: "conflicting",
  broken_status: "conflicting",
  need_rebase: "behind",
  approvals_syncing: "blocked",
  blocked_status: "blocked",
  ci_must_pass: "blocked",
  ci_still_running: "blocked",
  commits_status: "blocked",
  discussions_not_resolved: "blocked",
  draft_status: "blocked",
  external_status_checks: "blocked",
  jira_association_missing: "blocked",
  locked_lfs_files: "blocked",
  locked_paths: "blocked",
  merge_request_blocked: "blocked",
  merge_time: "blocked",
  not_approved: "blocked",
  not_open: "blocked",
  policies_denied: "blocked",
  requested_changes: "blocked",
  security_policy_violations: "blocked",
  status_checks_must_pass: "blocked",
  title_regex: "blocked",
};

/** GitLab before 15.6 has only the old word. */
function mergeability(pull: MergeRequestAnswer): Mergeable {
  if (pull.has_conflicts === true) return "conflicting";
  if (pull.detailed_merge_status !== undefined) return MERGEABLE[pull.detailed_merge_status] ?? "unknown";
  if (pull.merge_status === "can_be_merged") return isDraft(pull) ? "blocked" : "clean";
  return pull.merge_status === "cannot_be_merged" ? "conflicting" : "unknown";
}

const REVIEWS: Readonly<Record<string, PullRequestReview["state"]>> = {
  requested_changes: "changes_requested",
  reviewed: "commented",
  approved: "approved",
  unapproved: "dismissed",
};

const MOST_VERSIONS = 200;

/**
 * The commit that was offered when somebody approved. GitLab tells no commit of an approval: of its time, and of the versions of the
 * merge request, it follows. Null where either is not told.
 */
async function approvedCommits(
  client: GitLabClient,
  path: string,
): Promise<(at: string | null | undefined) => string | null> {
  const versions = await tolerant(
    () => client.list(VersionAnswer, `${path}/versions`, {}, MOST_VERSIONS),
    [403, 404],
  );
  const known = (versions?.items ?? [])
    .map(({ head_commit_sha: commit, created_at: at }) => ({ commit, ms: Date.parse(at) }))
    .toSorted((a, b) => b.ms - a.ms);
  return (at) => {
    const ms = Date.parse(at ?? "");
    return known.find((one) => one.ms <= ms)?.commit ?? null;
  };
}

/** Approvals, and what reviewers were asked and said. */
async function reviewsOf(
  client: GitLabClient,
  place: GitLabPlace,
  pull: MergeRequestAnswer,
  authors: Authors,
): Promise<{ items: PullRequestReview[]; cut: boolean }> {
  const path = mergeRequestPath(place, pull.iid);
  const approvals = await tolerant(() => client.maybe(ApprovalsAnswer, `${path}/approvals`));
  const reviewers = await tolerant(
    () => client.list(ReviewerAnswer, `${path}/reviewers`, {}, MOST_REVIEWERS),
    [403, 404],
  );
  const verdicts = new Map<string, PullRequestReview>();
  for (const { user, state: word, created_at: at } of reviewers?.items ?? []) {
    const state = REVIEWS[word];
    // Approvals have a list of their own, which is what counts.
    if (state === undefined || state === "approved") continue;
    const author = await authors.author(user);
    verdicts.set(user.username, { id: `review:${user.id}`, author, state, commit: null, at: at ?? "" });
  }
  const approved = approvals?.approved_by ?? [];
  const commitAt = approved.length === 0 ? () => null : await approvedCommits(client, path);
  for (const { user, approved_at: at } of approved) {
    const author = await authors.author(user);
    verdicts.set(user.username, {
      id: `approval:${user.id}`,
      author,
      state: "approved",
      commit: commitAt(at),
      at: at ?? pull.updated_at ?? "",
    });
  }
  // Approvals that cannot be read are not no approvals.
  return { items: [...verdicts.values()], cut: reviewers?.cut === true || approvals === undefined };
}

const headless = (number: number, url: string) => ({
  code: "forge-answer-unreadable",
  message: `Cannot tell how pull request ${number} stands: GitLab names no commit of it`,
  value: url,
  remedy: "Its branch may be gone, or GitLab is still preparing it; try again.",
});
