import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { followIntoWarehouse } from "./sqlite_bulk_follow.ts";
import { UnfitLine } from "./sqlite_lines.ts";
import { beginWarehouse, withoutIndex } from "./sqlite_warehouse.ts";

const COLUMNS = [
  { name: "id", isText: false },
  { name: "name", isText: true },
  { name: "more", isText: false },
];
type Line = Readonly<Record<"id" | "name" | "more", string | number | null>>;

interface Made {
  readonly rows: unknown[];
  readonly isIndexed: boolean;
  readonly free: number;
}

/** Rows as a table of a database with pages as small as they may be, which SQLite finds sound and searches by its index. */
function made(lines: readonly Line[], key: readonly ("id" | "name" | "more")[]): Made {
  const dir = Deno.makeTempDirSync();
  const [path, segment] = [`${dir}/made.db`, `${dir}/lines`];
  const bytes = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  Deno.writeFileSync(segment, bytes);
  const given = {
    pageSize: 1024,
    sql: `CREATE TABLE other (a PRIMARY KEY); CREATE TABLE "t" ("id", "name" TEXT, "more")${
      key.length === 0 ? "" : `; CREATE UNIQUE INDEX "k" ON "t" (${key.join(", ")})`
    }`,
    table: "t",
    isKeyed: key.length > 0,
  };
  try {
    const order = {
      path,
      columns: COLUMNS,
      key: key.map((name) => COLUMNS.findIndex((one) => one.name === name)),
      tables: 1,
      tableBytes: 1,
    };
    const follower = followIntoWarehouse(order, beginWarehouse(path, given), () => withoutIndex(path, given));
    for (let at = 0; at < bytes.length; at += 1000) {
      follower.grown(segment, Math.min(bytes.length, at + 1000));
    }
    const [word] = follower.end([{ path: segment, rows: lines.length, bytes: bytes.length }]);
    assert.ok(word !== undefined && "rows" in word && word.rows === lines.length);
    const db = new DatabaseSync(path);
    try {
      const all = (sql: string) => db.prepare(sql).all().map((row) => Object.values(row));
      assert.deepEqual(all("PRAGMA integrity_check"), [["ok"]]);
      const rows = all("SELECT rowid, id, name, more FROM t NOT INDEXED ORDER BY rowid");
      const isIndexed = all("SELECT 1 FROM sqlite_master WHERE name = 'k'").length === 1;
      if (isIndexed) {
        const found = db.prepare(
          `SELECT rowid FROM t INDEXED BY k WHERE ${key.map((name) => `${name} = ?`).join(" AND ")}`,
        );
        lines.forEach((line, at) =>
          assert.deepEqual(Object.values(found.get(...key.map((name) => line[name])) ?? {}), [at + 1])
        );
        const ordered = all(`SELECT rowid FROM t INDEXED BY k ORDER BY ${key.join(", ")}`).flat();
        assert.deepEqual(ordered, lines.map((_, at) => at + 1));
      }
      // What is free is taken again, and what is added stands behind what is there.
      const free = Number(all("PRAGMA freelist_count")[0]?.[0]);
      db.exec(
        "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT '~' || i, 'new~' || i, i FROM n",
      );
      assert.deepEqual(all("PRAGMA integrity_check"), [["ok"]]);
      return { rows, isIndexed, free };
    } finally {
      db.close();
    }
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

const asRead = (lines: readonly Line[]) => lines.map(({ id, name, more }, at) => [at + 1, id, name, more]);
const some = (count: number, more: (n: number) => Partial<Line> = () => ({})): Line[] =>
  Array.from(
    { length: count },
    (_, n) => ({ id: n, name: `name ${n}`, more: n % 3 === 0 ? null : n / 2, ...more(n) }),
  );

Deno.test("a table and the index over its key are sound from one row to many levels of pages", () => {
  for (const count of [1, 2, 5, 30, 31, 32, 90, 150, 700, 3000, 9000]) {
    const lines = some(count);
    const { rows, isIndexed, free } = made(lines, ["id"]);
    assert.deepEqual(rows, asRead(lines), `${count} rows`);
    assert.deepEqual([isIndexed, free], [true, 0], `${count} rows`);
  }
});

Deno.test("whatever size its last pages have, a level never ends with a page of one child", () => {
  const wide = (n: number) => ({ name: `${String(n).padStart(4, "0")}${"x".repeat(170)}` });
  for (let count = 1; count < 160; count++) {
    const lines = some(count, wide);
    const { rows, isIndexed } = made(lines, ["name", "id"]);
    assert.equal(rows.length, count);
    assert.ok(isIndexed);
  }
});

Deno.test("keys that do not rise leave no index and free pages, as do keys that are very long", () => {
  const back = [...some(2000), ...some(1, () => ({ id: 7.5 }))];
  const late = made(back, ["id"]);
  assert.deepEqual(late.rows, asRead(back));
  assert.equal(late.isIndexed, false);
  assert.ok(late.free > 10, `${late.free} free pages`);
  const long = some(
    40,
    (n) => ({ name: `${String(n).padStart(4, "0")}${"y".repeat(n === 39 ? 300 : 100)}` }),
  );
  assert.equal(made(long, ["name"]).isIndexed, false);
  const twice = [...some(50), ...some(1, () => ({ id: 49 }))];
  assert.equal(made(twice, ["id"]).isIndexed, false);
  assert.equal(made(some(50, (n) => ({ id: n === 20 ? null : n })), ["id"]).isIndexed, false);
});

Deno.test("more free pages than one page lists are on a second one", () => {
  const lines = some(
    30_000,
    (n) => ({ id: `k${String(n === 29_999 ? 0 : n).padStart(9, "0")}${"k".repeat(20)}` }),
  );
  const { isIndexed, free, rows } = made(lines, ["id"]);
  assert.equal(isIndexed, false);
  assert.ok(free > 1024 / 4, `${free} free pages`);
  assert.equal(rows.length, 30_000);
});

Deno.test("a row that is longer than a page is refused, and nothing is made of it", () => {
  assert.throws(() => made(some(3, () => ({ name: "n".repeat(2000) })), ["id"]), UnfitLine);
});

Deno.test("tables without a key, and whatever values rows and keys have, come back as they were", () => {
  const text = fc.string({ maxLength: 20 });
  const value = fc.oneof(text, fc.integer(), fc.constant(null), fc.integer().map((n) => n / 8));
  const line = fc.record({
    id: fc.oneof(fc.maxSafeInteger(), text),
    name: fc.oneof(text, fc.constant(null)),
    more: value,
  });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), fc.boolean(), (given, isKeyed) => {
      const seen = new Set<unknown>();
      const lines = given.filter(({ id }) => !seen.has(id) && seen.add(id));
      const sorted = lines.toSorted((a, b) => order(a.id, b.id));
      const { rows, isIndexed } = made(sorted, isKeyed ? ["id"] : []);
      assert.deepEqual(rows, asRead(sorted));
      const isOneKind = sorted.every(({ id }) => typeof id === typeof sorted[0]?.id);
      if (isKeyed && isOneKind) assert.ok(isIndexed);
    }),
    { numRuns: 60 },
  );
});

/** As SQLite orders them: numbers first, texts by their bytes. */
function order(a: Line["id"], b: Line["id"]): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  const encoder = new TextEncoder();
  const [one, other] = [encoder.encode(String(a)), encoder.encode(String(b))];
  const at = one.findIndex((byte, n) => byte !== other[n]);
  return at < 0 ? one.length - other.length : (one[at] ?? 0) - (other[at] ?? -1);
}
