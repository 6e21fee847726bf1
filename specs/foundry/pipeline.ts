import { z } from "zod";
import { Json } from "../base.ts";
import { PersonalHandling } from "../privacy.ts";
import { QualityRule } from "./quality.ts";
import { Column, Columns, ColumnType, ContractMode, Duration, Slug, TableName } from "./terms.ts";

export * from "./quality.ts";
export { ColumnType, ContractMode, Duration, Severity } from "./terms.ts";

export const ConnectorName = z.enum([
  "file",
  "excel",
  "github",
  "gitlab",
  "jira",
  "edgar",
  "http",
  "singer",
  "sql",
]);
export type ConnectorName = z.infer<typeof ConnectorName>;

export const SourceRef = z.strictObject({
  connector: ConnectorName.meta({ description: "which connector reads the stream", examples: ["edgar"] }),
  resource: z.string().min(1).max(200).meta({
    description: "what is read of it, by the connector's own names",
    examples: ["companyfacts"],
  }),
  params: z.record(z.string(), Json).default({}).meta({
    description: "the connector's parameters; never a secret's value",
    examples: [{ ciks: ["0000320193"] }],
  }),
  parent: z.strictObject({
    stream: Slug.meta({ description: "the stream whose rows are read one by one" }),
    bind: z.record(z.string(), Column).meta({ description: "parameter -> column of the parent's row" }),
  }).optional().meta({ description: "fan-out: the stream is read once for each row of a parent stream" }),
});
export type SourceRef = z.infer<typeof SourceRef>;

export const Cursor = z.strictObject({
  path: z.string().min(1).max(500).meta({
    description: "column that only grows, such as an update time; dots lead into nested values",
    examples: ["updated_at"],
  }),
  type: z.enum(["date", "datetime", "integer", "decimal", "string"]).default("datetime").meta({
    description: "how values of the cursor are compared",
  }),
  initial: z.union([z.string(), z.number()]).optional().meta({
    description: "where the first run starts; from the beginning when left out",
  }),
  lag: Duration.default("P0D").meta({
    description: "how far behind the last value each run starts again, for rows that come late",
  }),
  onMissing: z.enum(["quarantine", "include", "exclude", "block"]).default("quarantine").meta({
    description: "what happens to a row without the cursor's column",
  }),
  order: z.enum(["ascending", "descending", "none"]).default("none").meta({
    description: "the order in which the source answers; `none` reads to the end",
  }),
  granularity: Duration.optional().meta({ description: "the source's own precision, such as PT1M" }),
});
export type Cursor = z.infer<typeof Cursor>;

export const Disposition = z.enum(["append", "merge", "replace", "scd2"]);
export type Disposition = z.infer<typeof Disposition>;

export const Write = z.strictObject({
  disposition: Disposition.meta({
    description: "append; merge by primary key; replace the whole table; scd2 keeps every version of a key",
  }),
  sink: z.string().min(1).max(100).default("warehouse").meta({ description: "a sink of the env file" }),
  table: TableName.optional().meta({
    description: "the table, file or folder; the stream's id when left out",
  }),
  dedupSort: z.strictObject({
    column: Column,
    order: z.enum(["ascending", "descending"]).default("descending"),
  }).optional().meta({
    description: "which of two rows with one key stays; the one read last when left out",
  }),
  deletes: z.union([
    z.strictObject({ column: Column, equals: Json.optional() }),
    z.literal("census"),
  ]).optional().meta({
    description:
      "a column that marks a deleted row, or `census`: rows that a full read no longer brings (gone at the source, in a file that " +
      "changed or vanished, or left out by a filter now) are marked deleted, so that the unmarked rows are those of a full refresh",
  }),
});
export type Write = z.infer<typeof Write>;

export const ColumnContract = z.strictObject({
  type: ColumnType.meta({ description: "the column's type" }),
  nullable: z.boolean().default(true).meta({ description: "whether it may be missing" }),
});

export const Contract = z.strictObject({
  table: ContractMode.default("evolve").meta({ description: "a table that is not there yet" }),
  columns: ContractMode.default("evolve").meta({ description: "a column that is new" }),
  types: ContractMode.default("quarantine").meta({
    description: "a value that does not fit its column's type",
  }),
  schema: z.record(Column, ColumnContract).optional().meta({
    description: "the columns as agreed; inferred from the first load and pinned when left out",
  }),
});
export type Contract = z.infer<typeof Contract>;

