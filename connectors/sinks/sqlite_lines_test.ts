import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import { bound } from "./sqlite_columns.ts";
import { lineRecords, UnfitLine } from "./sqlite_lines.ts";
import { PAGE, pageWriter } from "./sqlite_pages.ts";

const COLUMNS = [
  { name: "id", isText: false },
  { name: "text", isText: true },
  { name: 'odd "name"', isText: false },
  { name: "kept", isText: true },
];
const NAMES = COLUMNS.map(({ name }) => name);
const told = (table: string, columns: readonly string[]) =>
  `SELECT rowid, ${
    columns.map((name) => `typeof(${name}), quote(${name})`).join(", ")
  } FROM ${table} ORDER BY rowid`;
const list = (db: DatabaseSync, sql: string) => db.prepare(sql).all().map((row) => Object.values(row));

/** The lines as tables of pages that SQLite reads, some lines a table. */
function asPages(
  lines: readonly string[],
  each: number,
): { rows: unknown[][]; rising: boolean; check: unknown } {
  const path = Deno.makeTempFileSync();
  const file = Deno.openSync(path, { write: true });
  try {
    const tables = Math.ceil(lines.length / each);
    const pages = pageWriter({ texts: COLUMNS.map(({ isText }) => isText), tables }, (number, bytes) => {
      file.seekSync((number - 1) * PAGE, Deno.SeekMode.Start);
      file.writeSync(bytes);
    });
    const records = lineRecords(COLUMNS, [0], pages);
    for (let at = 0; at < lines.length; at += each) {
      const part = lines.slice(at, at + each);
      assert.equal(
        records.add(new TextEncoder().encode(part.map((line) => `${line}\n`).join(""))),
        part.length,
      );
      pages.endTable();
    }
    pages.end();
    const db = new DatabaseSync(path, { readOnly: true });
    const rows = Array.from(
      { length: tables },
      (_, at) => list(db, told(`t${at + 1}`, ["c0", "c1", "c2", "c3"])),
    )
      .flatMap((part, table) => part.map(([id, ...values]) => [Number(id) + table * each, ...values]));
    const check = list(db, "PRAGMA integrity_check").flat()[0];
    db.close();
    return { rows, rising: records.rising, check };
  } finally {
    file.close();
    Deno.removeSync(path);
  }
}

/** The same rows as the driver writes them. */
function asBound(rows: readonly Record<string, Json>[]): unknown[][] {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE t (c0, c1 TEXT, c2, c3 TEXT)");
  const insert = db.prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  for (const row of rows) {
    insert.run(...COLUMNS.map(({ name, isText }): SQLInputValue => bound(row[name], isText)));
  }
  const found = list(db, told("t", ["c0", "c1", "c2", "c3"]));
  db.close();
  return found;
}

const number = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.integer({ min: -(2 ** 31) - 5, max: 2 ** 31 + 5 }),
  fc.maxSafeInteger(),
  fc.integer({ min: -99_999_999_999, max: 99_999_999_999 }).map((n) => n / 10_000),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    1e21,
    1e-7,
    2 ** 47,
    -(2 ** 47) - 1,
    2 ** 23,
    -(2 ** 23) - 1,
    2 ** 53,
    2 ** 63,
    999999999999999,
    0.1,
  ),
);
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 10 }),
  fc.constantFrom(
    "",
    '"',
    "\\",
    "a\\\\b",
    "\n\t\r\b\f/",
    "\u0000\u001f\u007f",
    "é\u20ac𝄞",
    "null",
    "-0",
    "x".repeat(5000),
  ),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  number,
  text,
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);
const row = fc.tuple(number, fc.oneof(text, fc.constant(null)), value, value).map((values) =>
  Object.fromEntries(NAMES.map((name, at) => [name, values[at] as Json]))
);
/** Most rows have one order of columns, some another one, or lack some. */
const laid = fc.tuple(row, fc.nat({ max: 9 })).map(([given, way]) => {
  const entries = Object.entries(given);
  if (way === 8) entries.reverse();
  if (way === 9) entries.splice(1, 1);
  return Object.fromEntries(entries);
});

Deno.test("lines become the records that the driver writes of their rows: kinds, sizes, signs, escapes, nested values", () => {
  fc.assert(
    fc.property(
      fc.array(laid, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (rows, each) => {
        const { rows: found, check } = asPages(rows.map((one) => JSON.stringify(one)), each);
        assert.equal(check, "ok");
        assert.deepEqual(found, asBound(rows));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("whole numbers at the ends of each size, and rows that fill a page to its last byte", () => {
  const ends = [7, 15, 23, 31, 47, 53].flatMap((bits) =>
    [-1, 0, 1].flatMap((by) => [2 ** bits + by, -(2 ** bits) + by])
  );
  const rows: Record<string, Json>[] = ends.map((id) => ({ id, text: null }));
  assert.deepEqual(asPages(rows.map((one) => JSON.stringify(one)), 100).rows, asBound(rows));
  // Ten records with their places take a page's 65,528 bytes and two more where each has 6,551.
  for (let size = 6530; size < 6550; size++) {
    const full = Array.from({ length: 24 }, (_, id) => ({ id: id + 10, text: String(id % 10).repeat(size) }));
    const { rows: found, check } = asPages(full.map((one) => JSON.stringify(one)), 100);
    assert.equal(check, "ok");
    assert.deepEqual(found, asBound(full));
  }
});

Deno.test("texts of each length, with what ends or escapes them at each place, are found where they end", () => {
  const marks = ['"', "\\", "\n", '\\"', "é"];
  const lines = Array.from({ length: 14 }, (_, size) => size).flatMap((size) =>
    Array.from({ length: size + 1 }, (_, place) => place).flatMap((place) =>
      marks.map((mark) => `${"x".repeat(place)}${mark}${"y".repeat(size - place)}`)
    )
  ).map((text, id) => ({ id, text, 'odd "name"': text, kept: text.slice(1) }));
  const { rows, check } = asPages(lines.map((one) => JSON.stringify(one)), lines.length);
  assert.equal(check, "ok");
  assert.deepEqual(rows, asBound(lines));
});

Deno.test("a table of many pages is found whole by SQLite", () => {
  const rows = Array.from({ length: 4000 }, (_, id) => ({ id, text: `n${id}`.repeat(id % 90), kept: "k" }));
  const { rows: found, rising, check } = asPages(rows.map((one) => JSON.stringify(one)), 3000);
  assert.deepEqual([found.length, rising, check], [4000, true, "ok"]);
  assert.deepEqual(found, asBound(rows));
});

Deno.test("keys that rise are told from those that do not, or that are of several kinds", () => {
  const rising = (ids: Json[]) => asPages(ids.map((id) => JSON.stringify({ id })), 100).rising;
  assert.ok(rising([-300, -1, 0, 1, 2, 70_000, 2 ** 40]));
  assert.ok(rising(["", "A", "a", "aa", "b", "é"]));
  for (
    const ids of [
      [1, 1],
      [2, 1],
      ["a", "a"],
      ["b", "aa"],
      ["aa", "a"],
      [1, "2"],
      ["2", 3],
      [1, 1.5],
      [null],
      [1, null],
    ]
  ) {
    assert.ok(!rising(ids), JSON.stringify(ids));
  }
});

Deno.test("a row that is longer than a page, and half of a pair of surrogates, are told", () => {
  for (const odd of ["x".repeat(66_000), "\ud800"]) {
    assert.throws(() => asPages([JSON.stringify({ id: 1, text: odd })], 1), UnfitLine);
  }
});
