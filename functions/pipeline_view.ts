/** All that there is to see of one pipeline, registered or only run from the command line. */
import { FoundryInput, type FoundryPorts, openSinks, redacted, tableOf } from "../pipelines/foundry/mod.ts";
import type { Engine } from "../kernel/mod.ts";
import {
  Environment,
  Pipeline,
  type PipelineDocument,
  type PipelineReport,
  type QuarantinedRow,
  type ScheduleEntry,
  type StreamState,
} from "../specs/foundry/mod.ts";
import { pipelineReport } from "./pipeline_report.ts";
import { pipelineRuns, readBlob } from "./pipeline_runs.ts";
import type { Pipelines } from "./pipelines.ts";

export interface PipelineView {
  id: string;
  /** <id>@<hash>. */
  pipeline: string;
  definition: Pipeline;
  registered: { from: "server" | "request"; by: string; at: string; versions: number } | null;
  /** Newest first. */
  runs: PipelineDocument[];
  streams: {
    stream: string;
    sink: string;
    table: string;
    state: StreamState | null;
    /** Why the state cannot be told. */
    fault: string | null;
    /** Rows of the latest loads, oldest first. */
    loads: { at: string; rows: number }[];
  }[];
  /** Rows that were set aside and not taken in since, some of them. */
  quarantine: (QuarantinedRow & { pipeline: string })[];
  schedule: ScheduleEntry | null;
  report: PipelineReport;
}

const RUNS = 20;
const LOADS = 40;
const SET_ASIDE = 50;

export interface PipelineViewOptions {
  /** How many runs, the newest first. */
  runs?: number;
  /** None that began after this run. */
  until?: string;
}

export async function pipelineView(
  given: { engine: Pick<Engine, "view">; ports: FoundryPorts; pipelines: Pipelines },
  id: string,
  lastRun: string | null,
  options: PipelineViewOptions = {},
): Promise<PipelineView | null> {
  const { ports, pipelines } = given;
  const { runs: limit = RUNS, until } = options;
  const [entry, runs] = await Promise.all([
    pipelines.get(id),
    pipelineRuns(given, id, { limit, lastRun, ...(until === undefined ? {} : { until }) }),
  ]);
  const input = runs[0]?.input ?? null;
  if (entry === null && input === null) return null;
  // Of a run that is told by itself, the definition is the one that ran.
  const isCurrent = entry !== null && until === undefined;
  const definition = isCurrent
    ? entry.definition
    : Pipeline.parse(await readBlob(ports, input?.definition ?? ""));
  const digest = isCurrent ? entry.digest : input?.definition ?? "";
  const pipeline = `${id}@${digest.slice("sha256:".length, "sha256:".length + 12)}`;
  return {
    id,
    pipeline,
    definition,
    registered: entry === null
      ? null
      : { from: entry.from, by: entry.by, at: entry.at, versions: entry.versions.length },
    runs: redacted(runs.map(({ document }) => document)),
    streams: redacted(await streamsOf(ports, pipelines, id, definition, entry !== null, input)),
    quarantine: redacted(
      await ports.records.quarantine.list({ pipeline: id, replayed: false, limit: SET_ASIDE }),
    ),
    schedule: await pipelines.schedules.get(id),
    report: pipelineReport({
      pipeline,
      definition,
      runs,
      reasons: await ports.records.quarantine.reasons(id, until),
      until: until ?? null,
      nowMs: ports.clock.now(),
    }),
  };
}

async function streamsOf(
  ports: FoundryPorts,
  pipelines: Pipelines,
  id: string,
  definition: Pipeline,
  isRegistered: boolean,
  input: FoundryInput | null,
): Promise<PipelineView["streams"]> {
  const asked = isRegistered || input === null
    ? await pipelines.settings()
    : { environment: Environment.parse(await readBlob(ports, input.environment)), folder: input.folder };
  const sinks = openSinks(ports, { environment: asked.environment, input: { folder: asked.folder } });
  try {
    return await Promise.all(definition.streams.map(async (stream) => {
      const loads = await ports.records.loads.list(id, stream.id, LOADS);
      let state: StreamState | null = null;
      let fault: string | null = null;
      try {
        state = await sinks.get(stream.write.sink).state(id, stream.id);
      } catch (error) {
        fault = error instanceof Error ? error.message : String(error);
      }
      return {
        stream: stream.id,
        sink: stream.write.sink,
        table: tableOf(stream),
        state,
        fault,
        loads: loads.map(({ at, rows }) => ({ at, rows })).toReversed(),
      };
    }));
  } finally {
    await sinks.close();
  }
}
