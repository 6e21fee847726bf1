import assert from "node:assert/strict";
import { plantedStatus, reportOfSample, type Sample, told, viewOf } from "./sample_run.ts";
import { deno } from "./deno.ts";

const argv = ["deno", "test", "-A", "--no-check"];
const run = (sample: Sample) => reportOfSample(deno, argv, sample);

Deno.test("deno: tests, steps, skips and failures are told by file and name, printed lines are not", async () => {
  const { report, code } = await run({
    "a_test.ts": `
      Deno.test("adds & <b> \\"q\\"", () => { console.log("ok | 99 passed | 0 failed"); });
      Deno.test("outer", async (t) => { await t.step("in", async (t) => { await t.step("deep", () => {}); }); });
      Deno.test("bad", async (t) => { await t.step("s", () => { throw new Error("no \\u001b[31m]]>"); }); });
      Deno.test({ name: "off", ignore: true, fn() {} });
      Deno.test("dup", () => {}); Deno.test("dup", () => {});`,
    "sub/b_test.ts": `Deno.test("dup", () => {});`,
    "sub/broken_test.ts": `throw new Error("at import");`,
  });
  assert.notEqual(code, 0);
  assert.deepEqual(told(report), [
    `pass a_test.ts::adds & <b> "q"`,
    "pass a_test.ts::outer",
    "fail a_test.ts::bad",
    "skip a_test.ts::off",
    "pass a_test.ts::dup",
    "pass a_test.ts::dup #2",
    "pass a_test.ts::outer > in",
    "pass a_test.ts::outer > in > deep",
    "fail a_test.ts::bad > s",
    "pass sub/b_test.ts::dup",
  ]);
  assert.match(report.cases[8]?.message ?? "", /Error: no/);
});

Deno.test("deno: leaving at import, only and no tests at all show in what was reported", async () => {
  const early = await run({
    "a_test.ts": `import "./x.ts"; Deno.test("a", () => {});`,
    "x.ts": `Deno.exit(0);`,
    "b_test.ts": `Deno.test("b", () => {});`,
  });
  assert.deepEqual(told(early.report), ["pass b_test.ts::b"]);
  const only = await run({ "a_test.ts": `Deno.test("a", () => {}); Deno.test.only("b", () => {});` });
  assert.deepEqual(told(only.report), ["skip a_test.ts::a", "pass a_test.ts::b"]);
  const none = await run({ "a_test.ts": `console.log("ok | 5 passed");` });
  assert.deepEqual(told(none.report), []);
});

Deno.test("deno: a planted test is seen to fail, and passes when assertions were made quiet", async () => {
  const test = `import { assertEquals } from "./assert.ts";
Deno.test("adds", () => { assertEquals(1 + 1, 2); });`;
  const honest = `export function assertEquals(a: number, b: number) { if (a !== b) throw new Error("no"); }`;
  const good = await plantedStatus(deno, ["deno", "test", "-A"], { "a_test.ts": test, "assert.ts": honest });
  assert.equal(good.status, "fail", good.content);
  assert.notEqual(good.code, 0);
  const quiet = `export function assertEquals(_a: number, _b: number) {}`;
  const bad = await plantedStatus(deno, argv, { "a_test.ts": test, "assert.ts": quiet });
  assert.equal(bad.status, "pass");
});

Deno.test("deno: a planted test passes the type checker and a filter by name", async () => {
  const sample = {
    "a_test.ts": `import assert from "node:assert/strict";
Deno.test("parses", () => { const x: number = 1; assert.equal(x, 1); assert.ok(true); assert(true); });
Deno.test("other", () => { assert.throws(() => { throw new Error("x"); }); });`,
  };
  const planted = await plantedStatus(deno, ["deno", "test", "--filter", "parses"], sample);
  assert.equal(planted.status, "fail", planted.content);
});

Deno.test("deno: without a report, with half of one or with another one there is a problem", () => {
  for (
    const report of [
      null,
      "",
      `<?xml version="1.0"?><testsuites tests="1"><testsuite name="./a">`,
      `<testsuites tests="3"><testcase name="a" classname="./a_test.ts"/></testsuites>`,
    ]
  ) assert.equal(deno.parse({ stdout: "ok | 3 passed", stderr: "", report }).ok, false, `${report}`);
});

Deno.test("deno: for tests on code they were not written for, type checking is left out", async () => {
  const command = await deno.adopt(["deno", "test", "-A", "--check"], viewOf({}));
  assert.ok(command && deno.lenient);
  assert.deepEqual(deno.lenient(command).argv.slice(0, 3), ["deno", "test", "--no-check"]);
  assert.equal(deno.lenient(command).argv.includes("--check"), false);
  assert.deepEqual(deno.lenient(deno.lenient(command)), deno.lenient(command));
});
