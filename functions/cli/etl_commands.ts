import type { Command } from "./command.ts";

const env: Command["options"] = {
  env: {
    type: "string",
    value: "FILE",
    summary: "the environment: base URLs, credentials by reference, sinks",
  },
};
const running: Command["options"] = {
  ...env,
  param: { type: "string", value: "NAME=VALUE[,NAME=VALUE]", summary: "values of the pipeline's parameters" },
  stream: {
    type: "string",
    value: "ID[,ID]",
    summary:
      "only these streams, and the parents that they are read by, whose cursor then moves only with all their children",
  },
  user: {
    type: "string",
    value: "NAME",
    summary: "the principal who asks (default: the only key, else the login name)",
  },
};

/** `forge etl ...`: pipelines of data. */
export const etlCommands: readonly Command[] = [
  {
    path: ["etl", "run"],
    summary: "run a data pipeline: read, check, gate, publish",
    operands: ["PIPELINE"],
    options: {
      ...running,
      mode: { type: "string", value: "full|incremental|backfill|reprocess", summary: "default incremental" },
      from: { type: "string", value: "X", summary: "start of a backfill, inclusive" },
      to: { type: "string", value: "Y", summary: "end of a backfill, exclusive" },
    },
    examples: [
      "forge etl run pipelines/orders.yaml --env env.yaml --json",
      "forge etl run pipelines/orders.yaml --mode backfill --from 2026-01-01 --to 2026-02-01",
    ],
    more: "A run that was cut off or parked is gone on with when the same pipeline is run again.",
    load: async () => (await import("./etl.ts")).run,
  },
  {
    path: ["etl", "validate"],
    summary: "check a pipeline and its environment, with errors that name path, value and remedy",
    operands: ["PIPELINE"],
    options: env,
    examples: ["forge etl validate pipelines/orders.yaml --env env.yaml"],
    load: async () => (await import("./etl.ts")).validate,
  },
  {
    path: ["etl", "test"],
    summary: "run a pipeline's own tests: fixtures in, golden rows out",
    operands: ["PIPELINE"],
    options: env,
    examples: ["forge etl test pipelines/orders.yaml"],
    load: async () => (await import("./etl_test_command.ts")).test,
  },
  {
    path: ["etl", "list"],
    summary:
      "pipelines that were run here with their tables, freshness and kept staging, and the connectors of this version",
    operands: [],
    options: {},
    examples: ["forge etl list"],
    more:
      "Staging is kept while its run is under way or waits for an answer; denied batches and unfinished reads for seven days, what ended at once not.",
    load: async () => (await import("./etl_data.ts")).list,
  },
  {
    path: ["etl", "state"],
    summary:
      "what the next run of a pipeline starts from; --set and --reset change it, audited in audit.jsonl",
    operands: ["PIPELINE"],
    options: {
      stream: { type: "string", value: "ID", summary: "only this stream" },
      set: {
        type: "string",
        value: "CURSOR",
        summary: "the next run starts at this value of the cursor's type",
      },
      reset: { type: "boolean", summary: "the next run starts from the beginning" },
      user: { type: "string", value: "NAME", summary: "the principal who asks" },
    },
    examples: [
      "forge etl state orders --json",
      "forge etl state orders --stream orders --set 2026-01-01T00:00:00Z",
    ],
    load: async () => (await import("./etl_data.ts")).state,
  },
  {
    path: ["etl", "quarantine", "list"],
    summary: "rows that were set aside, with reason, rule and place",
    operands: [],
    options: {
      pipeline: { type: "string", value: "ID", summary: "only of this pipeline" },
      stream: { type: "string", value: "ID", summary: "only of this stream" },
      run: { type: "string", value: "RUN", summary: "only those of this run" },
      all: { type: "boolean", summary: "also rows that were taken in since" },
      limit: { type: "string", value: "N", summary: "how many (default 1000, at most 100000)" },
    },
    examples: ["forge etl quarantine list --json"],
    load: async () => (await import("./etl_data.ts")).quarantineList,
  },
  {
    path: ["etl", "report"],
    summary: "what a pipeline's runs brought: counts, volume, columns, quality, drift, freshness, schema",
    operands: ["PIPELINE|RUN"],
    options: {
      format: { type: "string", value: "json|html", summary: "a document instead of lines for people" },
      out: { type: "string", value: "FILE", summary: "write the document there (html: one file, no script)" },
      runs: {
        type: "string",
        value: "N",
        summary: "how many runs, the newest first (default 20, at most 100)",
      },
      openlineage: {
        type: "boolean",
        summary: "the OpenLineage events of the run (of a pipeline: its latest), one a line",
      },
    },
    examples: [
      "forge etl report orders --format html --out orders.html",
      "forge etl report orders --json | jq .quality",
      "forge etl report RUN --openlineage --out events.jsonl",
    ],
    more:
      "PIPELINE is an id, or the pipeline's file. Of a RUN the report tells that run and those before it. Columns are profiled from " +
      "20,000 rows of a load at most; values of columns under pii, and what looks like a credential, are never told.",
    load: async () => (await import("./etl_report.ts")).report,
  },
  {
    path: ["etl", "replay"],
    summary: "take rows that were set aside in again, after a fix of the pipeline",
    operands: ["PIPELINE"],
    options: running,
    examples: ["forge etl replay pipelines/orders.yaml --env env.yaml"],
    load: async () => (await import("./etl.ts")).replay,
  },
  {
    path: ["etl", "export"],
    summary: "committed rows of a table, to stdout or a file",
    operands: ["TABLE"],
    options: {
      ...env,
      format: { type: "string", value: "jsonl|csv|parquet", summary: "default jsonl; parquet needs --out" },
      out: { type: "string", value: "FILE", summary: "default: stdout" },
      pipeline: { type: "string", value: "ID", summary: "when several pipelines have a table of this name" },
    },
    examples: ["forge etl export orders --format csv --out orders.csv"],
    load: async () => (await import("./etl_export.ts")).exportTable,
  },
];
