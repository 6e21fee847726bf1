/** All that there is to see of one pipeline, registered or only run from the command line. */
import { FoundryInput, type FoundryPorts, openSinks, pipelineDocument, tableOf } from "../pipelines/mod.ts";
import type { Engine, RunView } from "../kernel/mod.ts";
import {
  Environment,
  Pipeline,
  type PipelineDocument,
  type QuarantinedRow,
  type ScheduleEntry,
  type StreamState,
} from "../specs/mod.ts";
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
}

const RUNS = 15;
/** Runs of all kinds that are looked through for those of one pipeline. */
const LOOKED_AT = 400;
const PAGE = 100;
const LOADS = 40;
const SET_ASIDE = 50;

export async function pipelineView(
  given: { engine: Pick<Engine, "view" | "list">; ports: FoundryPorts; pipelines: Pipelines },
  id: string,
  lastRun: string | null,
): Promise<PipelineView | null> {
  const { engine, ports, pipelines } = given;
  const [entry, last] = await Promise.all([
    pipelines.get(id),
    lastRun === null ? null : engine.view(lastRun),
  ]);
  const input = last === null ? null : FoundryInput.safeParse(last.input).data ?? null;
  if (entry === null && input === null) return null;
  const definition = entry?.definition ?? Pipeline.parse(await readBlob(ports, input?.definition ?? ""));
  const digest = entry?.digest ?? input?.definition ?? "";
  const views = await runsOf(engine, id);
  return {
    id,
    pipeline: `${id}@${digest.slice("sha256:".length, "sha256:".length + 12)}`,
    definition,
    registered: entry === null
      ? null
      : { from: entry.from, by: entry.by, at: entry.at, versions: entry.versions.length },
    runs: await Promise.all(views.map((view) => pipelineDocument(ports, view))),
    streams: await streamsOf(ports, pipelines, id, definition, entry !== null, input),
    quarantine: await ports.records.quarantine.list({ pipeline: id, replayed: false, limit: SET_ASIDE }),
    schedule: await pipelines.schedules.get(id),
  };
}

async function runsOf(engine: Pick<Engine, "list">, id: string): Promise<RunView[]> {
  const found: RunView[] = [];
  let cursor: string | undefined;
  for (let looked = 0; looked < LOOKED_AT && found.length < RUNS; looked += PAGE) {
    const page = await engine.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.runs.filter((view) => FoundryInput.safeParse(view.input).data?.id === id));
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  return found.slice(0, RUNS);
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

async function readBlob(ports: Pick<FoundryPorts, "blobs">, digest: string): Promise<unknown> {
  const bytes = await ports.blobs.get(digest);
  if (bytes === null) throw new Error(`The blob ${digest} is gone`);
  return JSON.parse(new TextDecoder().decode(bytes));
}
