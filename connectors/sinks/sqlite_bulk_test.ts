import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import type { PinnedSchema, Row } from "../../specs/foundry/mod.ts";
import type { Published, StagedLoad } from "../data/sink_port.ts";
import { sqliteSink } from "./sqlite.ts";
import type { Unfit } from "./sqlite_bulk.ts";
import type { Counts } from "./sqlite_write.ts";
import { COLUMNS, type LoadOptions, rowOf, stagedLoad } from "./testing/staged.ts";

const never = new AbortController().signal;

/** All that a reader of the file can tell: definitions without the names of indexes, rows with their ids, types and bytes, our books. */
function contentOf(path: string): unknown {
  const db = new DatabaseSync(path);
  try {
    assert.deepEqual(db.prepare("PRAGMA integrity_check").all().map((row) => ({ ...row })), [
      { integrity_check: "ok" },
    ]);
    const definitions = db.prepare("SELECT type, tbl_name, sql FROM sqlite_master ORDER BY type, tbl_name")
      .all()
      .map(({ type, tbl_name, sql }) => [type, tbl_name, String(sql).replace(/_[0-9a-f]{8}"/, '"')]);
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    const rows = tables.map(({ name }) => {
      const columns = db.prepare(`PRAGMA table_info("${name}")`).all().map((one) => String(one.name));
      const told = columns.map((column) => `typeof("${column}"), quote("${column}")`).join(", ");
      const isWithout = ["_forge_state", "_forge_columns", "_forge_origins"].includes(String(name));
      const id = isWithout ? "0" : "rowid";
      return [name, db.prepare(`SELECT ${id}, ${told} FROM "${name}" ORDER BY 1, 2, 3, 4, 5`).all()];
    });
    return { definitions, rows };
  } finally {
    db.close();
  }
}

interface Step extends LoadOptions {
  readonly rows: readonly Row[];
}

/** Publishes the same loads by both ways, and holds one against the other after each; gives how the fast way took them. */
async function bothWays(steps: readonly Step[]): Promise<(Counts | Unfit)[]> {
  const dir = await Deno.makeTempDir();
  const told: (Counts | Unfit)[] = [];
  const fast = sqliteSink(`${dir}/fast.db`, {
    bulk: { fewestRows: 0, tableBytes: 400, told: (outcome) => told.push(outcome) },
  });
  const slow = sqliteSink(`${dir}/slow.db`, { bulk: { fewestRows: Infinity } });
  try {
    let after: string | null = null;
    for (const [at, { rows, ...options }] of steps.entries()) {
      const key = `k${at}`;
      const load: StagedLoad = await stagedLoad(dir, key, rows, { disposition: "merge", after, ...options });
      const attempt = async (sink: typeof fast): Promise<Omit<Published, "outputs"> | string> => {
        try {
          const { outputs: _, ...counts } = await sink.publish(load, never);
          return counts;
        } catch (error) {
          return (error as Error).message.replaceAll("fast.db", "slow.db");
        }
      };
      const [one, other] = [await attempt(fast), await attempt(slow)];
      assert.deepEqual(one, other);
      assert.deepEqual(contentOf(`${dir}/fast.db`), contentOf(`${dir}/slow.db`));
      if (typeof one !== "string") after = key;
    }
    return told;
  } finally {
    await fast.close();
    await slow.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const isFast = (outcome: Counts | Unfit | undefined) => outcome !== undefined && !("unfit" in outcome);
const some = (from: number, to: number, more: (id: number) => Row = () => ({})) =>
  Array.from({ length: to - from }, (_, n) => rowOf(from + n, more(from + n)));

Deno.test("a large load whose keys rise is copied in bulk: new, changed and equal rows are as one by one", async () => {
  const told = await bothWays([
    { rows: some(0, 60, (id) => ({ name: `n${id}`, amount: id / 8, ok: id % 3 === 0, deep: { id } })) },
    {
      rows: some(
        30,
        90,
        (id) => ({ name: `n${id}`, amount: id % 4 === 0 ? null : id / 8, ok: id % 3 === 0, deep: { id } }),
      ),
    },
    {
      rows: some(
        30,
        90,
        (id) => ({ name: `n${id}`, amount: id % 4 === 0 ? null : id / 8, ok: id % 3 === 0, deep: { id } }),
      ),
    },
  ]);
  assert.deepEqual(told, [
    { written: 60, deduped: 0, deleted: 0 },
    { written: 37, deduped: 23, deleted: 0 },
    { written: 0, deduped: 60, deleted: 0 },
  ]);
});

Deno.test("keys in any order go in bulk into an empty table as long as none comes twice; else rows are looked at", async () => {
  const mixed = some(0, 80).sort((a, b) => Number(a.id) * 37 % 80 - Number(b.id) * 37 % 80);
  const [first, second, third] = await bothWays([
    { rows: mixed },
    { rows: mixed.map((row) => ({ ...row, name: "again" })) },
    { rows: [...some(0, 40), ...some(20, 60, () => ({ name: "later" }))], table: "twice", after: "k1" },
  ]);
  assert.ok(isFast(first));
  assert.deepEqual(second, { unfit: "keys may come more than once" });
  assert.deepEqual(third, { unfit: "keys come more than once" });
});

Deno.test("columns that are new, changed in type or gone, and keys of several columns, some open", async () => {
  const more: PinnedSchema = { ...COLUMNS, extra: { type: "integer", nullable: true } };
  const typed: PinnedSchema = { ...more, amount: { type: "string", nullable: true } };
  const { name: _, ...fewer } = typed;
  const told = await bothWays([
    { rows: some(0, 30, (id) => ({ amount: id })) },
    { rows: some(10, 40, (id) => ({ amount: id / 2, extra: id })), columns: more },
    { rows: some(20, 50, (id) => ({ amount: `${id}.50`, extra: null })), columns: typed },
    { rows: some(20, 50, (id) => ({ amount: `${id}.5` })).map(({ name: _, ...row }) => row), columns: fewer },
    {
      rows: some(0, 40, (id) => ({ name: `a${1000 + id}` })).map((row) => ({ ...row, id: 7 })),
      table: "pairs",
      primaryKey: ["id", "name"],
    },
    {
      rows: some(0, 40).map((row, at) => ({ ...row, name: at === 20 ? null : `b${at}` })),
      primaryKey: ["id", "name"],
    },
  ]);
  assert.ok(told.slice(0, 5).every(isFast));
});

Deno.test("appends and replacements go in bulk; what belongs to a file, tombstones and versions do not", async () => {
  const told = await bothWays([
    { rows: some(0, 30), disposition: "append" },
    { rows: some(20, 50), disposition: "append" },
    { rows: some(0, 40), disposition: "replace", primaryKey: [] },
    { rows: some(0, 40, () => ({ name: "x" })), disposition: "replace" },
    { rows: some(0, 20), disposition: "append", origins: { "a.csv": some(0, 20) } },
    {
      rows: some(0, 20),
      table: "gone",
      write: { disposition: "merge", sink: "w", deletes: { column: "ok" } },
    },
    { rows: some(0, 20), table: "versions", disposition: "scd2" },
  ]);
  assert.ok(told.slice(0, 4).every(isFast));
  assert.ok(!told.slice(4).some(isFast));
});

Deno.test("a table of somebody else, and one in UTF-16, are written row by row", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (
      const [name, made] of [
        ["own", "CREATE TABLE orders (id INTEGER, name TEXT COLLATE NOCASE, amount, ok, at TEXT, deep TEXT)"],
        ["wide", "PRAGMA encoding = 'UTF-16le'; CREATE TABLE other (x)"],
      ]
    ) {
      const db = new DatabaseSync(`${dir}/${name}.db`);
      db.exec(made as string);
      db.close();
      const told: (Counts | Unfit)[] = [];
      const sink = sqliteSink(`${dir}/${name}.db`, {
        bulk: { fewestRows: 0, told: (outcome) => told.push(outcome) },
      });
      const load = await stagedLoad(dir, "k1", some(0, 10), { disposition: "merge" });
      assert.equal((await sink.publish(load, never)).written, 10);
      await sink.close();
      assert.ok(!isFast(told[0]));
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a segment that is not what was marked, one that is gone and a row as long as a page leave no trace", async () => {
  const dir = await Deno.makeTempDir();
  const told: (Counts | Unfit)[] = [];
  const sink = sqliteSink(`${dir}/w.db`, {
    bulk: { fewestRows: 0, tableBytes: 400, told: (one) => told.push(one) },
  });
  try {
    const good = await stagedLoad(dir, "k1", some(0, 40), { disposition: "merge" });
    const [first, ...others] = good.segments;
    assert.ok(first !== undefined);
    for (
      const segment of [
        { ...first, digest: `sha256:${"0".repeat(64)}` },
        { ...first, path: `${dir}/gone.jsonl` },
        { ...first, bytes: first.bytes - 1 },
        { ...first, rows: first.rows - 1 },
      ]
    ) {
      const load = { ...good, segments: [...others, segment], rows: () => failing() };
      await assert.rejects(sink.publish(load, never), /the way of all rows/);
      assert.ok(!isFast(told.at(-1)));
    }
    const long = await stagedLoad(dir, "k2", [...some(0, 20), rowOf(20, { name: "x".repeat(70_000) })], {
      disposition: "merge",
    });
    assert.equal((await sink.publish(long, never)).written, 21);
    assert.deepEqual(told.at(-1), { unfit: "a row is longer than a page" });
    assert.deepEqual([...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith("bulk-")), []);
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
  // deno-lint-ignore require-yield
  async function* failing(): AsyncGenerator<Row[]> {
    await Promise.resolve();
    throw new Error("the way of all rows");
  }
});

Deno.test("a load that is cut off while it is copied leaves the table, the state and the directory as they were", async () => {
  const dir = await Deno.makeTempDir();
  const sink = sqliteSink(`${dir}/w.db`, { bulk: { fewestRows: 0, tableBytes: 400 } });
  try {
    await sink.publish(await stagedLoad(dir, "k1", some(0, 40), { disposition: "merge" }), never);
    const before = contentOf(`${dir}/w.db`);
    const stop = new AbortController();
    const load = await stagedLoad(dir, "k2", some(20, 80, () => ({ name: "new" })), {
      disposition: "merge",
      after: "k1",
    });
    const published = sink.publish(load, stop.signal);
    stop.abort(new Error("stopped"));
    await assert.rejects(published, /stopped/);
    assert.deepEqual(contentOf(`${dir}/w.db`), before);
    assert.deepEqual([...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith("bulk-")), []);
    assert.equal((await sink.publish(load, never)).written, 60);
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
});

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", '"', "\\", "\n\t\r\b\f", "\u0000\u001f", "\u007f", "é\u20ac𝄞", "\ud800", "null", "0"),
);
const number = fc.oneof(
  fc.integer(),
  fc.integer({ min: -130, max: 130 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -99_999_999, max: 99_999_999 }).map((n) => n / 1000),
  fc.constantFrom(
    0,
    -0,
    1,
    1e21,
    1e-7,
    2 ** 47,
    -(2 ** 47),
    2 ** 53,
    127,
    128,
    -129,
    32768,
    8388608,
    2 ** 31,
  ),
  text,
);
const value = { name: fc.oneof(text, fc.constant(null)), amount: fc.oneof(number, fc.constant(null)) };

Deno.test("whatever rows come, in loads with keys that rise, repeat or jump, both ways leave the same table", async () => {
  const row = fc.record({
    id: fc.oneof(fc.nat({ max: 30 }), fc.constantFrom("a", "b", "12", "x'y")),
    ...value,
    ok: fc.oneof(fc.boolean(), fc.constant(null)),
    at: fc.oneof(fc.constant(null), fc.constant("2026-01-01T00:00:00Z")),
    deep: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(null)),
  }, { requiredKeys: ["id"] }) as fc.Arbitrary<Row>;
  const load = fc.tuple(fc.array(row, { minLength: 1, maxLength: 14 }), fc.boolean()).map(([rows, sorted]) =>
    sorted ? unique(rows).sort((a, b) => rank(a.id) < rank(b.id) ? -1 : 1) : rows
  );
  let fast = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(load, { minLength: 2, maxLength: 4 }), async (loads) => {
      fast += (await bothWays(loads.map((rows) => ({ rows })))).filter(isFast).length;
    }),
    { numRuns: 12 },
  );
  assert.ok(fast > 0);
});

const rank = (id: unknown): string => typeof id === "number" ? String(id).padStart(4, "0") : `x${id}`;
const unique = (
  rows: readonly Row[],
): Row[] => [...new Map(rows.map((row) => [String(row.id), row])).values()];
