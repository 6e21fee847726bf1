/** The report of a pipeline over its runs: counts, volume, columns, quality with baselines, freshness, schema, rows set aside. */
import { redacted, tableOf } from "../pipelines/foundry/mod.ts";
import type { QuarantineReason } from "../pipelines/foundry/mod.ts";
import { nameOf } from "../policies/mod.ts";
import type {
  ColumnHistory,
  Pipeline,
  PipelineReport,
  QualityRule,
  ReportedLoad,
  ReportedRule,
  ReportedRun,
  ReportedStream,
  Stream,
  StreamCounts,
  StreamResult,
} from "../specs/foundry/mod.ts";
import type { PipelineRun } from "./pipeline_runs.ts";

const HOUR_MS = 3_600_000;

/** Makes the report. What looks like a credential is taken out of every text of it. */
export function pipelineReport(given: {
  pipeline: string;
  definition: Pipeline;
  /** Newest first. */
  runs: readonly PipelineRun[];
  reasons: readonly QuarantineReason[];
  /** The run that the report ends with. */
  until: string | null;
  nowMs: number;
}): PipelineReport {
  const { pipeline, definition, runs, reasons, until, nowMs } = given;
  return redacted({
    v: 1,
    id: definition.id,
    pipeline,
    run: until as PipelineReport["run"],
    at: new Date(nowMs).toISOString(),
    description: definition.description,
    owner: definition.owner,
    classification: definition.classification,
    freshness: freshnessOf(definition, runs, nowMs),
    runs: runs.map(runOf),
    streams: definition.streams.map((stream) => streamOf(stream, runs)),
    quality: qualityOf(definition, runs),
    quarantine: reasons.map((one) => ({ ...one })),
  });
}

const NONE: StreamCounts = {
  read: 0,
  accepted: 0,
  quarantined: 0,
  written: 0,
  deduped: 0,
  filtered: 0,
  produced: 0,
  deleted: 0,
  late: 0,
};
const COUNTS = Object.keys(NONE) as (keyof StreamCounts)[];

function countsOf(results: readonly StreamResult[]): StreamCounts {
  const sums = { ...NONE };
  for (const result of results) for (const name of COUNTS) sums[name] += result[name];
  return sums;
}

function runOf({ document }: PipelineRun): ReportedRun {
  const { run, status, mode, pipeline, streams, denials, failure, evidence } = document;
  const requests = { made: 0, retried: 0, waitedMs: 0 };
  for (const { requests: own } of streams) {
    requests.made += own.made;
    requests.retried += own.retried;
    requests.waitedMs += own.waitedMs;
  }
  const isOver = status !== "queued" && status !== "running" && status !== "paused";
  return {
    run,
    status,
    mode,
    pipeline,
    at: document.createdAt ?? null,
    endedAt: isOver ? document.updatedAt ?? null : null,
    counts: countsOf(streams),
    requests,
    why: denials[0]?.message ?? failure?.message ?? null,
    evidence: evidence?.id ?? null,
  };
}

/** Backfills and replays bring no newer data. */
function freshnessOf(
  { sla }: Pipeline,
  runs: readonly PipelineRun[],
  nowMs: number,
): PipelineReport["freshness"] {
  const hours = sla.freshnessHours ?? null;
  const last = runs.find(({ document, input }) =>
    document.status === "completed" && !input.replay &&
    (document.mode === "incremental" || document.mode === "full")
  );
  const lastSuccess = last?.document.updatedAt ?? null;
  const ageHours = lastSuccess === null
    ? null
    : Math.max(0, Math.round((nowMs - Date.parse(lastSuccess)) / HOUR_MS * 100) / 100);
  return {
    hours,
    lastSuccess,
    ageHours,
    stale: hours === null || ageHours === null ? null : ageHours > hours,
  };
}

/** The id of a load is the stream's, or the stream's and the number of its partition. */
const isOf = (stream: string) => ({ stream: load }: { stream: string }): boolean =>
  load === stream || load.startsWith(`${stream}@`);

