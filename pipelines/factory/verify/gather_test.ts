import assert from "node:assert/strict";
import { VerifyFacts } from "../../../specs/code/mod.ts";
import { gatherVerifyFacts } from "./gather.ts";
import {
  gathered,
  inputOf,
  memoryCache,
  onlyCommand,
  sampleChange,
  sandboxed,
  told,
  type Tree,
} from "./sample_change.ts";

const calc = (body: string) => `export function add(a, b) { ${body} }\n`;
const test = (name: string, body: string) => `test(${JSON.stringify(name)}, () => { ${body} });\n`;
const header =
  `import test from "node:test";\nimport assert from "node:assert/strict";\nimport { add } from "./calc.mjs";\n`;
const adds = test("adds", "assert.equal(add(1, 2), 3);");
const node = { spec: { verify: { run: [["node", "--test"]] } } };

const base: Tree = {
  "calc.mjs": calc("return a + b;"),
  "calc.test.mjs": header + adds,
};

// req: N4-12
Deno.test("an honest change is run at base and head, with old tests on new code, new tests on old code and a planted failure", async () => {
  const facts = await gathered(base, {
    "calc.mjs": calc("return Number(a) + Number(b);"),
    "calc.test.mjs": header + adds + test("adds text", `assert.equal(add("1", 2), 3);`),
  }, node);
  VerifyFacts.parse(facts);
  const command = onlyCommand(facts);
  assert.deepEqual(command.argv, ["node", "--test"]);
  assert.equal(command.tester, "node");
  assert.deepEqual(told(command.base), ["pass calc.test.mjs::adds"]);
  assert.deepEqual(told(command.head), ["pass calc.test.mjs::adds", "pass calc.test.mjs::adds text"]);
  assert.deepEqual(told(command.baseTestsOnHead), ["pass calc.test.mjs::adds"]);
  assert.deepEqual(told(command.headTestsOnBase), [
    "fail calc.test.mjs::adds text",
    "pass calc.test.mjs::adds",
  ]);
  assert.equal(command.planted?.path, "calc.test.mjs");
  const marker = command.planted?.marker ?? "?";
  const seen = command.planted?.execution.report?.cases.filter((one) => one.name.includes(marker));
  assert.deepEqual(seen?.map((one) => one.status), ["fail"]);
  assert.notEqual(command.planted?.execution.exitCode, 0);
  assert.deepEqual(facts.testFiles, { base: ["calc.test.mjs"], head: ["calc.test.mjs"] });
  assert.equal(facts.sandbox.level, sandboxed ? "bwrap" : "none");
  assert.equal(facts.problem, undefined);
  const text = JSON.stringify(facts);
  assert.doesNotMatch(
    text,
    /edgeforge-verify-|checkout-[0-9a-f]|@edgeforge/,
    "places of this machine are in the facts",
  );
});

Deno.test("a change that weakens an old test is caught by the old test, one that drops or skips it by its name", async () => {
  const broken = { "calc.mjs": calc("return 3;") };
  const weak = onlyCommand(
    await gathered(
      base,
      { ...broken, "calc.test.mjs": header + test("adds", "assert.ok(add(1, 1));") },
      node,
    ),
  );
  assert.deepEqual(told(weak.head), ["pass calc.test.mjs::adds"]);
  assert.deepEqual(told(weak.baseTestsOnHead), ["pass calc.test.mjs::adds"]);
  const worse = onlyCommand(
    await gathered(
      { ...base, "calc.test.mjs": header + test("adds", "assert.equal(add(2, 2), 4);") },
      { ...broken, "calc.test.mjs": header + test("adds", "assert.ok(add(2, 2));") },
      node,
    ),
  );
  assert.deepEqual(told(worse.head), ["pass calc.test.mjs::adds"]);
  assert.deepEqual(told(worse.baseTestsOnHead), ["fail calc.test.mjs::adds"]);
  const skipped = onlyCommand(
    await gathered(base, {
      ...broken,
      "calc.test.mjs": header + adds.replace("test(", "test.skip("),
    }, node),
  );
  assert.deepEqual(told(skipped.head), ["skip calc.test.mjs::adds"]);
});

