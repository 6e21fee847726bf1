import assert from "node:assert/strict";
import { told, viewOf } from "./sample_run.ts";
import { jest } from "./jest.ts";
import { mocha } from "./mocha.ts";
import { vitest } from "./vitest.ts";

const recorded = (name: string) => Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
const output = (report: string | null) => ({ stdout: "Tests: 99 passed", stderr: "", report, root: "/repo" });
const list = (tester: typeof jest, report: string) => {
  const read = tester.parse(output(report));
  assert.ok(read.ok, read.ok ? "" : read.error.message);
  return told(read.value);
};

const common = [
  "pass a.test.js::adds & <b>",
  "pass a.test.js::suite > one",
  "skip a.test.js::suite > skipped",
  "skip a.test.js::suite > later",
  "fail a.test.js::suite > fails",
  "pass a.test.js::suite > deep > each 1",
  "pass a.test.js::suite > deep > each 2",
  "pass a.test.js::dup",
  "pass a.test.js::dup #2",
  "fail b.test.js::(file)",
];

Deno.test("jest: a recorded run of 30.5 gives its tests, and a file that did not load is a failure", () => {
  assert.deepEqual(list(jest, recorded("jest.json")), [...common, "fail d.test.js::hooked > t"]);
});

Deno.test("vitest: a recorded run of 3.2 gives its tests, and a hook that failed fails its file", () => {
  assert.deepEqual(list(vitest, recorded("vitest.json")), [
    ...common,
    "fail c.test.js::(file)",
    "skip d.test.js::hooked > t",
    "fail d.test.js::(file)",
  ]);
});

Deno.test("mocha: a recorded run of 11.8 gives its tests, and a hook that failed is a failure", () => {
  assert.deepEqual(list(mocha, recorded("mocha.json")), [
    "pass a.test.js::adds & <b>",
    "pass a.test.js::dup",
    "pass a.test.js::dup #2",
    "pass a.test.js::suite > one",
    "skip a.test.js::suite > skipped",
    "skip a.test.js::suite > later",
    "fail a.test.js::suite > fails",
    "pass a.test.js::suite > deep > x",
    `fail a.test.js::hooked > "before all" hook for "t"`,
  ]);
});

Deno.test("jest, vitest and mocha: no report, half of one, another shape or other numbers are problems", () => {
  for (
    const [tester, name] of [[jest, "jest.json"], [vitest, "vitest.json"], [mocha, "mocha.json"]] as const
  ) {
    const whole = recorded(name);
    const edits = [
      null,
      "",
      "{}",
      "[]",
      "null",
      whole.slice(0, -10),
      whole.replace(/"status": "(skip|pending|skipped)"/, `"status": "odd"`),
    ];
    if (tester !== mocha) edits.push(whole.replace(/"numTotalTests": \d+/, `"numTotalTests": 99`));
    for (const report of edits) {
      assert.equal(
        tester.parse(output(report)).ok,
        false,
        `${tester.id}: ${report?.slice(0, 80)}`,
      );
    }
  }
});

Deno.test("the order in which jest's files ended does not change the order of its tests", () => {
  const value = JSON.parse(recorded("jest.json"));
  value.testResults.reverse();
  assert.deepEqual(list(jest, JSON.stringify(value)), list(jest, recorded("jest.json")));
});

Deno.test("a test is planted with the words that the file has: globals, its imports, its interface", async () => {
  const plant = async (tester: typeof jest, argv: string[], text: string) => {
    const files = viewOf({ "a.test.ts": text });
    const command = await tester.adopt(argv, files);
    assert.ok(command);
    const cases = [{
      name: "a.test.ts::a",
      title: "a",
      suite: "",
      path: "a.test.ts",
      status: "pass" as const,
    }];
    const collected = { tester: tester.id, cases, passed: 1, failed: 0, skipped: 0 };
    const planted = await tester.plant(command, collected, files, "kk");
    return planted?.content.slice(text.length + 1).split("\n").slice(0, 2).join("\n");
  };
  assert.equal(
    await plant(jest, ["jest"], `test("a", () => {});`),
    `;test("a kk", async () => {\n  throw new Error("planted: this test must fail");`,
  );
  assert.match(
    await plant(
      jest,
      ["jest"],
      `import { expect, it as check } from "@jest/globals";\ncheck("a", () => expect(1).toBe(1));`,
    ) ?? "",
    /^;check\("a kk"/,
  );
  assert.match(
    await plant(vitest, ["vitest"], `import { it } from "vitest";`) ?? "",
    /^import \{ test as planted_kk \} from "vitest";\nplanted_kk\(/,
  );
  assert.match(
    await plant(mocha, ["mocha"], `suite("s", () => { test("a", () => {}); });`) ?? "",
    /^;test\("a kk"/,
  );
  assert.match(
    await plant(mocha, ["mocha"], `describe("s", () => { it("a", () => {}); });`) ?? "",
    /^;it\("a kk"/,
  );
});
