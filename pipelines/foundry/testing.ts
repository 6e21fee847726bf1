/** A foundry over a simulated source, with the real engine and the real warehouse, for tests. */
import { join } from "node:path";
import {
  DataFailure,
  type Page,
  type ReadEnd,
  type Sink,
  type Source,
  sqliteSink,
} from "../../connectors/data/mod.ts";
import {
  createEngine,
  directoryBlobs,
  type Engine,
  openKvStore,
  randomIds,
  type RunView,
  type Store,
} from "../../kernel/mod.ts";
import {
  approvalStatement,
  memoryTally,
  principalsOf,
  signApproval,
  type Signer,
} from "../../policies/mod.ts";
import { type Json, RunStatus } from "../../specs/mod.ts";
import { type PipelineDocument, type QuarantinedRow, type Row } from "../../specs/foundry/mod.ts";
import { acceptPipeline, type PipelineSubmission } from "./accept.ts";
import { pipelineDocument } from "./document.ts";
import { foundryEffects, foundryHandlers } from "./handlers.ts";
import { foundryJudge } from "./judge.ts";
import type {
  FoundryPorts,
  FoundryRecords,
  KnownTable,
  PastLoad,
  QuarantineReason,
  RawLoad,
} from "./ports.ts";
import { releaseStaging, sealFoundry } from "./seal.ts";

/** A source over pages in memory that counts what it is asked. */
export interface SimulatedSource extends Source {
  /** Pages by resource; each is a list of rows. */
  pages: Record<string, Row[][]>;
  /** Asked before each page is given: throw here to fail. */
  before: (page: number, resource: string) => void | Promise<void>;
  requests: number;
  readonly asked: {
    resource: string;
    params: Record<string, Json>;
    from: Json;
    to: Json;
    resume: Json;
    mode: string;
  }[];
  /** How the next reads end. */
  end: ReadEnd;
}

export function simulatedSource(pages: Record<string, Row[][]>): SimulatedSource {
  const source: SimulatedSource = {
    connector: "http",
    pages,
    before: () => {},
    requests: 0,
    asked: [],
    end: { status: "complete" },
    discover: () => [{ name: "*", description: "simulated", required: [], optional: [] }],
    check: () => [],
    async *read(request): AsyncGenerator<Page, ReadEnd, void> {
      const { resource, params, window, resume, mode } = request;
      source.asked.push({ resource, params: { ...params }, from: window.from, to: window.to, resume, mode });
      const key = typeof params.key === "string" || typeof params.key === "number"
        ? `${resource}/${params.key}`
        : resource;
      const all = source.pages[key] ?? [];
      for (let at = typeof resume === "number" ? resume : 0; at < all.length; at++) {
        await source.before(at, resource);
        source.requests++;
        const rows = structuredClone(all[at] ?? []);
        const content = new TextEncoder().encode(JSON.stringify(rows));
        yield {
          rows,
          locate: (index) => `sim://${key}?page=${at}#${index}`,
          raw: {
            locator: `sim://${key}?page=${at}`,
            digest: "",
            bytes: content.length,
            mediaType: "application/json",
            content,
          },
          next: at + 1 < all.length ? at + 1 : null,
        };
      }
      return source.end;
    },
    reread(raw) {
      const rows = JSON.parse(new TextDecoder().decode(raw.content)) as Row[];
      return { rows, locate: (index) => `${raw.locator}#${index}`, raw: null, next: null };
    },
  };
  return source;
}

