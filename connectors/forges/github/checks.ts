/** What this engine says of a commit, and what others' checks printed. */
import { z } from "zod";
import { ForgeError } from "../failure.ts";
import type { CheckAnnotation, CheckReport, PublishedCheck, PullRequestCheck } from "../port.ts";
import { Anything, CheckRunAnswer, StatusAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import type { GitHubPlace } from "./place.ts";
import { externalId } from "./state.ts";

/** GitHub takes so many a request. */
const BATCH = 50;
const MAX_ANNOTATIONS = 1000;
const MAX_SUMMARY = 65_000;
const MAX_DESCRIPTION = 140;

/** Creates the check run with this key, or brings it up to date: annotations that are there already are not sent again. */
export async function publish(
  client: GitHubClient,
  place: GitHubPlace,
  report: CheckReport,
): Promise<PublishedCheck> {
  const id = await externalId(report.key);
  const { items } = await client.list(
    CheckRunAnswer,
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    { ...place, ref: report.commit, check_name: report.name, filter: "all" },
    { most: 100, under: "check_runs" },
  );
  const all = report.annotations.slice(0, MAX_ANNOTATIONS);
  const there = items.find((one) => one.external_id === id);
  try {
    let run = there;
    let sent = there?.output?.annotations_count ?? 0;
    do {
      const batch = all.slice(sent, sent + BATCH).map(annotation);
      const more = {
        ...place,
        name: report.name,
        external_id: id,
        ...(report.url === undefined ? {} : { details_url: report.url }),
        // It is completed with its last annotations: nobody waits for a check that lacks some of them.
        ...(report.conclusion === null || sent + batch.length < all.length
          ? { status: "in_progress" }
          : { status: "completed", conclusion: report.conclusion }),
        output: {
          title: report.title.slice(0, 250),
          summary: report.summary.slice(0, MAX_SUMMARY),
          ...(batch.length === 0 ? {} : { annotations: batch }),
        },
      };
      run = run === undefined
        ? await client.call(CheckRunAnswer, "POST /repos/{owner}/{repo}/check-runs", {
          ...more,
          head_sha: report.commit,
        })
        : await client.call(CheckRunAnswer, "PATCH /repos/{owner}/{repo}/check-runs/{id}", {
          ...more,
          id: run.id,
        });
      sent += batch.length;
    } while (sent < all.length);
    return {
      id: `check-run:${run.id}`,
      url: run.html_url ?? null,
      kind: "check-run",
      annotations: all.length,
    };
  } catch (error) {
    // Only Apps may write check runs.
    if (error instanceof ForgeError && error.status === 403) return await leaveStatus(client, place, report);
    throw error;
  }
}

function annotation(one: CheckAnnotation) {
  return {
    path: one.path,
    start_line: one.line,
    end_line: Math.max(one.line, one.endLine ?? one.line),
    annotation_level: one.level,
    title: one.title.slice(0, 250),
    message: one.message.slice(0, 16_000) || one.title.slice(0, 250) || "see the summary",
  };
}

async function leaveStatus(
  client: GitHubClient,
  place: GitHubPlace,
  report: CheckReport,
): Promise<PublishedCheck> {
  const state = report.conclusion === null
    ? "pending"
    : report.conclusion === "success" || report.conclusion === "neutral"
    ? "success"
    : "failure";
  await client.call(StatusAnswer, "POST /repos/{owner}/{repo}/statuses/{sha}", {
    ...place,
    sha: report.commit,
    state,
    context: report.name,
    description: report.title.slice(0, MAX_DESCRIPTION),
    ...(report.url === undefined ? {} : { target_url: report.url }),
  });
  return { id: `status:${report.name}`, url: null, kind: "status", annotations: 0 };
}

const Annotation = z.object({
  path: z.string(),
  start_line: z.number(),
  annotation_level: z.string().nullable().optional(),
  message: z.string().nullable().optional(),
});

/** The end of a check's log: of a job of Actions what it printed, of others what they wrote into the check. */
export async function checkLog(
  client: GitHubClient,
  place: GitHubPlace,
  check: Pick<PullRequestCheck, "id" | "kind">,
  maxBytes: number,
): Promise<{ text: string; cut: boolean } | null> {
  const id = /^check-run:(\d+)$/.exec(check.id)?.[1];
  if (id === undefined) return null;
  // A job of Actions has the number of its check run.
  const log = await jobLog(client, place, id);
  if (log !== null) return tail(log, maxBytes, client);
  const run = await client.maybe(CheckRunAnswer, "GET /repos/{owner}/{repo}/check-runs/{id}", {
    ...place,
    id,
  });
  if (run === null) return null;
  const found = (run.output?.annotations_count ?? 0) === 0 ? null : await client.maybe(
    Anything,
    "GET /repos/{owner}/{repo}/check-runs/{id}/annotations",
    { ...place, id, per_page: 100 },
  );
  // They are a help for whoever reads: a list that is not one does not hide the rest.
  const notes = z.array(Annotation).safeParse(found).data ?? [];
  const lines = [
    run.output?.title,
    run.output?.summary,
    run.output?.text,
    ...notes.map((one) =>
      `${one.path}:${one.start_line}: ${one.annotation_level ?? ""}: ${one.message ?? ""}`
    ),
  ].filter((line): line is string => (line ?? "") !== "");
  return lines.length === 0 ? null : tail(new TextEncoder().encode(lines.join("\n")), maxBytes, client);
}

/** All that a job of Actions printed, up to `maxBytes`; null while there is none. */
export async function actionsLog(
  client: GitHubClient,
  place: GitHubPlace,
  job: string,
  maxBytes: number,
): Promise<{ text: string; cut: boolean } | null> {
  const log = await jobLog(client, place, job);
  return log === null ? null : tail(log, maxBytes, client);
}

/** Null where there is none, or none that may be fetched: it lies on another host, and may be of any size. */
async function jobLog(client: GitHubClient, place: GitHubPlace, id: string): Promise<Uint8Array | null> {
  try {
    const { status, bytes } = await client.raw("GET /repos/{owner}/{repo}/actions/jobs/{id}/logs", {
      ...place,
      id,
    });
    return status >= 200 && status < 300 && bytes.length > 0 ? bytes : null;
  } catch (error) {
    if (error instanceof ForgeError && error.failure?.retryable === false) return null;
    throw error;
  }
}

function tail(bytes: Uint8Array, maxBytes: number, client: GitHubClient): { text: string; cut: boolean } {
  const cut = bytes.length > maxBytes;
  const kept = cut ? bytes.subarray(bytes.length - maxBytes) : bytes;
  const text = new TextDecoder().decode(kept);
  // The first line of a part is rarely whole.
  return { text: client.hide(cut ? text.slice(text.indexOf("\n") + 1) : text), cut };
}
