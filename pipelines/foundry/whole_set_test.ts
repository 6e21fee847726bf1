import assert from "node:assert/strict";
import { DataFailure } from "../../connectors/data/mod.ts";
import { onStage } from "./testing.ts";

const goods = (stream: Record<string, unknown> = {}) => ({
  id: "shop",
  streams: [{
    id: "goods",
    source: { connector: "http", resource: "goods" },
    primaryKey: ["id"],
    write: { disposition: "merge", deletes: "census" },
    ...stream,
  }],
});

Deno.test("a census marks nothing as deleted when rows were set aside: their keys are still in the source", () =>
  onStage({ goods: [[{ id: 1, price: 1 }, { id: 2, price: 2 }, { id: 3, price: 3 }]] }, async (stage) => {
    const checked = goods({ quality: [{ rule: "range", column: "price", min: 0, severity: "quarantine" }] });
    await stage.run(checked);
    stage.source.pages.goods = [[{ id: 1, price: 1 }, { id: 2, price: -2 }]];
    const held = await stage.run(checked);
    assert.deepEqual([held.status, held.streams[0]?.deleted], ["completed", 0], JSON.stringify(held));
    assert.ok(held.notes.some((note) => /goods: .*census/.test(note)), JSON.stringify(held.notes));
    stage.source.pages.goods = [[{ id: 1, price: 1 }, { id: 2, price: 2 }]];
    const whole = await stage.run(checked);
    assert.equal(whole.streams[0]?.deleted, 1);
    assert.deepEqual((await stage.rows("goods")).filter((row) => row._forge_deleted_at != null).length, 1);
  }));

Deno.test("a reprocess of a stream that replaces its table takes the last load, not all of them", () =>
  onStage({ goods: [[{ id: 1 }, { id: 2 }]] }, async (stage) => {
    const replacing = goods({ write: { disposition: "replace" }, primaryKey: undefined });
    await stage.run(replacing);
    stage.source.pages.goods = [[{ id: 2 }, { id: 3 }]];
    await stage.run(replacing);
    const again = await stage.run(replacing, { mode: "reprocess" });
    assert.equal(again.status, "completed", JSON.stringify(again));
    assert.deepEqual((await stage.rows("goods")).map(({ id }) => id), [2, 3]);
  }));

Deno.test("a foreign key of a table with a stream's name is judged by what this run brings to it", () =>
  onStage({ a: [[{ id: 1 }]], b: [[{ id: 7, order: 1 }]] }, async (stage) => {
    const pipeline = {
      id: "shop",
      streams: [
        {
          id: "order-heads",
          source: { connector: "http", resource: "a" },
          primaryKey: ["id"],
          write: { disposition: "merge" },
        },
        {
          id: "lines",
          source: { connector: "http", resource: "b" },
          primaryKey: ["id"],
          write: { disposition: "merge" },
          quality: [{ rule: "foreign-key", columns: ["order"], table: "order_heads", references: ["id"] }],
        },
      ],
    };
    const document = await stage.run(pipeline);
    assert.equal(document.status, "completed", JSON.stringify(document));
  }));

Deno.test("a foreign key does not hold by rows that this run replaces or never publishes", () =>
  onStage({ heads: [[{ id: 1 }]], lines: [[{ id: 7, head: 1 }]] }, async (stage) => {
    const pipeline = {
      id: "shop",
      streams: ["heads", "lines"].map((id) => ({
        id,
        source: { connector: "http", resource: id },
        write: { disposition: id === "heads" ? "replace" : "append" },
        quality: id === "heads"
          ? []
          : [{ rule: "foreign-key", columns: ["head"], table: "heads", references: ["id"] }],
      })),
    };
    assert.equal((await stage.run(pipeline)).status, "completed");
    stage.source.pages.heads = [[{ id: 2 }]];
    const replaced = await stage.run(pipeline);
    assert.equal(replaced.status, "denied", JSON.stringify(replaced.quality));
  }));

Deno.test("the rows of a table that is replaced are those of the load", () =>
  onStage({ goods: [Array.from({ length: 10 }, (_, id) => ({ id }))] }, async (stage) => {
    const replacing = (min: number) =>
      goods({
        write: { disposition: "replace" },
        primaryKey: undefined,
        quality: [{ rule: "row-count", of: "table", min }],
      });
    assert.equal((await stage.run(replacing(5))).status, "completed");
    stage.source.pages.goods = [[{ id: 1 }]];
    assert.equal((await stage.run(replacing(5))).status, "denied");
  }));

Deno.test("the rows of a table that is appended to are those before and those of the load", () =>
  onStage({ goods: [[{ id: 1 }, { id: 2 }]] }, async (stage) => {
    const appending = goods({
      write: { disposition: "append" },
      primaryKey: undefined,
      quality: [{ rule: "row-count", of: "table", max: 3 }],
    });
    assert.equal((await stage.run(appending)).status, "completed");
    assert.equal((await stage.run(appending)).status, "denied");
  }));

