/** What pipelines and other systems say of a commit, what this engine says, and what jobs printed. */
import { markOf } from "../marker.ts";
import type { CheckConclusion, CheckReport, PublishedCheck, PullRequestCheck } from "../port.ts";
import { ForgeError } from "../failure.ts";
import { JobAnswer, MergeRequestAnswer, PipelineAnswer, StatusAnswer } from "./answers.ts";
import { tolerant } from "./authors.ts";
import type { GitLabClient } from "./client.ts";
import { keepNote } from "./comments.ts";
import { isHere } from "./merge_requests.ts";
import { type GitLabPlace, projectPath } from "./place.ts";

const MOST = 500;
const MOST_PIPELINES = 5;
const MAX_SUMMARY = 4000;
const MAX_ANNOTATIONS = 200;
/** GitLab takes 255 characters. */
const MAX_DESCRIPTION = 255;

export async function checksOf(
  client: GitLabClient,
  place: GitLabPlace,
  of: {
    head: string;
    /** The pipeline that the merge request shows, which may be of a merged result and not of the head itself. */
    pipeline: { id: number; sha: string; ref?: string | null | undefined } | null;
    mustPass: boolean | null;
    own: number | null;
  },
): Promise<{ items: PullRequestCheck[]; cut: boolean }> {
  const project = projectPath(place);
  const required = (mayFail: boolean | null | undefined): boolean | null =>
    of.mustPass === null ? null : of.mustPass && mayFail !== true;
  const pipelines = await tolerant(
    () => client.list(PipelineAnswer, `${project}/pipelines`, { sha: of.head }, MOST_PIPELINES),
    [403, 404],
  );
  const ids = new Set((pipelines?.items ?? []).map((one) => one.id));
  if (
    of.pipeline !== null && (of.pipeline.sha === of.head || /\/(merge|train)$/.test(of.pipeline.ref ?? ""))
  ) {
    ids.add(of.pipeline.id);
  }
  const jobs: JobAnswer[] = [];
  let cut = pipelines === undefined || pipelines.cut;
  for (const id of [...ids].sort((a, b) => b - a)) {
    const found = await client.list(JobAnswer, `${project}/pipelines/${id}/jobs`, {}, MOST);
    cut ||= found.cut;
    jobs.push(...found.items);
  }
  const statuses = await client.list(
    StatusAnswer,
    `${project}/repository/commits/${of.head}/statuses`,
    {},
    MOST,
  );
  const ofJobs = new Set(jobs.map((job) => job.id));
  return {
    cut: cut || statuses.cut,
    items: [
      ...newest(jobs).map((job): PullRequestCheck => ({
        ...said(job),
        id: `job:${job.id}`,
        kind: "job",
        name: job.name,
        by: "gitlab-ci",
        required: required(job.allow_failure),
        summary: [job.stage, job.failure_reason].filter((one) => one).join(": ").slice(0, MAX_SUMMARY),
        url: job.web_url ?? null,
      })),
      // The list has the jobs too.
      ...newest(statuses.items.filter((one) => !ofJobs.has(one.id))).map((one): PullRequestCheck => ({
        ...said(one),
        id: `status:${one.id}`,
        kind: "status",
        name: one.name,
        by: one.author?.username ?? null,
        required: required(one.allow_failure),
        summary: (one.description ?? "").slice(0, MAX_SUMMARY),
        url: one.target_url ?? null,
        ours: of.own !== null && one.author?.id === of.own && MARK.test(one.description ?? ""),
      })),
    ],
  };
}

/** Of the same name only the newest counts: jobs that are run again keep theirs. */
function newest<T extends { id: number; name: string }>(all: readonly T[]): T[] {
  const found = new Map<string, T>();
  for (const one of all) if ((found.get(one.name)?.id ?? -1) < one.id) found.set(one.name, one);
  return [...found.values()];
}

const QUEUED = [
  "created",
  "pending",
  "waiting_for_resource",
  "waiting_for_callback",
  "preparing",
  "scheduled",
];

function said(
  one: {
    status: string;
    allow_failure?: boolean | null | undefined;
    failure_reason?: string | null | undefined;
  },
): Pick<PullRequestCheck, "status" | "conclusion" | "ours"> {
  if (QUEUED.includes(one.status)) return { status: "queued", conclusion: null, ours: false };
  if (one.status === "running" || one.status === "canceling") {
    return { status: "running", conclusion: null, ours: false };
  }
  return { status: "completed", conclusion: conclusionOf(one), ours: false };
}

