import assert from "node:assert/strict";
import fc from "fast-check";
import { TestReport } from "../../specs/code/mod.ts";
import { plainText, relativePath, reportOf } from "./cases.ts";

const value = (result: ReturnType<typeof reportOf>): TestReport => {
  assert.ok(result.ok, result.ok ? "" : result.error.message);
  return result.value;
};

Deno.test("a name is path, suite and title as far as they are known, and the counts are those of the cases", () => {
  const report = value(reportOf("x", [
    { title: "a", suite: "s > t", path: "./d/f.ts", status: "pass" },
    { title: "b", group: "pkg", status: "fail", message: "no" },
    { title: "c", status: "skip" },
  ]));
  assert.deepEqual(report.cases.map((one) => one.name), ["d/f.ts::s > t > a", "pkg::b", "c"]);
  assert.deepEqual([report.passed, report.failed, report.skipped], [1, 1, 1]);
});

Deno.test("a name that comes twice is counted, so that taking one of two away is seen", () => {
  const report = value(reportOf("x", [
    { title: "a", path: "f", status: "pass" },
    { title: "a", path: "f", status: "fail" },
    { title: "a", path: "g", status: "pass" },
  ]));
  assert.deepEqual(report.cases.map((one) => one.name), ["f::a", "f::a #2", "g::a"]);
  assert.deepEqual(report.cases.map((one) => one.title), ["a", "a", "a"]);
});

Deno.test("two tests that cannot be told apart are a problem, not a guess", () => {
  const made = reportOf("x", [
    { title: "a", status: "pass" },
    { title: "a #2", status: "fail" },
    { title: "a", status: "pass" },
  ]);
  assert.equal(made.ok, false);
});

Deno.test("colours, control characters and the checkout's own directory do not reach names and messages", () => {
  const report = value(reportOf("x", [{
    title: "\u001b[31mred\u001b[0m\u0007",
    path: "/tmp/x/repo/a/b.ts",
    status: "fail",
    message: "\u001b[1mat /tmp/x/repo/a/b.ts:1\u0000 in /tmp/x/repo",
  }], "/tmp/x/repo"));
  assert.equal(report.cases[0]?.name, "a/b.ts::red");
  assert.equal(report.cases[0]?.message, "at a/b.ts:1 in .");
});

Deno.test("too many tests, or a name without end, is a problem", () => {
  assert.equal(reportOf("x", [{ title: "n".repeat(5_000), status: "pass" }]).ok, false);
  const many = Array.from(
    { length: 100_001 },
    (_, index) => ({ title: `${index}`, status: "pass" as const }),
  );
  assert.equal(reportOf("x", many).ok, false);
});

Deno.test("any cases make a report that fits its contract, with unique names, or a problem", () => {
  const one = fc.record({
    title: fc.string({ maxLength: 12 }),
    suite: fc.string({ maxLength: 6 }),
    path: fc.constantFrom("", "a.ts", "./b/c.ts"),
    status: fc.constantFrom("pass" as const, "fail" as const, "skip" as const),
    message: fc.string({ unit: "binary", maxLength: 60 }),
  });
  fc.assert(fc.property(fc.array(one, { maxLength: 12 }), (cases) => {
    const made = reportOf("x", cases);
    if (!made.ok) return;
    TestReport.parse(made.value);
    assert.equal(new Set(made.value.cases.map((each) => each.name)).size, cases.length);
    assert.equal(made.value.passed + made.value.failed + made.value.skipped, cases.length);
  }));
});

Deno.test("plain text keeps tabs and line ends, and paths lose their ./ and file://", () => {
  assert.equal(plainText("a\tb\nc\u001b[?25l"), "a\tb\nc");
  assert.equal(relativePath("file:///r/a.ts", "/r"), "a.ts");
  assert.equal(relativePath("././a.ts"), "a.ts");
  assert.equal(relativePath("a\\b.ts"), "a/b.ts");
});
