import assert from "node:assert/strict";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { QualityRule as Rule } from "../../specs/foundry/mod.ts";
import { compileExpression } from "./expression.ts";
import { compileRowRule } from "./row_rules.ts";
import { compileSetRule, type SetContext } from "./set_rules.ts";
import { judgedSet, sampleSet } from "../testing/judged_set.ts";

async function holds(given: Record<string, unknown>, a: Json): Promise<boolean> {
  const compiled = await compileRowRule(Rule.parse({ column: "a", ...given }));
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value.holds({ a });
}

Deno.test("a range takes numbers as they are meant: no hexadecimal, no infinity, no rounding, no other kind", async () => {
  const cases: [Json, Json, boolean][] = [
    [0, "Infinity", false],
    [0, "NaN", false],
    [0, "0x10", false],
    [0, "1e3", true],
    [0, " 12 ", true],
    [0, "-0", true],
    [0, -0, true],
    [0, "１２", false],
    [0, true, false],
    [0, "9".repeat(40), true],
    ["0.1", "0.09999999999999999999", false],
    ["2024-01-01", "2024-02-29", true],
    ["2024-01-01", "2023-02-29", false],
    ["2024-01-01", "n/a", false],
    ["2024-01-01T00:00:00Z", "2024-01-01T00:30:00+01:00", false],
    ["b", "c", true],
    ["b", "a", false],
    ["b", 5, false],
  ];
  for (const [min, value, expected] of cases) {
    assert.equal(await holds({ rule: "range", min }, value), expected, JSON.stringify([min, value]));
  }
});

Deno.test("a value is in a list as text or as number, and a length counts characters", async () => {
  const cases: [Record<string, unknown>, Json, boolean][] = [
    [{ rule: "enum", values: ["1", "x", "true"] }, 1, true],
    [{ rule: "enum", values: ["1", "x", "true"] }, true, true],
    [{ rule: "enum", values: ["01"] }, 1, false],
    [{ rule: "enum", values: [1, null] }, "1", true],
    [{ rule: "enum", values: [{ k: 1 }] }, { k: 1 }, true],
    [{ rule: "enum", values: [{ k: 1 }] }, { k: 2 }, false],
    [{ rule: "length", max: 2 }, "\u{1F600}\u{1F600}", true],
    [{ rule: "length", min: 2 }, "\u{1F600}", false],
    [{ rule: "length", max: 1 }, ["a", "b"], false],
    [{ rule: "length", max: 2 }, 123, false],
  ];
  for (const [given, value, expected] of cases) {
    assert.equal(await holds(given, value), expected, JSON.stringify([given, value]));
  }
});

