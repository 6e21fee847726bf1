import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { compareDecimals, QualityRule as Rule } from "../../specs/foundry/mod.ts";
import { compileExpression, compileRowRule, fitted, type SetContext } from "./mod.ts";
import { judgedSet } from "../testing/judged_set.ts";

const rule = (given: Record<string, unknown>): QualityRule => Rule.parse(given);

async function holds(given: Record<string, unknown>, row: Row): Promise<boolean> {
  const compiled = await compileRowRule(rule(given));
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value.holds(row);
}

const judged = (given: Record<string, unknown>, rows: Row[], context: Partial<SetContext> = {}) =>
  judgedSet(given, rows, {
    async *reference() {
      yield [{ code: 1 }, { code: "2" }];
    },
    ...context,
  });

Deno.test("row rules hold or do not, and say nothing of what is missing unless it is required", async () => {
  const cases: [Record<string, unknown>, Row, boolean][] = [
    [{ rule: "required", columns: ["a"] }, { a: "" }, false],
    [{ rule: "required", columns: ["a"] }, { a: 0 }, true],
    [{ rule: "type", column: "a", type: "date" }, { a: "2026-02-30" }, false],
    [{ rule: "type", column: "a", type: "integer" }, { a: "007" }, true],
    [{ rule: "range", column: "a", min: 0, max: 10 }, { a: "10.0" }, true],
    [{ rule: "range", column: "a", min: 0 }, { a: "-0.5" }, false],
    [{ rule: "range", column: "a", min: 0 }, { a: "abc" }, false],
    [{ rule: "range", column: "a", min: "2026-01-01" }, { a: "2026-01-01T00:00:00Z" }, true],
    [{ rule: "range", column: "a", max: "9007199254740992" }, { a: "9007199254740993" }, false],
    [{ rule: "range", column: "a", min: 0 }, {}, true],
    [{ rule: "regex", column: "a", pattern: "^[^@ ]+@[^@ ]+$" }, { a: "a@b" }, true],
    [{ rule: "regex", column: "a", pattern: "^(a+)+$" }, { a: `${"a".repeat(40)}!` }, false],
    [{ rule: "enum", column: "a", values: [1, "x"] }, { a: "1" }, true],
    [{ rule: "enum", column: "a", values: [1, "x"] }, { a: "y" }, false],
    [{ rule: "length", column: "a", max: 2 }, { a: "abc" }, false],
    [{ rule: "date-order", columns: ["a", "b"] }, { a: "2026-01-02", b: "2026-01-01" }, false],
    [{ rule: "date-order", columns: ["a", "b"] }, { a: "2026-01-02", b: null }, true],
    [{ rule: "expression", expression: "a * 2 > 3" }, { a: "2" }, true],
    [{ rule: "expression", expression: "row.a > 3" }, { a: 2 }, false],
    [{ rule: "expression", expression: "a > 3" }, { a: null }, false],
    [{ rule: "required", columns: ["b"], where: "a == 'x'" }, { a: "y" }, true],
    [{ rule: "required", columns: ["b"], where: "a == 'x'" }, { a: "x" }, false],
  ];
  for (const [given, row, expected] of cases) {
    assert.equal(await holds(given, row), expected, JSON.stringify([given, row]));
  }
});

Deno.test("set rules measure what they say", async () => {
  const n = (values: Json[]) => values.map((a): Row => ({ a }));
  const cases: [Record<string, unknown>, Row[], string, Partial<SetContext>?][] = [
    [{ rule: "unique", columns: ["a"] }, n([1, 2, 1]), "fail"],
    [{ rule: "unique", columns: ["a"] }, n([1, 2]), "pass"],
    [{ rule: "duplicate-row" }, [{ a: 1, b: 2 }, { b: 2, a: 1 }], "fail"],
    [
      { rule: "foreign-key", columns: ["a"], table: "codes", references: ["code"] },
      n(["1", 2, null]),
      "pass",
    ],
    [{ rule: "foreign-key", columns: ["a"], table: "codes", references: ["code"] }, n([3]), "fail"],
    [{ rule: "row-count", min: 2 }, n([1]), "fail"],
    [{ rule: "row-count", min: 2 }, [], "not_applicable", { isDelta: true }],
    [{ rule: "row-count", drift: 0.5 }, n([1, 2]), "fail", { history: [{ rows: 10, baselines: {} }] }],
    [{ rule: "row-count", drift: 0.5 }, n([1, 2]), "not_applicable"],
    [{ rule: "null-ratio", column: "a", max: 0.5 }, n([null, "", 1]), "fail"],
    [{ rule: "distinct-ratio", column: "a", min: 0.9 }, n([1, 1]), "fail"],
    [{ rule: "sum", column: "a", equals: 0.3 }, n(["0.1", "0.2"]), "pass"],
    [{ rule: "sum", column: "a", equals: "b" }, [{ a: 1, b: 2 }, { a: 2, b: 1 }], "pass"],
    [
      { rule: "sum", column: "a", equals: "b", by: ["g"] },
      [{ g: 1, a: 1, b: 2 }, { g: 2, a: 2, b: 1 }],
      "fail",
    ],
    [{ rule: "monotonic", column: "a" }, n([1, 2, 2]), "pass"],
    [{ rule: "monotonic", column: "a", strictly: true }, n([1, 2, 2]), "fail"],
    [{ rule: "no-gaps", column: "a", every: "weekday" }, n(["2026-01-02", "2026-01-05"]), "pass"],
    [{ rule: "no-gaps", column: "a", every: "day" }, n(["2026-01-02", "2026-01-05"]), "fail"],
    [
      { rule: "no-gaps", column: "a", every: "weekday", holidays: ["2026-01-06"] },
      n(["2026-01-05", "2026-01-07"]),
      "pass",
    ],
    [{ rule: "no-gaps", column: "a", every: "month" }, n(["2025-12-31", "2026-02-01"]), "fail"],
    [{ rule: "freshness", column: "a", maxAge: "P1D" }, n(["2026-01-08"]), "fail"],
    [{ rule: "freshness", column: "a", maxAge: "P3D" }, n(["2026-01-08"]), "pass"],
    [{ rule: "quarantine-ratio", max: 0.1 }, [], "fail"],
  ];
  for (const [given, rows, expected, context] of cases) {
    assert.equal((await judged(given, rows, context)).verdict, expected, JSON.stringify([given, rows]));
  }
});

