import assert from "node:assert/strict";
import { countTests, summary } from "./junit.ts";

const report = (cases: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><testsuites name="deno test"><testsuite name="./a_test.ts">${cases}</testsuite></testsuites>`;
const one = (name: string, inner = "") =>
  `<testcase name="${name}" classname="./a_test.ts">${inner}</testcase>`;

Deno.test("passed, failed and skipped tests are counted apart, names unescaped", () => {
  const xml = report(
    one("passes") + one("fails &lt;x&gt;", `<failure message="no">Error: 1 &lt; 2\n    at a.ts:1</failure>`) +
      one("needs bwrap &amp; more", "<skipped/>"),
  );
  assert.deepEqual(countTests(xml), {
    passed: 1,
    failed: [{
      name: "./a_test.ts fails <x>",
      file: "./a_test.ts",
      message: "Error: 1 < 2\n    at a.ts:1",
    }],
    skipped: ["./a_test.ts needs bwrap & more"],
  });
});

Deno.test("a step is part of its test; a test whose own name has > in it is counted", () => {
  const xml = report(
    one("outer", "<failure/>") + one("outer > inner", "<failure/>") +
      one("outer > inner > deep", "<skipped/>") +
      one("a > b"),
  );
  assert.deepEqual(countTests(xml), {
    passed: 1,
    failed: [{ name: "./a_test.ts outer", file: "./a_test.ts", message: "" }],
    skipped: [],
  });
});

Deno.test("an empty report counts nothing", () => {
  assert.deepEqual(countTests(`<testsuites name="deno test" tests="0"></testsuites>`), {
    passed: 0,
    failed: [],
    skipped: [],
  });
});

// req: N1-17
Deno.test("the summary names what was skipped and failed, and its last line is the count", () => {
  const { lines, exitCode } = summary({
    passed: 3,
    failed: [{ name: "lint", file: "", message: "" }, { name: "b", file: "b_test.ts", message: "no\nat b" }],
    skipped: ["a needs bwrap"],
    unsteady: [{ name: "c", file: "c_test.ts", message: "late" }],
  }, 12.4);
  assert.deepEqual(lines, [
    "",
    "skipped on this machine:",
    "  a needs bwrap",
    "",
    "unsteady, passed only when run alone:",
    "  c\n      late",
    "",
    "failed:",
    "  lint",
    "  b\n      no\n      at b",
    "",
    "12 s",
    "3 passed, 2 failed, 1 skipped",
  ]);
  assert.equal(exitCode, 1);
  assert.deepEqual(summary({ passed: 3, failed: [], skipped: [] }, 1), {
    lines: ["", "1 s", "3 passed, 0 failed"],
    exitCode: 0,
  });
});

Deno.test("when no test ran the test command fails", () => {
  const { lines, exitCode } = summary({ passed: 0, failed: [], skipped: ["a"] }, 1);
  assert.equal(exitCode, 1);
  assert.equal(lines.at(-1), "0 passed, 1 failed, 1 skipped");
});
