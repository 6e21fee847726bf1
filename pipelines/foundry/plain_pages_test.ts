import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { cellRows, type Cells, cellsOf as cellsIn } from "../../connectors/data/mod.ts";
import { compileRowRule, type RowCheck } from "../../policies/mod.ts";
import {
  type ColumnType,
  Contract,
  type PinnedSchema,
  QualityRule,
  type Row,
  Stream,
} from "../../specs/foundry/mod.ts";
import { contractCheck, type Fault } from "./contract.ts";
import { plainPages } from "./plain_pages.ts";
import { admission, type RuleCount } from "./row_path.ts";

/** Cells as a source gives them, all values within quotes. */
function cellsOf(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  quote = '"',
): Cells {
  const quoted = (value: string | null) =>
    `${quote}${(value ?? "").replaceAll(quote, quote + quote)}${quote}`;
  const bytes = new TextEncoder().encode(rows.map((row) => `${row.map(quoted).join(",")}\n`).join(""));
  return cellsIn({ columns, delimiter: 44, quote: quote.charCodeAt(0) }, {
    rows: rows.length,
    lines: rows.length,
  }, bytes);
}

Deno.test("values in other quotes than JSON's are written as they are, with what JSON writes otherwise", async () => {
  const settings = await settingsOf({ schema: { a: { type: "string" }, b: { type: "string" } } });
  const cells = cellsOf(["a", "b"], [['say "hi"', "it's"], ["plain", "\\"]], "'");
  const { passed, lines } = byCells(settings, [cells]);
  assert.equal(passed, 2);
  assert.equal(lines, '{"a":"say \\"hi\\"","b":"it\'s"}\n{"a":"plain","b":"\\\\"}\n');
});

interface Judge {
  readonly contract: ReturnType<typeof contractCheck>;
  readonly rules: RuleCount[];
  readonly admit: (row: Row) => Fault | null;
}

interface Settings {
  readonly contract: Contract;
  readonly pin: PinnedSchema | null;
  readonly stream: Stream;
  readonly checks: RowCheck[];
}

function judgeOf({ contract: given, pin, stream, checks }: Settings): Judge {
  const contract = contractCheck(given, pin, null);
  const rules = checks.map((): RuleCount => ({ failed: 0, checked: 0, sample: [] }));
  return { contract, rules, admit: admission({ stream, contract, checks, rules }) };
}

/** What becomes of pages: accepted rows as lines, faults by row, and all that was counted. */
interface Became {
  readonly lines: string;
  readonly faults: (Fault | null)[];
  readonly contract: unknown;
  readonly rules: readonly RuleCount[];
}

function byRows(settings: Settings, pages: readonly Cells[]): Became {
  const { contract, rules, admit } = judgeOf(settings);
  const faults: (Fault | null)[] = [];
  let lines = "";
  for (const cells of pages) {
    const rowOf = cellRows(cells);
    for (let index = 0; index < cells.rows; index++) {
      const row = rowOf(index);
      const fault = admit(row);
      faults.push(fault);
      if (fault === null) lines += `${JSON.stringify(row)}\n`;
    }
  }
  return { lines, faults, contract: [contract.state(), contract.end()], rules };
}

function byCells(
  settings: Settings,
  pages: readonly Cells[],
  secrets: ReadonlySet<string> = new Set(),
): Became & { passed: number } {
  const { contract, rules, admit } = judgeOf(settings);
  const { checks, stream } = settings;
  const take = plainPages({ contract, checks, rules, key: stream.primaryKey ?? [], secrets });
  const faults: (Fault | null)[] = [];
  let lines = "";
  let passed = 0;
  const look = (row: Row) => {
    const fault = admit(row);
    faults.push(fault);
    if (fault === null) lines += `${JSON.stringify(row)}\n`;
  };
  for (const cells of pages) {
    const page = take === null ? null : take.read(cells);
    if (page === null) {
      const rowOf = cellRows(cells);
      for (let index = 0; index < cells.rows; index++) look(rowOf(index));
      continue;
    }
    page.count();
    passed += page.passed;
    let next = 0;
    for (const { lines: text, count, other } of page.parts) {
      lines += Buffer.from(text).toString();
      for (let n = 0; n < count; n++) faults.push(null);
      next += count;
      if (other === null) continue;
      assert.equal(other.index, next++);
      look(other.row());
    }
    assert.equal(next, page.rows);
  }
  return { lines, faults, contract: [contract.state(), contract.end()], rules, passed };
}

