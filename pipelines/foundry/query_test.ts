import assert from "node:assert/strict";
import { sources } from "../../connectors/data/mod.ts";
import { acceptPipeline } from "./accept.ts";
import { onStage, simulatedSource } from "./testing.ts";

const sql = await sources["sql"]?.();
assert.ok(sql !== undefined);
const PAGES = {
  orders: [[{ id: 1, city: "Ulm", n: 2 }, { id: 2, city: "Ulm", n: 3 }, { id: 3, city: "Bonn", n: 4 }]],
};
const source = simulatedSource(PAGES);
const PORTS = { sources: { http: source, sql } };

const load = {
  id: "load",
  streams: [{
    id: "orders",
    source: { connector: "http", resource: "orders" },
    primaryKey: ["id"],
    write: { disposition: "merge" },
  }],
};
const cities = (query: string, more: Record<string, unknown> = {}) => ({
  id: "cities",
  streams: [{
    id: "cities",
    source: { connector: "sql", resource: "warehouse", params: { query } },
    write: { disposition: "replace" },
    ...more,
  }],
});

Deno.test("a pipeline of its own takes what a query over published tables gives, with the digest of what came", () =>
  onStage(PAGES, async (stage) => {
    await stage.run(load);
    const query = "SELECT city, sum(n) AS n, group_concat(id) AS ids FROM orders GROUP BY city ORDER BY city";
    const document = await stage.run(cities(query));
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.deepEqual((await stage.rows("cities")).map(({ city, n }) => [city, n]), [["Bonn", 4], ["Ulm", 5]]);
    const facts = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/artifacts/data-facts.json`));
    assert.equal(facts.streams[0].inputs[0].locator, "sql:warehouse#1-2");
    assert.match(facts.streams[0].inputs[0].digest, /^sha256:[0-9a-f]{64}$/);
    const again = await stage.run(cities(query), { mode: "reprocess" });
    assert.deepEqual([again.status, again.streams[0]?.read], ["completed", 2], JSON.stringify(again));
  }, PORTS));

Deno.test("an incremental query is asked from its cursor on", () =>
  onStage(PAGES, async (stage) => {
    await stage.run(load);
    const pipeline = cities("SELECT id, city FROM orders WHERE :from IS NULL OR id >= :from", {
      primaryKey: ["id"],
      write: { disposition: "merge" },
      cursor: { path: "id", type: "integer" },
    });
    assert.equal((await stage.run(pipeline)).streams[0]?.read, 3);
    assert.equal((await stage.run(pipeline)).streams[0]?.read, 1);
  }, PORTS));

Deno.test("a query of a table that is not there fails the run, and nothing is published", () =>
  onStage(PAGES, async (stage) => {
    const none = await stage.run(cities("SELECT * FROM orders"));
    assert.equal(none.status, "failed", JSON.stringify(none));
    assert.match(none.failure?.message ?? "", /orders/);
    await stage.run(load);
    const wrong = await stage.run(cities("SELECT town FROM orders"));
    assert.match(wrong.failure?.message ?? "", /no such column: town/);
    assert.deepEqual(await stage.rows("cities"), []);
  }, PORTS));

Deno.test("a query of what its own pipeline writes, and what is no query, is refused before a run", () =>
  onStage(PAGES, async (stage) => {
    const told = async (query: string, more: Record<string, unknown> = {}) => {
      const pipeline = cities(query);
      const accepted = await acceptPipeline(stage.ports, {
        pipeline: { ...pipeline, streams: [...load.streams, ...pipeline.streams], ...more },
        folder: stage.dir,
        requester: "tester",
        environment: {
          sinks: { warehouse: { type: "sqlite", path: "w.db" }, lake: { type: "jsonl", path: "lake" } },
        },
      });
      return accepted.ok ? "" : JSON.stringify(accepted.error);
    };
    assert.match(await told("SELECT * FROM Orders"), /stream orders writes/);
    assert.match(
      await told("SELECT * FROM elsewhere WHERE id IN (SELECT id FROM cities)"),
      /stream cities writes/,
    );
    assert.match(await told("DROP TABLE orders"), /one SELECT/);
    assert.match(await told("SELECT 1; SELECT 2"), /more than one statement/);
    assert.equal(
      await told("SELECT a FROM elsewhere WHERE a > ${params.least}", {
        params: { least: { type: "integer", default: 3 } },
      }),
      "",
    );
    const lake = cities("SELECT 1 AS one");
    const source = { connector: "sql", resource: "lake", params: { query: "SELECT 1 AS one" } };
    assert.match(
      await told("SELECT 1", { streams: [{ ...lake.streams[0], source }] }),
      /type jsonl cannot be asked/,
    );
  }, PORTS));
