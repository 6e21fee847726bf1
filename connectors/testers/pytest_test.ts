import assert from "node:assert/strict";
import { available, plantedStatus, told, viewOf } from "./sample_run.ts";
import { pytest } from "./pytest.ts";

const recorded = Deno.readTextFileSync(new URL("testdata/pytest.xml", import.meta.url));
const parse = (report: string | null) => pytest.parse({ stdout: "9 passed", stderr: "", report });

Deno.test("pytest: functions, classes, parameters, expected failures, broken fixtures and files are told", () => {
  const read = parse(recorded);
  assert.deepEqual(read.ok ? told(read.value) : read.error, [
    "fail tests/test_import.py::tests.test_import",
    "pass tests/test_a.py::test_adds",
    "pass tests/test_a.py::test_p[1]",
    "pass tests/test_a.py::test_p[x y]",
    "pass tests/test_a.py::test_p[<&>]",
    "pass tests/test_a.py::test_p[\\xe9]",
    "skip tests/test_a.py::test_s",
    "skip tests/test_a.py::test_xf",
    "pass tests/test_a.py::test_xp",
    "pass tests/test_a.py::TestC > test_m",
    "fail tests/test_a.py::TestC > TestIn > test_m",
    "fail tests/test_a.py::U > test_u",
    "fail tests/test_a.py::test_td",
    "fail tests/test_a.py::test_td2",
    "fail tests/test_a.py::test_su",
  ]);
});

Deno.test("pytest: no report, or half of one, is a problem", () => {
  for (const report of [null, "", recorded.slice(0, -20), "9 passed in 0.1s"]) {
    assert.equal(parse(report).ok, false);
  }
});

Deno.test("pytest: a failing test goes where the command collects: into the class that it names, else to the end of the file", async () => {
  const text =
    "import unittest\n\n\nclass TestA:\n    def test_a(self):\n        assert True\n\n\ndef test_b():\n    pass\n";
  const files = viewOf({ "test_x.py": text });
  const report = parse(
    `<testsuites><testsuite><testcase classname="test_x.TestA" name="test_a[1]" file="test_x.py"/></testsuite></testsuites>`,
  );
  assert.ok(report.ok);
  const plant = async (argv: string[]) => {
    const command = await pytest.adopt(argv, files);
    assert.ok(command);
    return (await pytest.plant(command, report.value, files, "kk"))?.content;
  };
  assert.match(await plant(["pytest"]) ?? "", /\ndef test_a_kk\(\):\n {4}assert 1 == 2\n$/);
  assert.match(
    await plant(["pytest", "test_x.py::TestA"]) ?? "",
    /class TestA:\n {4}def test_a_kk\(self\):\n {8}assert 1 == 2\n/,
  );
});

Deno.test({
  name: "pytest: a planted test is seen to fail, and not when a hook turns failures into passes",
  ignore: !available("python3", "-m", "pytest", "--version"),
  async fn() {
    const sample = { "test_a.py": "def test_a():\n    assert 1 + 1 == 2\n" };
    const good = await plantedStatus(pytest, ["python3", "-m", "pytest", "-q"], sample);
    assert.equal(good.status, "fail");
    const hook = `import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    report.outcome = "passed"
    report.longrepr = None
`;
    const bad = await plantedStatus(pytest, ["python3", "-m", "pytest", "-q"], {
      ...sample,
      "conftest.py": hook,
    });
    assert.equal(bad.status, "pass");
  },
});
