/** How a pull request stands: its head, its base, what CI and reviewers say. */
import { z } from "zod";
import { ForgeError } from "../failure.ts";
import { markOf } from "../marker.ts";
import type { CheckConclusion, PullRequestCheck, PullRequestReview, PullRequestState } from "../port.ts";
import {
  type CheckRunAnswer,
  CheckRunAnswer as CheckRun,
  PullAnswer,
  ReviewAnswer,
  StatusAnswer,
} from "./answers.ts";
import { authorsOf } from "./authors.ts";
import type { GitHubClient } from "./client.ts";
import { branchAt, headOf } from "./objects.ts";
import type { GitHubPlace } from "./place.ts";

const MOST = 300;
const MAX_SUMMARY = 4000;

const Branch = z.object({
  protection: z.object({
    required_status_checks: z.object({ contexts: z.array(z.string()).optional() }).nullable().optional(),
  }).optional(),
});
const Rule = z.object({
  type: z.string(),
  parameters: z.object({
    required_status_checks: z.array(z.object({ context: z.string() })).optional(),
  }).optional(),
});
const Statuses = z.object({ statuses: z.array(StatusAnswer) });

export async function pullState(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
): Promise<PullRequestState> {
  const pull = await client.call(PullAnswer, "GET /repos/{owner}/{repo}/pulls/{number}", {
    ...place,
    number,
  });
  const head = await headOf(client, place, pull);
  const [checks, reviews, baseHead] = [
    await checksOf(client, place, head, pull.base.ref),
    await reviewsOf(client, place, number),
    await branchAt(client, place, pull.base.ref),
  ];
  const merged = pull.merged === true || (pull.merged_at ?? null) !== null;
  return {
    number,
    url: pull.html_url,
    title: pull.title,
    state: merged ? "merged" : pull.state,
    draft: pull.draft ?? false,
    branch: pull.head.ref,
    head,
    base: pull.base.ref,
    baseHead,
    mergeable: mergeability(pull),
    mergeCommit: merged ? pull.merge_commit_sha ?? null : null,
    labels: (pull.labels ?? []).map((one) => one.name),
    checks: checks.items,
    reviews: reviews.items,
    cut: checks.cut || reviews.cut,
  };
}

function mergeability(pull: PullAnswer): PullRequestState["mergeable"] {
  if (pull.mergeable === false) return "conflicting";
  switch (pull.mergeable_state) {
    case "clean":
    case "unstable":
    case "has_hooks":
      return "clean";
    case "dirty":
      return "conflicting";
    case "blocked":
    case "draft":
      return "blocked";
    case "behind":
      return "behind";
    default:
      return "unknown";
  }
}

async function checksOf(
  client: GitHubClient,
  place: GitHubPlace,
  sha: string,
  base: string,
): Promise<{ items: PullRequestCheck[]; cut: boolean }> {
  const runs = await client.list(
    CheckRun,
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    { ...place, ref: sha, filter: "latest" },
    { most: MOST, under: "check_runs" },
  );
  const statuses = await client.maybe(Statuses, "GET /repos/{owner}/{repo}/commits/{ref}/status", {
    ...place,
    ref: sha,
    per_page: 100,
  });
  const required = await requiredChecks(client, place, base);
  const isRequired = (name: string) => required === null ? null : required.has(name);
  return {
    cut: runs.cut || (statuses?.statuses.length ?? 0) >= 100,
    items: [
      ...latest(runs.items).map((run): PullRequestCheck => {
        const status = run.status === "completed"
          ? "completed"
          : run.status === "in_progress"
          ? "running"
          : "queued";
        return {
          id: `check-run:${run.id}`,
          kind: "check-run",
          name: run.name,
          by: run.app?.slug ?? null,
          status,
          conclusion: status === "completed" ? conclusionOf(run.conclusion) : null,
          required: isRequired(run.name),
          summary: text([run.output?.title, run.output?.summary]),
          url: run.html_url ?? null,
          ours: MARK.test(run.external_id ?? ""),
        };
      }),
      ...(statuses?.statuses ?? []).map((one): PullRequestCheck => ({
        id: `status:${one.context}`,
        kind: "status",
        name: one.context,
        by: null,
        status: one.state === "pending" ? "running" : "completed",
        conclusion: one.state === "pending" ? null : one.state === "success" ? "success" : "failure",
        required: isRequired(one.context),
        summary: text([one.description]),
        url: one.target_url ?? null,
        ours: false,
      })),
    ],
  };
}

