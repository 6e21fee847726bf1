import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { certainCheck, type ValueCheck } from "../../policies/quality/value_rules.ts";
import { type ColumnType, QualityRule } from "../../specs/foundry/mod.ts";
import { type JudgedCells, pageJudge } from "./byte_pages.ts";

/** Judges rows of values, which are written in quotes. */
function judged(
  types: readonly ColumnType[],
  rows: readonly (readonly string[])[],
  checks: readonly ValueCheck[] = [],
  names: readonly string[] = types.map((_, at) => `c${at}`),
  lineEnd = "\n",
): JudgedCells & { readonly lines: string } {
  const plan = { columns: names, agreed: types.map((type) => ({ type, required: false })), keys: [] };
  const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(",") + lineEnd);
  const bytes = new Uint8Array(Buffer.from(text.join("")));
  const page = { bytes, delimiter: 44, quote: 34, most: rows.length };
  const { read, judged } = pageJudge(plan, checks)(page, new Uint8Array(0));
  assert.equal(read.rows, rows.length);
  return { ...judged, lines: Buffer.from(judged.bytes).toString() };
}

const checkOf = (rule: unknown): ValueCheck => {
  const check = certainCheck(QualityRule.parse(rule));
  assert.ok(check !== null);
  return check;
};

const atom = fc.constantFrom(
  ...["a", "b", "@", "[^@ ]", "[a-c]", "[^a]", ".", "\\d", "\\w", "\\.", "\\-", "[-x]", "\\$", " "],
);
const pattern = fc.tuple(
  fc.boolean(),
  fc.array(fc.tuple(atom, fc.constantFrom("", "", "", "+", "*", "?")), { minLength: 1, maxLength: 5 }),
  fc.boolean(),
).map(([from, atoms, to]) => `${from ? "^" : ""}${atoms.flat().join("")}${to ? "$" : ""}`);
const short = fc.array(
  fc.constantFrom("a", "b", "c", "@", " ", "1", ".", "-", "x", "$", "\n", "_", "ä", '"'),
  {
    maxLength: 12,
  },
).map((letters) => letters.join(""));

Deno.test("a pattern over bytes says yes of what the same pattern over text matches", () => {
  let compared = 0;
  fc.assert(
    fc.property(pattern, fc.array(short, { minLength: 1, maxLength: 12 }), (pattern, texts) => {
      const rule = QualityRule.parse({ rule: "regex", column: "c0", pattern, severity: "warn" });
      const bytes = certainCheck(rule)?.bytes;
      if (bytes?.kind !== "like") return;
      const own = new RegExp(
        pattern.replaceAll(/\\.|\[[^\]]*\]|\./g, (part) => part === "." ? "[^\\n]" : part),
        "u",
      );
      /** Texts that were asked because bytes could not tell. */
      const asked: unknown[] = [];
      const holds = (value: unknown) => {
        if (value !== null) asked.push(value);
        return value === null;
      };
      const { left } = judged(["string", "string"], texts.map((text) => [text, "x"]), [
        { columns: ["c0"], holds, bytes },
      ]);
      const unsure = texts.filter((text) => text !== "" && (!own.test(text) || /[ä"]/.test(text)));
      assert.deepEqual(asked, unsure, pattern);
      assert.equal(left.length, unsure.length);
      compared += texts.length;
    }),
    { numRuns: 1500 },
  );
  assert.ok(compared > 2000, String(compared));
});

Deno.test("a value is among texts by all of its bytes, however long", () => {
  const texts = fc.array(fc.stringMatching(/^[ab]{1,30}$/), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.array(fc.stringMatching(/^[ab]{0,30}$/), { minLength: 1 }), (texts, values) => {
      const check = checkOf({ rule: "enum", column: "c0", values: texts, severity: "warn" });
      assert.equal(check.bytes?.kind, "among");
      const rows = [...values, ...texts].map((value) => [value, "x"]);
      const { left } = judged(["string", "string"], rows, [{ ...check, holds: (value) => value === null }]);
      const others = rows.flatMap(([value], row) => value === "" || texts.includes(value ?? "") ? [] : [row]);
      assert.deepEqual(left, others);
    }),
    { numRuns: 500 },
  );
});

Deno.test("lines are what JSON writes of the rows, whatever is in them and wherever they lie", () => {
  const unit = fc.constantFrom(
    "a",
    "b",
    " ",
    "ä",
    "€",
    "\u{1f600}",
    "\t",
    "\b",
    "\f",
    "\n",
    "\u0001",
    "\u001f",
  );
  const value = fc.oneof(
    fc.string({ unit, maxLength: 70 }),
    fc.string({ unit: fc.constantFrom("a", '"', "\\", "\u007f", "/", "\u2028"), maxLength: 40 }),
    fc.constant(""),
  );
  const names = fc.uniqueArray(
    fc.oneof(fc.stringMatching(/^[a-z]{1,40}$/), value.filter((name) => name !== "")),
    {
      minLength: 2,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(
      names,
      fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 1 }),
      (names, rows) => {
        const cut = rows.map((row) => row.slice(0, names.length));
        const { lines, left, values } = judged(names.map(() => "string"), cut, [], names);
        const expected = cut.map((row) =>
          `{${
            names.map((name, at) => `${JSON.stringify(name)}:${JSON.stringify(row[at] || null)}`).join(",")
          }}\n`
        );
        assert.deepEqual([lines, left.length], [expected.join(""), 0]);
        assert.deepEqual([...values], names.map((_, at) => cut.filter((row) => row[at] !== "").length));
      },
    ),
    { numRuns: 500 },
  );
  const { lines } = judged(["string", "string"], [["a\r\nb", "\r\n"]], [], ["x", "y"], "\r\n");
  assert.equal(lines, `${JSON.stringify({ x: "a\r\nb", y: "\r\n" })}\n`);
});

