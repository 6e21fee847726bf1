import assert from "node:assert/strict";
import type { TestCase } from "../../specs/mod.ts";
import { execution, judgeSample, ruleOf, sampleSpec, test } from "../testing/judge_input.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";

/** Files that hold tests, in every language that is asked for here. */
const TESTS: Tree = {
  "src/a.test.js": "test('a', () => {});\n",
  "src/slow/b.test.js": "test('b', () => {});\n",
  "tests/test_a.py": "def test_a(): pass\n",
  "tests/slow/test_b.py": "def test_b(): pass\n",
  "src/test/java/ATest.java": "class ATest {}\n",
};

type Told = "denies" | "asks" | "passes";

async function judged(
  path: string,
  before: string | null,
  after: string,
  removes: string[] = [],
): Promise<Told> {
  const base = before === null ? TESTS : { ...TESTS, [path]: before };
  const facts = await sampleFacts(base, { ...base, [path]: after });
  const { verdict, escalates } = ruleOf(
    await judgeSample((input) => {
      input.spec = sampleSpec({ intent: { type: "UPDATE", scope: ["**", path], removes } });
    }, facts),
    "runner-settings",
  );
  return verdict === "pass" ? "passes" : verdict === "fail" && escalates ? "asks" : "denies";
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const surefire = (settings: string): string =>
  `<project><plugins><plugin><artifactId>maven-surefire-plugin</artifactId><configuration>${settings}</configuration></plugin></plugins></project>\n`;

const WEAKER: [what: string, path: string, before: string | null, after: string, told?: Told][] = [
  [
    "jest: tests are ignored",
    "package.json",
    json({ jest: {} }),
    json({ jest: { testPathIgnorePatterns: ["/slow/"] } }),
  ],
  [
    "jest: no tests pass",
    "package.json",
    json({ jest: { bail: 0 } }),
    json({ jest: { passWithNoTests: true } }),
  ],
  [
    "jest: the run is ended",
    "jest.config.js",
    "module.exports = { verbose: true };\n",
    "module.exports = { verbose: true, forceExit: true };\n",
  ],
  [
    "jest: a lower threshold",
    "jest.config.ts",
    "const config = { coverageThreshold: { global: { lines: 90 } } };\nexport default config;\n",
    "const config = { coverageThreshold: { global: { lines: 9 } } };\nexport default config;\n",
  ],
  [
    "jest: a threshold that is gone",
    "package.json",
    json({ jest: { coverageThreshold: { global: { lines: 90 } } } }),
    json({ jest: {} }),
  ],
  [
    "vitest: retries",
    "vitest.config.ts",
    'import { defineConfig } from "vitest/config";\nexport default defineConfig({ test: { globals: true } });\n',
    'import { defineConfig } from "vitest/config";\nexport default defineConfig({ test: { globals: true, retry: 3 } });\n',
  ],
  [
    "vitest: a folder is excluded",
    "vitest.config.ts",
    "export default { test: { exclude: [] } };\n",
    'export default { test: { exclude: ["src/slow/**"] } };\n',
  ],
  [
    "vitest: fewer files are included",
    "vitest.config.mts",
    'export default { test: { include: ["src/**/*.test.js"] } };\n',
    'export default { test: { include: ["src/*.test.js"] } };\n',
  ],
  ["mocha: retries in YAML", ".mocharc.yml", "retries: 0\n", "retries: 5\n"],
  [
    "mocha: only some names",
    ".mocharc.json",
    json({ spec: "src/**/*.test.js" }),
    json({ spec: "src/**/*.test.js", grep: "a" }),
  ],
  [
    "ava: a run without assertions passes",
    "package.json",
    json({ ava: {} }),
    json({ ava: { failWithoutAssertions: false } }),
  ],
  ["nyc: a lower threshold", ".nycrc", json({ lines: 80 }), json({ lines: 20 })],
  [
    "npm: a failure is swallowed",
    "package.json",
    json({ scripts: { test: "node --test" } }),
    json({ scripts: { test: "node --test || true" } }),
  ],
  [
    "npm: nothing is run",
    "package.json",
    json({ scripts: { test: "jest" } }),
    json({ scripts: { test: "echo ok" } }),
  ],
  [
    "npm: flags that weaken",
    "package.json",
    json({ scripts: { test: "jest" } }),
    json({ scripts: { test: "jest --passWithNoTests" } }),
  ],
  [
    "npm: only some names",
    "package.json",
    json({ scripts: { test: "vitest run" } }),
    json({ scripts: { test: "vitest run --testNamePattern fast" } }),
  ],
  [
    "Deno: a folder of tests is excluded",
    "deno.json",
    json({ test: {} }),
    json({ test: { exclude: ["src/slow"] } }),
  ],
  [
    "Deno: a task that swallows",
    "deno.json",
    json({ tasks: { test: "deno test" } }),
    json({ tasks: { test: "deno test; exit 0" } }),
  ],
  [
    "pytest: options that ignore",
    "pytest.ini",
    "[pytest]\naddopts = -q\n",
    "[pytest]\naddopts = -q --ignore=tests/slow\n",
  ],
  [
    "pytest: reruns",
    "pyproject.toml",
    '[tool.pytest.ini_options]\naddopts = "-q"\n',
    '[tool.pytest.ini_options]\naddopts = "-q --reruns 3"\n',
  ],
  [
    "pytest: deselected in a list",
    "pyproject.toml",
    '[tool.pytest.ini_options]\naddopts = ["-q"]\n',
    '[tool.pytest.ini_options]\naddopts = ["-q", "--deselect", "tests/test_a.py"]\n',
  ],
  [
    "pytest: fewer folders",
    "setup.cfg",
    "[tool:pytest]\ntestpaths =\n    tests\n",
    "[tool:pytest]\ntestpaths =\n    tests/slow\n",
  ],
  [
    "pytest: a conftest that collects less",
    "conftest.py",
    "x = 1\n",
    'x = 1\ncollect_ignore = ["tests/test_a.py"]\n',
  ],
  [
    "pytest: a conftest that ends the run",
    "conftest.py",
    "x = 1\n",
    "import os\n\n\ndef pytest_sessionfinish(session, exitstatus):\n    os._exit(0)\n",
  ],
  [
    "pytest: a conftest with a hook",
    "conftest.py",
    "x = 1\n",
    "def pytest_collection_modifyitems(items):\n    items[:] = items[:1]\n",
    "asks",
  ],
  [
    "tox: a failure is swallowed",
    "tox.ini",
    "[testenv]\ncommands =\n    pytest\n",
    "[testenv]\ncommands =\n    pytest || true\n",
  ],
  [
    "coverage.py: a lower threshold",
    ".coveragerc",
    "[report]\nfail_under = 90\n",
    "[report]\nfail_under = 10\n",
  ],
  [
    "Go: a Makefile that filters",
    "Makefile",
    "test:\n\tgo test ./...\n",
    "test:\n\tgo test -run TestFast ./...\n",
  ],
  [
    "Go: a Makefile that swallows",
    "Makefile",
    "test: build\n\t@go test ./...\n",
    "test: build\n\t@go test ./... || true\n",
  ],
  ["Go: skipped in a script", "scripts/test.sh", "go test ./...\n", "go test -skip 'TestSlow' ./...\n"],
  [
    "Cargo: a target without tests",
    "Cargo.toml",
    '[package]\nname = "a"\n[lib]\nname = "a"\n',
    '[package]\nname = "a"\n[lib]\nname = "a"\ntest = false\n',
  ],
  [
    "nextest: retries",
    ".config/nextest.toml",
    "[profile.default]\nretries = 0\n",
    "[profile.default]\nretries = 4\n",
  ],
  [
    "Maven: failures are ignored",
    "pom.xml",
    surefire(""),
    surefire("<testFailureIgnore>true</testFailureIgnore>"),
  ],
  [
    "Maven: tests are excluded",
    "pom.xml",
    surefire(""),
    surefire("<excludes><exclude>**/ATest.java</exclude></excludes>"),
  ],
  [
    "Gradle: failures are ignored",
    "build.gradle",
    "test {\n  useJUnitPlatform()\n}\n",
    "test {\n  useJUnitPlatform()\n  ignoreFailures = true\n}\n",
  ],
  [
    "Gradle: retries",
    "build.gradle.kts",
    "tasks.test {\n}\n",
    "tasks.test {\n  retry {\n    maxRetries.set(3)\n  }\n}\n",
  ],
  [
    "unittest: a package that hands back no tests",
    "tests/__init__.py",
    "",
    "import unittest\n\n\ndef load_tests(loader, tests, pattern):\n    return unittest.TestSuite()\n",
  ],
  [
    "shell: fewer files are gone through",
    "test.sh",
    'for file in tests/*.sh; do . "$file"; done\n',
    'for file in tests/quick_*.sh; do . "$file"; done\n',
    "asks",
  ],
  [
    "a limit of time that is gone",
    "jest.config.js",
    "module.exports = { testTimeout: 5000 };\n",
    "module.exports = { testTimeout: 500000 };\n",
    "asks",
  ],
  [
    "the first failure ends the run",
    "package.json",
    json({ jest: {} }),
    json({ jest: { bail: true } }),
    "asks",
  ],
  [
    "a list that is made when it runs",
    "vitest.config.ts",
    "export default { test: { exclude: [] } };\n",
    "export default { test: { exclude: slow() } };\n",
    "asks",
  ],
  ["settings that nobody can read", ".mocharc.json", "{}\n", '{ "spec": \n', "asks"],
];

for (const [what, path, before, after, told = "denies"] of WEAKER) {
  Deno.test(`${told} though the spec opens the file: ${what}`, async () => {
    assert.equal(await judged(path, before, after), told);
  });
}

const FINE: typeof WEAKER = [
  [
    "Maven: another plugin is left out",
    "pom.xml",
    "<project></project>\n",
    "<project><plugin><artifactId>maven-deploy-plugin</artifactId><skip>true</skip></plugin></project>\n",
  ],
  [
    "Cargo: a new program without tests",
    "Cargo.toml",
    '[package]\nname = "a"\n',
    '[package]\nname = "a"\n[[bin]]\nname = "b"\ntest = false\n',
  ],
  [
    "a project that tests only read",
    "testdata/package.json",
    json({ scripts: { test: "jest" } }),
    json({ scripts: { test: "true" } }),
  ],
  [
    "shell: more files are gone through",
    "test.sh",
    'for file in tests/unit_*.sh; do . "$file"; done\n',
    'for file in tests/*.sh; do . "$file"; done\n',
  ],
  ["Gradle: no plain archive", "build.gradle", "jar {\n}\n", "jar {\n  enabled = false\n}\n"],
  [
    "jest: what holds no tests is ignored",
    "package.json",
    json({ jest: {} }),
    json({ jest: { testPathIgnorePatterns: ["/dist/", "/node_modules/"] } }),
  ],
  [
    "jest: a higher threshold",
    "jest.config.js",
    "module.exports = { coverageThreshold: { global: { lines: 80 } } };\n",
    "module.exports = { coverageThreshold: { global: { lines: 85 } } };\n",
  ],
  [
    "vitest: fewer retries",
    "vitest.config.ts",
    "export default { test: { retry: 3 } };\n",
    "export default { test: { retry: 1 } };\n",
  ],
  [
    "vitest: more files are included",
    "vitest.config.ts",
    'export default { test: { include: ["src/*.test.js"] } };\n',
    'export default { test: { include: ["src/**/*.{test,spec}.js"] } };\n',
  ],
  [
    "npm: another reporter",
    "package.json",
    json({ scripts: { test: "node --test" } }),
    json({ scripts: { test: "node --test --test-reporter=spec" } }),
  ],
  [
    "npm: a new script for some tests",
    "package.json",
    json({ scripts: { test: "jest" } }),
    json({ scripts: { test: "jest", "test:fast": "jest -t fast" } }),
  ],
  [
    "npm: another runner",
    "package.json",
    json({ scripts: { test: "mocha" } }),
    json({ scripts: { test: "vitest run" } }),
  ],
  [
    "pytest: strict marks",
    "pyproject.toml",
    '[tool.pytest.ini_options]\naddopts = "-q"\n',
    '[tool.pytest.ini_options]\naddopts = "-q --strict-markers"\nmarkers = ["slow"]\n',
  ],
  [
    "pytest: a fixture in a conftest",
    "conftest.py",
    "x = 1\n",
    "import pytest\n\n\n@pytest.fixture\ndef thing():\n    return 1\n",
  ],
  [
    "coverage: a folder is left out of the count",
    "pyproject.toml",
    "[tool.coverage.run]\nbranch = true\n",
    '[tool.coverage.run]\nbranch = true\nomit = ["docs/*"]\n',
  ],
  ["Go: the race detector", "Makefile", "test:\n\tgo test ./...\n", "test:\n\tgo test -race ./...\n"],
  ["Make: a target that checks nothing", "Makefile", "clean:\n\trm -f a\n", "clean:\n\trm -f a || true\n"],
  [
    "Cargo: a dependency",
    "Cargo.toml",
    '[package]\nname = "a"\n',
    '[package]\nname = "a"\n[dependencies]\nserde = "1"\n',
  ],
  [
    "Maven: a plugin's version",
    "pom.xml",
    "<project><version>1</version></project>\n",
    "<project><version>2</version></project>\n",
  ],
];

for (const [what, path, before, after] of FINE) {
  Deno.test(`is no weaker: ${what}`, async () => {
    assert.equal(await judged(path, before, after), "passes");
  });
}

Deno.test("settings that move into a file of their own are the same there", async () => {
  const jest = { coverageThreshold: { global: { lines: 90 } } };
  const base: Tree = { ...TESTS, "package.json": json({ jest }) };
  const facts = await sampleFacts(base, {
    ...base,
    "package.json": json({}),
    "jest.config.json": json(jest),
  });
  assert.deepEqual(facts.runner?.weaker, []);
});

Deno.test("tests that the spec gives up may be left out", async () => {
  const [before, after] = [json({ jest: {} }), json({ jest: { testPathIgnorePatterns: ["/slow/"] } })];
  assert.equal(
    await judged("package.json", before, after, ["src/slow/b.test.js", "tests/slow/test_b.py"]),
    "passes",
  );
  assert.equal(await judged("package.json", before, after, ["src/slow/b.test.js"]), "denies");
});

Deno.test("fewer tests in the runner's report than are to be kept are denied, whatever their names", async () => {
  const three = [test("a"), test("b"), test("c", "skip")];
  const judge = async (head: TestCase[], removes: string[] = [], base = three) =>
    ruleOf(
      await judgeSample((input) => {
        input.spec = sampleSpec({ intent: { type: "UPDATE", scope: ["**"], removes } });
        const [command] = input.verify?.commands ?? [];
        if (command === undefined) throw new Error("the sample has a command");
        command.base = execution("base", base);
        command.head = execution("head", head);
      }),
      "collected-tests",
    );
  const fewer = await judge([test("a"), test("b")]);
  assert.equal(fewer.verdict, "fail");
  assert.match(fewer.findings[0]?.message ?? "", /reports 2 tests at head, 3 of base/);
  assert.equal((await judge([test("a"), test("b")], ["c"])).verdict, "pass");
  assert.equal((await judge([test("a"), test("x"), test("y")])).verdict, "pass", "names are another gate's");
  assert.equal((await judge([test("a")], [], [test("a"), test("(file)", "fail")])).verdict, "pass");
});

Deno.test("facts of an older extractor are said to know nothing of it", async () => {
  const decision = await judgeSample((input) => {
    delete input.patchFacts?.runner;
  });
  assert.equal(ruleOf(decision, "runner-settings").verdict, "not_applicable");
});
