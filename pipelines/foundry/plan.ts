import { z } from "zod";
import { DataFailure, type Sink } from "../../connectors/data/mod.ts";
import { Json } from "../../specs/mod.ts";
import {
  Disposition,
  LoadMode,
  type Pipeline,
  type SinkSettings,
  type Stream,
  StreamState,
} from "../../specs/foundry/mod.ts";
import type { Asked } from "./input.ts";
import { shortHash } from "./hash.ts";
import type { FoundryPorts } from "./ports.ts";
import { definitionOf, leavesOf } from "./unchanged.ts";
import { partitionsOf, windowOf } from "./window.ts";

/** One load to be made: a stream, or a partition of a stream's backfill. */
export const Unit = z.strictObject({
  id: z.string(),
  stream: z.string(),
  sink: z.string(),
  table: z.string(),
  mode: LoadMode,
  window: z.strictObject({ from: Json, to: Json }),
  disposition: Disposition,
  census: z.boolean(),
  keepsState: z.boolean(),
  /** State of the stream when the run began. */
  state: StreamState.nullable(),
  /** Whether the sink has the table. */
  exists: z.boolean(),
  /** Whether backfills came before the first load that keeps a state: what they brought is read again. */
  backfilled: z.boolean().default(false),
  /** What the source may leave out because it is as the last load found it: nothing, all at once, or part by part. */
  leaves: z.enum(["nothing", "all", "parts"]).default("nothing"),
  /** Digest of what the stream's rows are made by. */
  definition: z.string().default(""),
  fingerprint: z.string(),
  skip: z.string().nullable(),
});
export type Unit = z.infer<typeof Unit>;
export const Plan = z.array(Unit);

export function streamOf(pipeline: Pipeline, id: string): Stream {
  const stream = pipeline.streams.find((one) => one.id === id);
  if (stream === undefined) {
    throw new Error(`The pipeline has no stream ${id}: the plan is of another definition`);
  }
  return stream;
}

export const tableOf = (stream: Stream): string =>
  stream.write.table ?? stream.id.replaceAll(/[^A-Za-z0-9_]/g, "_");

/** The sinks that streams name, opened once each. */
export function openSinks(
  ports: Pick<FoundryPorts, "sink">,
  asked: { environment: Asked["environment"]; input: Pick<Asked["input"], "folder"> },
) {
  const open = new Map<string, Sink>();
  return {
    get(name: string): Sink {
      const there = open.get(name);
      if (there !== undefined) return there;
      const sink = ports.sink(sinkSettings(asked, name), asked.input.folder, asked.environment.network);
      open.set(name, sink);
      return sink;
    },
    async close() {
      for (const sink of open.values()) await sink.close();
      open.clear();
    },
  };
}

/** Without any sink in the environment, `warehouse` is a SQLite file beside the pipeline. */
function sinkSettings(asked: Pick<Asked, "environment">, name: string): SinkSettings {
  const { sinks } = asked.environment;
  const found = Object.hasOwn(sinks, name) ? sinks[name] : undefined;
  if (found !== undefined) return found;
  if (name === "warehouse" && Object.keys(sinks).length === 0) {
    return { type: "sqlite", path: "warehouse.db" };
  }
  throw new DataFailure(
    "invalid",
    `There is no sink '${name}' in the environment`,
    `Add it under sinks, or name one of: ${Object.keys(sinks).join(", ")}`,
  );
}

/** What the run will read and where it goes, from the state that the sinks have now. */
export async function planOf(ports: FoundryPorts, asked: Asked): Promise<Unit[]> {
  const { pipeline, input } = asked;
  const sinks = openSinks(ports, asked);
  try {
    const units: Unit[] = [];
    const wanted = wantedStreams(pipeline, input.only);
    for (const stream of pipeline.streams) {
      if (!wanted.has(stream.id)) continue;
      const sink = sinks.get(stream.write.sink);
      const state = await sink.state(pipeline.id, stream.id);
      const table = tableOf(stream);
      const exists = (await sink.schema(table)) !== null;
      const shared = pipeline.streams.some((other) =>
        other.id !== stream.id && tableOf(other) === table && other.write.sink === stream.write.sink
      );
      const disposition = possible(
        dispositionOf(stream, input.mode, input.replay, shared),
        stream,
        sink,
        state !== null,
      );
      // What replaces the table is read whole, whatever was read before.
      const whole = stream.write.disposition === "replace" && input.mode === "incremental";
      const cursor = whole || input.replay ? undefined : stream.cursor;
      const range = windowOf(cursor, input.mode, input.range, state?.cursor ?? null, input.startedAt);
      const keepsState = input.replay || input.mode === "backfill" || input.mode === "reprocess";
      const parts = input.mode === "backfill" && stream.cursor !== undefined
        ? partitionsOf(range, stream.cursor.type, stream.partition?.by)
        : [range];
      const definition = definitionOf(stream);
      const leaves = leavesOf(pipeline, stream, {
        mode: input.replay ? "reprocess" : input.mode,
        isKnown: exists && !keepsState && state?.definition === definition,
        disposition,
        census: stream.write.deletes === "census",
      });
      const done = input.mode === "backfill"
        ? await ledgerOf(ports, asked, stream, parts)
        : new Set<string>();
      const backfilled = exists && disposition === "append" && state?.cursor == null &&
        input.mode === "incremental" &&
        (await ports.records.raw.list(pipeline.id, stream.id)).some(({ mode }) => mode === "backfill");
      parts.forEach((window, at) => {
        const isDone = done.has(rangeName(window));
        units.push({
          id: parts.length === 1 ? stream.id : `${stream.id}@${at + 1}`,
          stream: stream.id,
          sink: stream.write.sink,
          table,
          mode: input.mode,
          window,
          disposition,
          census: stream.write.deletes === "census" && window.from === null && !keepsState,
          keepsState,
          state,
          exists,
          backfilled,
          leaves,
          definition,
          fingerprint: fingerprintOf(asked, stream, window, state?.load ?? null, leaves),
          skip: isDone
            ? `the range ${rangeName(window)} was loaded before`
            : input.mode === "backfill" && stream.cursor === undefined
            ? "the stream has no cursor: a range means nothing for it"
            : null,
        });
      });
    }
    return units;
  } finally {
    await sinks.close();
  }
}

