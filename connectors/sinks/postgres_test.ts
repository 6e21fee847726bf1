import assert from "node:assert/strict";
import fc from "fast-check";
import type { PinnedSchema, Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Sink, StagedLoad } from "../data/sink_port.ts";
import { postgresSink } from "./postgres.ts";
import { openSession, type TextRow } from "./postgres_session.ts";
import { targetOf } from "./postgres_target.ts";
import { sqliteSink } from "./sqlite.ts";
import { rowsIn, sinkConformance } from "./testing/conformance.ts";
import { hasPostgres, startPostgres, type TestServer } from "./testing/postgres_server.ts";
import { COLUMNS, rowOf, stagedLoad } from "./testing/staged.ts";

const network = { allowPrivate: true };
const ignore = !hasPostgres();
const why = ignore ? " (PostgreSQL is not installed)" : "";
let server: TestServer | null = null;
let schemas = 0;

Deno.test.beforeAll(async () => {
  if (!ignore) server = await startPostgres();
});
Deno.test.afterAll(async () => {
  await server?.stop();
});

function theServer(): TestServer {
  if (server === null) throw new Error("The server was not started");
  return server;
}

const sinkIn = (schema: string, fault?: (point: string) => void | Promise<void>): Sink =>
  postgresSink({ type: "postgres", url: "env:PG_URL", schema }, {
    secret: () => theServer().url(),
    network,
    folder: "/",
    ...(fault === undefined ? {} : { fault }),
  });

sinkConformance(`the PostgreSQL sink${why}`, {
  async session(test) {
    const schema = `s${++schemas}`;
    await test({ open: (fault) => sinkIn(schema, fault) });
  },
  ignore,
  faults: { before: ["staged", "before-commit"], after: ["committed"] },
});

const test = (name: string, fn: (schema: string) => Promise<void>) =>
  Deno.test({ name: `${name}${why}`, ignore, fn: () => fn(`s${++schemas}`) });

const never = new AbortController().signal;

