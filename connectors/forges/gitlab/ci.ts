/** GitLab CI as the place where a change is tried: commits by API, pipelines and jobs as GitLab tells of them. */
import { z } from "zod";
import { branchTaken, chainLength, chainTrees, messageOf } from "../ci_chain.ts";
import type { CiAt, CiJob, CiOrder, CiState } from "../ci_port.ts";
import { ForgeError } from "../failure.ts";
import { inLocal, planActions } from "./actions.ts";
import { Anything, CommitAnswer, JobAnswer, PipelineAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { type GitLabPlace, projectPath } from "./place.ts";
import { mismatch } from "./refusals.ts";
import { branchAt, commitAt, treeAt } from "./trees.ts";

const ListedPipeline = PipelineAnswer.extend({ source: z.string().nullable().optional() });
const MOST_JOBS = 300;
const ENDED: ReadonlySet<string> = new Set(["success", "failed", "canceled", "skipped"]);

const progress = async (client: GitLabClient, place: GitLabPlace, order: CiOrder, head: string) =>
  await chainLength(order, head, (sha) => commitAt(client, place, sha));

export async function findOrder(
  client: GitLabClient,
  place: GitLabPlace,
  order: CiOrder,
): Promise<{ commit: string } | null> {
  const head = await branchAt(client, place, order.branch);
  if (head === null) return null;
  return await progress(client, place, order, head) === chainTrees(order).length ? { commit: head } : null;
}

/** Each commit is put on the branch as it is made: what was cut in the middle goes on from there. */
export async function sendOrder(
  client: GitLabClient,
  place: GitLabPlace,
  order: CiOrder,
): Promise<{ commit: string }> {
  const { objects, branch } = order;
  let head = await branchAt(client, place, branch);
  const done = head === null ? 0 : await progress(client, place, order, head);
  if (done === null) throw branchTaken(branch, head ?? "");
  const trees = chainTrees(order);
  for (let nth = done; nth < trees.length; nth++) {
    const tree = trees[nth] ?? "";
    const before = nth === 0 ? objects.baseTree : trees[nth - 1] ?? "";
    const { actions, crlf } = await planActions({
      objects,
      from: { tree: before, read: inLocal(objects) },
      tree,
    });
    const made = await client.call(CommitAnswer, "POST", `${projectPath(place)}/repository/commits`, {
      body: {
        branch,
        ...(head === null ? { start_sha: objects.base } : {}),
        force: false,
        commit_message: messageOf(order, nth === trees.length - 1),
        author_name: "Edgeforge",
        author_email: "edgeforge@localhost",
        actions,
        stats: false,
      },
    });
    const got = await treeAt(client, place, made.id);
    if (made.parent_ids.join(" ") !== (head ?? objects.base)) throw branchTaken(branch, made.id);
    if (got !== tree) {
      const gone = await dropBranch(client, place, branch);
      throw mismatch("tree", tree, got, gone ? "The branch is removed" : "The branch was gone already", crlf);
    }
    head = made.id;
  }
  return { commit: head ?? "" };
}

export async function lookAt(client: GitLabClient, place: GitLabPlace, at: CiAt): Promise<CiState> {
  const project = projectPath(place);
  const { items } = await client.list(ListedPipeline, `${project}/pipelines`, { sha: at.commit }, 100);
  const refused: string[] = [];
  const counted: z.infer<typeof ListedPipeline>[] = [];
  for (const one of items) {
    const why = one.sha !== at.commit
      ? `it is of the commit ${one.sha}`
      : one.ref !== at.branch
      ? `it is of the branch ${one.ref ?? "(none)"}`
      : one.source !== "push"
      ? `it was started by ${one.source ?? "something that GitLab does not tell"}, not by the push`
      : null;
    if (why === null) counted.push(one);
    else refused.push(`pipeline ${one.id}: ${why}`);
  }
  // One push starts a pipeline once: the oldest is that one.
  const run = counted.sort((a, b) => a.id - b.id)[0];
  if (run === undefined) return { status: "none", run: null, jobs: [], refused };
  const { items: all } = await client.list(
    JobAnswer,
    `${project}/pipelines/${run.id}/jobs`,
    { include_retried: "true" },
    MOST_JOBS,
  );
  // A job that is run again is another job of the same name: the first of them counts.
  const first = new Map<string, z.infer<typeof JobAnswer>>();
  let attempts = 1;
  for (const job of all.filter(({ name }) => name.startsWith(at.jobs)).sort((a, b) => a.id - b.id)) {
    if (first.has(job.name)) attempts = 2;
    else first.set(job.name, job);
  }
  const jobs = [...first.values()].map(shown);
  const isOver = jobs.length > 0 ? jobs.every(({ status }) => status === "completed") : ENDED.has(run.status);
  return {
    status: isOver ? "completed" : "running",
    run: {
      id: String(run.id),
      url: run.web_url ?? null,
      conclusion: ENDED.has(run.status) ? run.status : null,
      attempts,
      actor: null,
    },
    jobs,
    refused,
  };
}

const WORDS: Readonly<Record<string, string>> = {
  success: "success",
  failed: "failure",
  canceled: "cancelled",
  skipped: "skipped",
  manual: "action_required",
};

function shown(job: z.infer<typeof JobAnswer>): CiJob {
  const conclusion = WORDS[job.status] ?? null;
  const outage = job.status === "failed" && job.failure_reason !== undefined &&
    job.failure_reason !== null && job.failure_reason !== "script_failure";
  return {
    id: String(job.id),
    name: job.name,
    status: conclusion !== null ? "completed" : job.status === "running" ? "running" : "queued",
    // That the script said no is told apart from a runner that was lost.
    conclusion: outage ? job.failure_reason ?? null : conclusion,
    steps: [],
    url: job.web_url ?? null,
  };
}

export async function jobLog(
  client: GitLabClient,
  place: GitLabPlace,
  job: string,
  maxBytes: number,
): Promise<{ text: string; cut: boolean } | null> {
  const { checkLog } = await import("./checks.ts");
  return await checkLog(client, place, { id: `job:${job}`, kind: "job" }, maxBytes);
}

export async function dropBranch(
  client: GitLabClient,
  place: GitLabPlace,
  branch: string,
): Promise<boolean> {
  try {
    await client.call(
      Anything,
      "DELETE",
      `${projectPath(place)}/repository/branches/${encodeURIComponent(branch)}`,
    );
    return true;
  } catch (error) {
    if (error instanceof ForgeError && error.status === 404) return false;
    throw error;
  }
}
