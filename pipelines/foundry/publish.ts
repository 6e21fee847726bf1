import { join } from "node:path";
import { z } from "zod";
import { DataFailure, type Published, type StagedLoad } from "../../connectors/data/mod.ts";
import type { EffectHandler, PhaseHandler } from "../../kernel/mod.ts";
import { DataFacts, Digest, type Json, PinnedSchema, StreamState } from "../../specs/mod.ts";
import { readJson } from "../factory/input.ts";
import { acquired, type Ended, planned, unitDir } from "./acquire.ts";
import { canReplay, quarantined, REFUSED } from "./bad_rows.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { hiddenWords, knownCredentials } from "./credentials.ts";
import { PublishFailure } from "./failures.ts";
import { isHandedOn } from "./fan_out.ts";
import { shortHash } from "./hash.ts";
import { type Asked, FoundryInput, readAsked } from "./input.ts";
import { ledgerName, openSinks, rangeName, streamOf, Unit } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import { PUBLISH } from "./workflow.ts";
import { SegmentMark, stagedRows, stagedValues } from "./staging.ts";
import { isSetStep } from "./transforms.ts";
import { windowOf } from "./window.ts";

/** All that the effect needs, durable before it acts. */
const LoadOrder = z.strictObject({
  key: z.string(),
  unit: Unit,
  staged: Digest,
  segments: z.array(SegmentMark),
  replaces: z.array(z.string()),
  columns: PinnedSchema,
  census: z.boolean(),
  state: StreamState,
  inputs: Digest.nullable(),
  accepted: z.number(),
  baselines: z.record(z.string(), z.json()),
  at: z.string(),
});
type LoadOrder = z.infer<typeof LoadOrder>;

const PublishArgs = z.strictObject({ input: FoundryInput, loads: z.array(Digest) });

/** What became of one load, in the ledger. */
export const LoadOutcome = z.strictObject({
  unit: z.string(),
  key: z.string(),
  written: z.number(),
  deduped: z.number(),
  deleted: z.number(),
  /** Rows that the other side refused. */
  dead: z.number().optional(),
  existed: z.boolean(),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      digest: z.string().nullable(),
      bytes: z.number().nullable(),
      rows: z.number(),
    }),
  ),
});
export type LoadOutcome = z.infer<typeof LoadOutcome>;

/** Whether what the load lacks is gone from the source. Rows that were set aside are there and lack only their place in the table. */
export function takesCensus({ unit, checkpoint }: Ended): boolean {
  return unit.census && checkpoint.end?.status === "complete" && checkpoint.counts.quarantined === 0 &&
    checkpoint.unread === 0;
}

const MAX_EFFECTS = 90;
const MAX_LOADS_AN_EFFECT = 40;

/** Asks for one effect a load (several where there are very many): nothing is written before the last gates allowed it. */
export function publish(ports: FoundryPorts): PhaseHandler {
  return async (ctx) => {
    const asked = await readAsked(ctx.blobs, ctx.input);
    const ended = await acquired(ctx, await planned(ctx));
    const assured = ctx.outputs.assure as
      | { facts: string; baselines: string; publishable: string[] }
      | undefined;
    if (assured === undefined) throw new Error("Cannot publish: the staged data was not assured");
    const facts = DataFacts.parse(await readJson(ctx.blobs, assured.facts));
    const baselines = await readJson(ctx.blobs, assured.baselines) as Record<string, Record<string, Json>>;
    const at = new Date(ctx.clock.now()).toISOString();
    const orders: string[] = [];
    const loads: { stream: string; key: string; staged: string }[] = [];
    for (const { unit, checkpoint } of ended) {
      const stream = facts.streams.find((one) => one.stream === unit.id);
      if (stream === undefined || !assured.publishable.includes(unit.id)) continue;
      const isWhole = checkpoint.end?.status === "complete" &&
        isHandedOn(asked.pipeline, { unit }, ended);
      const { state } = unit;
      const key = shortHash({
        pipeline: asked.pipeline.id,
        stream: unit.stream,
        mode: unit.mode,
        window: checkpoint.window,
        staged: stream.staged,
        after: state?.load ?? null,
        run: ctx.run,
      });
      const order: LoadOrder = {
        key,
        unit,
        staged: stream.staged,
        segments: checkpoint.segments,
        replaces: isWhole && !unit.keepsState ? checkpoint.replaces : [],
        columns: stream.schema,
        census: takesCensus({ unit, checkpoint }),
        state: {
          v: 1,
          // What is not whole moves nothing: the next run reads the same window again.
          cursor: isWhole ? stream.cursor.after : stream.cursor.before,
          source: isWhole && checkpoint.state.given ? checkpoint.state.value : state?.source ?? null,
          schema: Object.keys(stream.schema).length === 0 ? state?.schema ?? null : stream.schema,
          load: key,
          loads: (state?.loads ?? 0) + 1,
          rows: unit.disposition === "replace" ? 0 : state?.rows ?? 0,
          at,
          ...(isWhole ? { definition: unit.definition } : {}),
        },
        inputs: stream.inputsBlob,
        accepted: stream.counts.accepted,
        baselines: baselines[unit.id] ?? {},
        at,
      };
      orders.push(await ports.blobs.put(JSON.stringify(order)));
      loads.push({ stream: unit.id, key, staged: stream.staged });
    }
    const input = asked.input as unknown as Json;
    const size = Math.max(1, Math.ceil(orders.length / MAX_EFFECTS));
    if (size > MAX_LOADS_AN_EFFECT) {
      throw new Error(
        `Cannot publish ${orders.length} loads in one run: cut the range into several backfills`,
      );
    }
    const effects = Array.from({ length: Math.ceil(orders.length / size) }, (_, n) => ({
      key: `${ctx.run}/publish/${n + 1}`,
      kind: PUBLISH,
      args: { input, loads: orders.slice(n * size, (n + 1) * size) },
    }));
    const published = await ctx.blobs.put(JSON.stringify({ loads }));
    return { kind: "done", outcome: "published", output: { published }, effects };
  };
}