const Expression = z.string().min(1).max(4000);
/** A step between extraction and contract. Applied in order. */
export const Transform = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("select"), columns: Columns }),
  z.strictObject({ op: z.literal("drop"), columns: Columns }),
  z.strictObject({ op: z.literal("rename"), columns: z.record(Column, Column) }),
  z.strictObject({ op: z.literal("cast"), columns: z.record(Column, ColumnType) }),
  z.strictObject({ op: z.literal("derive"), column: Column, expression: Expression }),
  z.strictObject({ op: z.literal("filter"), expression: Expression }),
  z.strictObject({ op: z.literal("explode"), column: Column, as: Column.optional() }),
  z.strictObject({
    op: z.literal("join"),
    table: TableName,
    on: z.record(Column, Column),
    columns: Columns,
    missing: z.enum(["null", "quarantine"]).default("null"),
  }),
  z.strictObject({
    op: z.literal("aggregate"),
    by: Columns,
    values: z.record(
      Column,
      z.strictObject({
        function: z.enum(["count", "sum", "min", "max", "mean", "first", "last", "distinct"]),
        column: Column.optional(),
      }),
    ),
  }),
  z.strictObject({
    op: z.literal("pivot"),
    by: Columns,
    name: Column,
    value: Column.describe("of several values for one cell the last one stays"),
    names: z.array(Column).min(1).max(500),
  }),
  z.strictObject({
    op: z.literal("ratio"),
    by: Columns.describe("columns that identify a series, the date among them"),
    series: Column.describe("the column that tells the series"),
    value: Column,
    numerator: z.string().min(1).max(300),
    denominator: z.string().min(1).max(300),
    as: Column.default("ratio"),
  }),
  z.strictObject({
    op: z.literal("typescript"),
    file: z.string().max(300).regex(
      /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.(?:ts|mts|js|mjs)$/,
      "a file beside the pipeline, such as transforms/clean.ts: no .., no absolute path",
    ).describe(
      "module beside the pipeline whose default export turns a row into a row, a list of rows, or undefined",
    ),
    seconds: z.number().int().min(1).max(600).default(30).describe("most time that a batch of rows may take"),
    memoryMb: z.number().int().min(64).max(2048).default(256).describe("most memory of the function"),
  }),
]);
export type Transform = z.infer<typeof Transform>;

export const PiiTreatment = z.enum(["hash", "mask", "drop"]);
export type PiiTreatment = z.infer<typeof PiiTreatment>;

export const StreamLimits = z.strictObject({
  rows: z.number().int().min(1).optional().meta({ description: "most rows of one run" }),
  bytes: z.number().int().min(1).optional().meta({ description: "most bytes read in one run" }),
  requests: z.number().int().min(1).optional().meta({
    description: "most requests of one run, repeated ones too",
  }),
  pages: z.number().int().min(1).optional().meta({ description: "most pages of one run" }),
  seconds: z.number().int().min(1).max(604_800).optional().meta({
    description: "most seconds that one run reads; while it is parked nothing counts",
  }),
});

export const Stream = z.strictObject({
  id: Slug.meta({ description: "stable name of the stream, once in the pipeline", examples: ["facts"] }),
  description: z.string().max(4000).default("").meta({ description: "what the stream holds" }),
  source: SourceRef.meta({ description: "where the rows come from" }),
  primaryKey: Columns.optional().meta({
    description: "columns that identify a row; needed for merge and scd2",
    examples: [["id"]],
  }),
  cursor: Cursor.optional().meta({
    description: "what makes the stream incremental; without it every run reads all",
  }),
  transforms: z.array(Transform).max(100).default([]).meta({
    description: "steps between extraction and contract",
  }),
  write: Write.meta({ description: "where the rows go" }),
  contract: Contract.default({ table: "evolve", columns: "evolve", types: "quarantine" }).meta({
    description: "what happens when tables, columns or types change",
  }),
  quality: z.array(QualityRule).max(200).default([]).meta({ description: "checks of rows and of the set" }),
  pii: z.record(Column, PiiTreatment).default({}).meta({
    description: "columns with personal data; treated at extraction, before the first write",
    examples: [{ email: "hash" }],
  }),
  keepRaw: z.boolean().optional().meta({
    description: "keep raw pages for reprocessing; on for requests, off for local files",
  }),
  limits: StreamLimits.default({}).meta({ description: "what one run of the stream may use" }),
  partition: z.strictObject({
    by: Duration.meta({ description: "width of one partition of a backfill, such as P1M" }),
  }).optional().meta({ description: "how a backfill is cut" }),
});
export type Stream = z.infer<typeof Stream>;