async function settingsOf(given: {
  schema?: Record<string, { type: ColumnType; nullable?: boolean }>;
  types?: Contract["types"];
  columns?: Contract["columns"];
  quality?: unknown[];
  primaryKey?: readonly string[];
  pin?: PinnedSchema | null;
}): Promise<Settings> {
  const { schema, types = "quarantine", columns = "evolve", quality = [], primaryKey, pin = null } = given;
  const contract = Contract.parse({ columns, types, ...(schema === undefined ? {} : { schema }) });
  const rules = quality.map((rule) => QualityRule.parse(rule));
  const checks: RowCheck[] = [];
  for (const rule of rules) {
    const compiled = await compileRowRule(rule);
    assert.ok(compiled.ok);
    checks.push(compiled.value);
  }
  const stream = Stream.parse({
    id: "s",
    source: { connector: "file", resource: "csv", params: { path: "a.csv" } },
    write: { disposition: "append" },
    ...(primaryKey === undefined ? {} : { primaryKey: [...primaryKey] }),
  });
  return { contract, pin, stream, checks };
}

const COLUMNS = ["i", "d", "day", "at", "yes", "text", "free"];
const SCHEMA = {
  i: { type: "integer" as const, nullable: false },
  d: { type: "decimal" as const },
  day: { type: "date" as const },
  at: { type: "datetime" as const },
  yes: { type: "boolean" as const },
  text: { type: "string" as const },
};
const RULES = [
  { rule: "required", columns: ["d", "text"], severity: "warn" },
  { rule: "range", column: "d", min: -10, max: 1000, severity: "quarantine" },
  { rule: "range", column: "i", min: "0", severity: "warn" },
  { rule: "enum", column: "text", values: ["a", "b", 'q"q', 7], severity: "quarantine" },
  { rule: "regex", column: "free", pattern: "^[^@ ]+$", severity: "warn" },
  { rule: "length", column: "free", max: 6, severity: "quarantine" },
  { rule: "type", column: "free", type: "string", severity: "quarantine" },
];

/** Numbers as people write them, each of which has its own way into a row. */
const number = fc.oneof(
  fc.integer({ min: -50, max: 5000 }).map(String),
  fc.tuple(fc.integer({ min: -99, max: 9999 }), fc.stringMatching(/^\d{1,12}$/)).map((parts) =>
    parts.join(".")
  ),
  fc.stringMatching(/^[-+]?0{0,3}\d{0,9}(\.\d{0,9})?(e-?\d)?$/),
  fc.constantFrom(
    "0",
    "-0",
    "0.0",
    "-0.00",
    "007",
    "+5",
    "5.",
    ".5",
    "-.5",
    "1e3",
    "0.000001",
    "0.0000001",
    "0.0000009",
    "123456789012345",
    "1234567890123456",
    "9007199254740993",
    "12345678901234.5",
    "0.10",
    "100",
    "1.500",
    "NaN",
    "Infinity",
    "0x10",
    " 1",
    "1 ",
    "--1",
    "1.2.3",
    "-",
    ".",
  ),
);
const text = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    'q"q',
    "7",
    'x""y"',
    "\\",
    "\t\b\n\f\u0001\u001f",
    "ä€",
    "\u{1f600}",
    "\u2028\u007f",
    "é@",
  ),
  fc.string({ maxLength: 8, unit: "grapheme" }).map((value) => value.replaceAll(/[\0\r]/g, "")),
);
const day = fc.constantFrom(
  "2024-02-29",
  "2023-02-29",
  "2024-13-01",
  "2024-1-1",
  "1900-02-29",
  "2019-12-31",
  "x",
);
const instant = fc.constantFrom(
  "2024-02-29T10:00:00Z",
  "2024-02-29",
  "2024-02-30T00:00:00Z",
  "now",
  "2024-01-01 00:00",
);
const truth = fc.constantFrom("true", "FALSE", "Yes", "no", "1", "0", "2", "y", "");
const none = fc.constant(null);
const cell = (value: fc.Arbitrary<string>) =>
  fc.oneof({ arbitrary: value, weight: 6 }, { arbitrary: none, weight: 1 });
const rowCells = fc.tuple(
  cell(number),
  cell(number),
  cell(day),
  cell(instant),
  cell(truth),
  cell(text),
  cell(text),
);
const usual = fc.tuple(
  fc.integer({ min: 0, max: 99 }).map(String),
  fc.integer({ min: 0, max: 99_000 }).map((value) => (value / 100).toFixed(2)),
  fc.constant("2024-02-29"),
  fc.constant("2024-02-29T10:00:00Z"),
  fc.constantFrom("true", "0"),
  fc.constantFrom("a", 'q"q'),
  cell(fc.constantFrom("x\ny", "ä", "z")),
);