export function memoryRecords(): FoundryRecords {
  const rows = new Map<string, QuarantinedRow & { pipeline: string; replayedBy: string | null }>();
  const loads = new Map<string, PastLoad[]>();
  const raw = new Map<string, RawLoad[]>();
  const tables = new Map<string, KnownTable>();
  const ranges = new Map<string, Map<string, string>>();
  const runs = new Map<string, Map<string, string>>();
  const once = <T extends { key: string }>(kept: Map<string, T[]>, place: string, one: T) => {
    const list = kept.get(place) ?? [];
    if (!list.some(({ key }) => key === one.key)) kept.set(place, [...list, one]);
    return Promise.resolve();
  };
  return {
    quarantine: {
      put(pipeline, given) {
        for (const row of given) {
          if (!rows.has(row.key)) rows.set(row.key, { ...row, pipeline, replayedBy: null });
        }
        return Promise.resolve();
      },
      list: ({ pipeline, stream, run, limit = 1000, after = "", replayed }) =>
        Promise.resolve(
          [...rows.values()].filter((row) =>
            (pipeline === undefined || row.pipeline === pipeline) &&
            (stream === undefined || row.stream === stream) &&
            (run === undefined || row.run === run) && row.key > after &&
            (replayed === undefined || (row.replayedBy !== null) === replayed)
          ).sort((a, b) => a.key < b.key ? -1 : 1).slice(0, limit),
        ),
      reasons(pipeline, run) {
        const found = new Map<string, QuarantineReason>();
        for (const row of rows.values()) {
          if (row.pipeline !== pipeline || (run !== undefined && row.run !== run)) continue;
          const { stream, rule, reason, locator, replayedBy } = row;
          const before = found.get(`${stream} ${rule}`) ??
            { stream, rule, reason, locator, rows: 0, open: 0 };
          const open = before.open + (replayedBy === null ? 1 : 0);
          found.set(`${stream} ${rule}`, { ...before, rows: before.rows + 1, open });
        }
        return Promise.resolve([...found.values()].sort((a, b) => b.rows - a.rows));
      },
      replayed(keys, run) {
        for (const key of keys) {
          const row = rows.get(key);
          if (row !== undefined) rows.set(key, { ...row, replayedBy: row.replayedBy ?? run });
        }
        return Promise.resolve();
      },
    },
    loads: {
      put: (pipeline, stream, load) => once(loads, `${pipeline}/${stream}`, load),
      list: (pipeline, stream, limit) =>
        Promise.resolve((loads.get(`${pipeline}/${stream}`) ?? []).toReversed().slice(0, limit)),
    },
    raw: {
      put: (pipeline, stream, load) => once(raw, `${pipeline}/${stream}`, load),
      list: (pipeline, stream) => Promise.resolve(raw.get(`${pipeline}/${stream}`) ?? []),
    },
    runs: {
      put(pipeline, run, at) {
        const known = runs.get(pipeline) ?? new Map<string, string>();
        if (!known.has(run)) runs.set(pipeline, known.set(run, at));
        return Promise.resolve();
      },
      list(pipeline, limit, until) {
        const all = [...runs.get(pipeline) ?? []].map(([run, at]) => ({ run, at })).toReversed();
        const from = until === undefined ? 0 : all.findIndex(({ run }) => run === until);
        return Promise.resolve(from < 0 ? [] : all.slice(from, from + limit));
      },
    },
    tables: {
      put: (table) => Promise.resolve(void tables.set(`${table.pipeline}/${table.stream}`, table)),
      list: () => Promise.resolve([...tables.values()]),
    },
    backfill: {
      done: (pipeline, stream, ledger) =>
        Promise.resolve(new Set(ranges.get(`${pipeline}/${stream}/${ledger}`)?.keys() ?? [])),
      put(pipeline, stream, ledger, range, key) {
        const place = `${pipeline}/${stream}/${ledger}`;
        ranges.set(place, new Map([...ranges.get(place) ?? [], [range, key]]));
        return Promise.resolve();
      },
      clear: (pipeline, stream, ledger) =>
        Promise.resolve(void ranges.delete(`${pipeline}/${stream}/${ledger}`)),
    },
  };
}

export interface Stage {
  readonly dir: string;
  readonly source: SimulatedSource;
  readonly ports: FoundryPorts & { fault: (point: string) => void | Promise<void> };
  readonly engine: Engine;
  /** What faults do: a test sets it. */
  onFault: (point: string) => void | Promise<void>;
  /** Runs a pipeline to where it settles. */
  run(pipeline: Record<string, unknown>, more?: Partial<PipelineSubmission>): Promise<PipelineDocument>;
  submit(pipeline: Record<string, unknown>, more?: Partial<PipelineSubmission>): Promise<string>;
  document(run: string): Promise<PipelineDocument>;
  /** Rows of a table. */
  rows(table: string): Promise<Row[]>;
  sink(): Sink;
  /** Approves what waits as the only principal of this stage, whose runs they are. */
  approve(run: string): Promise<void>;
  /** Stops the engine and starts another one over the same data. */
  restart(): Promise<void>;
}

