/** Bodies of the HTTP interface for pipelines and their schedules. */
import { z } from "zod";
import { Digest, Instant, Json, RunId } from "../base.ts";
import { LoadMode, PipelineDocument, StreamState } from "./load.ts";
import { Pipeline, Schedule } from "./pipeline.ts";

const Slug = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/);

/** A version of a pipeline, as it was registered. */
export const PipelineVersion = z.strictObject({
  digest: Digest.describe("of the definition in its normal form: the version"),
  at: Instant,
  by: z.string(),
});

export const PipelineSummary = z.strictObject({
  id: z.string(),
  pipeline: z.string().describe("<id>@<hash>"),
  ...PipelineVersion.shape,
  from: z.enum(["server", "request"]).describe("a file of the server's own, or what a request sent"),
  description: z.string(),
  owner: z.string(),
  streams: z.array(z.strictObject({ stream: z.string(), sink: z.string(), table: z.string() })),
  schedule: Schedule.nullable(),
  freshnessHours: z.number().nullable(),
  lastRun: RunId.nullable().describe("the latest run that was neither a backfill nor a replay"),
});
export type PipelineSummary = z.infer<typeof PipelineSummary>;

export const PipelineList = z.strictObject({ pipelines: z.array(PipelineSummary) });

/** `POST /v1/pipelines/:id/state`. */
export const StateAction = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("set"),
    stream: Slug,
    cursor: z.union([z.string().min(1).max(1000), z.number()]).describe("of the cursor's type"),
  }),
  z.strictObject({ action: z.literal("reset"), stream: Slug }),
]);
export type StateAction = z.infer<typeof StateAction>;

/** What `POST /v1/pipelines` and `GET /v1/pipelines/:id` answer. */
export const PipelineEntry = PipelineSummary.extend({
  definition: Pipeline,
  versions: z.array(PipelineVersion).describe("newest first"),
});
export type PipelineEntry = z.infer<typeof PipelineEntry>;

/** `POST /v1/pipelines/:id/runs`. Credentials, sinks and folders are settings of the server, never of a request. */
export const StartPipeline = z.strictObject({
  mode: LoadMode.optional().describe("incremental unless told"),
  from: z.string().min(1).max(100).optional().describe("start of a backfill, inclusive"),
  to: z.string().min(1).max(100).optional().describe("end of a backfill, exclusive"),
  params: z.record(z.string().max(64), Json).optional().describe("values of the pipeline's parameters"),
  streams: z.array(Slug).max(200).optional().describe("only these, and the parents that they are read by"),
  replay: z.boolean().optional().describe("take rows that were set aside in again"),
});
export type StartPipeline = z.infer<typeof StartPipeline>;

export const PipelineState = z.strictObject({
  pipeline: z.string(),
  streams: z.array(z.strictObject({
    stream: z.string(),
    sink: z.string(),
    table: z.string(),
    state: StreamState.nullable().describe("null before the first load"),
  })),
});
export type PipelineState = z.infer<typeof PipelineState>;

/** What became of a schedule's times. */
export const ScheduleEvent = z.strictObject({
  at: Instant,
  kind: z.enum([
    "started",
    "skipped",
    "missed",
    "cancelled",
    "refused",
    "paused",
    "resumed",
    "triggered",
    "stale",
    "fresh",
  ]),
  due: Instant.nullable().describe("the time that it is about"),
  run: RunId.nullable(),
  detail: z.string().max(1000),
});
export type ScheduleEvent = z.infer<typeof ScheduleEvent>;

export const ScheduleEntry = z.strictObject({
  pipeline: z.string(),
  ...Schedule.shape,
  paused: z.strictObject({ at: Instant, by: z.string(), why: z.string() }).nullable(),
  next: z.array(Instant).describe("the next due times; none while it is paused"),
  waiting: z.array(Instant).describe("times that are due and have not begun"),
  last: z.strictObject({ due: Instant.nullable(), run: RunId, at: Instant, status: z.string() }).nullable(),
  freshness: z.strictObject({
    hours: z.number(),
    lastSuccess: Instant.nullable(),
    staleSince: Instant.nullable().describe(
      "since when the data is older than was promised; null while it is not",
    ),
  }).nullable().describe("null without `sla.freshnessHours`"),
  events: z.array(ScheduleEvent).describe("the latest, newest first"),
});
export type ScheduleEntry = z.infer<typeof ScheduleEntry>;
export const ScheduleList = z.strictObject({ schedules: z.array(ScheduleEntry) });

/** `POST /v1/schedules/:id/actions`. */
export const ScheduleAction = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("pause"), why: z.string().max(500).optional() }),
  z.strictObject({ action: z.literal("resume") }),
  z.strictObject({ action: z.literal("trigger") }),
]);
export const ScheduleActionResult = z.strictObject({
  schedule: ScheduleEntry,
  document: PipelineDocument.nullable().describe("the run that was triggered"),
});
