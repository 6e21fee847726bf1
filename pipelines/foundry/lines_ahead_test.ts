import assert from "node:assert/strict";
import { join } from "node:path";
import { fileAccess, type Source, sources, sqliteSink } from "../../connectors/data/mod.ts";
import { onStage } from "./testing.ts";

const file = await sources["file"]?.() as Source;

const ordersOf = (from: number, to: number, more: (id: number) => string): string =>
  `id,amount,note\n${
    Array.from({ length: to - from }, (_, n) =>
      `${from + n},${(from + n) % 89 === 0 ? "-1" : "2.50"},${more(from + n)}\n`)
      .join("")
  }`;

const PIPELINE = {
  id: "orders",
  streams: [{
    id: "orders",
    source: { connector: "file", resource: "csv", params: { path: "orders.csv", settleMs: 0 } },
    primaryKey: ["id"],
    contract: {
      types: "quarantine",
      schema: {
        id: { type: "integer", nullable: false },
        amount: { type: "decimal" },
        note: { type: "string" },
      },
    },
    quality: [{ rule: "range", column: "amount", min: 0, severity: "quarantine" }],
    write: { disposition: "merge" },
  }],
};

/** Three loads of one table: new rows, changed ones with new ones behind them, and rows out of order. */
async function loaded(inBulk: boolean): Promise<{ found: unknown[]; by: string[]; left: string[] }> {
  const found: unknown[] = [];
  const by: string[] = [];
  const left: string[] = [];
  const bulk = inBulk
    ? { fewestRows: 0, worthBytes: 20_000, told: (_: unknown, from: string) => by.push(from) }
    : { fewestRows: Infinity };
  await onStage({}, async (stage) => {
    const turned = ordersOf(0, 900, (id) => `t${id}`).split("\n");
    for (
      const text of [
        ordersOf(0, 3000, (id) => id % 7 === 0 ? '"said ""hi"""' : `n${id}`),
        ordersOf(1500, 4500, (id) => id % 2 === 0 ? "naïve" : `n${id}`),
        [turned[0], ...turned.slice(1, -1).reverse(), ""].join("\n"),
      ]
    ) {
      await Deno.writeTextFile(join(stage.dir, "orders.csv"), text);
      const { status, streams } = await stage.run(PIPELINE, {});
      assert.equal(status, "completed");
      found.push(streams.map(({ accepted, written, deduped }) => [accepted, written, deduped]));
      found.push(await stage.rows("orders"));
    }
    for await (const path of under(stage.dir)) if (path.includes("bulk-")) left.push(path);
  }, {
    sources: { file },
    files: (base, scratch) => fileAccess({ base, scratch }),
    sink: (settings) => sqliteSink(settings.type === "sqlite" ? settings.path : "", { bulk }),
  });
  return { found, by, left };
}

async function* under(dir: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) yield* under(join(dir, name));
    else yield join(dir, name);
  }
}

Deno.test("loads that the warehouse followed while they were staged leave what loads row by row leave, and no file", async () => {
  const [ahead, rowByRow] = [await loaded(true), await loaded(false)];
  assert.deepEqual(ahead.found, rowByRow.found);
  assert.deepEqual(ahead.by, ["warehouse", "tables", "tables"]);
  assert.deepEqual(ahead.left, []);
});