export const Schedule = z.strictObject({
  cron: z.string().min(9).max(100).meta({
    description: "five fields: minute hour day month weekday",
    examples: ["0 6 * * *"],
  }),
  tz: z.string().min(1).max(64).default("UTC").meta({ description: "IANA time zone" }),
  overlap: z.enum(["skip", "queue", "cancel-other"]).default("skip").meta({
    description: "what happens when the run before still goes on",
  }),
  catchup: z.enum(["none", "one", "all"]).default("one").meta({
    description: "which missed times are made up for",
  }),
  window: Duration.default("P7D").meta({ description: "how far back missed times are looked for" }),
});
export type Schedule = z.infer<typeof Schedule>;

/** A pipeline as it is written: YAML or JSON. Its version is the hash of its normal form. */
export const Pipeline = z.strictObject({
  id: Slug.meta({ description: "stable name", examples: ["edgar-company-facts"] }),
  owner: z.string().max(300).default("").meta({ description: "who answers for it" }),
  description: z.string().max(20_000).default("").meta({ description: "what it is for" }),
  classification: z.enum(["public", "internal", "confidential", "restricted"]).default("internal").meta({
    description: "how the data may be shared: a label for people and reports, on which no gate hangs",
  }),
  personalData: PersonalHandling.optional().meta({
    description:
      "what is done with personal data in what runs keep beside their tables (events, evidence, raw pages, quarantine): `none`, `encrypted` " +
      "(marks; values can be read while the run's key is there) or `redacted` (marks alone); the stricter of this and the installation's setting counts",
  }),
  params: z.record(
    z.string().regex(/^[a-z][A-Za-z0-9_]{0,63}$/),
    z.strictObject({
      type: z.enum(["string", "integer", "number", "boolean", "date"]),
      default: Json.optional(),
      enum: z.array(Json).max(1000).optional(),
      description: z.string().max(1000).default(""),
    }),
  ).default({}).meta({
    description: "typed parameters; `${params.name}` in texts of sources stands for the value",
  }),
  schedule: Schedule.optional().meta({ description: "when it runs by itself" }),
  sla: z.strictObject({
    freshnessHours: z.number().positive().optional(),
    maxDurationMinutes: z.number().positive().optional(),
  }).default({}).meta({ description: "how old the data may get, how long a run may take" }),
  concurrency: z.number().int().min(1).max(32).default(4).meta({
    description: "streams read at the same time",
  }),
  onFailure: z.strictObject({
    retries: z.number().int().min(0).max(10).default(2).meta({
      description:
        "how often a load is taken up again where its connector had not tried again itself, such as a body that broke off",
    }),
    park: z.boolean().default(true),
  }).default({ retries: 2, park: true }).meta({ description: "what a failure of the outside leads to" }),
  budget: z.strictObject({
    requests: z.number().int().min(1).optional(),
    bytes: z.number().int().min(1).optional(),
    seconds: z.number().int().min(1).max(604_800).default(86_400),
    waitSeconds: z.number().int().min(0).default(300).meta({
      description: "longest wait for a quota before the run is parked",
    }),
  }).default({ seconds: 86_400, waitSeconds: 300 }).meta({
    description: "what one run may use, all streams together",
  }),
  streams: z.array(Stream).min(1).max(200).meta({ description: "what is read and where it goes" }),
  packs: z.array(z.string().min(1).max(200)).max(50).default([]).meta({
    description: "policy packs beyond `core`, which always applies: `data-quality`, `financial`",
    examples: [["data-quality"], ["financial"]],
  }),
  tier: z.enum(["best-effort", "standard", "critical"]).default("standard").meta({
    description: "how much depends on it",
  }),
  tests: z.array(z.strictObject({
    name: z.string().min(1).max(200),
    stream: Slug,
    input: z.string().min(1).max(500).meta({
      description: "fixture beside the pipeline: rows as the source gives them (JSON, JSON lines, CSV)",
    }),
    expect: z.string().min(1).max(500).meta({
      description: "file with the rows that must come out, as JSON lines",
    }),
    quarantined: z.number().int().min(0).default(0),
  })).max(200).default([]).meta({ description: "fixtures in, golden rows out: `forge etl test`" }),
});
export type Pipeline = z.infer<typeof Pipeline>;
