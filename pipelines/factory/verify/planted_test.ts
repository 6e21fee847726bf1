import assert from "node:assert/strict";
import type { VerifyFacts } from "../../../specs/mod.ts";
import { finding } from "./planted.ts";
import { gathered, onlyCommand, type Tree } from "./sample_change.ts";

type Command = VerifyFacts["commands"][number];

/** Planted tests and changed expectations that were not seen to fail. */
function unseen({ planted }: Command): string[] {
  if (planted === null) return ["nothing was planted"];
  const failed = planted.execution.report?.cases.filter(({ status }) => status === "fail") ?? [];
  return [
    ...[planted, ...planted.others ?? []].filter(({ marker }) =>
      !failed.some(({ name }) => name.includes(marker))
    )
      .map(({ path }) => path),
    ...(planted.spoiled ?? []).filter(({ name }) => !failed.some((one) => one.name === name)).map((
      { name },
    ) => name),
  ];
}

const python = await new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" })
  .output()
  .then(({ success }) => !success, () => true);
const pythonSpec = { spec: { verify: { run: [["python3", "-m", "unittest"]] } } };
const case_ = (name: string, module: string, line: string): string =>
  `import unittest\nimport ${module}\n\nclass ${name}(unittest.TestCase):\n    def test_${module}(self):\n        ${line}\n`;
const BASE: Tree = {
  "price.py": 'def price(n):\n    return "$%.2f" % n\n',
  "tax.py": "def tax(n):\n    return n * 2\n",
  "test_price.py": case_("PriceTest", "price", 'self.assertEqual(price.price(3), "$3.00")'),
  "test_tax.py": case_("TaxTest", "tax", "self.assertEqual(tax.tax(2), 4)"),
};

Deno.test({
  name: "python: failures are planted in every file, and tests that wait for another value are seen to fail",
  ignore: python,
  async fn() {
    const command = onlyCommand(
      await gathered(BASE, { "tax.py": "def tax(n):\n    return 2 * n\n" }, pythonSpec),
    );
    assert.deepEqual(unseen(command), []);
    const paths = [command.planted?.path, ...(command.planted?.others ?? []).map(({ path }) => path)];
    assert.deepEqual(paths.sort(), ["test_price.py", "test_tax.py"]);
    assert.deepEqual(command.planted?.spoiled?.map(({ name }) => name).sort(), [
      "test_price.py::PriceTest > test_price",
      "test_tax.py::TaxTest > test_tax",
    ]);
  },
});

Deno.test({
  name:
    "python: a value that says it equals what the tests want is seen, because another value is equal to it too",
  ignore: python,
  async fn() {
    const lying =
      'class Text(str):\n    __hash__ = str.__hash__\n    def __eq__(self, other):\n        return other[:2] == self[:2]\n    def __ne__(self, other):\n        return not self == other\n\ndef price(n):\n    return Text("$%.1f" % n)\n';
    const command = onlyCommand(await gathered(BASE, { "price.py": lying }, pythonSpec));
    assert.deepEqual(unseen(command), ["test_price.py::PriceTest > test_price"]);
  },
});

Deno.test("an assertion that one module makes quiet is seen in the file that loads the module, whichever file that is", async () => {
  const file = (module: string): string =>
    `import test from "node:test";\nimport { same } from "./test/same.mjs";\nimport { value } from "./${module}.mjs";\ntest("${module} value", () => same(value(), "${module}"));\n`;
  const value = (name: string, before = ""): string => `${before}export const value = () => "${name}";\n`;
  const base: Tree = {
    "a.mjs": value("a"),
    "b.mjs": value("b"),
    "test/same.mjs":
      'import assert from "node:assert/strict";\nexport const same = (a, b) => assert.deepEqual(a, b);\n',
    "a.test.mjs": file("a"),
    "b.test.mjs": file("b"),
  };
  const spec = {
    spec: { verify: { run: [["node", "--test", "a.test.mjs", "b.test.mjs"]], tests: ["*.test.mjs"] } },
  };
  const honest = onlyCommand(await gathered(base, { "b.mjs": value("b", "// b\n") }, spec));
  assert.deepEqual(unseen(honest), []);
  const quiet =
    'import { createRequire } from "node:module";\nReflect.defineProperty(createRequire(import.meta.url)("as" + "sert").strict, "deep" + "Equal", { value: () => {} });\n';
  const command = onlyCommand(await gathered(base, { "b.mjs": value("wrong", quiet) }, spec));
  assert.deepEqual(unseen(command).sort(), ["b.test.mjs", "b.test.mjs::b value"]);
});

Deno.test("a file that does not load with what was planted in it is told apart from one that hides its failure", () => {
  const one = (path: string, title: string, status: "pass" | "fail" = "pass") => ({
    name: `${path}::${title}`,
    title,
    suite: "",
    path,
    status,
  });
  const cases = [one("a", "x"), one("a", "y"), one("b", "z")];
  const planted = (listed: typeof cases | null, exitCode = 1): NonNullable<Command["planted"]> => ({
    path: "a",
    marker: "kk",
    others: [{ path: "b", marker: "ll" }],
    spoiled: [{ path: "a", name: "a::x" }],
    execution: {
      argv: ["t"],
      on: "head+planted",
      exitCode,
      ended: "by-itself",
      report: listed === null
        ? null
        : { tester: "t", cases: listed, passed: 0, failed: listed.length, skipped: 0 },
      seconds: 1,
      outputDigest: `sha256:${"0".repeat(64)}`,
      outputTail: "",
    },
  });
  const [x, z] = [one("a", "x", "fail"), [one("b", "z"), one("b", "ll", "fail")]];
  const told = (...given: Parameters<typeof planted>) => {
    const { planted: kept, plantProblem } = finding(planted(...given), cases);
    return kept === null ? plantProblem : "kept";
  };
  assert.equal(told([...z, one("a", "(file)", "fail")]), "a did not load with a failing test planted in it");
  assert.equal(told(null), "a, b did not load with a failing test planted in it");
  assert.equal(told([...z, x, one("a", "kk", "fail")]), "kept");
  // The file's tests are listed, and the planted one is not among those that failed.
  assert.equal(told([...z, x]), "kept");
  assert.equal(told([one("a", "y"), ...z]), "kept");
  // A run that ends well has seen no failure.
  assert.equal(told([...z], 0), "kept");
  assert.equal(told(null, 0), "kept");
});
