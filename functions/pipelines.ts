/** Pipelines that are registered here: their versions, and their runs with the server's own environment. */
import {
  FoundryInput,
  type FoundryPorts,
  openSinks,
  tableOf,
  usablePipeline,
} from "../pipelines/foundry/mod.ts";
import type { Engine, Store } from "../kernel/mod.ts";
import { type Actor, err, type Json, ok, type Problem, type Result } from "../specs/mod.ts";
import {
  Environment,
  Pipeline,
  PipelineEntry,
  PipelineState,
  PipelineSummary,
  Schedule,
  type StartPipeline,
} from "../specs/foundry/mod.ts";
import { lastSuccess, promisedElsewhere } from "./freshness.ts";
import { pipelineSettings } from "./pipeline_files.ts";
import type { PipelineView, PipelineViewOptions } from "./pipeline_view.ts";
import { type Schedules, schedules } from "./schedules.ts";
import type { Service } from "./service.ts";
import type { ChangedState, StateChange } from "./stream_state.ts";

/** What the server, and nobody who asks it, says about where pipelines run. */
export interface PipelineSettings {
  environment: Environment;
  /** Where relative paths of pipelines and sinks resolve. */
  folder: string;
  /** Below which files of pipelines lie; null: pipelines open none. */
  root: string | null;
}

export interface Pipelines {
  settings(): Promise<PipelineSettings>;
  /** Ids of all that is registered or was run here. */
  ids(): Promise<string[]>;
  /** The pipeline that a run belongs to; null when the run is no data run. */
  ofRun(run: string): Promise<string | null>;
  /** All that there is to see of one; null when it was neither registered nor run. */
  view(id: string, options?: PipelineViewOptions): Promise<PipelineView | null>;
  /** Before anything else; kept for commands that come without a server. */
  configure(settings: PipelineSettings): Promise<void>;
  /** Problem codes: invalid-pipeline, conflict. Registering what is there already changes nothing. */
  register(
    given: { pipeline: string | Record<string, unknown>; name?: string; from: PipelineSummary["from"] },
    actor: Actor,
  ): Promise<Result<{ entry: PipelineEntry; created: boolean }, Problem>>;
  /** Takes away what earlier files of the server's own had registered and no file has any more. Runs and tables stay. */
  keepOnly(ids: readonly string[]): Promise<void>;
  list(): Promise<PipelineSummary[]>;
  get(id: string): Promise<PipelineEntry | null>;
  /** Problem codes of `submitPipeline`, and not-found. */
  run(
    id: string,
    ask: StartPipeline & { idempotencyKey?: string },
    actor: Actor,
  ): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  state(id: string): Promise<PipelineState | null>;
  /** Where the next run of a stream starts, also of a pipeline that was only run here. Audited. Problem codes: not-found, usage, conflict. */
  changeState(id: string, change: StateChange, actor: Actor): Promise<Result<ChangedState, Problem>>;
  readonly schedules: Schedules;
}

const ENTRIES = ["pipelines", "entry"];
const SETTINGS = ["pipelines", "settings"];
const MOST = 1000;
const VERSIONS = 50;

/** As much as lists and schedules need; the definition is a blob. */
type PipelineRecord = Omit<PipelineSummary, "streams" | "lastRun"> & {
  definition: string;
  source: string;
  name: string | null;
  versions: PipelineEntry["versions"];
};