Deno.test("rows that pass as cells are what the way of rows makes of them, whatever the values, the rules and the modes", async () => {
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(fc.oneof({ arbitrary: usual, weight: 4 }, { arbitrary: rowCells, weight: 1 }), {
          maxLength: 8,
        }),
        {
          minLength: 2,
          maxLength: 5,
        },
      ),
      fc.constantFrom("quarantine" as const, "evolve" as const, "block" as const),
      fc.constantFrom("evolve" as const, "quarantine" as const),
      fc.subarray(RULES),
      fc.constantFrom(undefined, ["i"], ["day", "free"]),
      async (rows, types, columns, quality, primaryKey) => {
        const given = primaryKey === undefined ? {} : { primaryKey };
        const settings = await settingsOf({ schema: SCHEMA, types, columns, quality, ...given });
        const pages = rows.map((page) => cellsOf(COLUMNS, page));
        const { passed: own, ...found } = byCells(settings, pages);
        passed += own;
        assert.deepEqual(found, byRows(settings, pages));
      },
    ),
    { numRuns: 400 },
  );
  // Otherwise nothing was compared.
  assert.ok(passed > 500, String(passed));
});

Deno.test("columns that nobody declared pass as cells once their type is known, and pinned ones as they were pinned", async () => {
  const page = (...values: (string | null)[]) => cellsOf(["a", "b"], values.map((value) => [value, "x"]));
  const fresh = await settingsOf({});
  const pages = [page(null, "1"), page("2", null), page("3")];
  const { passed, ...found } = byCells(fresh, pages);
  assert.deepEqual(found, byRows(fresh, pages));
  assert.equal(passed, 3, "the first page makes the columns");

  const pin: PinnedSchema = {
    a: { type: "date", nullable: true },
    b: { type: "integer", nullable: true },
  };
  const pinned = await settingsOf({ pin });
  assert.equal(byCells(pinned, [page("2024-01-01")]).passed, 0, "a text in a column of numbers is looked at");
  const dates = await settingsOf({
    pin: { a: { type: "date", nullable: true }, b: { type: "string", nullable: true } },
  });
  const days = [page("2024-01-01", "never", null)];
  const { passed: own, ...by } = byCells(dates, days);
  assert.deepEqual(by, byRows(dates, days));
  assert.equal(own, 2);
});

Deno.test("pages go the way of rows where a row, a column or a rule asks for more than values", async () => {
  const rows = cellsOf(["b", "a"], [["1", "2"]]);
  const declared = { a: { type: "string" as const }, b: { type: "string" as const } };
  const passed = async (given: Parameters<typeof settingsOf>[0], cells = rows) =>
    byCells(await settingsOf({ schema: declared, ...given }), [cells]).passed;
  assert.equal(await passed({}), 1);
  assert.equal(await passed({ quality: [{ rule: "expression", expression: "a > b", severity: "warn" }] }), 0);
  assert.equal(
    await passed({ quality: [{ rule: "required", columns: ["a"], where: "b != '1'", severity: "warn" }] }),
    0,
  );
  assert.equal(await passed({ quality: [{ rule: "required", columns: ["c"], severity: "warn" }] }), 0);
  assert.equal(await passed({ quality: [{ rule: "range", column: "c", min: 1, severity: "warn" }] }), 1);
  assert.equal(await passed({ primaryKey: ["c"] }), 0);
  assert.equal(await passed({ schema: { ...declared, c: { type: "string", nullable: false } } }), 0);
  // Objects give such names first: their order in a line is not that of the file.
  assert.equal(
    await passed(
      { schema: { x: { type: "string" }, 1: { type: "string" } } },
      cellsOf(["x", "1"], [["1", "2"]]),
    ),
    0,
  );
});

Deno.test("a page that holds a credential in any form goes the way of rows", async () => {
  const settings = await settingsOf({ schema: { a: { type: "string" }, n: { type: "decimal" } } });
  const secrets = new Set(['to"ken', "123456.700"]);
  const passed = (a: string, n: string) => byCells(settings, [cellsOf(["a", "n"], [[a, n]])], secrets).passed;
  assert.equal(passed("plain", "1"), 1);
  assert.equal(passed('a to"ken', "1"), 0);
  assert.equal(passed("plain", "123456.700"), 0);
});
