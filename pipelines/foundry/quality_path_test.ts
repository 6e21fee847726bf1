import assert from "node:assert/strict";
import { groupsOf } from "../../policies/mod.ts";
import type { PipelineDocument, Row } from "../../specs/foundry/mod.ts";
import { fileSpool } from "./spool.ts";
import { onStage } from "./testing.ts";

const sheet = (cik: number, year: number, assets: string, liabilities: string, equity: string): Row[] =>
  [["Assets", assets], ["Liabilities", liabilities], ["StockholdersEquity", equity]].map(([tag, val]) => ({
    cik,
    tag: tag ?? "",
    unit: "USD",
    start: null,
    end: `${year}-12-31`,
    val: val ?? "",
    accession: `a-${cik}-${year}`,
    filed: `${year + 1}-02-01`,
  }));

const filings = (more: Record<string, unknown> = {}) => ({
  id: "filings",
  packs: ["financial", "data-quality"],
  streams: [{
    id: "facts",
    source: { connector: "http", resource: "facts" },
    primaryKey: ["cik", "tag", "end", "accession"],
    write: { disposition: "merge" },
    ...more,
  }],
});

const verdictOf = ({ quality }: PipelineDocument, rule: string) => quality.find((one) => one.rule === rule);

Deno.test("a pipeline that names the pack financial publishes sheets that balance, and holds up one that does not", () =>
  onStage(
    { facts: [sheet(1, 2023, "100.10", "60.05", "40.05"), sheet(2, 2023, "7", "3", "4")] },
    async (stage) => {
      const clean = await stage.run(filings());
      assert.equal(clean.status, "completed", JSON.stringify(clean.denials));
      const told = verdictOf(clean, "financial/accounting-equation");
      assert.deepEqual([told?.verdict, told?.checked, told?.pack], ["pass", 2, "financial"]);
      assert.equal(clean.quality.filter(({ pack }) => pack === "financial").length, 11);

      stage.source.pages.facts = [sheet(1, 2024, "100.11", "60.05", "40.05")];
      const held = await stage.run(filings());
      assert.equal(held.status, "denied");
      assert.deepEqual(held.denials.map(({ rule }) => rule), ["financial/F1"]);
      assert.match(held.denials[0]?.message ?? "", /100\.11 are not liabilities 60\.05 plus equity 40\.05/);
      assert.equal((await stage.rows("facts")).length, 6);
    },
  ));

Deno.test("a stream's own rule stands for that of the pack; a table that is none of statements passes the pack by", () =>
  onStage({ facts: [sheet(1, 2023, "100", "60", "41")], other: [[{ id: 1 }]] }, async (stage) => {
    const own = {
      rule: "accounting-equation",
      by: ["cik", "end", "accession"],
      item: "tag",
      assets: "Assets",
      liabilities: "Liabilities",
      equity: "StockholdersEquity",
      tolerance: 1,
    };
    const document = await stage.run(filings({ quality: [own] }));
    assert.equal(document.status, "completed", JSON.stringify(document.denials));
    assert.equal(verdictOf(document, "accounting-equation")?.verdict, "pass");
    assert.equal(verdictOf(document, "financial/accounting-equation")?.verdict, "not_applicable");
    const strict = await stage.run(filings({ quality: [{ ...own, tolerance: "0.99" }] }));
    assert.deepEqual(strict.denials.map(({ rule }) => rule), ["core/D-QUALITY"]);
    const plain = await stage.run({
      ...filings(),
      streams: [{
        id: "other",
        source: { connector: "http", resource: "other" },
        write: { disposition: "replace" },
      }],
    });
    assert.equal(plain.status, "completed");
    assert.deepEqual(new Set(plain.quality.map(({ verdict }) => verdict)), new Set(["not_applicable"]));
  }));