export function pipelineRegistry(given: {
  engine: Pick<Engine, "view" | "list" | "settled" | "control">;
  ports: FoundryPorts;
  store: Pick<Store, "get" | "list" | "commit">;
  submit: NonNullable<Service["submitPipeline"]>;
  /** Where the warehouse lies when no environment says it. */
  data: string;
}): Pipelines {
  const { engine, ports, store, submit } = given;

  async function settings(): Promise<PipelineSettings> {
    const kept = (await store.get(SETTINGS))?.value as Kept | undefined;
    if (kept === undefined) {
      const usual = await pipelineSettings({ data: given.data, environment: null, root: null });
      if (!usual.ok) throw new Error(usual.error.message);
      return usual.value;
    }
    const environment = Environment.parse(await readBlob(ports, kept.environment));
    return { environment, folder: kept.folder, root: kept.root };
  }

  async function recordOf(id: string) {
    const entry = await store.get([...ENTRIES, id]);
    return entry === null
      ? null
      : { version: entry.version, value: entry.value as unknown as PipelineRecord };
  }

  async function lastRun(id: string): Promise<string | null> {
    const lane = await store.get(["foundry", "active", id, "live"]);
    return typeof lane?.value === "string" ? lane.value : null;
  }

  async function summaryOf(
    record: PipelineRecord,
  ): Promise<{ summary: PipelineSummary; definition: Pipeline }> {
    const definition = Pipeline.parse(await readBlob(ports, record.definition));
    const { definition: _, source: __, name: ___, versions: ____, ...rest } = record;
    const summary = PipelineSummary.parse({
      ...rest,
      streams: definition.streams.map((stream) => ({
        stream: stream.id,
        sink: stream.write.sink,
        table: tableOf(stream),
      })),
      lastRun: await lastRun(record.id),
    });
    return { summary, definition };
  }

  async function records(): Promise<PipelineRecord[]> {
    return (await store.list({ prefix: ENTRIES }, MOST)).map(({ value }) =>
      value as unknown as PipelineRecord
    );
  }

  async function entryOf(record: PipelineRecord): Promise<PipelineEntry> {
    const { summary, definition } = await summaryOf(record);
    return PipelineEntry.parse({ ...summary, definition, versions: record.versions });
  }

  const registry: Omit<Pipelines, "schedules" | "view"> = {
    settings,
    async ofRun(run) {
      const view = await engine.view(run);
      return view === null ? null : FoundryInput.safeParse(view.input).data?.id ?? null;
    },
    async ids() {
      const known = (await ports.records.tables.list()).map(({ pipeline }) => pipeline);
      return [...new Set([...(await records()).map(({ id }) => id), ...known])].sort();
    },
    async configure({ environment, folder, root }) {
      const kept: Kept = { environment: await ports.blobs.put(JSON.stringify(environment)), folder, root };
      await store.commit({ sets: [{ key: SETTINGS, value: { ...kept } }] });
    },
    async register({ pipeline: source, name, from }, actor) {
      const { environment, folder, root } = await settings();
      const usable = await usablePipeline(ports, {
        pipeline: source,
        ...(name === undefined ? {} : { name }),
        environment: { ...environment },
        folder,
        confined: { root },
      });
      const { boundFaults, tableFaults } = await import("./pipeline_bounds.ts");
      const faults = usable.ok ? boundFaults(usable.value.pipeline, root, environment) : usable.error;
      if (!usable.ok || faults.length > 0) return err(invalid(faults));
      const { pipeline, digest } = usable.value;
      const taken = tableFaults(
        pipeline,
        (await registry.list()).flatMap(({ id, streams }) =>
          streams.map((one) => ({ ...one, pipeline: id }))
        ),
      );
      if (taken !== null) return err(taken);
      for (;;) {
        const before = await recordOf(pipeline.id);
        if (before?.value.from === "server" && from === "request") {
          return err(conflict(`${pipeline.id} is a file of the server's own`, "Use another id"));
        }
        if (before?.value.digest === digest && (before.value.from === from)) {
          return ok({ entry: await entryOf(before.value), created: false });
        }
        const version = { digest, at: new Date(ports.clock.now()).toISOString(), by: actor.id };
        const record: PipelineRecord = {
          id: pipeline.id,
          pipeline: `${pipeline.id}@${digest.slice("sha256:".length, "sha256:".length + 12)}`,
          ...version,
          from,
          description: pipeline.description.slice(0, 500),
          owner: pipeline.owner,
          schedule: pipeline.schedule ?? null,
          freshnessHours: pipeline.sla.freshnessHours ?? null,
          definition: await ports.blobs.put(JSON.stringify(pipeline)),
          source: await ports.blobs.put(
            typeof source === "string" ? source : JSON.stringify(source, null, 2),
          ),
          name: name ?? null,
          versions: [version, ...before?.value.versions ?? []].slice(0, VERSIONS),
        };
        const put = await store.commit({
          checks: [{ key: [...ENTRIES, pipeline.id], version: before?.version ?? null }],
          sets: [{ key: [...ENTRIES, pipeline.id], value: record as unknown as Json }],
        });
        if (put.ok) return ok({ entry: await entryOf(record), created: true });
      }
    },
    async keepOnly(ids) {
      const gone = (await records()).filter(({ id, from }) => from === "server" && !ids.includes(id));
      if (gone.length > 0) await store.commit({ deletes: gone.map(({ id }) => [...ENTRIES, id]) });
    },
    async list() {
      const found = await Promise.all((await records()).map(summaryOf));
      return found.map(({ summary }) => summary);
    },
    async get(id) {
      const record = await recordOf(id);
      return record === null ? null : await entryOf(record.value);
    },
    async run(id, { streams, ...ask }, actor) {
      const record = await recordOf(id);
      if (record === null) return err({ code: "not-found", message: `There is no pipeline '${id}' here` });
      const { environment, folder, root } = await settings();
      const bytes = await ports.blobs.get(record.value.source);
      if (bytes === null) throw new Error(`Cannot run ${id} as its definition is gone from the blobs`);
      return await submit({
        pipeline: new TextDecoder().decode(bytes),
        ...(record.value.name === null ? {} : { name: record.value.name }),
        folder,
        environment: { ...environment },
        ...defined(ask),
        ...(streams === undefined ? {} : { only: streams }),
        confined: { root },
        wait: false,
      }, actor);
    },
    async changeState(id, change, actor) {
      const record = await recordOf(id);
      const run = await lastRun(id);
      const registered = record === null || (change.asRun === true && run !== null)
        ? null
        : { ...await settings(), definition: (await summaryOf(record.value)).definition };
      const { changeState } = await import("./stream_state.ts");
      return await changeState(
        { engine, ports, data: given.data, registered, lastRun: run },
        id,
        change,
        actor,
      );
    },
    async state(id) {
      const record = await recordOf(id);
      if (record === null) return null;
      const { definition } = await summaryOf(record.value);
      const { environment, folder } = await settings();
      const sinks = openSinks(ports, { environment, input: { folder } });
      try {
        const streams = [];
        for (const stream of definition.streams) {
          streams.push({
            stream: stream.id,
            sink: stream.write.sink,
            table: tableOf(stream),
            state: await sinks.get(stream.write.sink).state(id, stream.id),
          });
        }
        return PipelineState.parse({ pipeline: record.value.pipeline, streams });
      } finally {
        await sinks.close();
      }
    },
  };

  const whole: Pipelines = {
    ...registry,
    async view(id, options) {
      const { pipelineView } = await import("./pipeline_view.ts");
      return await pipelineView({ engine, ports, pipelines: whole }, id, await lastRun(id), options);
    },
    schedules: schedules({
      store,
      clock: ports.clock,
      async pipelines() {
        const registered = (await records()).map(({ id, schedule, freshnessHours }) => ({
          id,
          schedule: schedule === null ? null : Schedule.parse(schedule),
          freshnessHours,
        }));
        const ids = new Set(registered.map(({ id }) => id));
        return [
          ...registered.filter(({ schedule, freshnessHours }) =>
            schedule !== null || freshnessHours !== null
          ),
          ...await promisedElsewhere({ engine, ports, lastRun }, ids),
        ];
      },
      lastSuccess: (id) => lastSuccess({ engine, ports }, id),
      async lastRun(id) {
        const run = await lastRun(id);
        return run === null ? null : await engine.view(run);
      },
      start: (id, idempotencyKey, actor) => registry.run(id, { idempotencyKey }, actor),
      async cancel(run, actor) {
        await engine.control(run, { action: "cancel", why: "the next time of its schedule has come" }, actor);
        await engine.settled(run, AbortSignal.timeout(20_000)).catch(() => null);
      },
    }),
  };
  return whole;
}

type Kept = { environment: string; folder: string; root: string | null };

async function readBlob(ports: Pick<FoundryPorts, "blobs">, digest: string): Promise<unknown> {
  const bytes = await ports.blobs.get(digest);
  if (bytes === null) throw new Error(`The blob ${digest} is gone`);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The fields that have a value. */
function defined(ask: Omit<StartPipeline, "streams"> & { idempotencyKey?: string }) {
  const { mode, from, to, params, replay, idempotencyKey } = ask;
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(params === undefined ? {} : { params }),
    ...(replay === undefined ? {} : { replay }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

const invalid = (causes: Problem[]): Problem => ({
  code: "invalid-pipeline",
  message: `Cannot register the pipeline: ${causes.length} problem${causes.length === 1 ? "" : "s"}`,
  causes,
});
const conflict = (message: string, remedy: string): Problem => ({ code: "conflict", message, remedy });
