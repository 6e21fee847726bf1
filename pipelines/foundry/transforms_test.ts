import assert from "node:assert/strict";
import { type Row, Transform } from "../../specs/foundry/mod.ts";
import { setRun } from "./set_steps.ts";
import { compileSteps, isFault, joinKey, type Lookup } from "./transforms.ts";

const lookup: Lookup = (_table, on, columns) => {
  const rows: Row[] = [{ code: 1, label: "one" }];
  return Promise.resolve((key) => {
    const found = rows.find((row) => joinKey(row, on) === key);
    return found === undefined
      ? null
      : Object.fromEntries(columns.map((column) => [column, found[column] ?? null]));
  });
};

async function apply(steps: Record<string, unknown>[], row: Row): Promise<unknown> {
  const compiled = await compileSteps(steps.map((step) => Transform.parse(step)), lookup);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  const result = compiled.value === null ? row : compiled.value(row);
  return isFault(result) ? result.rule : result;
}

Deno.test("each step does what it says to a row", async () => {
  const row = { a: "1", b: 2, list: [1, 2], code: "1" };
  const cases: [Record<string, unknown>[], unknown][] = [
    [[{ op: "select", columns: ["b", "zz"] }], { b: 2, zz: null }],
    [[{ op: "drop", columns: ["list", "code", "a"] }], { b: 2 }],
    [[{ op: "select", columns: ["a"] }, { op: "rename", columns: { a: "x" } }], { x: "1" }],
    [[{ op: "select", columns: ["a"] }, { op: "cast", columns: { a: "integer" } }], { a: 1 }],
    [[{ op: "cast", columns: { list: "date" } }], "cast@1"],
    [[{ op: "select", columns: ["b"] }, { op: "derive", column: "c", expression: "b * 2 + 1" }], {
      b: 2,
      c: 5,
    }],
    [[{ op: "derive", column: "c", expression: "nobody + 1" }], "derive@1"],
    [[{ op: "filter", expression: "b > 5" }], null],
    [[{ op: "filter", expression: "b" }], "filter@1"],
    [[{ op: "select", columns: ["b", "list"] }, { op: "explode", column: "list", as: "n" }], [
      { b: 2, n: 1 },
      { b: 2, n: 2 },
    ]],
    [[{ op: "explode", column: "b" }], "explode@1"],
    [[{ op: "select", columns: ["code"] }, {
      op: "join",
      table: "t",
      on: { code: "code" },
      columns: ["label"],
    }], { code: "1", label: "one" }],
    [[{ op: "join", table: "t", on: { b: "code" }, columns: ["label"], missing: "quarantine" }], "join@1"],
    [
      [{ op: "select", columns: ["list"] }, { op: "explode", column: "list" }, {
        op: "filter",
        expression: "list > 1",
      }],
      [{ list: 2 }],
    ],
  ];
  for (const [steps, expected] of cases) {
    assert.deepEqual(await apply(steps, structuredClone(row)), expected, JSON.stringify(steps));
  }
});

Deno.test("a row that has a column called like a fault is still a row", async () => {
  assert.deepEqual(await apply([{ op: "drop", columns: ["x"] }], { rule: "a", reason: "b" }), {
    rule: "a",
    reason: "b",
  });
});

Deno.test("steps over the set group, spread and divide", () => {
  const over = (step: Record<string, unknown>, rows: Row[]) => {
    const parsed = Transform.parse(step);
    assert.ok(parsed.op === "aggregate" || parsed.op === "pivot" || parsed.op === "ratio");
    const run = setRun(parsed);
    rows.forEach(run.add);
    return run.end();
  };
  assert.deepEqual(
    over({
      op: "aggregate",
      by: ["g"],
      values: {
        n: { function: "count" },
        s: { function: "sum", column: "v" },
        m: { function: "mean", column: "v" },
        hi: { function: "max", column: "v" },
        d: { function: "distinct", column: "v" },
      },
    }, [{ g: "a", v: 0.1 }, { g: "a", v: "0.2" }, { g: "b", v: null }]),
    [{ g: "a", n: 2, s: 0.3, m: 0.15, hi: "0.2", d: 2 }, { g: "b", n: 1, s: 0, m: null, hi: null, d: 0 }],
  );
  assert.deepEqual(
    over({ op: "pivot", by: ["d"], name: "k", value: "v", names: ["x", "y"] }, [{ d: 1, k: "x", v: 5 }, {
      d: 1,
      k: "z",
      v: 6,
    }]),
    [{ d: 1, x: 5, y: null }],
  );
  const series = [{ d: 1, s: "debt", v: 5 }, { d: 1, s: "equity", v: 2 }, { d: 2, s: "debt", v: 1 }, {
    d: 3,
    s: "debt",
    v: 1,
  }, { d: 3, s: "equity", v: 0 }];
  assert.deepEqual(
    over(
      { op: "ratio", by: ["d"], series: "s", value: "v", numerator: "debt", denominator: "equity" },
      series,
    ),
    [{ d: 1, debt: 5, equity: 2, ratio: 2.5 }],
  );
});
