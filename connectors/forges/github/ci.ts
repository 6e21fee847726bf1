/** GitHub Actions as the place where a change is tried: commits by API, runs and jobs as GitHub tells of them. */
import { z } from "zod";
import { GitSha } from "../../../specs/mod.ts";
import { branchTaken, chainLength, chainTrees, messageOf } from "../ci_chain.ts";
import type { CiAt, CiJob, CiOrder, CiState } from "../ci_port.ts";
import { ForgeError } from "../failure.ts";
import { Anything, RefAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import { branchAt, commitAt, makeCommit, uploadTree } from "./objects.ts";
import type { GitHubPlace } from "./place.ts";

const RunAnswer = z.object({
  id: z.number().int(),
  head_sha: GitSha,
  head_branch: z.string().nullable(),
  event: z.string(),
  path: z.string(),
  run_attempt: z.number().int().optional(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  html_url: z.string().nullable().optional(),
  actor: z.object({ login: z.string() }).nullable().optional(),
  head_repository: z.object({ full_name: z.string() }).nullable().optional(),
});
type RunAnswer = z.infer<typeof RunAnswer>;

const JobAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  head_sha: z.string().optional(),
  run_attempt: z.number().int().optional(),
  status: z.string(),
  conclusion: z.string().nullable(),
  html_url: z.string().nullable().optional(),
  steps: z.array(z.object({ name: z.string(), conclusion: z.string().nullable().optional() })).optional(),
});

const MOST_JOBS = 300;

export async function findOrder(
  client: GitHubClient,
  place: GitHubPlace,
  order: CiOrder,
): Promise<{ commit: string } | null> {
  const head = await branchAt(client, place, order.branch);
  if (head === null) return null;
  const length = await chainLength(order, head, (sha) => commitAt(client, place, sha));
  return length === chainTrees(order).length ? { commit: head } : null;
}

export async function sendOrder(
  client: GitHubClient,
  place: GitHubPlace,
  order: CiOrder,
): Promise<{ commit: string }> {
  const there = await branchAt(client, place, order.branch);
  if (there !== null) {
    const found = await findOrder(client, place, order);
    if (found === null) throw branchTaken(order.branch, there);
    return found;
  }
  const trees = chainTrees(order);
  let parent = order.objects.base;
  for (const [nth, tree] of trees.entries()) {
    await uploadTree(client, place, order.objects, tree);
    parent = await makeCommit(client, place, {
      message: messageOf(order, nth === trees.length - 1),
      tree,
      parents: [parent],
      at: order.at,
    });
  }
  // The one push that anything is started by.
  try {
    await client.call(RefAnswer, "POST /repos/{owner}/{repo}/git/refs", {
      ...place,
      ref: `refs/heads/${order.branch}`,
      sha: parent,
    });
  } catch (error) {
    if (!(error instanceof ForgeError) || error.status !== 422) throw error;
    const now = await branchAt(client, place, order.branch);
    if (now === null) throw error;
    const found = await findOrder(client, place, order);
    if (found === null) throw branchTaken(order.branch, now);
    return found;
  }
  return { commit: parent };
}

/** Why a run of this commit does not count; null when it does. */
function refusalOf(run: RunAnswer, at: CiAt, place: GitHubPlace): string | null {
  const home = `${place.owner}/${place.repo}`.toLowerCase();
  if (run.head_sha !== at.commit) return `it is of the commit ${run.head_sha}`;
  if (run.head_branch !== at.branch) return `it is of the branch ${run.head_branch ?? "(none)"}`;
  if (run.event !== "push") return `it was started by ${run.event}, not by the push`;
  if (run.path.split("@")[0] !== at.workflow) return `it is of the workflow ${run.path}`;
  const from = run.head_repository?.full_name;
  return from === undefined || from.toLowerCase() === home ? null : `it is of the repository ${from}`;
}

export async function lookAt(client: GitHubClient, place: GitHubPlace, at: CiAt): Promise<CiState> {
  const { items } = await client.list(RunAnswer, "GET /repos/{owner}/{repo}/actions/runs", {
    ...place,
    branch: at.branch,
    head_sha: at.commit,
  }, { most: 100, under: "workflow_runs" });
  const refused: string[] = [];
  const counted: RunAnswer[] = [];
  for (const run of items) {
    const why = refusalOf(run, at, place);
    if (why === null) counted.push(run);
    else if (run.path.split("@")[0] === at.workflow) refused.push(`run ${run.id}: ${why}`);
  }
  // One push starts a workflow once: the oldest is that one.
  const run = counted.sort((a, b) => a.id - b.id)[0];
  if (run === undefined) return { status: "none", run: null, jobs: [], refused };
  const attempts = run.run_attempt ?? 1;
  // Somebody may run it again: whoever may do that has no say in what the first attempt came to.
  const first = attempts === 1 ? run : await client.call(
    RunAnswer,
    "GET /repos/{owner}/{repo}/actions/runs/{id}/attempts/{attempt}",
    { ...place, id: run.id, attempt: 1 },
  );
  const { items: jobs } = await client.list(
    JobAnswer,
    "GET /repos/{owner}/{repo}/actions/runs/{id}/attempts/{attempt}/jobs",
    { ...place, id: run.id, attempt: 1 },
    { most: MOST_JOBS, under: "jobs" },
  );
  return {
    status: first.status === "completed" ? "completed" : "running",
    run: {
      id: String(run.id),
      url: run.html_url ?? null,
      conclusion: first.conclusion,
      attempts,
      actor: run.actor?.login ?? null,
    },
    jobs: jobs.filter((job) => job.name.startsWith(at.jobs) && (job.head_sha ?? at.commit) === at.commit)
      .map(shown),
    refused,
  };
}

const shown = (job: z.infer<typeof JobAnswer>): CiJob => ({
  id: String(job.id),
  name: job.name,
  status: job.status === "completed" ? "completed" : job.status === "in_progress" ? "running" : "queued",
  conclusion: job.conclusion,
  steps: (job.steps ?? []).map(({ name, conclusion }) => ({ name, conclusion: conclusion ?? null })),
  url: job.html_url ?? null,
});

export async function dropBranch(
  client: GitHubClient,
  place: GitHubPlace,
  branch: string,
): Promise<boolean> {
  try {
    await client.call(Anything, "DELETE /repos/{owner}/{repo}/git/refs/{ref}", {
      ...place,
      ref: `heads/${branch}`,
    });
    return true;
  } catch (error) {
    if (error instanceof ForgeError && (error.status === 404 || error.status === 422)) return false;
    throw error;
  }
}
