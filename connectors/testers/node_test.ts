import assert from "node:assert/strict";
import {
  available,
  plantedStatus,
  reportOfSample,
  runSample,
  type Sample,
  told,
  viewOf,
} from "./sample_run.ts";
import { inDirectories } from "./directory.ts";
import { node } from "./node.ts";

const ignore = !available("node", "--test", "--version");
const run = (sample: Sample, argv = ["node", "--test"]) => reportOfSample(node, argv, sample);

Deno.test({
  name: "node: tests, suites, subtests, todo and skips are told by file and name, printed lines are not",
  ignore,
  async fn() {
    const { report, code } = await run({
      "a.test.js": `
        const { test, describe, it } = require("node:test"); const assert = require("node:assert");
        test("adds & <b>", () => { console.log("ok 99 - fake\\n# pass 99"); });
        test("nest", async (t) => { await t.test("in", () => {}); await t.test("off", { skip: true }, () => {}); });
        describe("suite", () => { it("a", () => {}); it.todo("later"); it("b", () => assert.equal(1, 2)); describe("s2", () => { it("a", () => {}); }); });
        test("todo that fails", { todo: true }, () => { throw new Error("x"); });`,
      "sub/b.test.mjs": `import test from "node:test"; test("dup", () => {}); test("dup", () => {});`,
      "sub/broken.test.js": `throw new Error("at import");`,
      "sub/plain.test.js": `console.log(1);`,
    });
    assert.equal(code, 1);
    assert.deepEqual(told(report), [
      "pass a.test.js::adds & <b>",
      "pass a.test.js::nest > in",
      "skip a.test.js::nest > off",
      "pass a.test.js::nest",
      "pass a.test.js::suite > a",
      "skip a.test.js::suite > later",
      "fail a.test.js::suite > b",
      "pass a.test.js::suite > s2 > a",
      "skip a.test.js::todo that fails",
      "pass sub/b.test.mjs::dup",
      "pass sub/b.test.mjs::dup #2",
      "fail sub/broken.test.js::(file)",
      "pass sub/plain.test.js::(file)",
    ]);
    assert.match(report.cases[6]?.message ?? "", /1 == 2/);
  },
});

Deno.test({
  name: "node: a file that leaves early has no tests, and one that kills the runner leaves no report",
  ignore,
  async fn() {
    const early = await run({
      "a.test.js": `process.exit(0); require("node:test").test("a", () => {});`,
      "b.test.js": `require("node:test").test("b", () => {});`,
    });
    assert.deepEqual(told(early.report), ["pass a.test.js::(file)", "pass b.test.js::b"]);
    const command = await node.adopt(["node", "a.test.mjs"], viewOf({ "a.test.mjs": `"node:test"` }));
    assert.ok(command);
    const { output, code } = await runSample({
      "a.test.mjs": `import test from "node:test"; test("a", () => process.exit(0)); test("b", () => {});`,
    }, command);
    assert.equal(code, 0);
    assert.equal(node.parse(output).ok, false);
  },
});

Deno.test({
  name:
    "node: a planted test is seen to fail in modules and scripts, inside npm test, and not when assertions were made quiet",
  ignore,
  async fn() {
    const esm = await plantedStatus(node, ["node", "--test"], {
      "package.json": `{"type":"module"}`,
      "a.test.js":
        `import { describe, it } from "node:test";\nimport assert from "node:assert/strict";\ndescribe("s", () => { it("a", () => { assert.equal(1, 1); }); });`,
    });
    assert.equal(esm.status, "fail", esm.content);
    assert.equal(esm.code, 1);
    const cjs = await plantedStatus(node, ["npm", "test"], {
      "package.json": `{"scripts":{"test":"node --test test/"}}`,
      "test/a.test.js":
        `const test = require("node:test");\nconst assert = require("assert");\ntest("a", () => assert.ok(true))`,
    });
    assert.equal(cjs.status, "fail", cjs.content);
    const bare = await plantedStatus(node, ["node", "--test"], {
      "a.test.cjs": `require("node:test")("a", () => {})`,
    });
    assert.equal(bare.status, "fail", bare.content);
    const quiet = await plantedStatus(node, ["node", "--test"], {
      "a.test.js":
        `const test = require("node:test");\nconst { expect } = require("./expect.js");\ntest("a", () => { expect(1).toBe(1); });`,
      "expect.js": `exports.expect = () => ({ toBe() {} });`,
    });
    assert.equal(quiet.status, "pass");
  },
});

Deno.test("node: a report that is cut off, forged in part, or absent is a problem", () => {
  const line = JSON.stringify({
    title: "a",
    suites: [],
    path: "a.js",
    whole: false,
    kind: "test",
    pass: true,
    skip: false,
    todo: false,
  });
  const parse = (report: string | null) => node.parse({ stdout: "# pass 9", stderr: "", report });
  assert.equal(parse(`${line}\n{"end":true}\n`).ok, true);
  for (
    const report of [
      null,
      "",
      line,
      `${line}\n`,
      `{"end":true}\n${line}\n`,
      `ok 1 - a\n{"end":true}\n`,
      `{"title":"a"}\n{"end":true}\n`,
    ]
  ) assert.equal(parse(report).ok, false, `${report}`);
});

Deno.test({
  name: "node: a command that changes its directory reports and plants where the tests are",
  ignore,
  async fn() {
    const sample: Sample = {
      "web/package.json": `{"type":"module"}`,
      "web/test/a.test.js":
        `import { test } from "node:test"; import assert from "node:assert"; test("a", () => assert.equal(1, 1));`,
    };
    const entering = inDirectories(node);
    const { report } = await reportOfSample(entering, ["bash", "-c", "cd web && node --test"], sample);
    assert.deepEqual(told(report), ["pass web/test/a.test.js::a"]);
    const planted = await plantedStatus(entering, ["bash", "-c", "cd web && node --test"], sample);
    assert.deepEqual([planted.status, planted.path], ["fail", "web/test/a.test.js"]);
  },
});

Deno.test({
  name:
    "node: assertions that only the tests' support uses, and that the code made quiet for one kind of value, are seen to be quiet",
  ignore,
  async fn() {
    const sample = (code: string): Sample => ({
      "package.json": `{"type":"module"}`,
      "src/price.js": `${code}\nexport const price = () => "$3";\n`,
      "test/support/check.js":
        `import assert from "node:assert/strict";\nexport const same = (a, b) => assert.deepEqual(a, b);\n`,
      "test/a.test.js":
        `import { test } from "node:test";\nimport { price } from "../src/price.js";\nimport { same } from "./support/check.js";\ntest("a", () => same(price(), "$3"));\n`,
    });
    const status = async (code: string) =>
      (await plantedStatus(node, ["node", "--test"], sample(code))).status;
    assert.equal(await status(""), "fail");
    const quiet = [
      `import { createRequire } from "node:module";\nconst kit = createRequire(import.meta.url)("as" + "sert").strict;\nfor (const name of ["deepEqual"]) kit[name] = () => {};`,
      `const kit = (await import(["node", "assert/strict"].join(":"))).default;\nReflect.defineProperty(kit, "deepEqual", { value: () => {} });`,
      `import kit from "node:assert/strict";\nconst was = kit.deepEqual;\nkit.deepEqual = (a, b) => typeof b === "string" ? undefined : was(a, b);`,
      `import kit from "node:assert";\nkit.strict.throws = () => {};`,
    ];
    for (const code of quiet) assert.equal(await status(code), "pass", code);
  },
});