Deno.test("patterns from outside run in linear time: this test ends", async () => {
  const run = (pattern: string, text: string) => holds({ rule: "regex", pattern }, text);
  const a = "a".repeat(60);
  assert.equal(await run(`${"a?".repeat(60)}${"a".repeat(60)}$`, `${a}b`), false);
  assert.equal(await run("(a+)+$", `${a}b`), false);
  assert.equal(await run("(a|aa)+$", `${a}b`), false);
  assert.equal(await run("^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(100_000)), false);
  assert.equal(await run("x*y*z*$", `${"x".repeat(100_000)}!`), true);
  for (const pattern of ["(?=a)", "(a)\\1", "(?<!a)b", "["]) {
    const compiled = await compileRowRule(Rule.parse({ rule: "regex", column: "a", pattern }));
    assert.equal(compiled.ok, false, pattern);
  }
});

Deno.test("the fast way of a simple pattern says what RE2 says", async () => {
  const patterns = ["^a.c$", "^.+@.+$", "^[0-9]{2}-[^a]+$", "^\\w+$", "a.", "^\\d{3}$"];
  const texts = [
    "abc",
    "a\rc",
    "a\nc",
    "a\u2028c",
    "x@y",
    "12-b\n",
    "é",
    "abc\n",
    "\u{1F600}",
    "a\u{1F600}c",
    "１２３",
    "123",
  ];
  for (const pattern of patterns) {
    for (const text of texts) {
      // A group makes the rule take the other way.
      assert.equal(
        await holds({ rule: "regex", pattern }, text),
        await holds({ rule: "regex", pattern: `(?:${pattern})` }, text),
        JSON.stringify([pattern, text]),
      );
    }
  }
});

Deno.test("expressions with loops are bounded by what a row holds", async () => {
  const say = async (text: string, row: Row) => {
    const compiled = await compileExpression(text);
    assert.ok(compiled.ok, JSON.stringify(compiled));
    return compiled.value(row);
  };
  const list = (length: number): Json[] => Array.from({ length }, (_, at) => at);
  const twice = "tags.all(x, tags.all(y, x + y >= 0))";
  assert.deepEqual(await say(twice, { tags: list(100) }), { ok: true, value: true });
  assert.equal((await say(twice, { tags: list(2000) })).ok, false);
  assert.equal((await say("(a + a + a + a).all(x, (a + a).all(y, x + y >= 0))", { a: list(300) })).ok, false);
  assert.equal(
    (await say("tags.all(x, text.matches('b+$'))", { tags: list(9000), text: "b".repeat(1e6) })).ok,
    false,
  );
  assert.equal((await say("text.matches('(b+)+c')", { text: "b".repeat(1e5) })).ok, true);
});

Deno.test("a figure warns from one bound on and does what its severity says from the other one on", async () => {
  const rows = (missing: number): Row[] =>
    Array.from({ length: 10 }, (_, at) => ({ a: at < missing ? null : at }));
  const said = async (given: Record<string, unknown>, of: Row[], more: Partial<SetContext> = {}) => {
    const { verdict, severity } = await judgedSet(given, of, more);
    return verdict === "fail" ? severity : verdict;
  };
  const nulls = { rule: "null-ratio", column: "a", max: 0.5, warnAbove: 0.1 };
  assert.deepEqual(await Promise.all([1, 2, 5, 6].map((n) => said(nulls, rows(n)))), [
    "pass",
    "warn",
    "warn",
    "block",
  ]);
  const history = [{ rows: 10, baselines: {} }];
  const count = { rule: "row-count", drift: 0.5, warnDrift: 0.1 };
  assert.deepEqual(
    await Promise.all(
      [10, 12, 16].map((n) => said(count, Array.from({ length: n }, () => ({})), { history })),
    ),
    ["pass", "warn", "block"],
  );
  const set = { rule: "quarantine-ratio", max: 0.3, warnAbove: 0.1 };
  assert.equal(await said(set, []), "warn");
  const fresh = { rule: "freshness", column: "a", maxAge: "P5D", warnAge: "P2D" };
  const aged = (day: string) => said(fresh, [{ a: day }]);
  assert.deepEqual([await aged("2026-01-09"), await aged("2026-01-07"), await aged("2026-01-01")], [
    "pass",
    "warn",
    "block",
  ]);
  // A row from the far future does not make old data fresh.
  assert.equal(await said(fresh, [{ a: "2026-01-01" }, { a: "9999-01-01" }]), "block");
  const distinct = { rule: "distinct-ratio", column: "a", min: 0.2, warnBelow: 0.6 };
  const same = Array.from({ length: 10 }, (_, at) => ({ a: at % 3 }));
  assert.equal(await said(distinct, same), "warn");
});

Deno.test("nothing to judge is not applicable and says why; keys that are missing are nobody's", async () => {
  const rules: Record<string, unknown>[] = [
    { rule: "unique", columns: ["a"] },
    { rule: "duplicate-row" },
    { rule: "null-ratio", column: "a", max: 0 },
    { rule: "distinct-ratio", column: "a", min: 1 },
    { rule: "sum", column: "a", equals: 5 },
    { rule: "monotonic", column: "a" },
    { rule: "no-gaps", column: "a", every: "day" },
    { rule: "distribution", column: "a", max: 0.1 },
    { rule: "required", columns: ["a"] },
  ];
  for (const given of rules) {
    const { verdict, detail } = await judgedSet(given, []);
    assert.equal(verdict, "not_applicable", JSON.stringify(given));
    assert.notEqual(detail, "");
  }
  const nulls = await judgedSet({ rule: "unique", columns: ["a", "b"] }, [{ a: null, b: "" }, {}, { a: 1 }, {
    a: 1,
  }]);
  assert.deepEqual([nulls.failed, nulls.checked, nulls.skipped], [1, 2, 2]);
  const rows: Row[] = [{ a: { x: 1, y: 2 }, b: null }, { a: { y: 2, x: 1 } }];
  assert.equal((await judgedSet({ rule: "duplicate-row" }, rows)).failed, 1);
});

Deno.test("both measures of drift read one baseline, and values that are no number do not spoil it", async () => {
  const rows = (shift: number): Row[] =>
    Array.from({ length: 100 }, (_, at) => ({ a: at % 10 === 0 ? "NaN" : shift + (at % 7) }));
  const psi = { rule: "distribution", column: "a", max: 0.2 };
  const z = { ...psi, method: "z-score", max: 2 };
  const compiled = await compileSetRule(Rule.parse(z), sampleSet);
  assert.ok(compiled.ok);
  rows(0).forEach((row) => compiled.value.add(row));
  const history = [{ rows: 100, baselines: { "distribution(a)": compiled.value.baseline?.() ?? null } }];
  assert.equal((await judgedSet(psi, rows(0), { history })).verdict, "pass");
  assert.equal((await judgedSet(z, rows(0), { history })).verdict, "pass");
  assert.equal((await judgedSet(psi, rows(500), { history })).verdict, "fail");
  assert.equal((await judgedSet(z, rows(500), { history })).verdict, "fail");
});
