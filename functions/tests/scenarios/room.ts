/**
 * An installation for whole runs: pipeline text and environment text go in, the engine moves the run through every phase and gate
 * over the real adapters, and what comes out is looked at where users find it: warehouse, state, quarantine, document. Only time is
 * not real (waits for quotas leap), and names resolve as a test says.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  DataFailure,
  httpClient,
  type HttpPool,
  httpPool,
  type HttpPoolOptions,
  type SharedTurns,
  type Sink,
  sqliteSink,
  storeTurns,
} from "../../../connectors/data/mod.ts";
import { type DialectServer, type LeapingClock, leapingClock } from "../../../connectors/testing/mod.ts";
import {
  type Blobs,
  createEngine,
  directoryBlobs,
  openKvStore,
  randomIds,
  type Store,
  systemClock,
} from "../../../kernel/mod.ts";
import {
  foundryEffects,
  foundryHandlers,
  foundryJudge,
  type FoundryPorts,
  releaseStaging,
  sealFoundry,
} from "../../../pipelines/foundry/mod.ts";
import { EXIT_CODE, RunStatus } from "../../../specs/mod.ts";
import {
  type PipelineDocument,
  type QuarantinedRow,
  type Row,
  type StreamResult,
  type StreamState,
} from "../../../specs/foundry/mod.ts";
import { evidenceDirectory } from "../../evidence_directory.ts";
import { foundryPorts } from "../../foundry.ts";
import { foundryService } from "../../foundry_service.ts";
import type { Service } from "../../service.ts";

export interface RoomOptions {
  /** Values behind `env:NAME`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly pool?: Partial<HttpPoolOptions>;
  /** Sees the turns that the limiters of all runs take. */
  readonly turns?: (turns: SharedTurns) => SharedTurns;
  readonly ports?: (ports: FoundryPorts) => Partial<FoundryPorts>;
  /** An installation that is there already, and stays; its former worker is known to be gone. */
  readonly dir?: string;
  /** The ledger is a file, as it is for users; in memory unless told, which is quicker. */
  readonly kept?: boolean;
  /** Told before and after each durable write of the kernel: commits of the ledger, blobs, bundles. */
  readonly onWrite?: (point: string) => void;
}

export interface Outcome {
  readonly document: PipelineDocument;
  /** What `forge etl run` would end with. */
  readonly exit: number;
  /** The result of the only stream, or of the named one. */
  stream(id?: string): StreamResult;
}

type Submission = Parameters<NonNullable<Service["submitPipeline"]>>[0];

export interface Room extends AsyncDisposable {
  readonly dir: string;
  readonly data: string;
  readonly clock: LeapingClock;
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Runs to where the run settles. `environment` is the text of the environment without its sinks: those are the warehouse. */
  run(pipeline: string, environment?: string, more?: Partial<Submission>): Promise<Outcome>;
  /** Rows of a table, ordered as they are kept; none when there is no table. */
  rows(table?: string): Promise<Row[]>;
  state(pipeline: string, stream?: string): Promise<StreamState | null>;
  quarantine(): Promise<QuarantinedRow[]>;
  sink(): Sink;
  /** The document of a run that was begun by a former process, once it has settled; null when there is none. */
  goOn(): Promise<PipelineDocument | null>;
}

const WAREHOUSE = "sinks: { warehouse: { type: sqlite, path: warehouse.db } }\n";