/** The streams that were asked for, and the parents that they are read by. */
export function wantedStreams(pipeline: Pick<Pipeline, "streams">, only: readonly string[]): Set<string> {
  if (only.length === 0) return new Set(pipeline.streams.map(({ id }) => id));
  const wanted = new Set<string>();
  const add = (id: string) => {
    if (wanted.has(id)) return;
    wanted.add(id);
    const parent = pipeline.streams.find((stream) => stream.id === id)?.source.parent?.stream;
    if (parent !== undefined) add(parent);
  };
  only.forEach(add);
  return wanted;
}

function dispositionOf(stream: Stream, mode: LoadMode, replay: boolean, shared: boolean): Disposition {
  const { disposition, deletes } = stream.write;
  if (replay || mode === "backfill") {
    if (disposition !== "replace") return disposition;
    return stream.primaryKey === undefined ? "append" : "merge";
  }
  if (mode === "full") {
    // A full refresh takes the table's place, unless that would lose what only the table knows.
    if (disposition === "scd2" || deletes === "census" || shared) return disposition;
    return "replace";
  }
  if (mode === "reprocess" && disposition === "append" && !shared) return "replace";
  return disposition;
}

/** A sink that has no table to replace takes a full refresh of a merge as one more merge; a second append would be everything twice. */
function possible(wanted: Disposition, stream: Stream, sink: Sink, wasLoaded: boolean): Disposition {
  const ways = sink.dispositions;
  if (ways === undefined || ways.includes(wanted)) return wanted;
  const own = stream.write.disposition;
  if (ways.includes(own) && (own === "merge" || !wasLoaded)) return own;
  throw new DataFailure(
    "invalid",
    ways.includes(own)
      ? `${stream.id} was sent to ${sink.location} before, and a sink of type ${sink.kind} cannot replace what it sent`
      : `${stream.id} asks for the disposition ${wanted}, and a sink of type ${sink.kind} knows ${
        ways.join(", ")
      }`,
    ways.includes(own)
      ? `Run incremental or a backfill, or let all of it be sent again: forge etl state PIPELINE --stream ${stream.id} --reset`
      : "Change write.disposition, or the sink.",
  );
}

export const rangeName = (window: Unit["window"]): string =>
  `${String(window.from ?? "")}..${String(window.to ?? "")}`;

/** The name under which a backfill's done ranges are kept: another definition starts anew. */
export function ledgerName(asked: Asked, stream: Stream): string {
  return shortHash({
    definition: asked.input.definition,
    params: asked.input.params,
    range: asked.input.range,
    stream: stream.id,
  });
}

/** Done ranges of this very backfill; once all are done the next one does them all again. */
async function ledgerOf(
  ports: FoundryPorts,
  asked: Asked,
  stream: Stream,
  parts: readonly Unit["window"][],
): Promise<Set<string>> {
  const name = ledgerName(asked, stream);
  const done = await ports.records.backfill.done(asked.pipeline.id, stream.id, name);
  if (parts.some((window) => !done.has(rangeName(window)))) return done;
  await ports.records.backfill.clear(asked.pipeline.id, stream.id, name);
  return new Set();
}

function fingerprintOf(
  asked: Asked,
  stream: Stream,
  window: Unit["window"],
  after: string | null,
  leaves: Unit["leaves"],
): string {
  const { input } = asked;
  // The end of an open window is the start of its run: what an earlier run began to read is gone on with under its own.
  const to = input.mode === "backfill" ? window.to : null;
  return shortHash({
    pipeline: input.id,
    stream,
    environment: input.environment,
    mode: input.mode,
    from: window.from,
    to,
    after,
    replay: input.replay,
    leaves,
    ...(stream.transforms.some(({ op }) => op === "typescript") ? { code: input.code } : {}),
  });
}
