import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { QueryRequest } from "../data/sink_port.ts";
import { queryTables, sqliteQuery } from "./query.ts";

async function onWarehouse(
  use: (ask: (sql: string, more?: Partial<QueryRequest>) => Promise<Row[]>, path: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "query-" });
  const path = join(dir, "ware house.db");
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE orders (id, amount, paid, tags TEXT, note TEXT);
    CREATE TABLE "odd ""name" (x);
    CREATE TABLE _forge_columns ("table" TEXT, position INTEGER, name TEXT, type TEXT, nullable INTEGER);
    CREATE TABLE _forge_state (state TEXT);
    INSERT INTO _forge_columns VALUES ('orders', 1, 'paid', 'boolean', 1), ('orders', 2, 'tags', 'json', 1);
    INSERT INTO orders VALUES (1, 10.5, 1, '["a"]', 'x'), (2, '0.1000000000000000000001', 0, NULL, NULL),
      (9007199254740993, 7, NULL, '{}', 'y')`);
  try {
    await use(async (sql, more = {}) => {
      const { rows } = await sqliteQuery(path, {
        sql,
        bind: { from: null, to: null },
        seconds: 20,
        abort: new AbortController().signal,
        ...more,
      });
      const all: Row[] = [];
      for await (const batch of rows) all.push(...batch);
      return all;
    }, path);
  } finally {
    db.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const failure = (kind: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, text);
  return true;
};

Deno.test("a query gives rows as they were written, beside a writer that has the file open", () =>
  onWarehouse(async (ask) => {
    assert.deepEqual(await ask("SELECT id, amount, paid, tags, note AS remark FROM orders ORDER BY rowid"), [
      { id: 1, amount: 10.5, paid: true, tags: ["a"], remark: "x" },
      { id: 2, amount: "0.1000000000000000000001", paid: false, tags: null, remark: null },
      { id: "9007199254740993", amount: 7, paid: null, tags: {}, remark: "y" },
    ]);
    assert.deepEqual(
      await ask("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n"),
      [
        ...Array.from({ length: 2500 }, (_, at) => ({ i: at + 1 })),
      ],
    );
    assert.deepEqual(await ask("SELECT id FROM orders WHERE 1 = 0"), []);
    assert.deepEqual(
      await ask("SELECT id FROM orders WHERE :from IS NULL OR id >= :from; -- the end", {
        bind: { from: 2, to: null },
      }),
      [{ id: 2 }, { id: "9007199254740993" }],
    );
  }));

Deno.test("a query cannot write, attach, set, load, leave its statement or read the books", () =>
  onWarehouse(async (ask, path) => {
    for (
      const sql of [
        "DELETE FROM orders RETURNING id",
        "PRAGMA table_list",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "EXPLAIN SELECT 1",
        "",
        "-- nothing",
        "/* SELECT 1 */",
        "SELECT 1\0",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE orders",
        "WITH gone AS (SELECT 1) DELETE FROM orders",
        "WITH a AS (SELECT 1) INSERT INTO orders (id) SELECT 5",
        "SELECT * FROM _forge_state",
        "SELECT sql FROM sqlite_master",
        "SELECT * FROM pragma_table_info('orders')",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT random()",
        "SELECT id, id FROM orders",
        'SELECT 1 AS "__proto__"',
        "SELECT nothing FROM orders",
        "SELECT 1e999 AS big",
        "SELEC 1",
      ]
    ) await assert.rejects(ask(sql), failure("invalid", /query/i), sql);
    await assert.rejects(ask("SELECT * FROM missing"), failure("not-found", /table missing/));
    const { rows } = await sqliteQuery(path, {
      sql: 'SELECT count(*) AS n FROM orders, (SELECT x FROM "odd ""name") AS o',
      bind: { from: null, to: null },
      seconds: 20,
      abort: new AbortController().signal,
    });
    await rows.return();
    assert.deepEqual(await ask("SELECT count(*) AS n FROM orders"), [{ n: 3 }]);
    await assert.rejects(
      sqliteQuery(`${path}.none`, {
        sql: "SELECT 1",
        bind: { from: null, to: null },
        seconds: 5,
        abort: new AbortController().signal,
      }),
      failure("not-found", /There is no warehouse/),
    );
  }));

Deno.test("a query that never comes to its next row is ended, and so is one that nobody waits for any more", () =>
  onWarehouse(async (ask) => {
    const endless = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n";
    await assert.rejects(ask(endless, { seconds: 1 }), failure("limit", /longer than 1 s/));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("stopped by the test")), 300);
    await assert.rejects(ask(endless, { abort: stop.signal }), /stopped by the test/);
  }));

Deno.test("the tables of a query are known from its text, whatever else they are called there", async () => {
  const told = async (sql: string) => (await queryTables([sql]))[0] ?? { tables: [], fault: "nothing" };
  const of = async (sql: string) => (await told(sql)).tables.sort();
  assert.deepEqual(await of("SELECT a FROM Facts f JOIN (SELECT * FROM main.other) USING (x)"), [
    "Facts",
    "other",
  ]);
  assert.deepEqual(await of("WITH facts AS (SELECT 1 AS a) SELECT a FROM facts"), []);
  assert.deepEqual(await of("SELECT 'FROM facts' AS text -- FROM facts"), []);
  assert.deepEqual(await of('SELECT count(*) FROM "odd ""name"'), ['odd "name']);
  assert.match((await told("SELECT FROM WHERE")).fault ?? "", /syntax error/);
  assert.match((await told("SELECT 1; SELECT 2")).fault ?? "", /more than one/);
  assert.deepEqual(
    (await queryTables(["SELECT 1;", "DROP TABLE a", "SELECT x FROM b"])).map(({ tables, fault }) => [
      tables,
      fault === null,
    ]),
    [[[], true], [[], false], [["b"], true]],
  );
});