export async function room(options: RoomOptions = {}): Promise<Room> {
  const dir = options.dir ?? await Deno.makeTempDir({ prefix: "scenario-" });
  const data = join(dir, "data");
  await Deno.mkdir(data, { recursive: true, mode: 0o700 });
  const isKept = options.dir !== undefined || options.kept === true;
  const told = async <T>(name: string, write: () => Promise<T>): Promise<T> => {
    options.onWrite?.(`before ${name}`);
    const result = await write();
    options.onWrite?.(`after ${name}`);
    return result;
  };
  const opened = await openKvStore(isKept ? join(data, "state.db") : ":memory:");
  const store: Store = { ...opened, commit: (commit) => told("commit", () => opened.commit(commit)) };
  // From now on, so that what is parked for later is not due already.
  const clock = leapingClock(Date.now());
  const files = directoryBlobs(join(data, "blobs"));
  const blobs: Blobs = { ...files, put: (bytes) => told("blob", () => files.put(bytes)) };
  const bundles = evidenceDirectory(join(data, "evidence"));
  const evidence = {
    ...bundles,
    write: (...given: Parameters<typeof bundles.write>) => told("bundle", () => bundles.write(...given)),
  };
  const installation = { version: "test", granted: "A3", singleKey: true, approvers: [] } as const;
  const real = foundryPorts({ data, store, blobs, clock, evidence, installation });
  const turns = (options.turns ?? ((same) => same))(storeTurns(store));
  let pool: HttpPool | null = null;
  const base: FoundryPorts = {
    ...real,
    secret(reference) {
      const value = options.env?.[reference.slice("env:".length)];
      if (value !== undefined) return value;
      throw new DataFailure("auth", `The environment variable ${reference.slice(4)} is not set`, "Set it");
    },
    client: ({ maxWaitMs, ...request }) =>
      httpClient(pool ??= httpPool({ clock, turns, random: () => 1, ...options.pool }), {
        ...request,
        waitBudgetMs: maxWaitMs,
      }),
  };
  const ports: FoundryPorts = { ...base, ...options.ports?.(base) };
  const system = systemClock();
  const faults: unknown[] = [];
  const engine = createEngine({
    store,
    blobs,
    clock: system,
    ids: randomIds(system),
    handlers: foundryHandlers(ports),
    effects: foundryEffects(ports),
    judge: foundryJudge(ports),
    sweepMs: 50,
    ...(options.dir === undefined ? {} : { isOwnerGone: () => Promise.resolve(true) }),
    seal: async (view, status) => {
      const sealed = await sealFoundry(
        ports,
        (run, page) => engine.events(run, page),
        view,
        RunStatus.parse(status),
      );
      await releaseStaging(ports, view, RunStatus.parse(status));
      return sealed;
    },
    onError: (error) => void faults.push(error),
  });
  await engine.start();
  const service = foundryService(engine, ports, store);
  const sink = () => sqliteSink(join(dir, "warehouse.db"));
  const withSink = async <T>(use: (sink: Sink) => Promise<T>): Promise<T> => {
    const one = sink();
    try {
      return await use(one);
    } finally {
      await one.close();
    }
  };
  return {
    dir,
    data,
    clock,
    async write(name, content) {
      const path = join(dir, name);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await (typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content));
    },
    async run(pipeline, environment = "", more = {}) {
      const submitted = await service.submitPipeline({
        pipeline,
        name: "pipeline.yaml",
        folder: dir,
        environment: environment.includes("sinks:") ? environment : environment + WAREHOUSE,
        environmentName: "env.yaml",
        ...more,
      }, { kind: "user", id: "tester" });
      if (!submitted.ok) throw new Error(`not accepted: ${JSON.stringify(submitted.error)}`);
      await engine.settled(submitted.value.run);
      const document = await service.pipelineDocument(submitted.value.run);
      assert.ok(document, "the run has a document");
      return {
        document,
        exit: EXIT_CODE[RunStatus.parse(document.status)],
        stream(id) {
          const found = id === undefined
            ? document.streams[0]
            : document.streams.find((one) => one.stream === id);
          assert.ok(found, `stream ${id ?? "1"} in ${JSON.stringify(document)}`);
          return found;
        },
      };
    },
    rows: (table = "items") =>
      withSink(async (opened) => {
        const rows: Row[] = [];
        if (await opened.schema(table) === null) return rows;
        for await (const batch of opened.read(table)) rows.push(...batch);
        return rows;
      }),
    state: (pipeline, stream = "items") => withSink((opened) => opened.state(pipeline, stream)),
    quarantine: () => ports.records.quarantine.list({}),
    sink,
    async goOn() {
      const { runs: [view] } = await engine.list();
      if (view === undefined) return null;
      await engine.settled(view.run);
      return await service.pipelineDocument(view.run);
    },
    async [Symbol.asyncDispose]() {
      await engine.stop();
      pool?.close();
      real.close();
      await store.close();
      if (options.dir === undefined) await Deno.remove(dir, { recursive: true });
      if (faults.length > 0) throw faults[0];
    },
  };
}

/** An environment that points a connector at a loopback server. `more`: further settings, as YAML in braces would have them. */
export function pointing(connector: string, server: Pick<DialectServer, "url">, more = ""): string {
  return `connectors: { ${connector}: { baseUrl: "${server.url}"${
    more === "" ? "" : `, ${more}`
  } } }\nnetwork: { allowPrivate: true }\n`;
}

export interface StreamShape {
  readonly id?: string;
  readonly connector: string;
  readonly resource?: string;
  readonly params?: Record<string, unknown>;
  readonly key?: readonly string[];
  readonly cursor?: Record<string, unknown>;
  readonly disposition?: string;
  /** Further fields of the stream. */
  readonly more?: Record<string, unknown>;
}

/** The text of a pipeline of one stream that is kept in the table `items`. */
export function pipelineOf(id: string, shape: StreamShape, more: Record<string, unknown> = {}): string {
  const { key } = shape;
  // JSON is YAML.
  return JSON.stringify({
    id,
    streams: [{
      id: shape.id ?? "items",
      source: {
        connector: shape.connector,
        resource: shape.resource ?? "items",
        params: shape.params ?? {},
      },
      ...(key === undefined ? {} : { primaryKey: key }),
      ...(shape.cursor === undefined ? {} : { cursor: shape.cursor }),
      write: { disposition: shape.disposition ?? (key === undefined ? "append" : "merge"), table: "items" },
      ...shape.more,
    }],
    ...more,
  });
}

/** That nothing of a failed run is in the warehouse: no row, no state. */
export async function nothingPublished(at: Room, pipeline: string): Promise<void> {
  assert.deepEqual(await at.rows(), [], "no row was published");
  assert.equal(await at.state(pipeline), null, "no cursor was moved");
}