/** A word that nobody knows is no success. */
function conclusionOf(one: Parameters<typeof said>[0]): CheckConclusion {
  switch (one.status) {
    case "success":
      return "success";
    case "canceled":
      return "cancelled";
    case "skipped":
      return "skipped";
    case "manual":
      // Who may leave it is not waited for.
      return one.allow_failure === true ? "skipped" : "action_required";
    case "failed":
      if (one.allow_failure === true) return "neutral";
      return /timeout/.test(one.failure_reason ?? "") ? "timed_out" : "failure";
    default:
      return "failure";
  }
}

const MARK = /\bedgeforge:[0-9a-f]{32}$/;

const STATES: Readonly<Record<NonNullable<CheckReport["conclusion"]>, string>> = {
  success: "success",
  neutral: "success",
  failure: "failed",
  action_required: "failed",
};

/** A commit status with this key; what a status cannot hold goes into a note on the merge request. */
export async function publish(
  client: GitLabClient,
  place: GitLabPlace,
  report: CheckReport,
): Promise<PublishedCheck> {
  const mark = ` edgeforge:${await markOf(report.key)}`;
  const description = `${report.title.replace(/\s+/g, " ").slice(0, MAX_DESCRIPTION - mark.length)}${mark}`;
  const state = report.conclusion === null ? "pending" : STATES[report.conclusion];
  const isSo = (one: StatusAnswer) => one.status === state && one.description === description;
  const now = async () => {
    const { items } = await client.list(
      StatusAnswer,
      `${projectPath(place)}/repository/commits/${report.commit}/statuses`,
      { name: report.name },
      100,
    );
    return newest(items.filter((one) => one.name === report.name))[0];
  };
  let status = await now();
  if (status === undefined || !isSo(status)) {
    try {
      status = await client.call(StatusAnswer, "POST", `${projectPath(place)}/statuses/${report.commit}`, {
        body: {
          state,
          name: report.name,
          description,
          ...(report.url === undefined ? {} : { target_url: report.url }),
        },
      });
    } catch (error) {
      // "Cannot transition status": it is in that state already.
      if (!(error instanceof ForgeError) || error.status !== 400) throw error;
      status = await now();
      if (status === undefined || !isSo(status)) throw error;
    }
  }
  const annotations = report.annotations.slice(0, MAX_ANNOTATIONS);
  const noted = annotations.length === 0 ? null : await note(client, place, { ...report, annotations });
  return {
    id: `status:${status.id}`,
    url: noted?.url ?? status.target_url ?? null,
    kind: "status",
    annotations: noted === null ? 0 : annotations.length,
  };
}

/** Null when no open merge request offers the commit. */
async function note(
  client: GitLabClient,
  place: GitLabPlace,
  report: CheckReport,
): Promise<{ url: string } | null> {
  const found = await client.maybe(
    MergeRequestAnswer.array(),
    `${projectPath(place)}/repository/commits/${report.commit}/merge_requests`,
  );
  const pull = (found ?? []).find((one) => one.state === "opened" && isHere(one));
  if (pull === undefined) return null;
  const rows = report.annotations.map(({ path, line, level, title, message }) =>
    `- **${level}** \`${path.replaceAll("`", "'")}:${line}\` ${oneLine(title)}: ${oneLine(message)}`
  );
  const body = `**${report.name}**: ${oneLine(report.title)}\n\n${rows.join("\n")}`;
  return await keepNote(client, place, pull.iid, { key: report.key, body });
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 2000);

/** The end of what a job printed; statuses of others have no log here. */
export async function checkLog(
  client: GitLabClient,
  place: GitLabPlace,
  check: Pick<PullRequestCheck, "id" | "kind">,
  maxBytes: number,
): Promise<{ text: string; cut: boolean } | null> {
  const id = /^job:(\d+)$/.exec(check.id)?.[1];
  if (id === undefined) return null;
  const { status, bytes } = await client.raw(`${projectPath(place)}/jobs/${id}/trace`);
  if (status !== 200 || bytes.length === 0) return null;
  const printed = new TextEncoder().encode(plainTrace(new TextDecoder().decode(bytes)));
  const cut = printed.length > maxBytes;
  const text = new TextDecoder().decode(cut ? printed.subarray(printed.length - maxBytes) : printed);
  // The first line of a part is rarely whole.
  return { text: client.hide(cut ? text.slice(text.indexOf("\n") + 1) : text), cut };
}

/** Without colours and without the marks of sections that GitLab folds. */
const plainTrace = (text: string): string =>
  text.replace(/section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r/g, "")
    // deno-lint-ignore no-control-regex -- terminal sequences are what is looked for
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