/** Uses a sink over a schema, over one with staged segments. */
async function withSink(schema: string, use: (sink: Sink, dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "segments-" });
  const sink = sinkIn(schema);
  try {
    await use(sink, dir);
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** A statement of somebody else's. */
async function sql(text: string): Promise<TextRow[]> {
  const session = await openSession(
    targetOf({ type: "postgres", url: "env:PG_URL" }, () => theServer().url(), "/"),
    network,
  );
  try {
    return await session.rows(text);
  } finally {
    await session.close();
  }
}

const typesOf = async (schema: string, table = "orders"): Promise<Record<string, string | null>> =>
  Object.fromEntries(
    (await sql(
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = '${table}'`,
    )).map(({ name, type }) => [String(name), type ?? null]),
  );

const isContract = (words: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, "contract");
  assert.match(error.message, words);
  return true;
};

test("columns have the types that one can reckon with, and a value that outgrows one widens it", (schema) =>
  withSink(schema, async (sink, dir) => {
    await sink.publish(await stagedLoad(dir, "k1", [rowOf(1, { amount: "0.10", ok: true })]), never);
    const types = { id: "bigint", name: "text", amount: "numeric", ok: "boolean", at: "text", deep: "text" };
    assert.deepEqual(await typesOf(schema), types);
    assert.deepEqual(await sql(`SELECT sum(amount)::text AS s FROM ${schema}.orders WHERE ok`), [{
      s: "0.10",
    }]);
    const rows = [
      rowOf(2, { amount: 1 }),
      { ...rowOf(3), id: "123456789012345678901234567890" },
      rowOf(4, { amount: "n/a" }),
      rowOf(5, { ok: "perhaps", amount: 2.5 }),
    ];
    await sink.publish(await stagedLoad(dir, "k2", rows, { after: "k1" }), never);
    assert.deepEqual(await typesOf(schema), { ...types, id: "numeric", amount: "text", ok: "text" });
    assert.deepEqual((await rowsIn(sink)).map(({ id, amount, ok }) => [id, amount, ok]), [
      [1, "0.10", true],
      [2, 1, null],
      [4, "n/a", null],
      [5, 2.5, "perhaps"],
      ["123456789012345678901234567890", null, null],
    ]);
  }));

test("a key's column that is widened keeps its key", (schema) =>
  withSink(schema, async (sink, dir) => {
    const columns = { ...COLUMNS, id: { type: "integer" as const, nullable: true } };
    const merge = { disposition: "merge" as const, primaryKey: ["id", "name"], columns };
    const at = (id: string | number | null, name: string, amount: number) => ({
      ...rowOf(0, { name, amount }),
      id,
    });
    await sink.publish(
      await stagedLoad(dir, "k1", [at(1, "a", 1), at(null, "a", 1), at(0, "a", 1)], merge),
      never,
    );
    const second = await sink.publish(
      await stagedLoad(dir, "k2", [at("x1", "a", 9), at(1, "a", 2), at(null, "a", 1)], {
        ...merge,
        after: "k1",
      }),
      never,
    );
    assert.deepEqual([second.written, second.deduped], [2, 1]);
    const rows = await sql(`SELECT id, amount::text AS amount FROM ${schema}.orders ORDER BY id NULLS FIRST`);
    assert.deepEqual(rows.map(({ id, amount }) => [id, amount]), [
      ...[[null, "1"], ["0", "1"], ["1", "2"], ["x1", "9"]],
    ]);
  }));

test("names are data: quotes, blanks, capitals and words of SQL", (schema) =>
  withSink(schema, async (sink, dir) => {
    const hostile = ['a"b', "select", "Name", "name", "ä ö", "x; DROP TABLE orders; --", "back\\slash", "'"];
    const columns = Object.fromEntries(
      ["id", ...hostile].map((name) => [name, { type: "string" as const, nullable: true }]),
    );
    const row = Object.fromEntries(["id", ...hostile].map((name, at) => [name, `${at}${name}`]));
    for (const disposition of ["merge", "scd2", "replace", "append"] as const) {
      const load = { disposition, columns, table: `Some_${disposition}`, stream: disposition };
      await sink.publish(await stagedLoad(dir, `k1 ${disposition}`, [row], load), never);
      await sink.publish(
        await stagedLoad(dir, `k2 ${disposition}`, [{ ...row, Name: "new" }], {
          ...load,
          after: `k1 ${disposition}`,
        }),
        never,
      );
      const rows = await rowsIn(sink, load.table);
      assert.equal(rows.at(-1)?.Name, "new");
      assert.equal(rows.at(-1)?.["'"], row["'"]);
    }
    const long = { ...columns, ["ä".repeat(40)]: { type: "string" as const, nullable: true } };
    await assert.rejects(
      async () => sink.publish(await stagedLoad(dir, "k9", [row], { columns: long, table: "long" }), never),
      isContract(/has 80 bytes, and PostgreSQL keeps 63/),
    );
  }));

test("a text that PostgreSQL cannot keep fails the load with its row and column, and nothing is there", (schema) =>
  withSink(schema, async (sink, dir) => {
    const load = await stagedLoad(dir, "k1", [rowOf(1), rowOf(2, { name: "a\u0000b" })]);
    await assert.rejects(
      sink.publish(load, never),
      isContract(/row 2 of orders to orders: name holds the character U\+0000 at 1/),
    );
    assert.equal(await sink.schema("orders"), null);
    const nested = await stagedLoad(dir, "k2", [rowOf(3, { deep: { a: "x\u0000" } })]);
    await sink.publish(nested, never);
    assert.deepEqual((await rowsIn(sink))[0]?.deep, { a: "x\u0000" });
  }));

test("a key that is too long for an index is named as such", (schema) =>
  withSink(schema, async (sink, dir) => {
    const long = Array.from({ length: 9_000 }, (_, at) => at.toString(36)).join("");
    const load = await stagedLoad(dir, "k1", [rowOf(1, { name: long })], {
      disposition: "merge",
      primaryKey: ["name"],
    });
    await assert.rejects(sink.publish(load, never), isContract(/54000/));
  }));

test("a table that somebody made keeps its types, and rows are cast to them", (schema) =>
  withSink(schema, async (sink, dir) => {
    await sql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.orders
      (id int PRIMARY KEY, at timestamptz, deep jsonb, name varchar(5), own text DEFAULT 'theirs')`);
    const merge = { disposition: "merge" as const };
    const row = rowOf(1, { at: "2026-01-02T03:04:05+02:00", deep: { a: [1] }, name: "abc", amount: 1 });
    await sink.publish(await stagedLoad(dir, "k1", [row], merge), never);
    const again = await sink.publish(
      await stagedLoad(dir, "k2", [{ ...row, at: "2026-01-02T01:04:05Z" }], { ...merge, after: "k1" }),
      never,
    );
    assert.deepEqual([again.written, again.deduped], [0, 1], "the same instant in other words");
    assert.deepEqual(
      await sql(
        `SELECT (at = '2026-01-02T01:04:05Z')::text AS at, (deep -> 'a' ->> 0) AS deep, own FROM ${schema}.orders`,
      ),
      [{ at: "true", deep: "1", own: "theirs" }],
    );
    await assert.rejects(
      async () =>
        sink.publish(
          await stagedLoad(dir, "k3", [rowOf(2, { at: "not a time" })], { ...merge, after: "k2" }),
          never,
        ),
      isContract(/22007/),
    );
    assert.equal((await sink.state("shop", "orders"))?.load, "k2");
  }));