Deno.test("details of a later run are added to those that the table has, and replace what they replace", () =>
  onStage({
    orders: [[{ id: 1, total: "10" }]],
    lines: [[{ id: 1, order: 1, amount: "4", at: "2026-01-01" }, {
      id: 2,
      order: 1,
      amount: "6",
      at: "2026-01-01",
    }]],
  }, async (stage) => {
    const shop = {
      id: "shop",
      streams: [
        {
          id: "orders",
          source: { connector: "http", resource: "orders" },
          primaryKey: ["id"],
          write: { disposition: "merge" },
        },
        {
          id: "lines",
          source: { connector: "http", resource: "lines" },
          primaryKey: ["id"],
          cursor: { path: "at", type: "date" },
          write: { disposition: "merge" },
          quality: [{
            rule: "cross-table-sum",
            column: "amount",
            by: ["order"],
            table: "orders",
            references: ["id"],
            equals: "total",
          }],
        },
      ],
    };
    assert.equal((await stage.run(shop)).status, "completed");
    stage.source.pages.orders = [[{ id: 1, total: "11" }]];
    stage.source.pages.lines = [[{ id: 2, order: 1, amount: "7", at: "2026-01-02" }]];
    const later = await stage.run(shop);
    assert.equal(later.status, "completed", JSON.stringify(later.quality));
    stage.source.pages.lines = [[{ id: 3, order: 1, amount: "0.01", at: "2026-01-03" }]];
    const off = await stage.run(shop);
    assert.equal(off.status, "denied");
    assert.deepEqual(off.quality[0]?.sample, [{
      header: '["1"]',
      sum: "11.01",
      expected: "11",
      difference: "0.01",
    }]);
  }));

Deno.test("a foreign key does not hold by a row that was deleted", () =>
  onStage({ heads: [[{ id: 1 }, { id: 2 }]], lines: [[{ id: 7, head: 2 }]] }, async (stage) => {
    const heads = {
      id: "heads",
      source: { connector: "http", resource: "heads" },
      primaryKey: ["id"],
      write: { disposition: "merge", deletes: "census" },
    };
    const lines = {
      id: "lines",
      source: { connector: "http", resource: "lines" },
      write: { disposition: "replace" },
      quality: [{ rule: "foreign-key", columns: ["head"], table: "heads", references: ["id"] }],
    };
    assert.equal((await stage.run({ id: "shop", streams: [heads] })).status, "completed");
    stage.source.pages.heads = [[{ id: 1 }]];
    assert.equal((await stage.run({ id: "shop", streams: [heads] })).streams[0]?.deleted, 1);
    const document = await stage.run({ id: "shop2", streams: [lines] });
    assert.equal(document.status, "denied", JSON.stringify(document.quality));
  }));

Deno.test("facts tell how many rules a stream declares and what became of them, also where nothing is published", () =>
  onStage({ facts: [[]] }, async (stage) => {
    stage.source.end = { status: "skipped", reason: "switched off" };
    const skipped = await stage.run(filings({ quality: [{ rule: "row-count", min: 1 }] }));
    assert.equal(skipped.status, "completed", JSON.stringify(skipped));
    const view = await stage.engine.view(skipped.run);
    const { facts } = view?.outputs.assure as { facts: string };
    const bytes = await stage.ports.blobs.get(facts);
    const { streams } = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()));
    assert.deepEqual(streams[0].rules, { declared: 1, judged: 0, skipped: 1, because: "switched off" });
    assert.equal(streams[0].publishable, false);
  }));

Deno.test("groups beyond memory lie in a file and come back whole, in order, and parts in the order in which they came", async () => {
  const dir = await Deno.makeTempDir({ prefix: "spool-" });
  try {
    const groups = groupsOf<{ seen: number[] }>(fileSpool(dir), {
      make: () => ({ seen: [] }),
      join: (a, b) => ({ seen: [...a.seen, ...b.seen] }),
      atHand: 100,
    });
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 500; at++) groups.at(`["k${(at * 7) % 500}","é\u0000"]`).seen.push(round);
    }
    let before = "";
    let count = 0;
    for (const [key, { seen }] of groups.all()) {
      assert.ok(key > before);
      assert.deepEqual(seen, [0, 1, 2]);
      before = key;
      count++;
    }
    assert.equal(count, 500);
    groups.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