function streamOf(stream: Stream, runs: readonly PipelineRun[]): ReportedStream {
  const { id, source, write, transforms, quality } = stream;
  const loads = runs.flatMap((run) =>
    run.document.streams.filter((one) => one.stream === id).map((one) => loadOf(run, one))
  );
  const judged = runs.find(({ facts }) =>
    facts?.streams.some((one) => isOf(id)(one) && Object.keys(one.schema).length > 0)
  );
  const facts = judged?.facts?.streams.filter(isOf(id)).findLast(({ schema }) =>
    Object.keys(schema).length > 0
  );
  // A load that brought nothing new tells what it looked at as well.
  const inputs = runs.flatMap(({ facts }) => facts?.streams.filter(isOf(id)) ?? [])
    .find(({ inputs }) => inputs.length > 0)?.inputs;
  const profiled = runs.find(({ profile }) =>
    profile?.streams.some((one) => isOf(id)(one) && one.profiled > 0)
  );
  const profile = profiled?.profile?.streams.filter(isOf(id)).findLast((one) => one.profiled > 0);
  return {
    stream: id,
    source: {
      connector: source.connector,
      resource: source.resource,
      parent: source.parent?.stream ?? null,
      place: inputs?.[0]?.locator.split(/[?#]/)[0]?.slice(0, 300) ?? null,
    },
    inputs: inputs?.length ?? null,
    steps: transforms.map(({ op }) => op),
    joins: [...new Set(transforms.flatMap((step) => step.op === "join" ? [step.table] : []))],
    rules: quality.length,
    sink: write.sink,
    table: tableOf(stream),
    disposition: write.disposition,
    loads,
    schema: facts?.schema ?? null,
    changes: runs.flatMap(({ document, facts }) =>
      (facts?.streams ?? []).filter(isOf(id)).flatMap(({ changes }) =>
        changes.map((change) => ({ ...change, run: document.run, at: document.createdAt ?? null }))
      )
    ),
    profile: profile === undefined || profiled === undefined
      ? null
      : { ...profile, run: profiled.document.run },
    columns: profile === undefined ? [] : historyOf(id, profile.columns.map(({ column }) => column), runs),
  };
}

function loadOf({ document }: PipelineRun, result: StreamResult): ReportedLoad {
  const { status, reason, bytes, requests, cursor } = result;
  return {
    run: document.run,
    at: document.createdAt ?? null,
    status,
    reason: reason ?? null,
    counts: countsOf([result]),
    bytes,
    requests,
    cursor,
  };
}

/** Shares of missing and of different values over the runs, oldest first. */
function historyOf(id: string, columns: readonly string[], runs: readonly PipelineRun[]): ColumnHistory[] {
  const share = (part: number, whole: number) => whole === 0 ? null : Math.round(part / whole * 1e6) / 1e6;
  const profiles = runs.toReversed().flatMap(({ document, profile }) => {
    const own = profile?.streams.filter(isOf(id)).findLast(({ profiled }) => profiled > 0);
    return own === undefined ? [] : [{
      run: document.run,
      at: document.createdAt ?? null,
      profiled: own.profiled,
      columns: new Map(own.columns.map((one) => [one.column, one])),
    }];
  });
  return columns.map((column) => ({
    column,
    points: profiles.map(({ run, at, profiled, columns }) => {
      const found = columns.get(column);
      return {
        run,
        at,
        nulls: found === undefined ? null : share(found.nulls, profiled),
        distinct: found === undefined ? null : share(found.distinct, found.values),
      };
    }),
  }));
}

function qualityOf(definition: Pipeline, runs: readonly PipelineRun[]): ReportedRule[] {
  const found = new Map<string, ReportedRule>();
  for (const { document } of runs) {
    for (const verdict of document.quality) {
      const stream = verdict.stream.split("@")[0] ?? verdict.stream;
      const key = `${stream} ${verdict.rule}`;
      const declared = definition.streams.find(({ id }) => id === stream)?.quality
        .find((rule) => nameOf(rule) === verdict.rule);
      const known = found.get(key) ?? {
        stream,
        rule: verdict.rule,
        severity: declared?.severity ?? verdict.severity,
        limit: declared === undefined ? null : limitOf(declared),
        baseline: null,
        drift: null,
        results: [],
      };
      known.results.push({
        run: document.run,
        at: document.createdAt ?? null,
        verdict: verdict.verdict,
        severity: verdict.severity,
        failed: verdict.failed,
        checked: verdict.checked,
        value: verdict.value,
        detail: verdict.detail,
      });
      found.set(key, known);
    }
  }
  return [...found.values()].map((rule) => ({ ...rule, ...baselineOf(rule.results) }));
}

/** What the rules of one kind have in common is told elsewhere; the rest are its limits. */
const NO_LIMIT = new Set(["rule", "id", "severity", "where", "column", "columns", "table", "description"]);

function limitOf(rule: QualityRule): string | null {
  const parts = Object.entries(rule).flatMap(([name, value]) =>
    NO_LIMIT.has(name) || value === undefined || (typeof value === "object" && value !== null)
      ? []
      : [`${name} ${String(value).slice(0, 80)}`]
  );
  return parts.length === 0 ? null : parts.join(", ");
}

/** The measured values before the latest one, and how far the latest is from their mean. */
function baselineOf(results: ReportedRule["results"]): Pick<ReportedRule, "baseline" | "drift"> {
  const latest = results[0]?.value ?? null;
  const earlier = results.slice(1).flatMap(({ value }) => value === null ? [] : [value]);
  if (earlier.length === 0) return { baseline: null, drift: null };
  const mean = earlier.reduce((sum, value) => sum + value, 0) / earlier.length;
  const drift = latest === null
    ? null
    : mean === 0
    ? latest === 0 ? 0 : null
    : (latest - mean) / Math.abs(mean);
  return { baseline: { runs: earlier.length, mean }, drift };
}
