import assert from "node:assert/strict";
import { DataFailure, type Sink } from "../../connectors/data/mod.ts";
import { Pipeline, type Row, Transform } from "../../specs/foundry/mod.ts";
import { lookupIn } from "./lookup.ts";
import { setRun } from "./set_steps.ts";
import { transformFaults } from "./transform_faults.ts";
import { compileSteps, isFault, isSetStep } from "./transforms.ts";

const table = (rows: Row[]) =>
  lookupIn(() =>
    ({
      async *read() {
        yield await Promise.resolve(rows);
      },
    }) as unknown as Sink
  );

async function apply(step: Record<string, unknown>, row: Row, known: Row[] = []): Promise<unknown> {
  const compiled = await compileSteps([Transform.parse(step)], table(known));
  assert.ok(compiled.ok && compiled.value !== null, JSON.stringify(compiled));
  const result = compiled.value(row);
  return isFault(result) ? result.reason : result;
}

function over(step: Record<string, unknown>, rows: Row[]): Row[] {
  const parsed = Transform.parse(step);
  assert.ok(isSetStep(parsed));
  const run = setRun(parsed);
  rows.forEach(run.add);
  return run.end();
}

Deno.test("columns that are called like something of the language are columns", async () => {
  const hostile = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"b":2}') as Row;
  for (const step of [{ op: "drop", columns: ["b"] }, { op: "rename", columns: { b: "c" } }]) {
    const made = await apply(step, hostile) as Row;
    assert.equal(made.admin, undefined, step.op);
    assert.equal(Object.getPrototypeOf(made), Object.prototype);
    assert.deepEqual(
      Object.keys(made).sort(),
      step.op === "drop" ? ["__proto__", "constructor"] : [
        "__proto__",
        "c",
        "constructor",
      ],
    );
  }
  assert.deepEqual(await apply({ op: "select", columns: ["constructor", "toString"] }, hostile), {
    constructor: 1,
    toString: null,
  });
  assert.deepEqual(await apply({ op: "cast", columns: { valueOf: "string" } }, { a: 1 }), {
    a: 1,
    valueOf: null,
  });
  assert.match(
    String(
      await apply(
        { op: "join", table: "t", on: { toString: "k" }, columns: ["v"], missing: "quarantine" },
        {},
      ),
    ),
    /no row/,
  );
  assert.deepEqual(
    over({ op: "aggregate", by: ["constructor"], values: { n: { function: "count" } } }, [{ a: 1 }]),
    [
      { constructor: null, n: 1 },
    ],
  );
  for (
    const step of [
      { op: "select", columns: ["__proto__"] },
      { op: "rename", columns: { a: "__proto__" } },
      { op: "derive", column: "__proto__", expression: "1" },
      { op: "pivot", by: ["a"], name: "n", value: "v", names: ["__proto__"] },
    ]
  ) assert.equal(Transform.safeParse(step).success, false, JSON.stringify(step));
});

Deno.test("a new name never takes another column's value away", async () => {
  const rename = (columns: Record<string, string>, row: Row) => apply({ op: "rename", columns }, row);
  assert.match(String(await rename({ a: "b" }, { a: 1, b: 2 })), /a cannot become b/);
  assert.deepEqual(await rename({ a: "b", b: "a" }, { a: 1, b: 2 }), { b: 1, a: 2 });
  assert.deepEqual(await rename({ a: "b", b: "c" }, { a: 1, b: 2 }), { b: 1, c: 2 });
  for (
    const row of [{ a: 1, b: null }, { b: null, a: 1 }, { a: null, b: 1 }, { b: 1, a: null }, {
      a: 1,
    }] as Row[]
  ) {
    assert.deepEqual(await rename({ a: "b" }, row), { b: 1 }, JSON.stringify(row));
  }
  assert.deepEqual(await rename({ gone: "b" }, { b: 2 }), { b: 2 });
  assert.match(
    String(await apply({ op: "explode", column: "items", as: "id" }, { id: 7, items: [1] })),
    /cannot become id/,
  );
  assert.deepEqual(await apply({ op: "explode", column: "items", as: "id" }, { id: null, items: [1] }), [{
    id: 1,
  }]);
});

Deno.test("long numbers inside nested text stay as they are", async () => {
  assert.deepEqual(
    await apply({ op: "cast", columns: { v: "json" } }, { v: '{"id":9007199254740993,"n":1.5}' }),
    {
      v: { id: "9007199254740993", n: 1.5 },
    },
  );
  assert.deepEqual(await apply({ op: "explode", column: "v" }, { v: "[9007199254740993, 2]" }), [
    { v: "9007199254740993" },
    { v: 2 },
  ]);
  assert.deepEqual(await apply({ op: "explode", column: "v" }, { v: [] }), []);
  assert.deepEqual(await apply({ op: "explode", column: "v" }, {}), []);
  assert.match(String(await apply({ op: "explode", column: "v" }, { v: "a,b" })), /no list/);
});

