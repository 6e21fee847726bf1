/** What later runs want to know of a load that was published. */
import type { Published } from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { unitDir } from "./acquire.ts";
import { canReplay, quarantined, REFUSED } from "./bad_rows.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { Asked } from "./input.ts";
import type { LoadOrder } from "./load_order.ts";
import { ledgerName, rangeName, streamOf } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import { stagedValues } from "./staging.ts";
import { isSetStep } from "./transforms.ts";

/** Rows that the other side refused, with those that were set aside before: under one key each, so that twice is once. */
export async function keepDead(
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
export async function book(ports: FoundryPorts, asked: Asked, order: LoadOrder, run: string): Promise<void> {
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