test("a replace keeps views, grants and columns of others, and readers see the old rows until the end", (schema) =>
  withSink(schema, async (sink, dir) => {
    const replace = { disposition: "replace" as const, primaryKey: [] };
    const columns = { ...COLUMNS, extra: { type: "string" as const, nullable: true } };
    await sink.publish(
      await stagedLoad(dir, "k1", [{ ...rowOf(1), extra: "x" }], { ...replace, columns }),
      never,
    );
    await sql(
      `CREATE VIEW ${schema}.v AS SELECT id FROM ${schema}.orders; GRANT SELECT ON ${schema}.orders TO PUBLIC`,
    );
    const seen: (string | null | undefined)[] = [];
    const watched = sinkIn(schema, async (point) => {
      if (point === "before-commit") {
        seen.push((await sql(`SELECT sum(id)::text AS n FROM ${schema}.v`))[0]?.n);
      }
    });
    await watched.publish(
      await stagedLoad(dir, "k2", [rowOf(5), rowOf(6)], { ...replace, columns, after: "k1" }),
      never,
    );
    await watched.close();
    await sink.publish(
      await stagedLoad(dir, "k3", [rowOf(7, { amount: "n/a" })], { ...replace, columns, after: "k2" }),
      never,
    );
    assert.deepEqual(await sql(`SELECT id::text AS id FROM ${schema}.v`), [{ id: "7" }]);
    assert.deepEqual(seen, ["1"]);
    assert.equal(
      (await sql(`SELECT has_table_privilege('pg_monitor', '${schema}.orders', 'SELECT')::text AS may`))[0]
        ?.may,
      "true",
    );
    await sink.publish(await stagedLoad(dir, "k4", [rowOf(8)], { ...replace, after: "k3" }), never);
    assert.equal(
      Object.hasOwn(await typesOf(schema), "extra"),
      false,
      "a column that the load no longer has",
    );
  }));

test("whatever loads are merged, the table is the one that SQLite would hold", async (schema) => {
  const value = fc.option(
    fc.constantFrom("a", "b", "10", "9", "2026-01-01T00:00:00Z", "2026-01-01T03:00:00+02:00"),
    {
      nil: null,
    },
  );
  const row = fc.record({ id: fc.integer({ min: 1, max: 4 }), name: value, at: value, gone: fc.boolean() });
  const columns: PinnedSchema = {
    id: { type: "integer", nullable: false },
    name: { type: "string", nullable: true },
    at: { type: "string", nullable: true },
    gone: { type: "boolean", nullable: true },
  };
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rows: fc.array(row, { maxLength: 8 }), census: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom("merge", "scd2", "replace"),
      fc.constantFrom(null, "ascending", "descending"),
      fc.constantFrom(null, "census", "column"),
      async (loads, disposition, order, deletes) => {
        const table = `t${++round}`;
        const write = {
          disposition,
          sink: "w",
          ...(order === null ? {} : { dedupSort: { column: "at", order } }),
          ...(deletes === null ? {} : { deletes: deletes === "census" ? deletes : { column: "gone" } }),
        } as StagedLoad["write"];
        // What changes and changes back within one load is a version for one of them and none for the other.
        const once = (rows: Row[]) =>
          disposition === "scd2" ? [...new Map(rows.map((one) => [one.id, one])).values()] : rows;
        const dir = await Deno.makeTempDir();
        const sinks = [sinkIn(schema), sqliteSink(`${dir}/w.db`)];
        try {
          const shown = await Promise.all(sinks.map(async (sink) => {
            let after: string | null = null;
            for (const [at, { rows, census }] of loads.entries()) {
              const given = once(rows);
              const key = `${table} ${at}`;
              const load: StagedLoad = await stagedLoad(dir, key, given, {
                disposition,
                columns,
                table,
                stream: table,
                write,
                after,
                census: census && disposition !== "replace",
                primaryKey: ["id"],
                at: `2026-01-0${at + 1}T00:00:00.000Z`,
              });
              const { written, deduped } = await sink.publish(load, never);
              assert.equal(written + deduped, given.length);
              after = key;
            }
            const rows = await rowsIn(sink, table);
            return rows.map(({ _forge_deleted_at: deleted, ...rest }) =>
              JSON.stringify([rest, deleted == null])
            ).sort();
          }));
          assert.deepEqual(shown[0], shown[1]);
        } finally {
          for (const sink of sinks) await sink.close();
          await Deno.remove(dir, { recursive: true });
        }
      },
    ),
    { numRuns: 20, endOnFailure: true },
  );
});