/** A key of this test's own. */
async function testSigner(): Promise<{ signer: Signer; publicKey: string }> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("the runtime gave no key pair");
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${
    btoa(String.fromCharCode(...spki))
  }\n-----END PUBLIC KEY-----\n`;
  const known = await principalsOf([{ name: "tester", publicKey }], { version: 1, keys: [] });
  const keyId = known.ok ? known.value.keys[0]?.keyId ?? "" : "";
  return {
    publicKey,
    signer: {
      keyId,
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
    },
  };
}

/** Runs a test on a stage of its own and removes everything. */
export async function onStage(
  pages: Record<string, Row[][]>,
  use: (stage: Stage) => Promise<void>,
  more: Partial<FoundryPorts> = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "foundry-" });
  const store = await openKvStore(":memory:");
  const { stage, close } = await openStage(dir, store, simulatedSource(pages), more);
  try {
    await use(stage);
  } finally {
    await close();
    await store.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** A stage in a directory over a store, with its engine started. */
export async function openStage(
  dir: string,
  store: Store,
  source: SimulatedSource,
  more: Partial<FoundryPorts> = {},
  /** Whose leases need not run out: a test that kills its only worker knows that it is gone. */
  isOwnerGone: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<{ stage: Stage; close(): Promise<void> }> {
  const blobs = directoryBlobs(join(dir, "blobs"));
  const tester = await testSigner();
  const clock = {
    now: () => Date.now(),
    sleep: (_ms: number, signal?: AbortSignal) => (signal?.throwIfAborted(), Promise.resolve()),
  };
  const sealed = new Map<string, string>();
  const never = () => {
    throw new Error("Cannot reach the network: these tests have none");
  };
  const ports: Stage["ports"] = {
    blobs,
    clock,
    evidence: {
      async write(id, files) {
        const path = join(dir, "evidence", id);
        await Deno.mkdir(path, { recursive: true });
        for (const file of files) {
          await Deno.mkdir(join(path, file.path, ".."), { recursive: true });
          await Deno.writeFile(join(path, file.path), file.bytes);
        }
        sealed.set(id, path);
        return path;
      },
    },
    installation: { version: "test", granted: "A3", singleKey: true, approvers: [] },
    sources: { http: source },
    sink: (settings) => {
      if (settings.type !== "sqlite") throw new DataFailure("invalid", "only sqlite here", "");
      return sqliteSink(settings.path);
    },
    client: () => {
      const base = source.requests;
      const client = {
        as: () => client,
        redact: (text: string) => text,
        request: never,
        stream: never,
        get used() {
          return { made: source.requests - base, retried: 0, waitedMs: 0, bytes: 0 };
        },
      };
      return client;
    },
    files: () => ({ file: never, glob: never, scratch: never }),
    secret: (reference) => `value-of-${reference.slice(4)}`,
    vault: () => ({ get: () => Promise.resolve(null), put: () => Promise.resolve() }),
    records: memoryRecords(),
    personalKey: () => Promise.resolve(new Uint8Array(32).fill(7)),
    room: (run) => join(dir, "runs", run),
    pool: () => join(dir, "unfinished"),
    tally: () => memoryTally,
    fault: (point) => stage.onFault(point),
    principals: () =>
      principalsOf([{ name: "tester", publicKey: tester.publicKey }], { version: 1, keys: [] }),
    ...more,
  };
  const start = (): Engine =>
    createEngine({
      store,
      blobs,
      clock: { now: () => Date.now(), sleep: realSleep },
      ids: randomIds({ now: () => Date.now() }),
      handlers: foundryHandlers(ports),
      effects: foundryEffects(ports),
      judge: foundryJudge(ports),
      sweepMs: 50,
      isOwnerGone,
      seal: async (view: RunView, status: string) => {
        const made = await sealFoundry(
          ports,
          (run, page) => engine.events(run, page),
          view,
          RunStatus.parse(status),
        );
        await releaseStaging(ports, view, RunStatus.parse(status));
        return made;
      },
    });
  let engine = start();
  await engine.start();
  const stage: Stage = {
    dir,
    source,
    ports,
    get engine() {
      return engine;
    },
    onFault: () => {},
    async approve(run) {
      const view = await engine.view(run);
      const subject = view?.escalation?.subject ?? "";
      const at = new Date().toISOString();
      const id = `apr_${run.slice("run_".length)}-1`;
      const statement = await approvalStatement({
        question: {
          id,
          run,
          family: "data",
          title: "",
          openedAt: at,
          question: "",
          reason: "",
          transition: null,
          subject,
          input: null,
          gates: [],
          options: [],
        },
        approver: "tester",
        decision: "approve",
        comment: "",
        at,
      });
      const envelopeDigest = await blobs.put(await signApproval(statement, tester.signer));
      const answered = await engine.control(
        run,
        { action: "answer", choice: "approve", subject, selfApproved: true, envelopeDigest },
        { kind: "user", id: "tester" },
      );
      if (!answered.ok) throw new Error(answered.message);
    },
    async submit(pipeline, given = {}) {
      const environment = { sinks: { warehouse: { type: "sqlite", path: join(dir, "warehouse.db") } } };
      const accepted = await acceptPipeline(ports, {
        pipeline,
        folder: dir,
        environment,
        requester: "tester",
        ...given,
      });
      if (!accepted.ok) throw new Error(JSON.stringify(accepted.error));
      const { workflow, input, title, limits } = accepted.value;
      const { run } = await engine.submit({
        workflow,
        input: JSON.parse(JSON.stringify(input)),
        title,
        limits,
        actor: { kind: "user", id: "tester" },
      });
      return run;
    },
    async run(pipeline, given = {}) {
      const run = await stage.submit(pipeline, given);
      return await pipelineDocument(ports, await engine.settled(run));
    },
    async document(run) {
      const view = await engine.view(run);
      if (view === null) throw new Error(`no run ${run}`);
      return await pipelineDocument(ports, view);
    },
    async rows(table) {
      const sink = stage.sink();
      try {
        const rows: Row[] = [];
        if (await sink.schema(table) === null) return rows;
        for await (const batch of sink.read(table)) rows.push(...batch);
        return rows;
      } finally {
        await sink.close();
      }
    },
    sink: () => sqliteSink(join(dir, "warehouse.db")),
    async restart() {
      await engine.stop(0);
      engine = start();
      await engine.start();
    },
  };
  return { stage, close: () => engine.stop() };
}

function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
