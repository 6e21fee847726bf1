import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import type { PinnedSchema, Row, StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Sink, StagedLoad } from "../data/sink_port.ts";
import { sqliteSink } from "./sqlite.ts";

const COLUMNS: PinnedSchema = {
  id: { type: "integer", nullable: false },
  name: { type: "string", nullable: true },
  at: { type: "datetime", nullable: true },
};
const STATE: StreamState = {
  v: 1,
  cursor: null,
  source: null,
  schema: COLUMNS,
  load: null,
  loads: 0,
  rows: 0,
  at: null,
};
const never = new AbortController().signal;

function loadOf(key: string, rows: Row[], given: Partial<StagedLoad> = {}): StagedLoad {
  return {
    key,
    run: "run_00000000",
    pipeline: "p",
    stream: "s",
    table: "things",
    disposition: "merge",
    primaryKey: ["id"],
    write: { disposition: "merge", sink: "warehouse" },
    columns: COLUMNS,
    segments: [{ path: "", rows: rows.length, bytes: 0, digest: "" }],
    async *rows() {
      yield* [rows];
    },
    census: false,
    after: null,
    state: { ...STATE, load: key },
    keepsState: false,
    at: "2026-01-01T00:00:00.000Z",
    ...given,
  };
}

async function withSink(use: (sink: Sink, path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/warehouse.db`;
  const sink = sqliteSink(path);
  try {
    await use(sink, path);
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
}

function query(path: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path);
  try {
    return db.prepare(sql).all().map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

const row = (id: number, name: string | null, at: string | null = null): Row => ({ id, name, at });

Deno.test("a merge writes what is new or changed and counts the rest as deduplicated", () =>
  withSink(async (sink, path) => {
    const first = await sink.publish(loadOf("k1", [row(1, "a"), row(2, "b"), row(2, "c")]), never);
    assert.deepEqual([first.written, first.deduped], [2, 1]);
    const second = await sink.publish(
      loadOf("k2", [row(1, "a"), row(2, "d"), row(2, "e"), row(3, "f")], { after: "k1" }),
      never,
    );
    assert.deepEqual([second.written, second.deduped], [2, 2]);
    assert.deepEqual(query(path, "SELECT id, name FROM things ORDER BY id"), [
      { id: 1, name: "a" },
      { id: 2, name: "e" },
      { id: 3, name: "f" },
    ]);
    const state = await sink.state("p", "s");
    assert.deepEqual([state?.load, state?.rows], ["k2", 2]);
  }));

Deno.test("a first load without any row or column is a load, and the next one brings both", async () => {
  for (const disposition of ["append", "merge", "replace", "scd2"] as const) {
    await withSink(async (sink) => {
      const how = { disposition, ...(disposition === "append" ? { primaryKey: [] } : {}) };
      const none = await sink.publish(loadOf("k1", [], { ...how, columns: {} }), never);
      assert.deepEqual([none.written, none.deduped, none.deleted], [0, 0, 0], disposition);
      assert.equal((await sink.state("p", "s"))?.load, "k1");
      assert.equal(
        (await sink.publish(loadOf("k2", [row(1, "a")], { ...how, after: "k1" }), never)).written,
        1,
      );
      const later = loadOf("k3", [], { ...how, columns: {}, after: "k2", census: true });
      const census = { ...later, write: { ...later.write, deletes: "census" as const } };
      const { written, deleted } = await sink.publish(disposition === "append" ? later : census, never);
      assert.deepEqual([written, deleted], [0, disposition === "merge" || disposition === "scd2" ? 1 : 0]);
    });
  }
});

Deno.test("a known load key is a no-op that tells the first outcome", () =>
  withSink(async (sink) => {
    const load = loadOf("k1", [row(1, "a")], { disposition: "append" });
    assert.equal((await sink.publish(load, never)).existed, false);
    const again = await sink.publish(load, never);
    assert.deepEqual([again.existed, again.written], [true, 1]);
    assert.equal((await sink.find("p", "s", "k1"))?.outputs[0]?.rows, 1);
    assert.equal(await sink.find("p", "s", "k2"), null);
  }));

Deno.test("whoever began from an older state is refused and nothing of its rows stays", () =>
  withSink(async (sink, path) => {
    await sink.publish(loadOf("k1", [row(1, "a")]), never);
    await assert.rejects(
      sink.publish(loadOf("k2", [row(2, "b")]), never),
      (error) => error instanceof DataFailure && error.kind === "conflict",
    );
    assert.equal(query(path, "SELECT count(*) AS n FROM things")[0]?.n, 1);
  }));

Deno.test("rows and cursor appear together, or not at all when the load fails in the middle", () =>
  withSink(async (sink, path) => {
    await sink.publish(loadOf("k1", [row(1, "a")]), never);
    const broken = loadOf("k2", [row(2, "b")], {
      after: "k1",
      async *rows() {
        yield [row(2, "b")];
        throw new Error("the disk went away");
      },
    });
    await assert.rejects(sink.publish(broken, never), /went away/);
    assert.equal(query(path, "SELECT count(*) AS n FROM things")[0]?.n, 1);
    assert.equal((await sink.state("p", "s"))?.load, "k1");
  }));

Deno.test("a load whose rows are not all accounted for is not committed", () =>
  withSink(async (sink) => {
    const short = loadOf("k1", [row(1, "a")], { segments: [{ path: "", rows: 2, bytes: 0, digest: "" }] });
    await assert.rejects(sink.publish(short, never), /do not account/);
    assert.equal(await sink.state("p", "s"), null);
  }));

Deno.test("a replace swaps the table; readers see the old one until then", () =>
  withSink(async (sink, path) => {
    await sink.publish(loadOf("k1", [row(1, "a"), row(2, "b")], { disposition: "replace" }), never);
    const seen: unknown[] = [];
    const load = loadOf("k2", [row(3, "c")], {
      disposition: "replace",
      after: "k1",
      async *rows() {
        yield [row(3, "c")];
        seen.push(query(path, "SELECT count(*) AS n FROM things")[0]?.n);
      },
    });
    await sink.publish(load, never);
    assert.deepEqual(seen, [2]);
    assert.deepEqual(query(path, "SELECT id FROM things"), [{ id: 3 }]);
    await sink.publish(loadOf("k3", [row(4, "d")], { disposition: "replace", after: "k2" }), never);
    assert.deepEqual(query(path, "SELECT id FROM things"), [{ id: 4 }]);
  }));

Deno.test("an append over a window that overlaps adds only what is not there, and keeps true repetitions", () =>
  withSink(async (sink, path) => {
    const append = {
      disposition: "append" as const,
      overlap: { column: "at", from: "2026-01-02T00:00:00Z" },
    };
    const old = row(1, "a", "2026-01-01T00:00:00Z");
    const tie = row(2, "b", "2026-01-02T00:00:00Z");
    await sink.publish(loadOf("k1", [old, tie, tie], append), never);
    const second = await sink.publish(
      loadOf("k2", [tie, tie, tie, row(3, "c", "2026-01-02T00:00:00Z")], { ...append, after: "k1" }),
      never,
    );
    assert.deepEqual([second.written, second.deduped], [2, 2]);
    assert.equal(query(path, "SELECT count(*) AS n FROM things")[0]?.n, 5);
  }));

Deno.test("dedupSort keeps the newer of two rows, in a load and against the table", () =>
  withSink(async (sink, path) => {
    const write = {
      disposition: "merge" as const,
      sink: "warehouse",
      dedupSort: { column: "at", order: "descending" as const },
    };
    await sink.publish(
      loadOf("k1", [row(1, "new", "2026-02-01T00:00:00Z"), row(1, "old", "2026-01-01T00:00:00Z")], { write }),
      never,
    );
    const late = await sink.publish(
      loadOf("k2", [row(1, "late", "2025-12-31T23:00:00-02:00")], { write, after: "k1" }),
      never,
    );
    assert.deepEqual([late.written, late.deduped], [0, 1]);
    assert.deepEqual(query(path, "SELECT name FROM things"), [{ name: "new" }]);
  }));

Deno.test("tombstones mark rows as deleted, and a row that comes back is unmarked", () =>
  withSink(async (sink, path) => {
    const columns: PinnedSchema = { ...COLUMNS, gone: { type: "boolean", nullable: true } };
    const write = { disposition: "merge" as const, sink: "warehouse", deletes: { column: "gone" } };
    const given = { write, columns };
    await sink.publish(loadOf("k1", [{ ...row(1, "a"), gone: false }], given), never);
    const gone = await sink.publish(
      loadOf("k2", [{ ...row(1, "a"), gone: true }], { ...given, after: "k1" }),
      never,
    );
    assert.deepEqual([gone.written, gone.deleted], [1, 1]);
    assert.notEqual(query(path, "SELECT _forge_deleted_at AS d FROM things")[0]?.d, null);
    await sink.publish(loadOf("k3", [{ ...row(1, "a"), gone: false }], { ...given, after: "k2" }), never);
    assert.equal(query(path, "SELECT _forge_deleted_at AS d FROM things")[0]?.d, null);
  }));

Deno.test("a census marks keys that the source no longer has", () =>
  withSink(async (sink, path) => {
    const write = { disposition: "merge" as const, sink: "warehouse", deletes: "census" as const };
    await sink.publish(loadOf("k1", [row(1, "a"), row(2, "b")], { write, census: true }), never);
    const second = await sink.publish(
      loadOf("k2", [row(2, "b"), row(3, "c")], { write, census: true, after: "k1" }),
      never,
    );
    assert.deepEqual([second.written, second.deduped, second.deleted], [1, 1, 1]);
    assert.deepEqual(query(path, "SELECT id FROM things WHERE _forge_deleted_at IS NOT NULL"), [{ id: 1 }]);
  }));

Deno.test("scd2 keeps every version with the time in which it held", () =>
  withSink(async (sink, path) => {
    const scd2 = { disposition: "scd2" as const };
    await sink.publish(loadOf("k1", [row(1, "a"), row(2, "b")], scd2), never);
    const second = await sink.publish(
      loadOf("k2", [row(1, "x"), row(2, "b")], { ...scd2, after: "k1", at: "2026-01-02T00:00:00.000Z" }),
      never,
    );
    assert.deepEqual([second.written, second.deduped], [1, 1]);
    assert.deepEqual(
      query(path, "SELECT id, name, _forge_valid_to IS NULL AS now FROM things ORDER BY id, now"),
      [{ id: 1, name: "a", now: 0 }, { id: 1, name: "x", now: 1 }, { id: 2, name: "b", now: 1 }],
    );
  }));

Deno.test("long integers and decimals stay text, whole numbers integers, nested values JSON", () =>
  withSink(async (sink, path) => {
    const columns: PinnedSchema = {
      id: { type: "integer", nullable: false },
      amount: { type: "decimal", nullable: true },
      tags: { type: "json", nullable: true },
      ok: { type: "boolean", nullable: true },
      code: { type: "string", nullable: true },
    };
    const rows: Row[] = [
      {
        id: "9007199254740993",
        amount: "0.1000000000000000000001",
        tags: ["a", { b: 1 }],
        ok: true,
        code: "007",
      },
      { id: 5, amount: 2, tags: null, ok: false, code: 5 },
    ];
    await sink.publish(loadOf("k1", rows, { columns }), never);
    assert.deepEqual(query(path, "SELECT id, typeof(id) AS t, amount, tags, ok, code FROM things"), [
      {
        id: "9007199254740993",
        t: "text",
        amount: "0.1000000000000000000001",
        tags: '["a",{"b":1}]',
        ok: 1,
        code: "007",
      },
      { id: 5, t: "integer", amount: 2, tags: null, ok: 0, code: "5" },
    ]);
    const read: Row[] = [];
    for await (const batch of sink.read("things")) read.push(...batch);
    assert.deepEqual(read[0], rows[0]);
    assert.deepEqual(await sink.schema("things"), columns);
  }));

Deno.test("new columns are added, names are data, and two names that differ in case only are refused", () =>
  withSink(async (sink, path) => {
    await sink.publish(loadOf("k1", [row(1, "a")]), never);
    const odd = 'a"; DROP TABLE things; --';
    const columns: PinnedSchema = { ...COLUMNS, [odd]: { type: "string", nullable: true } };
    await sink.publish(loadOf("k2", [{ ...row(2, "b"), [odd]: "x" }], { columns, after: "k1" }), never);
    assert.equal(query(path, "SELECT * FROM things WHERE id = 2")[0]?.[odd], "x");
    const clash: PinnedSchema = { ...COLUMNS, Name: { type: "string", nullable: true } };
    await assert.rejects(
      sink.publish(loadOf("k3", [], { columns: clash, after: "k2" }), never),
      /differ in case/,
    );
  }));

Deno.test("a file that is no database is named as such", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${dir}/w.db`,
      "this is not a database at all, but it is long enough to be read as one".repeat(20),
    );
    await assert.rejects(
      sqliteSink(`${dir}/w.db`).state("p", "s"),
      (error) => error instanceof DataFailure && error.kind === "invalid",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("whatever loads are merged, the table is what the rows say one by one, and every row is counted once", async () => {
  const rows = fc.array(
    fc.record({ id: fc.integer({ min: 1, max: 150 }), name: fc.constantFrom("a", "b", "c") }),
    { maxLength: 400 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(rows, { minLength: 1, maxLength: 3 }),
      (loads) =>
        withSink(async (sink, path) => {
          const model = new Map<number, string>();
          let after: string | null = null;
          for (const [n, load] of loads.entries()) {
            const before = new Map(model);
            const key = `k${n}`;
            const given = load.map(({ id, name }) => row(id, name));
            const { written, deduped } = await sink.publish(loadOf(key, given, { after }), never);
            for (const { id, name } of load) model.set(id, name);
            // Written is each key that the load brought or changed on its way, once.
            const touched = new Set<number>();
            const seen = new Map(before);
            for (const { id, name } of load) {
              if (seen.get(id) !== name) touched.add(id);
              seen.set(id, name);
            }
            assert.deepEqual([written, deduped], [touched.size, load.length - touched.size]);
            after = key;
          }
          const there = loads.flat().length === 0
            ? []
            : query(path, "SELECT id, name FROM things ORDER BY id");
          assert.deepEqual(there, [...model].sort(([a], [b]) => a - b).map(([id, name]) => ({ id, name })));
        }),
    ),
    { numRuns: 25 },
  );
});

Deno.test("rows of an origin that is read again take the place of its earlier rows; one that vanished takes them with it", () =>
  withSink(async (sink, path) => {
    const append = { disposition: "append" as const, primaryKey: [] };
    const parts = (...given: [string, number][]) =>
      given.map(([origin, rows]) => ({ path: "", rows, bytes: 0, digest: "", origin }));
    await sink.publish(
      loadOf("k1", [row(1, "a"), row(2, "a"), row(3, "b")], {
        ...append,
        segments: parts(["a.csv", 2], ["b.csv", 1]),
      }),
      never,
    );
    const changed = await sink.publish(
      loadOf("k2", [row(9, "a")], {
        ...append,
        after: "k1",
        segments: parts(["a.csv", 1]),
        replaces: ["a.csv"],
      }),
      never,
    );
    assert.deepEqual([changed.written, changed.deleted], [1, 2]);
    assert.deepEqual(query(path, "SELECT id FROM things ORDER BY id"), [{ id: 3 }, { id: 9 }]);
    await sink.publish(
      loadOf("k3", [], { ...append, after: "k2", segments: [], replaces: ["b.csv"] }),
      never,
    );
    assert.deepEqual(query(path, "SELECT id FROM things"), [{ id: 9 }]);
  }));

Deno.test("a replace takes the place of every stream's rows, and no range of theirs names its own", () =>
  withSink(async (sink, path) => {
    const append = { disposition: "append" as const, primaryKey: [] };
    const parts = (...given: [string, number][]) =>
      given.map(([origin, rows]) => ({ path: "", rows, bytes: 0, digest: "", origin }));
    const replace = { disposition: "replace" as const, primaryKey: [], stream: "t" };
    await sink.publish(
      loadOf("k1", [row(1, "a"), row(2, "b")], { ...append, segments: parts(["a.csv", 1], ["b.csv", 1]) }),
      never,
    );
    await sink.publish(loadOf("k2", [row(5, "x")], { ...replace, segments: parts(["x.csv", 1]) }), never);
    assert.deepEqual(query(path, "SELECT id FROM things"), [{ id: 5 }]);
    await sink.publish(loadOf("k3", [row(6, "y"), row(7, "z")], { ...replace, after: "k2" }), never);
    // What the first stream had is gone: that its file changed takes none of the rows that are there now.
    const again = await sink.publish(
      loadOf("k4", [row(8, "a")], {
        ...append,
        after: "k1",
        segments: parts(["a.csv", 1]),
        replaces: ["a.csv"],
      }),
      never,
    );
    assert.deepEqual([again.written, again.deleted], [1, 0]);
    assert.deepEqual(query(path, "SELECT id FROM things ORDER BY id"), [{ id: 6 }, { id: 7 }, { id: 8 }]);
  }));

Deno.test("writers of one file take turns, each through a sink of its own: none waits for one that it holds up", () =>
  withSink(async (sink, path) => {
    // The rows of a load come from outside, while other loads of the same process want to write.
    const slow = (stream: string) =>
      loadOf(`key-${stream}`, [row(1, stream)], {
        stream,
        table: stream,
        async *rows() {
          await new Promise((done) => setTimeout(done, 10));
          yield [row(1, stream)];
        },
      });
    const others = Array.from({ length: 4 }, () => sqliteSink(path));
    try {
      const done = await Promise.all([sink, ...others].map((one, n) => one.publish(slow(`s${n}`), never)));
      assert.deepEqual(done.map(({ written }) => written), [1, 1, 1, 1, 1]);
      await Promise.all([
        sink.publish(loadOf("more", [row(9, "z")], { stream: "more", table: "more" }), never),
        others[0]?.setState("p", "s0", STATE),
      ]);
      assert.deepEqual(await sink.state("p", "s0"), STATE);
    } finally {
      for (const one of others) await one.close();
    }
  }));

Deno.test("a writer of another process is waited for without holding up this one, up to a bound", () =>
  withSink(async (sink, path) => {
    await sink.publish(loadOf("k1", [row(1, "a")]), never);
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    try {
      const impatient = sqliteSink(path, { waitMs: 20 });
      await assert.rejects(
        impatient.publish(loadOf("k2", [row(2, "b")], { after: "k1" }), never),
        (error) => error instanceof DataFailure && error.kind === "conflict" && /locked/.test(error.message),
      );
      await impatient.close();
      setTimeout(() => other.exec("COMMIT"), 50);
      const done = await sink.publish(loadOf("k2", [row(2, "b")], { after: "k1" }), never);
      assert.equal(done.written, 1);
    } finally {
      other.close();
    }
  }));