/** Looks for each load in its sink; publishes those that are not there; then writes down what later runs want to know. */
export function publishEffect(ports: FoundryPorts): EffectHandler {
  const read = async (args: Json): Promise<{ asked: Asked; orders: LoadOrder[] }> => {
    const { input, loads } = PublishArgs.parse(args);
    const asked = await readAsked(ports.blobs, input as unknown as Json);
    const orders: LoadOrder[] = [];
    for (const digest of loads) orders.push(LoadOrder.parse(await readJson(ports.blobs, digest)));
    return { asked, orders };
  };
  return {
    async look(_key, args, run) {
      const { asked, orders } = await read(args);
      const sinks = openSinks(ports, asked);
      const secrets = knownCredentials(ports, asked);
      try {
        const outcomes: LoadOutcome[] = [];
        for (const order of orders) {
          const found = await reaching(
            order,
            secrets,
            () => sinks.get(order.unit.sink).find(asked.pipeline.id, order.unit.stream, order.key),
          );
          if (found === null) return { found: false };
          await keepDead(ports, asked, order, run, found);
          outcomes.push(outcomeOf(order, found));
        }
        for (const order of orders) await book(ports, asked, order, run);
        return { found: true, outcome: { loads: outcomes } };
      } finally {
        await sinks.close();
      }
    },
    async act(_key, args, run, abort) {
      const { asked, orders } = await read(args);
      const sinks = openSinks(ports, asked);
      const secrets = knownCredentials(ports, asked);
      try {
        const outcomes: LoadOutcome[] = [];
        for (const order of orders) {
          await ports.fault?.("before-publish");
          const sink = sinks.get(order.unit.sink);
          const found = await reaching(
            order,
            secrets,
            () => sink.find(asked.pipeline.id, order.unit.stream, order.key),
          );
          const published = found ??
            await reaching(order, secrets, () => sink.publish(loadOf(ports, asked, order, run), abort));
          await ports.fault?.("published");
          const counted = published.written + published.deduped + (published.dead?.length ?? 0);
          if (counted !== order.accepted) {
            throw new Error(`${order.unit.id}: the sink accounts for ${counted} of ${order.accepted} rows`);
          }
          await keepDead(ports, asked, order, run, published);
          await book(ports, asked, order, run);
          await ports.fault?.("booked");
          outcomes.push(outcomeOf(order, published));
        }
        return { loads: outcomes };
      } finally {
        await sinks.close();
      }
    },
  };
}

/** What a sink says of its failure, in the ledger's words and without credentials. */
async function reaching<T>(
  order: LoadOrder,
  secrets: ReadonlySet<string>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DataFailure) throw new PublishFailure(order.unit.id, error, secrets);
    if (!(error instanceof Error) || hiddenWords(error.message, secrets) === error.message) throw error;
    throw new Error(hiddenWords(error.message, secrets));
  }
}

function outcomeOf(order: LoadOrder, published: Published): LoadOutcome {
  const { written, deduped, deleted, dead = [], existed } = published;
  return {
    unit: order.unit.id,
    key: order.key,
    written,
    deduped,
    deleted,
    ...(dead.length === 0 ? {} : { dead: dead.length }),
    existed,
    outputs: published.outputs.slice(0, 4),
  };
}

