import type { PhaseHandler } from "../../kernel/mod.ts";
import { type Json } from "../../specs/mod.ts";
import { DataFacts, type Stream } from "../../specs/foundry/mod.ts";
import { readJson } from "../blob_reads.ts";
import { acquired, type Ended, planned } from "./acquire.ts";
import { isHandedOn } from "./fan_out.ts";
import { shortHash } from "./hash.ts";
import { readAsked } from "./input.ts";
import type { LoadOrder } from "./load_order.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";
import { streamOf, type Unit } from "./plan.ts";
import { PUBLISH } from "./workflow.ts";

/** Whether what the load lacks is gone from the source. Rows that were set aside are there and lack only their place in the table. */
function takesCensus({ unit, checkpoint }: Ended): boolean {
  return unit.census && checkpoint.end?.status === "complete" && checkpoint.counts.quarantined === 0 &&
    checkpoint.unread === 0;
}

const MAX_PERSONAL = 1000;

/** Columns with personal data that this load or an earlier one had, as far as they are still declared. */
function personalOf(
  { pii }: Stream,
  state: Unit["state"],
  { met }: Ended["checkpoint"],
): Pick<LoadOrder["state"], "personal"> {
  const had = new Set([...state?.personal ?? [], ...met.found]);
  const personal = Object.keys(pii).filter((column) => had.has(column)).slice(0, MAX_PERSONAL);
  return personal.length === 0 ? {} : { personal };
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
    const facts = await readParsed(ctx.blobs, assured.facts, DataFacts);
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
          ...personalOf(streamOf(asked.pipeline, unit.stream), state, checkpoint),
          ...(isWhole ? { definition: unit.definition } : {}),
        },
        inputs: stream.inputsBlob,
        accepted: stream.counts.accepted,
        counts: {
          read: stream.counts.read,
          produced: stream.counts.produced,
          quarantined: stream.counts.quarantined,
          filtered: stream.counts.filtered,
        },
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
