/** What `forge etl report` prints and `GET /v1/pipelines/:id/report` answers. */
import { z } from "zod";
import { Instant, Json, RunId } from "../base.ts";
import { Verdict } from "../decision.ts";
import { SchemaChange } from "./data_facts.ts";
import { LoadMode, PinnedSchema, Requests, StreamCounts, StreamStatus } from "./load.ts";
import { Severity } from "./pipeline.ts";
import { StreamProfile } from "./profile.ts";

const Count = z.number().int().min(0);
const Share = z.number().min(0).max(1).nullable();

/** `GET /v1/pipelines/:id/report`. */
export const PipelineReportQuery = z.strictObject({
  runs: z.coerce.number().int().min(1).max(100).default(20).describe("how many runs, the newest first"),
  run: RunId.optional().describe("end with this run, as `forge etl report RUN` does"),
  format: z.enum(["json", "html"]).optional().describe("what the Accept header wants unless told"),
});

export const ReportedRun = z.strictObject({
  run: RunId,
  status: z.string(),
  mode: LoadMode,
  pipeline: z.string().describe("<id>@<hash>: the version that ran"),
  at: Instant.nullable(),
  endedAt: Instant.nullable(),
  counts: StreamCounts.describe("all streams together"),
  requests: Requests,
  why: z.string().nullable().describe("the first denial, or the failure"),
  evidence: z.string().nullable(),
});
export type ReportedRun = z.infer<typeof ReportedRun>;

export const ReportedLoad = z.strictObject({
  run: RunId,
  at: Instant.nullable(),
  status: StreamStatus,
  reason: z.string().nullable(),
  counts: StreamCounts,
  bytes: Count,
  requests: Requests,
  cursor: z.strictObject({ before: Json, after: Json }),
});
export type ReportedLoad = z.infer<typeof ReportedLoad>;

/** One column over the runs that have a profile, oldest first. */
export const ColumnHistory = z.strictObject({
  column: z.string(),
  points: z.array(z.strictObject({ run: RunId, at: Instant.nullable(), nulls: Share, distinct: Share })),
});
export type ColumnHistory = z.infer<typeof ColumnHistory>;

export const ReportedStream = z.strictObject({
  stream: z.string(),
  source: z.strictObject({
    connector: z.string(),
    resource: z.string(),
    parent: z.string().nullable(),
    place: z.string().nullable().describe("address or file of its first input, without query"),
  }),
  inputs: Count.nullable().describe("requests' pages or files that the latest judged load was made from"),
  steps: z.array(z.string()).describe("transforms, in order"),
  joins: z.array(z.string()).describe("tables that transforms read"),
  rules: Count,
  sink: z.string(),
  table: z.string(),
  disposition: z.string(),
  loads: z.array(ReportedLoad).describe("newest first"),
  schema: PinnedSchema.nullable().describe("columns of the latest judged load"),
  changes: z.array(SchemaChange.extend({ run: RunId, at: Instant.nullable() })).describe("newest first"),
  profile: StreamProfile.extend({ run: RunId }).nullable().describe("of the latest load that has one"),
  columns: z.array(ColumnHistory),
});
export type ReportedStream = z.infer<typeof ReportedStream>;

export const ReportedRule = z.strictObject({
  stream: z.string(),
  rule: z.string(),
  severity: Severity,
  limit: z.string().nullable().describe("what the definition allows"),
  baseline: z.strictObject({ runs: Count, mean: z.number() }).nullable().describe(
    "mean of the measured values of the runs before the latest one",
  ),
  drift: z.number().nullable().describe("how far the latest value is from the baseline, as a share of it"),
  results: z.array(z.strictObject({
    run: RunId,
    at: Instant.nullable(),
    verdict: Verdict,
    severity: Severity,
    failed: Count,
    checked: Count,
    value: z.number().nullable(),
    detail: z.string(),
  })).describe("newest first"),
});
export type ReportedRule = z.infer<typeof ReportedRule>;

export const PipelineReport = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  pipeline: z.string().describe("<id>@<hash>"),
  run: RunId.nullable().describe("the run that the report ends with; null when it goes to the latest one"),
  at: Instant.describe("when the report was made"),
  description: z.string(),
  owner: z.string(),
  classification: z.string(),
  freshness: z.strictObject({
    hours: z.number().nullable().describe("promised: sla.freshnessHours"),
    lastSuccess: Instant.nullable().describe("end of the latest completed run of those told here"),
    ageHours: z.number().nullable(),
    stale: z.boolean().nullable().describe("null when nothing is promised, or nothing was completed yet"),
  }),
  runs: z.array(ReportedRun).describe("newest first"),
  streams: z.array(ReportedStream),
  quality: z.array(ReportedRule),
  quarantine: z.array(z.strictObject({
    stream: z.string(),
    rule: z.string(),
    rows: Count,
    open: Count.describe("those that were not taken in since"),
    reason: z.string().describe("of one of them"),
    locator: z.string(),
  })).describe("by stream and rule, most rows first; of the first 100,000 rows"),
});
export type PipelineReport = z.infer<typeof PipelineReport>;
