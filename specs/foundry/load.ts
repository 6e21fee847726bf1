import { z } from "zod";
import { Digest, Instant, Json, RunId } from "../base.ts";
import { Denial, RunStatus } from "../result.ts";
import { FailureClass, FailureSource } from "../failure.ts";
import { ColumnType, Severity } from "./pipeline.ts";
import { Verdict } from "../decision.ts";

export const LoadMode = z.enum(["full", "incremental", "backfill", "reprocess"]);
export type LoadMode = z.infer<typeof LoadMode>;

/** One row by column. Integers beyond 2^53 and decimals that a double would change are text. Nested values stay JSON. */
export type Row = { [column: string]: Json };

/** Where a row came from: a request, a page of it, a line or a cell. */
export const Locator = z.string().min(1).max(2000);

/** A row that was set aside, with its address and the rule that did it. */
export const QuarantinedRow = z.strictObject({
  stream: z.string(),
  reason: z.string().max(2000).describe("in a sentence, with the value shortened"),
  rule: z.string().max(200).describe("<rule>@<version>, such as required@1, contract-types@1, parse@1"),
  locator: Locator,
  row: Json,
  run: RunId,
  at: Instant,
  key: z.string().describe("digest that names the row's place: the same place is kept once"),
});
export type QuarantinedRow = z.infer<typeof QuarantinedRow>;

export const StreamStatus = z.enum(["complete", "incomplete", "skipped", "parked", "failed"]);
export type StreamStatus = z.infer<typeof StreamStatus>;

/**
 * read + produced = accepted + quarantined + filtered, and accepted = written + deduped + dead where the load was published. A filter
 * that leaves a row out: filtered 1. An explode of one row into three: produced 2, into none: filtered 1. An aggregate of ten rows
 * into two: filtered 10, produced 2. Judged before publishing (core/D-COUNTS), and once more when the sink has committed.
 */
export const StreamCounts = z.strictObject({
  read: z.number().int().min(0).describe("rows that the source gave"),
  accepted: z.number().int().min(0).describe("rows that passed contract and row rules"),
  quarantined: z.number().int().min(0).describe("rows that were set aside, each with its reason and place"),
  written: z.number().int().min(0).describe("rows that the sink holds because of this load"),
  deduped: z.number().int().min(0).describe(
    "accepted rows that the sink had already, or that a newer one of this load replaced",
  ),
  filtered: z.number().int().min(0).default(0).describe(
    "rows that the cursor's window or transforms left out, or that went into an aggregate, pivot or ratio",
  ),
  produced: z.number().int().min(0).default(0).describe(
    "rows that transforms added: what explode and functions made beyond the row that was read, and what steps over the set made",
  ),
  deleted: z.number().int().min(0).default(0).describe("rows that are marked as deleted by this load"),
  late: z.number().int().min(0).default(0).describe(
    "keys from before the window of an incremental run that a read of the whole source found and the table did not have",
  ),
});
export type StreamCounts = z.infer<typeof StreamCounts>;

export const Requests = z.strictObject({
  made: z.number().int().min(0),
  retried: z.number().int().min(0),
  waitedMs: z.number().int().min(0),
});

export const StreamResult = z.strictObject({
  stream: z.string(),
  status: StreamStatus,
  reason: z.string().optional().describe("why it is not complete"),
  ...StreamCounts.shape,
  dead: z.number().int().min(1).optional().describe(
    "accepted rows that the sink's other side refused; they are kept with those that were set aside",
  ),
  handshake: z.strictObject({
    came: z.number().int().min(0).describe("read + produced"),
    accounted: z.number().int().min(0).describe("accepted + quarantined + filtered"),
    stored: z.number().int().min(0).nullable().describe(
      "written + deduped + dead; null while nothing was published",
    ),
    holds: z.boolean().describe("came = accounted, and accepted = stored where the load was published"),
  }).optional().describe("whether every row is accounted for"),
  requests: Requests,
  bytes: z.number().int().min(0).default(0),
  skipped: z.strictObject({
    unchanged: z.number().int().min(0).describe("files or lists that are as the last load found them"),
  }).optional().describe("what was not read, since an earlier load holds it"),
  cursor: z.strictObject({ before: Json, after: Json }),
  table: z.string().optional(),
  output: Digest.optional().describe("of the rows of this load as they were staged"),
});
export type StreamResult = z.infer<typeof StreamResult>;

export const QualityVerdict = z.strictObject({
  rule: z.string().describe("the rule's id, or its kind and columns"),
  stream: z.string(),
  severity: Severity,
  verdict: Verdict,
  failed: z.number().int().min(0),
  checked: z.number().int().min(0),
  value: z.number().nullable().default(null).describe("what was measured, such as a ratio"),
  detail: z.string().max(2000).default(""),
  sample: z.array(Json).max(10).default([]).describe(
    "a few of what failed, masked where a column is personal data",
  ),
  skipped: z.number().int().min(0).optional().describe(
    "what the rule could not be held against, as a part of it was missing: neither passed nor failed",
  ),
  pack: z.string().optional().describe("the pack whose rule it is; of the pipeline itself when left out"),
});
export type QualityVerdict = z.infer<typeof QualityVerdict>;

export const PinnedColumn = z.strictObject({ type: ColumnType, nullable: z.boolean() });
export const PinnedSchema = z.record(z.string(), PinnedColumn);
export type PinnedSchema = z.infer<typeof PinnedSchema>;

/** What the next run of a stream starts from. Lives in the sink, committed with the rows. At most 60,000 bytes as JSON. */
export const StreamState = z.strictObject({
  v: z.literal(1),
  cursor: Json.describe(
    "greatest committed value of the cursor's column; null before the first load or without a cursor",
  ),
  source: Json.default(null).describe(
    "what the connector itself wants back: ETags, a file ledger's digest, a page token",
  ),
  schema: PinnedSchema.nullable().default(null),
  load: z.string().nullable().describe("key of the last committed load"),
  loads: z.number().int().min(0).default(0),
  rows: z.number().int().min(0).default(0).describe("rows written by all loads"),
  at: Instant.nullable().default(null),
  personal: z.array(z.string()).max(1000).optional().describe(
    "columns declared as personal data that a load has had: one that is optional may be missing from the next",
  ),
  definition: z.string().max(100).optional().describe(
    "digest of the stream's definition at the last whole load: under another one nothing is left out as unchanged",
  ),
});
export type StreamState = z.infer<typeof StreamState>;

/** What `forge etl run --json` prints. */
export const PipelineDocument = z.object({
  run: RunId,
  status: z.union([RunStatus, z.enum(["queued", "running", "paused"])]),
  phase: z.string().optional(),
  pipeline: z.string().describe("<id>@<hash>"),
  mode: LoadMode,
  environment: z.string().default("default"),
  streams: z.array(StreamResult),
  quality: z.array(QualityVerdict),
  denials: z.array(Denial),
  failure: z.object({
    class: FailureClass,
    source: FailureSource,
    retryable: z.boolean(),
    message: z.string(),
  }).loose().nullable(),
  evidence: z.strictObject({ id: z.string(), path: z.string(), digest: Digest }).nullable(),
  notes: z.array(z.string()).default([]),
  createdAt: Instant.optional(),
  updatedAt: Instant.optional(),
});
export type PipelineDocument = z.infer<typeof PipelineDocument>;