Deno.test("a helper that the tests lean on comes back with them, and what a runner picks up by itself does not stay", async () => {
  const helper = (body: string) => `export function equal(a, b) { ${body} }\n`;
  const tests =
    `import test from "node:test";\nimport { equal } from "./test/equal.mjs";\nimport { add } from "./calc.mjs";\n` +
    test("adds", "equal(add(1, 2), 3);");
  const command = onlyCommand(
    await gathered(
      {
        "calc.mjs": calc("return a + b;"),
        "a.test.mjs": tests,
        "test/equal.mjs": helper("if (a !== b) throw new Error('no');"),
      },
      { "calc.mjs": calc("return 0;"), "test/equal.mjs": helper("") },
      { spec: { verify: { run: [["node", "--test", "a.test.mjs"]], tests: ["*.test.mjs"] } } },
    ),
  );
  assert.deepEqual(told(command.head), ["pass a.test.mjs::adds"]);
  assert.deepEqual(told(command.baseTestsOnHead), ["fail a.test.mjs::adds"]);
});

Deno.test({
  name: "python: a conftest or a module of tests that bends the others does not stay when base's tests run",
  ignore: !(await installed("python3")),
  async fn() {
    const old =
      "import unittest\nfrom calc import add\n\nclass A(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n";
    const command = onlyCommand(
      await gathered(
        { "calc.py": "def add(a, b):\n    return a + b\n", "test_calc.py": old },
        {
          "calc.py": "def add(a, b):\n    return 0\n",
          "test_aaa.py":
            "import unittest\nunittest.TestCase.assertEqual = lambda *args: None\n\nclass B(unittest.TestCase):\n    def test_b(self):\n        pass\n",
        },
        { spec: { verify: { run: [["python3", "-m", "unittest"]] } } },
      ),
    );
    assert.deepEqual(told(command.head), [
      "pass test_aaa.py::B > test_b",
      "pass test_calc.py::A > test_adds",
    ]);
    assert.deepEqual(told(command.baseTestsOnHead), ["fail test_calc.py::A > test_adds"]);
    // The planted test is in the file that the change added, and goes through the bent assertion too.
    assert.equal(command.planted?.path, "test_aaa.py");
    const marker = command.planted?.marker ?? "?";
    const seen = command.planted?.execution.report?.cases.find((one) => one.name.includes(marker));
    assert.equal(seen?.status, "pass");
  },
});

Deno.test("tests that a change deleted come back; what the spec gives up by its path does not", async () => {
  const more = {
    ...base,
    "old.test.mjs": header.replace("./calc", "./calc") + test("old", "assert.equal(add(1, 1), 2);"),
  };
  const gone = { "old.test.mjs": null, "calc.mjs": calc("return b + a;") };
  const kept = onlyCommand(await gathered(more, gone, node));
  assert.deepEqual(told(kept.baseTestsOnHead), ["pass calc.test.mjs::adds", "pass old.test.mjs::old"]);
  const spec = { ...node.spec, intent: { type: "DESTROY", scope: ["**"], removes: ["old.test.mjs"] } };
  const given = onlyCommand(await gathered(more, gone, { spec }));
  assert.deepEqual(told(given.baseTestsOnHead), ["pass calc.test.mjs::adds"]);
});

Deno.test("a removed function takes the tests that need it along and leaves the others of the file", async () => {
  const both = `export const twice = (a) => 2 * a;\n${calc("return a + b;")}`;
  const tests = header.replace("{ add }", "{ add, twice }") + adds +
    test("doubles", "assert.equal(twice(2), 4);");
  const command = onlyCommand(
    await gathered(
      { "calc.mjs": both, "calc.test.mjs": tests },
      { "calc.mjs": calc("return a + b;"), "calc.test.mjs": header + adds },
      node,
    ),
  );
  assert.deepEqual(told(command.baseTestsOnHead), [
    "fail calc.test.mjs::doubles",
    "pass calc.test.mjs::adds",
  ]);
});

Deno.test("renames are applied to base's tests: symbols, files, and where a test file itself went", async () => {
  const moved = header.replace("{ add }", "{ sum }").replace("./calc.mjs", "./sum.mjs") +
    adds.replace("add(", "sum(");
  const command = onlyCommand(
    await gathered(base, {
      "calc.mjs": null,
      "calc.test.mjs": null,
      "sum.mjs": calc("return a + b;").replace("add", "sum"),
      "sum.test.mjs": moved,
    }, {
      spec: node.spec,
      renames: [{ from: "add", to: "sum" }, { from: "calc.mjs", to: "sum.mjs" }, {
        from: "calc.test.mjs",
        to: "sum.test.mjs",
      }],
    }),
  );
  assert.deepEqual(told(command.baseTestsOnHead), ["pass sum.test.mjs::adds"]);
});