const MARK = /^edgeforge:[0-9a-f]{32}$/;
/** Names a check run of ours. */
export const externalId = async (key: string): Promise<string> => `edgeforge:${await markOf(key)}`;

/** Of the same name by the same app only the newest counts. */
function latest(runs: readonly CheckRunAnswer[]): CheckRunAnswer[] {
  const newest = new Map<string, CheckRunAnswer>();
  for (const run of runs) {
    const name = `${run.app?.slug ?? ""} ${run.name}`;
    if ((newest.get(name)?.id ?? -1) < run.id) newest.set(name, run);
  }
  return [...newest.values()];
}

const CONCLUSIONS: readonly CheckConclusion[] = [
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required",
  "stale",
  "startup_failure",
];

/** A word that nobody knows is no success. */
function conclusionOf(word: string | null): CheckConclusion {
  return CONCLUSIONS.find((one) => one === word) ?? "failure";
}

/** Names that the base branch asks for, by branch protection and by rulesets; null where neither can be read. */
async function requiredChecks(
  client: GitHubClient,
  place: GitHubPlace,
  branch: string,
): Promise<Set<string> | null> {
  const tolerant = async <T>(ask: () => Promise<T | null>): Promise<T | null> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ForgeError && error.status === 403) return null;
      throw error;
    }
  };
  const protection = await tolerant(() =>
    client.maybe(Branch, "GET /repos/{owner}/{repo}/branches/{branch}", { ...place, branch })
  );
  const rules = await tolerant(() =>
    client.maybe(z.array(Rule), "GET /repos/{owner}/{repo}/rules/branches/{branch}", {
      ...place,
      branch,
      per_page: 100,
    })
  );
  if (rules === null && protection?.protection === undefined) return null;
  return new Set([
    ...(protection?.protection?.required_status_checks?.contexts ?? []),
    ...(rules ?? []).filter((rule) => rule.type === "required_status_checks")
      .flatMap((rule) => (rule.parameters?.required_status_checks ?? []).map((one) => one.context)),
  ]);
}

const REVIEWS: Readonly<Record<string, PullRequestReview["state"]>> = {
  APPROVED: "approved",
  CHANGES_REQUESTED: "changes_requested",
  COMMENTED: "commented",
  DISMISSED: "dismissed",
};

/** What a review's state means; null for one that is not submitted yet. */
export const reviewState = (word: string): PullRequestReview["state"] | null =>
  REVIEWS[word.toUpperCase()] ?? null;

async function reviewsOf(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
): Promise<{ items: PullRequestReview[]; cut: boolean }> {
  const all = await client.list(
    ReviewAnswer,
    "GET /repos/{owner}/{repo}/pulls/{number}/reviews",
    { ...place, number },
    { most: MOST },
  );
  const authors = authorsOf(client, place);
  const verdicts = new Map<string, PullRequestReview>();
  for (const review of all.items) {
    const state = reviewState(review.state);
    if (state === null) continue;
    const author = await authors.author(review.user, review.author_association);
    // A comment takes back neither an approval nor a wish for changes.
    if (state === "commented" && verdicts.has(author.name)) continue;
    verdicts.set(author.name, {
      id: `review:${review.id}`,
      author,
      state,
      commit: review.commit_id ?? null,
      at: review.submitted_at ?? "",
    });
  }
  return { items: [...verdicts.values()], cut: all.cut };
}

const text = (parts: readonly (string | null | undefined)[]): string =>
  parts.filter((part) => (part ?? "") !== "").join("\n").slice(0, MAX_SUMMARY);