Deno.test("a join takes the row that stands, and none where several would do or the key is unknown", async () => {
  const known: Row[] = [
    { k: 1, v: "old", _forge_valid_to: "2026-01-01" },
    { k: 1, v: "now", _forge_valid_to: null },
    { k: 2, v: "gone", _forge_deleted_at: "2026-01-01" },
    { k: 3, v: "a" },
    { k: 3, v: "b" },
    { k: 4, v: "same" },
    { k: 4, v: "same" },
    { k: null, v: "nobody's" },
  ];
  const join = (id: Row["id"], missing = "null") =>
    apply({ op: "join", table: "t", on: { id: "k" }, columns: ["v"], missing }, { id: id ?? null }, known);
  assert.deepEqual(await join("1"), { id: "1", v: "now" });
  assert.deepEqual(await join(2), { id: 2, v: null });
  assert.match(String(await join(3)), /several rows that differ for id 3/);
  assert.deepEqual(await join(4), { id: 4, v: "same" });
  assert.deepEqual(await join(null), { id: null, v: null });
  assert.match(String(await join(null, "quarantine")), /no row for id null/);
});

Deno.test("sums are exact whatever the numbers look like, and what is no number is not passed over", () => {
  const sum = (values: Row["v"][]) =>
    over({
      op: "aggregate",
      by: ["g"],
      values: { s: { function: "sum", column: "v" }, m: { function: "mean", column: "v" } },
    }, values.map((v) => ({ g: 1, v: v ?? null })))[0];
  assert.deepEqual(sum([0.1, 0.2]), { g: 1, s: 0.3, m: 0.15 });
  assert.deepEqual(sum([...Array(10)].map(() => "0.1")), { g: 1, s: 1, m: 0.1 });
  assert.equal(sum(["9007199254740993", 1])?.s, "9007199254740994");
  assert.equal(sum([Number.MAX_SAFE_INTEGER, 5])?.s, "9007199254740996");
  assert.equal(sum(["0.1000000000000000000001", "1"])?.s, "1.1000000000000000000001");
  assert.deepEqual(sum([-5, 5, "", null]), { g: 1, s: 0, m: 0 });
  assert.deepEqual(sum([null]), { g: 1, s: 0, m: null });
  for (const odd of ["n/a", true, [1], "1,000"]) {
    assert.throws(
      () => sum([1, odd]),
      (error) => error instanceof DataFailure && /is no number/.test(error.message),
    );
  }
});

Deno.test("a missing value never takes the place of one that is there", () => {
  const rows: Row[] = [{ d: 1, k: "x", v: 5 }, { d: 1, k: "x", v: 6 }, { d: 1, k: "x", v: null }, {
    d: 1,
    k: "y",
    v: 2,
  }];
  assert.deepEqual(over({ op: "pivot", by: ["d"], name: "k", value: "v", names: ["x", "y", "z"] }, rows), [
    { d: 1, x: 6, y: 2, z: null },
  ]);
  assert.deepEqual(
    over({ op: "ratio", by: ["d"], series: "k", value: "v", numerator: "x", denominator: "y" }, rows),
    [{ d: 1, x: 6, y: 2, ratio: 3 }],
  );
});

Deno.test("steps that would write one column twice, or figures of no column, are told before a run", () => {
  const told = (step: Record<string, unknown>) =>
    transformFaults(Pipeline.parse({
      id: "p",
      streams: [{
        id: "s",
        source: { connector: "http", resource: "r" },
        write: { disposition: "append" },
        transforms: [step],
      }],
    })).map(({ path }) => path);
  const at = "streams[0].transforms[0]";
  assert.deepEqual(told({ op: "rename", columns: { a: "x", b: "x" } }), [`${at}.columns`]);
  assert.deepEqual(told({ op: "rename", columns: { a: "b", b: "a" } }), []);
  const figures = (values: Record<string, unknown>) => told({ op: "aggregate", by: ["a"], values });
  assert.deepEqual(figures({ a: { function: "count" } }), [`${at}.values`]);
  assert.deepEqual(figures({ s: { function: "sum" } }), [`${at}.values.s`]);
  assert.deepEqual(figures({ n: { function: "count" }, s: { function: "sum", column: "a" } }), []);
  const pivot = (names: string[]) => told({ op: "pivot", by: ["d"], name: "k", value: "v", names });
  assert.deepEqual([pivot(["x", "d"]), pivot(["x", "x"]), pivot(["x", "y"])], [[`${at}.names`], [
    `${at}.names`,
  ], []]);
  const ratio = (numerator: string, as: string) =>
    told({ op: "ratio", by: ["d"], series: "k", value: "v", numerator, denominator: "y", as });
  assert.deepEqual([ratio("y", "r"), ratio("x", "d"), ratio("x", "r")], [[`${at}.as`], [`${at}.as`], []]);
});
