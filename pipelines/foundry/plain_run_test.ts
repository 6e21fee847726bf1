import assert from "node:assert/strict";
import { join } from "node:path";
import { fileAccess, type Source, sources } from "../../connectors/data/mod.ts";
import { onStage } from "./testing.ts";

const file = await sources["file"]?.() as Source;

/** Orders of every sort: sound ones, quoted ones, some that a rule warns of or sets aside, some that are no rows. */
function orders(rows: number): string {
  let text = "id,amount,day,note\n";
  for (let id = 1; id <= rows; id++) {
    const amount = id % 97 === 0
      ? "-5"
      : id % 89 === 0
      ? "007"
      : id % 83 === 0
      ? "much"
      : `${id % 500}.${id % 10}0`;
    const note = id % 7 === 0
      ? '"said ""hi"",\nthen left"'
      : id % 5 === 0
      ? "naïve\tword\\"
      : id % 3 === 0
      ? ""
      : "plain";
    text += id % 701 === 0
      ? `${id},1\n`
      : id % 997 === 0
      ? `${id},"1"x,2024-01-01,y\n`
      : `${id},${amount},2024-02-2${id % 10},${note}\n`;
  }
  return text;
}

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
        day: { type: "date" },
      },
    },
    quality: [
      { rule: "range", column: "amount", min: 0, severity: "quarantine" },
      { rule: "required", columns: ["note"], severity: "warn" },
    ],
    write: { disposition: "merge" },
  }],
};

/** What a run leaves: rows in their order, what was set aside with reason and place, counts and verdicts. */
async function leaves(given: Source) {
  let found: unknown;
  await onStage({}, async (stage) => {
    await Deno.writeTextFile(join(stage.dir, "orders.csv"), orders(3000));
    const { status, streams, quality } = await stage.run(PIPELINE, {});
    assert.equal(status, "completed");
    const aside = await stage.ports.records.quarantine.list({ limit: 10_000 });
    found = {
      rows: await stage.rows("orders"),
      aside: aside.map(({ reason, rule, locator, row, key }) => ({ reason, rule, locator, row, key })),
      counts: streams.map((
        { read, accepted, quarantined, written, deduped },
      ) => [read, accepted, quarantined, written, deduped]),
      quality,
    };
    assert.ok(aside.length > 60, String(aside.length));
  }, { sources: { file: given }, files: (base, scratch) => fileAccess({ base, scratch }) });
  return found;
}

Deno.test("a load of CSV as cells leaves what the same load as rows leaves", async () => {
  const rows = { cells: 0 };
  const counted: Source = {
    ...file,
    async *read(request, context) {
      const pages = file.read(request, context);
      for (;;) {
        const next = await pages.next();
        if (next.done === true) return next.value;
        rows.cells += next.value.cells?.rows ?? 0;
        yield next.value;
      }
    },
  };
  const asRows: Source = {
    ...file,
    read: (request, context) => file.read({ ...request, cells: false }, context),
  };
  assert.deepEqual(await leaves(counted), await leaves(asRows));
  assert.ok(rows.cells > 500, `${rows.cells} rows came as cells`);
});

Deno.test("a canary or a credential in a cell is found as in any row", async () => {
  const CANARY = "canary-9f1c7d2e5b8a";
  const secret = (reference: string) => reference === "env:CANARY" ? CANARY : "";
  await onStage({}, async (stage) => {
    const rows = Array.from(
      { length: 50 },
      (_, id) => `${id + 1},1.50,2024-02-20,${id === 30 ? CANARY : "plain"}`,
    );
    await Deno.writeTextFile(join(stage.dir, "orders.csv"), `id,amount,day,note\n${rows.join("\n")}\n`);
    const environment = {
      sinks: { warehouse: { type: "sqlite", path: join(stage.dir, "warehouse.db") } },
      canaries: ["env:CANARY"],
    };
    const document = await stage.run(PIPELINE, { environment });
    assert.equal(document.status, "denied", JSON.stringify(document));
    assert.deepEqual([...new Set(document.denials.map(({ rule }) => rule))], ["core/D-SECRET"]);
    assert.deepEqual(await stage.rows("orders"), []);
  }, { secret, sources: { file }, files: (base, scratch) => fileAccess({ base, scratch }) });
});