// req: N10-11
Deno.test("how the repository is tested is read at base: a change to its test script changes nothing", async () => {
  const manifest = (script: string) => JSON.stringify({ scripts: { test: script } });
  const command = onlyCommand(
    await gathered(
      { ...base, "package.json": manifest("node --test") },
      { "package.json": manifest("echo all fine"), "calc.mjs": calc("return 0;") },
    ),
  );
  assert.deepEqual(command.argv, ["npm", "test"]);
  assert.deepEqual(told(command.head), ["fail calc.test.mjs::adds"]);
});

// req: N4-14
Deno.test("held-out checks run on base and head over whatever the change left in their place, and reach neither workspace nor patch", async () => {
  const check = `${header.replace("./calc", "../calc")}${test("adds text", `assert.equal(add("1", 2), 3);`)}`;
  const spec = {
    ...node.spec,
    acceptance: [
      {
        id: "AC1",
        text: "adds text",
        check: { files: ["checks/ac1.test.mjs"], run: ["node", "--test", "checks/ac1.test.mjs"] },
      },
      { id: "AC2", text: "no check" },
      { id: "AC3", text: "shell", check: { files: ["checks/ac3.sh"], run: ["./checks/ac3.sh"] } },
    ],
  };
  const sample = await sampleChange(base, {
    "calc.mjs": calc("return Number(a) + Number(b);"),
    "checks/ac1.test.mjs": "process.exit(0);",
  });
  try {
    const facts = await gatherVerifyFacts(inputOf(sample, {
      spec,
      checks: { "checks/ac1.test.mjs": check, "checks/ac3.sh": "#!/bin/sh\ntest -f calc.mjs\n" },
    }));
    assert.deepEqual(facts.checks.map(({ id }) => id), ["AC1", "AC3"]);
    const [first, third] = facts.checks;
    assert.deepEqual(told(first?.base ?? null), ["fail checks/ac1.test.mjs::adds text"]);
    assert.deepEqual(told(first?.head ?? null), ["pass checks/ac1.test.mjs::adds text"]);
    assert.deepEqual([third?.base.exitCode, third?.head.exitCode, third?.head.report], [0, 0, null]);
    assert.equal(await Deno.readTextFile(`${sample.workspace.dir}/checks/ac1.test.mjs`), "process.exit(0);");
    const again = await sample.workspace.curate();
    assert.doesNotMatch(new TextDecoder().decode(again.patch), /adds text/);
    assert.deepEqual([...Deno.readDirSync(sample.scratch)], []);
  } finally {
    await sample.dispose();
  }
});

Deno.test("a link or a file where a check's directory has to be makes way, and nothing outside is touched", async () => {
  const outside = await Deno.makeTempDir();
  const spec = {
    ...node.spec,
    acceptance: [{ id: "AC1", text: "a", check: { files: ["checks/x/a.sh"], run: ["sh", "checks/x/a.sh"] } }],
  };
  try {
    const sample = await sampleChange({ ...base, "checks": "a file" }, {});
    try {
      await Deno.remove(`${sample.workspace.dir}/checks`);
      await Deno.symlink(outside, `${sample.workspace.dir}/checks`);
      const { change } = await sample.workspace.curate();
      const facts = await gatherVerifyFacts({
        ...inputOf(sample, { spec, checks: { "checks/x/a.sh": "echo 1..1; echo ok 1 - here" } }),
        change: { ...change, patch: sample.change.patch },
      });
      assert.deepEqual(told(facts.checks[0]?.base ?? null), ["pass here"]);
      assert.deepEqual(told(facts.checks[0]?.head ?? null), ["pass here"]);
      assert.deepEqual([...Deno.readDirSync(outside)], []);
    } finally {
      await sample.dispose();
    }
  } finally {
    await Deno.remove(outside, { recursive: true });
  }
});