function loadOf(ports: FoundryPorts, asked: Asked, order: LoadOrder, run: string): StagedLoad {
  const { unit } = order;
  const stream = streamOf(asked.pipeline, unit.stream);
  const dir = unitDir(ports, run, unit);
  const overlaps = unit.disposition === "append" && stream.cursor !== undefined && !asked.input.replay &&
    (unit.mode === "backfill" || (unit.mode === "incremental" && unit.state?.cursor != null));
  return {
    key: order.key,
    run,
    pipeline: asked.pipeline.id,
    stream: unit.stream,
    table: unit.table,
    disposition: unit.disposition,
    primaryKey: unit.disposition === "append" ? [] : stream.primaryKey ?? [],
    write: stream.write,
    columns: order.columns,
    segments: order.segments.map(({ name, ...segment }) => ({ ...segment, path: join(dir, name) })),
    ...(order.replaces.length === 0 ? {} : { replaces: order.replaces }),
    rows: () => stagedRows(dir, order.segments, true),
    census: order.census,
    overlap: overlaps && stream.cursor !== undefined
      ? { column: stream.cursor.path, from: unit.window.from }
      : null,
    remember: unit.disposition === "append" && stream.cursor !== undefined && !unit.keepsState
      ? {
        column: stream.cursor.path,
        from:
          windowOf(stream.cursor, "incremental", { from: null, to: null }, order.state.cursor, order.at).from,
      }
      : null,
    after: unit.state?.load ?? null,
    state: order.state,
    keepsState: unit.keepsState,
    at: order.at,
  };
}

/** Rows that the other side refused, with those that were set aside before: under one key each, so that twice is once. */
async function keepDead(
  ports: FoundryPorts,
  asked: Asked,
  order: LoadOrder,
  run: string,
  { dead = [] }: Published,
): Promise<void> {
  if (dead.length === 0) return;
  const { unit, at } = order;
  // What the other side says may quote the row.
  const isPersonal = Object.keys(streamOf(asked.pipeline, unit.stream).pii).length > 0;
  const rows = await Promise.all(dead.map(({ reason, locator, row }) =>
    quarantined({
      stream: unit.stream,
      rule: REFUSED,
      reason: (isPersonal ? reason.replace(/:.*$/s, "") : reason).slice(0, 2000),
      locator,
      row,
      at,
    }, run)
  ));
  await ports.records.quarantine.put(asked.pipeline.id, rows);
}

/** What later runs want to know of a load. Each part is kept under the load's key: doing it twice changes nothing. */
async function book(ports: FoundryPorts, asked: Asked, order: LoadOrder, run: string): Promise<void> {
  const { records } = ports;
  const { unit, key, at } = order;
  const pipeline = asked.pipeline.id;
  const { environment, folder } = asked.input;
  await records.tables.put({
    pipeline,
    stream: unit.stream,
    table: unit.table,
    sink: unit.sink,
    environment,
    folder,
    run,
    at,
  });
  if (!unit.keepsState) {
    await records.loads.put(pipeline, unit.stream, {
      key,
      at,
      rows: order.accepted,
      baselines: order.baselines,
    });
  }
  if (order.inputs !== null && unit.mode !== "reprocess" && !asked.input.replay) {
    await records.raw.put(pipeline, unit.stream, { key, at, mode: unit.mode, inputs: order.inputs });
  }
  if (unit.mode === "backfill") {
    const stream = streamOf(asked.pipeline, unit.stream);
    await records.backfill.put(pipeline, unit.stream, ledgerName(asked, stream), rangeName(unit.window), key);
  }
  if (asked.input.replay) await markReplayed(ports, asked, order, run);
}

/** Rows that passed this time are taken in; what was set aside once more stays open. */
async function markReplayed(ports: FoundryPorts, asked: Asked, order: LoadOrder, run: string): Promise<void> {
  const dir = unitDir(ports, run, order.unit);
  const checkpoint = await readCheckpoint(dir);
  if (checkpoint === null) throw new Error(`Cannot tell which rows of ${order.unit.id} were refused again`);
  const hasSetSteps = streamOf(asked.pipeline, order.unit.stream).transforms.some(isSetStep);
  const refused = new Set<string>();
  for await (const lines of stagedValues(dir, checkpoint.quarantine)) {
    for (const line of lines) refused.add(JSON.stringify((line as { row: Json }).row));
  }
  let after = "";
  for (;;) {
    const rows = await ports.records.quarantine.list({
      pipeline: asked.pipeline.id,
      stream: order.unit.stream,
      limit: 1000,
      after,
      replayed: false,
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.key;
    const passed = rows.filter((held) =>
      // What the sink's other side refused just now is open.
      canReplay(held, hasSetSteps) && !refused.has(JSON.stringify(held.row)) && held.at <= order.at &&
      held.run !== run
    );
    await ports.records.quarantine.replayed(passed.map(({ key }) => key), run);
  }
}
