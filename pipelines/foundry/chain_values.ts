import type { RunView } from "../../kernel/mod.ts";
import { jcs } from "../../policies/mod.ts";
import { digestOf, type Json } from "../../specs/mod.ts";
import { type ColumnType, type Cursor, DataFacts } from "../../specs/foundry/mod.ts";
import type { StageValue } from "../chain/value.ts";
import { planned } from "./acquire.ts";
import { outcomesOf, pipelineDocument } from "./document.ts";
import { readAsked } from "./input.ts";
import { CURSOR_PORT } from "./chain_ports.ts";
import { openSinks, streamOf, type Unit } from "./plan.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";

/** What a run of data has given to those that take from it. */
export async function dataValues(ports: FoundryPorts, view: RunView): Promise<Map<string, StageValue>> {
  const { everyValue } = await import("../chain/value.ts");
  const found = await everyValue(view);
  const document = await pipelineDocument(ports, { ...view, evidence: null });
  const report = JSON.parse(JSON.stringify(document)) as Json;
  found.set("report", { type: "report", value: report, digest: await digestOf(jcs(report)) });
  const assured = view.outputs.assure as { facts?: string } | undefined;
  if (view.status !== "completed" || assured?.facts === undefined) return found;
  const facts = await readParsed(ports.blobs, assured.facts, DataFacts);
  const units = await planned({ blobs: ports.blobs, outputs: view.outputs });
  const outcomes = await outcomesOf(ports, view);
  const asked = await readAsked(ports.blobs, view.input);
  const sinks = openSinks(ports, asked);
  try {
    for (const result of document.streams) {
      const own = units.filter(({ stream }) => stream === result.stream);
      const values = await streamValues({
        pipeline: asked.pipeline.id,
        result: { ...result, after: result.cursor.after },
        cursor: streamOf(asked.pipeline, result.stream).cursor,
        units: own,
        facts: facts.streams.filter(({ stream }) => own.some(({ id }) => id === stream)),
        loads: own.flatMap(({ id }) => outcomes.get(id)?.key ?? []),
        committed: async (unit) =>
          (await sinks.get(unit.sink).state(asked.pipeline.id, unit.stream))?.load ?? null,
        run: view.run,
      });
      for (const [name, value] of values) {
        found.set(`${result.stream}.${name}`, value);
        if (document.streams.length === 1) found.set(name, value);
      }
    }
  } finally {
    await sinks.close();
  }
  return found;
}

async function streamValues(given: {
  pipeline: string;
  result: { stream: string; written: number; accepted: number; quarantined: number; after: Json };
  cursor: Cursor | undefined;
  units: readonly Unit[];
  facts: DataFacts["streams"];
  loads: readonly string[];
  /** The load that a table holds now. */
  committed: (unit: Unit) => Promise<string | null>;
  run: string;
}): Promise<[string, StageValue][]> {
  const { result, units, facts, loads, run, cursor } = given;
  const [unit] = units;
  const values: [string, StageValue][] = [];
  const [first] = facts;
  // Of a stream that was cut into several loads the rows are those of all of them.
  const manifest = first === undefined || unit === undefined
    ? null
    : facts.length === 1
    ? first.staged
    : await digestOf(jcs(facts.map(({ staged }) => staged)));
  const about = manifest === null ? {} : { source: manifest };
  const put = async (name: string, type: StageValue["type"], value: Json) => {
    values.push([name, { type, value, digest: await digestOf(jcs(value)), ...about }]);
  };
  await put("rows", "integer", result.written);
  await put("accepted", "integer", result.accepted);
  await put("quarantined", "integer", result.quarantined);
  if (cursor !== undefined && result.after !== null) {
    const type = CURSOR_PORT[cursor.type];
    await put("cursor", type, type === "integer" ? result.after : String(result.after));
  }
  if (manifest === null || unit === undefined) return values;
  await put("table", "string", unit.table);
  const columns: Record<string, ColumnType> = {};
  for (const { schema } of facts) {
    for (const [column, { type }] of Object.entries(schema)) columns[column] = type;
  }
  const schema = await digestOf(jcs(columns));
  values.push(["schema", { type: "digest", value: schema, digest: schema, ...about }]);
  values.push(["manifest", { type: "digest", value: manifest, digest: manifest, ...about }]);
  const current = await given.committed(unit);
  values.push(["dataset", {
    type: "dataset",
    value: {
      run,
      pipeline: given.pipeline,
      stream: result.stream,
      sink: unit.sink,
      table: unit.table,
      rows: result.written,
      accepted: result.accepted,
      columns: { ...columns },
      schema,
      manifest,
      cursor: result.after,
    },
    digest: manifest,
    ...about,
    columns,
    stale: current !== null && loads.includes(current)
      ? null
      : `the table ${unit.table} holds another load than that of ${run} now`,
  }]);
  return values;
}
