import { join } from "node:path";
import { DataFailure, type StagedLoad } from "../../connectors/data/mod.ts";
import type { EffectHandler } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { unitDir } from "./acquire.ts";
import { book, keepDead } from "./books.ts";
import { hiddenWords, knownCredentials } from "./credentials.ts";
import { PublishFailure } from "./failures.ts";
import { type Asked, readAsked } from "./input.ts";
import { LoadOrder, type LoadOutcome, outcomeOf, PublishArgs, unaccounted } from "./load_order.ts";
import { openSinks, streamOf } from "./plan.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";
import { stagedRows } from "./staging.ts";
import { windowOf } from "./window.ts";

/** Looks for each load in its sink; publishes those that are not there; then writes down what later runs want to know. */
export function publishEffect(ports: FoundryPorts): EffectHandler {
  const read = async (args: Json): Promise<{ asked: Asked; orders: LoadOrder[] }> => {
    const { input, loads } = PublishArgs.parse(args);
    const asked = await readAsked(ports.blobs, input as unknown as Json);
    const orders: LoadOrder[] = [];
    for (const digest of loads) orders.push(await readParsed(ports.blobs, digest, LoadOrder));
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
          const gap = unaccounted(order);
          if (gap !== null) throw new Error(gap);
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

function loadOf(ports: FoundryPorts, asked: Asked, order: LoadOrder, run: string): StagedLoad {
  const { unit } = order;
  const stream = streamOf(asked.pipeline, unit.stream);
  const dir = unitDir(ports, run, unit);
  const overlaps = unit.disposition === "append" && stream.cursor !== undefined && !asked.input.replay &&
    (unit.mode === "backfill" || unit.backfilled ||
      (unit.mode === "incremental" && unit.state?.cursor != null));
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