Deno.test("base runs once for the same tree and command, and again for another tree", async () => {
  const cache = memoryCache();
  const said: string[] = [];
  const run = (from: Tree) =>
    gathered(from, { "calc.mjs": calc("return b + a;") }, {
      ...node,
      cache,
      progress: (line) => said.push(line),
    });
  const first = onlyCommand(await run(base));
  const second = onlyCommand(await run(base));
  assert.equal(cache.kept.size, 1);
  assert.deepEqual(second.base, first.base);
  assert.equal(said.filter((line) => /kept from an earlier run/.test(line)).length, 1);
  await run({ ...base, "README.md": "more" });
  assert.equal(cache.kept.size, 2);
});

Deno.test("behind a script that cannot be opened, tests are told by what every tester calls tests", async () => {
  const wrapped = { "all.sh": "true; (node --test) | cat\nexit ${PIPESTATUS[0]}\n", ...base };
  const facts = await gathered(wrapped, {
    "calc.mjs": calc("return Number(a) + Number(b);"),
    "calc.test.mjs": header + adds + test("adds text", `assert.equal(add("1", 2), 3);`),
  }, { spec: { verify: { run: [["bash", "all.sh"]] } } });
  const command = onlyCommand(facts);
  assert.equal(command.tester, "tap");
  assert.deepEqual(facts.testFiles.head, ["all.sh", "calc.test.mjs"]);
  assert.equal(command.headTestsOnBase?.report?.failed, 1);
});

Deno.test("a repository without tests says so, and its checks run all the same", async () => {
  const spec = {
    acceptance: [{ id: "AC1", text: "a", check: { files: [], run: ["sh", "-c", "test -f a.txt"] } }],
  };
  const facts = await gathered({ "README.md": "x" }, { "a.txt": "" }, { spec });
  assert.equal(facts.problem, "no way to test this repository was found");
  assert.deepEqual([facts.checks[0]?.base.exitCode, facts.checks[0]?.head.exitCode], [1, 0]);
});

Deno.test("a command that only head has is run at head, and one whose output is no report counts by its exit code", async () => {
  const added = onlyCommand(
    await gathered({ "README.md": "x" }, {
      "package.json": `{"scripts":{"test":"node --test"}}`,
      "a.test.cjs": `require("node:test")("a", () => {});`,
    }),
  );
  assert.equal(added.base, null);
  assert.equal(added.tester, "node");
  assert.deepEqual(told(added.head), ["pass a.test.cjs::a"]);
  const plain = onlyCommand(
    await gathered({ "run.sh": "echo all 99 tests passed\n" }, { "a": "" }, {
      spec: { verify: { run: [["sh", "run.sh"]] } },
    }),
  );
  assert.equal(plain.tester, null);
  assert.equal(plain.head.exitCode, 0);
  assert.equal(plain.head.report, null);
  assert.equal(plain.planted, null);
  assert.match(plain.plantProblem ?? "", /no report/);
});

Deno.test("a way of planting that base does not show either is given up for a plainer one; one that only head hides is the finding", async () => {
  const soft = (body: string): Tree => ({
    "soft.mjs": `export function assertEquals(a, b) { ${body} }\n`,
    "a.test.mjs": `import test from "node:test";\nimport { assertEquals } from "./soft.mjs";\n` +
      test("a", "assertEquals(1, 1);"),
  });
  const quiet = soft("");
  const strict = soft("if (a !== b) throw new Error('no');");
  const seen = (command: ReturnType<typeof onlyCommand>) =>
    command.planted?.execution.report?.cases.find((one) => one.name.includes(command.planted?.marker ?? "?"))
      ?.status;
  const always = onlyCommand(await gathered(quiet, { x: "1" }, node));
  assert.equal(seen(always), "fail", "a plain failure is seen where assertions never failed");
  const hidden = onlyCommand(await gathered(strict, { "soft.mjs": quiet["soft.mjs"] ?? "" }, node));
  assert.equal(seen(hidden), "pass");
});

Deno.test("where no planted failure is seen even at base, that is said and no finding is made of it", async () => {
  const runner = `echo 1..1; echo "ok 1 - adds"\n`;
  const command = onlyCommand(
    await gathered(
      { "test.sh": `# if false; then echo "ok 1 - adds"; fi\n${runner}` },
      { x: "1" },
      { spec: { verify: { run: [["sh", "test.sh"]] } } },
    ),
  );
  assert.equal(command.planted, null);
  assert.ok(command.plantProblem);
});

async function installed(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
