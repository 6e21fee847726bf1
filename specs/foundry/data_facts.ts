import { z } from "zod";
import { Digest, Instant, Json } from "../base.ts";
import { ContractMode } from "./pipeline.ts";
import { LoadMode, PinnedSchema, QualityVerdict, StreamCounts, StreamStatus } from "./load.ts";

/** A difference between the pinned schema and what a load brings. */
export const SchemaChange = z.strictObject({
  kind: z.enum([
    "table-added",
    "column-added",
    "column-missing",
    "type-widened",
    "type-changed",
    "became-nullable",
  ]),
  column: z.string().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  breaking: z.boolean(),
  mode: ContractMode.describe("what the contract says of such a change"),
});
export type SchemaChange = z.infer<typeof SchemaChange>;

/** How many quality rules a stream declares and what became of them: declared = judged + skipped, or somebody was not asked. */
export const RulesJudged = z.strictObject({
  declared: z.number().int().min(0).describe("rules of the stream in the pipeline's definition"),
  judged: z.number().int().min(0).describe("rules with a verdict: pass, fail or not applicable for a reason"),
  skipped: z.number().int().min(0).describe(
    "rules that nothing was held against, as nothing will be published",
  ),
  because: z.string().max(2000).optional().describe("why rules were skipped"),
});
export type RulesJudged = z.infer<typeof RulesJudged>;

/** Facts of one stream's load, taken after staging and before publishing: what the gates of a data run judge. */
export const StreamFacts = z.strictObject({
  stream: z.string(),
  status: StreamStatus,
  reason: z.string().optional(),
  table: z.string(),
  sink: z.string(),
  disposition: z.string(),
  counts: StreamCounts.omit({ written: true, deduped: true, deleted: true }),
  handshake: z.boolean().describe("whether every row that was read is accounted for"),
  cursor: z.strictObject({ before: Json, after: Json, backwards: z.boolean() }),
  schema: PinnedSchema,
  changes: z.array(SchemaChange),
  quality: z.array(QualityVerdict),
  rules: RulesJudged.optional().describe(
    "what became of the rules that are declared; without it they are not judged",
  ),
  publishable: z.boolean().optional().describe("whether anything of the load may reach a sink"),
  personal: z.array(z.string()).describe("columns with personal data that reach the sink untreated"),
  misnamed: z.array(z.strictObject({
    column: z.string(),
    use: z.enum(["pii", "key", "cursor"]),
    near: z.string().optional().describe("the column of the rows that was most likely meant"),
    rows: z.number().int().optional().describe("rows that were set aside for it, where those are all"),
  })).optional().describe(
    "columns that the definition relies on and that no row of the load and no agreed schema has; a key or a cursor also where it " +
      "set every row aside",
  ),
  secrets: z.array(z.strictObject({ column: z.string(), rule: z.string(), rows: z.number().int() })).describe(
    "credentials of the run found in rows",
  ),
  staged: Digest.describe("over the staged segments, in order"),
  quarantine: Digest.nullable(),
  inputs: z.array(z.strictObject({ locator: z.string(), digest: Digest, bytes: z.number().int() })).describe(
    "raw pages and files, at most 1,000; the rest is in the blob `inputsBlob`",
  ),
  inputsBlob: Digest.nullable(),
});
export type StreamFacts = z.infer<typeof StreamFacts>;

/** Facts of a data run. Rules over data are predicates over these. */
export const DataFacts = z.strictObject({
  v: z.literal(1),
  pipeline: z.string(),
  definition: Digest,
  environment: Digest.describe("of the environment without secrets"),
  mode: LoadMode,
  range: z.strictObject({ from: z.string().nullable(), to: z.string().nullable() }),
  streams: z.array(StreamFacts),
  used: z.strictObject({ requests: z.number().int(), bytes: z.number().int(), ms: z.number().int() }),
  at: Instant,
});
export type DataFacts = z.infer<typeof DataFacts>;