Deno.test("a stream that is read by rows of which none has its column is no complete stream", () =>
  onStage({ heads: [[{ id: 1 }, { id: 2 }]], "lines/1": [[{ id: 7 }]] }, async (stage) => {
    const pipeline = (column: string) => ({
      id: "shop",
      streams: [
        { id: "heads", source: { connector: "http", resource: "heads" }, write: { disposition: "replace" } },
        {
          id: "lines",
          source: {
            connector: "http",
            resource: "lines",
            parent: { stream: "heads", bind: { key: column } },
          },
          write: { disposition: "append" },
        },
      ],
    });
    const wrong = await stage.run(pipeline("ident"));
    assert.equal(wrong.status, "failed", JSON.stringify(wrong));
    assert.match(wrong.failure?.message ?? "", /ident/);
    stage.source.pages.heads = [[{ id: 1 }, { id: null }]];
    const some = await stage.run(pipeline("id"));
    assert.equal(some.status, "completed", JSON.stringify(some));
    assert.match(some.streams[1]?.reason ?? "", /1 of 2 rows of heads lack/);
  }));

Deno.test("a rule over a column that no row ever had is told, never passed over in silence", () =>
  onStage({ goods: [[{ id: 1, price: 5 }]] }, async (stage) => {
    const document = await stage.run(goods({ quality: [{ rule: "range", column: "prise", min: 0 }] }));
    assert.equal(document.status, "completed");
    assert.deepEqual(document.quality.map(({ severity, verdict }) => [severity, verdict]), [[
      "warn",
      "fail",
    ]]);
    assert.match(document.quality[0]?.detail ?? "", /no row has the column prise/);
  }));

Deno.test("a way to choose between rows by a column that no row has is refused", () =>
  onStage({ goods: [[{ id: 1, price: 5 }]] }, async (stage) => {
    const document = await stage.run(goods({
      write: { disposition: "merge", dedupSort: { column: "changed" } },
    }));
    assert.equal(document.status, "failed", JSON.stringify(document));
    assert.match(document.failure?.message ?? "", /Cannot choose between rows of goods by changed/);
  }));

Deno.test("an append whose cursor is no column of the table adds nothing twice", () =>
  onStage({ goods: [[{ id: 1, meta: { at: "2026-01-01T00:00:00Z" } }]] }, async (stage) => {
    const appending = goods({
      write: { disposition: "append" },
      primaryKey: undefined,
      cursor: { path: "meta.at" },
    });
    await stage.run(appending);
    const again = await stage.run(appending);
    assert.deepEqual([again.streams[0]?.written, again.streams[0]?.deduped], [0, 1]);
  }));

Deno.test("a row without its cursor holds the stream up also when a later page had to be asked for again", () =>
  onStage({ goods: [[{ id: 1 }], [{ id: 2, at: "2026-01-01T00:00:00Z" }]] }, async (stage) => {
    let failures = 1;
    stage.source.before = (page) => {
      if (page === 1 && failures-- > 0) throw new DataFailure("transient", "cut off", "");
    };
    const document = await stage.run(goods({
      write: { disposition: "merge" },
      cursor: { path: "at", onMissing: "block" },
    }));
    assert.equal(document.status, "failed", JSON.stringify(document));
    assert.match(document.failure?.message ?? "", /1 rows of goods lack the cursor's column at/);
    assert.deepEqual(await stage.rows("goods"), []);
  }));

Deno.test("the lineage of a run names each load by what it wrote, and none that was not published", () =>
  onStage({ a: [[{ id: 1 }, { id: 2 }]], b: [[{ id: 3 }]] }, async (stage) => {
    const pipeline = (quality: Record<string, unknown>[]) => ({
      id: "shop",
      streams: ["a", "b"].map((id) => ({
        id,
        source: { connector: "http", resource: id },
        primaryKey: ["id"],
        write: { disposition: "merge", table: "goods" },
        quality,
      })),
    });
    const outputs = async (quality: Record<string, unknown>[]) => {
      const document = await stage.run(pipeline(quality));
      const text = await Deno.readTextFile(`${document.evidence?.path}/artifacts/openlineage.jsonl`);
      const event = JSON.parse(text.trim().split("\n").at(-1) ?? "");
      return event.outputs.map((one: { outputFacets: { outputStatistics: { rowCount: number } } }) =>
        one.outputFacets.outputStatistics.rowCount
      );
    };
    assert.deepEqual(await outputs([]), [2, 1]);
    assert.deepEqual(await outputs([{ rule: "row-count", min: 9 }]), []);
  }));

Deno.test("a foreign key does not hold by rows that failed on their way", () =>
  onStage({ heads: [[{ id: 1 }], [{ id: 2 }]], lines: [[{ id: 7, head: 1 }]] }, async (stage) => {
    stage.source.before = (page, resource) => {
      if (resource === "heads" && page === 1) throw new DataFailure("permanent", "gone", "");
    };
    const document = await stage.run({
      id: "shop",
      concurrency: 1,
      streams: ["heads", "lines"].map((id) => ({
        id,
        source: { connector: "http", resource: id },
        write: { disposition: "append" },
        quality: id === "heads"
          ? []
          : [{ rule: "foreign-key", columns: ["head"], table: "heads", references: ["id"] }],
      })),
    });
    assert.equal(document.quality[0]?.verdict, "error", JSON.stringify(document.quality));
    assert.deepEqual(await stage.rows("lines"), []);
  }));