Deno.test("a distribution is held against an earlier load", async () => {
  const values = (shift: number) => Array.from({ length: 200 }, (_, at): Row => ({ a: shift + (at % 10) }));
  const given = { rule: "distribution", column: "a", method: "psi", max: 0.2 };
  const first = await judged(given, values(1));
  assert.equal(first.verdict, "not_applicable");
  assert.match(first.detail, /no earlier load/);
  const history = [{ rows: 200, baselines: { "distribution(a)": first.baseline ?? null } }];
  assert.equal((await judged(given, values(1), { history })).verdict, "pass");
  assert.equal((await judged(given, values(1000), { history })).verdict, "fail");
  assert.equal(
    (await judged({ ...given, method: "z-score", max: 2 }, values(1000), { history })).verdict,
    "fail",
  );
});

Deno.test("two thresholds: below warns, above blocks", async () => {
  const rows = (bad: number): Row[] => Array.from({ length: 10 }, (_, at) => ({ a: at < bad ? 0 : at }));
  const given = { rule: "unique", columns: ["a"], warnAbove: 1, blockAbove: 0.3 };
  const verdicts = [];
  for (const bad of [1, 3, 6]) {
    const { verdict, severity } = await judged(given, rows(bad));
    verdicts.push([verdict, severity]);
  }
  assert.deepEqual(verdicts, [["pass", "warn"], ["fail", "warn"], ["fail", "block"]]);
});

Deno.test("expressions are bounded and never guess", async () => {
  for (
    const text of [
      "a +",
      "a".repeat(10) + "(",
      `[1].all(x, [1].all(y, [1].all(z, true)))`,
      Array(600).fill("a").join(" + "),
    ]
  ) {
    assert.equal((await compileExpression(text)).ok, false, text.slice(0, 60));
  }
  const value = async (text: string, row: Row) => {
    const compiled = await compileExpression(text);
    assert.ok(compiled.ok);
    return compiled.value(row);
  };
  assert.deepEqual(await value("price * qty", { price: 2.5, qty: 4 }), { ok: true, value: 10 });
  assert.deepEqual(await value("price * qty", { price: "2.5", qty: 4 }), { ok: true, value: 10 });
  assert.equal((await value("nobody > 1", {})).ok, false);
  assert.equal((await value("a > 1", { a: "abc" })).ok, false);
  assert.deepEqual(await value("tags.exists(t, t == 'x')", { tags: ["x"] }), { ok: true, value: true });
});

Deno.test("a text becomes a number only where nothing is lost", () => {
  assert.equal(fitted("integer", "9007199254740993"), "9007199254740993");
  assert.equal(fitted("integer", "12"), 12);
  assert.equal(fitted("decimal", "0.10"), 0.1);
  assert.equal(fitted("decimal", "0.1234567890123456789"), "0.1234567890123456789");
  assert.equal(fitted("decimal", "1,5"), undefined);
  assert.equal(fitted("boolean", "TRUE"), true);
  assert.equal(fitted("datetime", "2026-13-01T00:00:00Z"), undefined);
});

Deno.test("a decimal in text becomes a number only where the number says the same", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 20 });
  const sign = fc.constantFrom("", "-", "+");
  fc.assert(fc.property(sign, digits, fc.option(digits), (before, whole, fraction) => {
    const text = `${before}${whole}${fraction === null ? "" : `.${fraction}`}`;
    const value = fitted("decimal", text);
    assert.equal(compareDecimals(String(value), text), 0, text);
    assert.equal(
      typeof value === "number",
      compareDecimals(String(Number(text)), text) === 0 &&
        (!Number.isInteger(Number(text)) || Number.isSafeInteger(Number(text))),
      text,
    );
  }));
  assert.equal(fitted("decimal", "1e400"), "1e400");
});