Deno.test("numbers, days and truths that pass are written as JSON writes them, and all others are left", () => {
  const number = fc.oneof(
    fc.stringMatching(/^-?\d{1,16}(\.\d{1,12})?$/),
    fc.stringMatching(/^[-+]?0{0,3}\d{0,5}(\.\d{0,5}0{0,3})?(e-?\d)?$/),
    fc.constantFrom(
      "0.000001",
      "0.0000009",
      "-0",
      "-0.0",
      "0.0",
      "1.",
      ".5",
      "-",
      ".",
      "1/2",
      "1:2",
      '1"2',
      "é",
    ),
  );
  const day = fc.oneof(
    fc.tuple(
      fc.constantFrom("0000", "1900", "2000", "2023", "2024", "20x4"),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
    ).map(([year, month, day]) =>
      [year, ...[month, day].map((part) => String(part).padStart(2, "0"))].join("-")
    ),
    fc.constantFrom("2024-1-01", "2024/01/01", "2024-01-01x", "x"),
  );
  const truth = fc.constantFrom(
    ...[
      "true",
      "TRUE",
      "false",
      "False",
      "yes",
      "YES",
      "no",
      "No",
      "1",
      "0",
      "2",
      "y",
      "truth",
      "nope",
      "\u0011",
    ],
    ...["t\u0052ue", "ye\u0013", "\u004eo", "tru\u0045", "T\u0012ue", "11", "a"],
  );
  const plain = fc.tuple(
    fc.integer({ min: -999, max: 99_999 }).map(String),
    fc.tuple(fc.integer({ min: -999, max: 4999 }), fc.stringMatching(/^\d{1,9}0{0,3}$/)).map((parts) =>
      parts.join(".")
    ),
    fc.constantFrom("2024-02-29", "2023-02-28", "2000-12-31"),
    fc.constantFrom("true", "FALSE", "Yes", "nO", "1", "0"),
  );
  const any = fc.tuple(
    fc.oneof(number.filter((text) => text !== ""), fc.constant("7")),
    fc.oneof(number.filter((text) => text !== ""), fc.constant("7")),
    fc.oneof(day, fc.constant("2024-01-31")),
    fc.oneof(truth, fc.constant("yes")),
  );
  const rows = fc.array(fc.oneof(plain, any), { minLength: 1, maxLength: 30, size: "max" });
  let passed = 0;
  fc.assert(
    fc.property(rows, (rows) => {
      const types: ColumnType[] = ["integer", "decimal", "date", "boolean"];
      const range = checkOf({ rule: "range", column: "c1", min: -5000, max: 5000, severity: "warn" });
      const { lines, left } = judged(types, rows, [range]);
      const holds = (type: ColumnType, column: string) =>
        checkOf({ rule: "type", column, type, severity: "warn" }).holds;
      let expected = "";
      const others: number[] = [];
      rows.forEach(([i, d, day, truth], row) => {
        const [whole, part] = [Number(i), Number(d)];
        const isUsual = (text: string) =>
          /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && text.replace("-", "").length <= 15 &&
          !/^-[0.]*$/.test(text);
        const isPlain = /^-?\d+$/.test(i) && isUsual(i) && isUsual(d) &&
          (part === 0 || Math.abs(part) >= 1e-6) &&
          Math.abs(part) <= 5000 && holds("date", "c2")(day) && holds("boolean", "c3")(truth);
        if (!isPlain) return void others.push(row);
        const isTrue = /^(true|yes|1)$/i.test(truth);
        expected += `${JSON.stringify({ c0: whole, c1: part, c2: day, c3: isTrue })}\n`;
      });
      assert.deepEqual([lines, left], [expected, others]);
      passed += rows.length - others.length;
    }),
    { numRuns: 400 },
  );
  assert.ok(passed > 3000, String(passed));
});

Deno.test("a day is one that exists: ends of all months, in years that leap and that do not", () => {
  const parts = (value: number, length = 2) => String(value).padStart(length, "0");
  const days = [0, 4, 100, 1900, 2000, 2023, 2024, 2100, 2400].flatMap((year) =>
    Array.from(
      { length: 14 },
      (_, month) =>
        [0, 1, 28, 29, 30, 31, 32].map((day) => `${parts(year, 4)}-${parts(month)}-${parts(day)}`),
    ).flat()
  );
  const { holds } = checkOf({ rule: "type", column: "c0", type: "date", severity: "warn" });
  const { left } = judged(["date", "string"], days.map((day) => [day, "x"]));
  assert.deepEqual(left, days.flatMap((day, row) => holds(day) ? [] : [row]));
});
