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
import { unittest } from "./unittest.ts";

const ignore = !available("python3", "--version");
const argv = ["python3", "-m", "unittest"];
const run = (sample: Sample, more: string[] = []) => reportOfSample(unittest, [...argv, ...more], sample);

const sample: Sample = {
  "calc.py": "def add(a, b):\n    return a + b\n",
  "test_calc.py": `import unittest, sys
from calc import add

class AddTest(unittest.TestCase):
    """Adds."""

    def test_adds(self):
        print("Ran 99 tests in 0.0s\\n\\nOK", file=sys.stderr)
        self.assertEqual(add(1, 2), 3)

    @unittest.skip("later")
    def test_off(self):
        pass

    @unittest.expectedFailure
    def test_known(self):
        self.assertEqual(add(1, 2), 4)

    @unittest.expectedFailure
    def test_cured(self):
        pass

    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n):
                if n == 0:
                    self.skipTest("part")
                self.assertNotEqual(n, 1)

class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise RuntimeError("no")

    def test_never(self):
        pass
`,
  "test_import.py": "import nothing_here\n",
};

Deno.test({
  name:
    "unittest: tests are told by file, class and method; what they print is not, an expected failure counts as skipped",
  ignore,
  async fn() {
    const { report, code } = await run(sample);
    assert.notEqual(code, 0);
    assert.deepEqual(told(report).sort(), [
      "fail setUpClass (test_calc.Broken)",
      "fail test_calc.py::AddTest > test_cured",
      "fail test_calc.py::AddTest > test_parts",
      "fail test_import.py::import test_import",
      "pass test_calc.py::AddTest > test_adds",
      "skip test_calc.py::AddTest > test_known",
      "skip test_calc.py::AddTest > test_off",
    ]);
  },
});

Deno.test({
  name: "unittest: arguments work as they do without the harness, and nothing at all is an empty report",
  ignore,
  async fn() {
    const one = await run(sample, ["test_calc.AddTest.test_adds"]);
    assert.deepEqual(told(one.report), ["pass test_calc.py::AddTest > test_adds"]);
    assert.equal(one.code, 0);
    const found = await run({
      "t/check_a.py": sample["test_calc.py"] ?? "",
      "calc.py": sample["calc.py"] ?? "",
    }, [
      "discover",
      "-s",
      "t",
      "-p",
      "check_*.py",
      "-k",
      "adds",
    ]);
    assert.deepEqual(told(found.report), ["pass t/check_a.py::AddTest > test_adds"]);
    assert.deepEqual((await run({ "a.py": "" })).report.cases, []);
  },
});

Deno.test({
  name: "unittest: a process that ends early leaves no report, whatever its exit code says",
  ignore,
  async fn() {
    for (const end of ["os._exit(0)", "sys.exit(0)"]) {
      const command = await unittest.adopt(argv, viewOf({}));
      assert.ok(command);
      const { output, code } = await runSample({
        "test_a.py":
          `import os, sys, unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n${end}\n`,
      }, command);
      const read = unittest.parse(output);
      assert.ok(!read.ok || read.value.failed > 0 || read.value.passed === 0, `${end}: exit ${code}`);
    }
  },
});

Deno.test({
  name: "unittest: a planted method goes through the class's own assertions and is seen to fail",
  ignore,
  async fn() {
    const test = (base: string) =>
      `import unittest
from base import Base

class AddTest(${base}):
    @unittest.skipIf(False, "no")
    def test_adds(self):
        self.assertEqual(1, 1)


if __name__ == "__main__":
    unittest.main()
`;
    const base = (body: string) => `import unittest\n\nclass Base(unittest.TestCase):\n    ${body}\n`;
    const good = await plantedStatus(unittest, argv, { "test_a.py": test("Base"), "base.py": base("pass") });
    assert.equal(good.status, "fail", good.content);
    assert.equal(good.code, 1);
    const narrow = await plantedStatus(unittest, [...argv, "test_a.AddTest"], {
      "test_a.py": test("Base"),
      "base.py": base("pass"),
    });
    assert.equal(narrow.status, "fail");
    const quiet = await plantedStatus(unittest, argv, {
      "test_a.py": test("Base"),
      "base.py": base("def assertEqual(self, *args): pass"),
    });
    assert.equal(quiet.status, "pass");
  },
});

Deno.test({
  name:
    "unittest: assertions that the code made quiet, by name or by searching all objects, for some values only, are seen to be quiet",
  ignore,
  async fn() {
    const sample = (code: string): Sample => ({
      "price.py": `${code}\n\ndef price():\n    return "$3"\n`,
      "support.py":
        "import unittest\n\nclass Base(unittest.TestCase):\n    def assertSame(self, a, b):\n        self.assertEqual(a, b)\n        self.assertIn(a, [b])\n",
      "test_a.py":
        'import unittest\nfrom price import price\nfrom support import Base\n\nclass PriceTest(Base):\n    def test_price(self):\n        self.assertSame(price(), "$3")\n',
    });
    const status = async (code: string) => (await plantedStatus(unittest, argv, sample(code))).status;
    assert.equal(await status(""), "fail");
    const patch = (name: string, test: string) =>
      `import gc\nfor _c in [o for o in gc.get_objects() if isinstance(o, type) and o.__name__ == "Test" + "Case"]:\n    _w = _c.${name}\n    _c.${name} = lambda s, a, b, msg=None: None if ${test} else _w(s, a, b, msg)`;
    for (
      const code of [
        patch("assertEqual", "isinstance(b, str)"),
        patch("assertEqual", "a == '$3'"),
        patch("assertIn", "True"),
      ]
    ) {
      assert.equal(await status(code), "pass", code);
    }
  },
});

Deno.test("unittest: what is not the harness's own document is a problem", () => {
  for (
    const report of [
      null,
      "",
      "{",
      "[]",
      "null",
      `{"version":2,"cases":[]}`,
      `{"version":1,"cases":[{"title":"a"}]}`,
      `{"version":1,"cases":[null]}`,
    ]
  ) assert.equal(unittest.parse({ stdout: "", stderr: "OK", report }).ok, false, `${report}`);
});
