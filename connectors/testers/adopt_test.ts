import assert from "node:assert/strict";
import fc from "fast-check";
import { adoptCommand, detectCommands, testers } from "./mod.ts";
import { reportPlaceholder, supportPlaceholder } from "./adopt.ts";
import { type Sample, viewOf } from "./sample_run.ts";

/** The command as the sandbox runs it, with short names for the engine's places. */
async function adopted(argv: string[], sample: Sample = {}): Promise<string> {
  const command = await adoptCommand(argv, viewOf(sample));
  const text = command.argv.join(" ").replaceAll(reportPlaceholder, "R").replaceAll(supportPlaceholder, "S");
  return `${command.tester}: ${text}`;
}

const npm = (test: string, more: Record<string, string> = {}): Sample => ({
  "package.json": JSON.stringify({ scripts: { test, ...more } }),
});
const path = `sh -c PATH="$PWD/node_modules/.bin:$PATH"; export PATH;`;

Deno.test("each runner's own command line gets its report, and loses a report of the user's", async () => {
  const table: [string[], string][] = [
    [["deno", "test", "-A"], "deno: deno test --junit-path=R -A"],
    [
      ["deno", "test", "--junit-path", "mine.xml", "-A", "a_test.ts"],
      "deno: deno test --junit-path=R -A a_test.ts",
    ],
    [
      ["node", "--import", "tsx", "--test", "--test-reporter=tap", "a.test.ts"],
      "node: node --import tsx --test --test-reporter=S/node_test_reporter.mjs --test-reporter-destination=R --test-reporter=spec --test-reporter-destination=stdout a.test.ts",
    ],
    [["npx", "jest", "--watch", "src"], "jest: npx jest --json --outputFile=R --ci --watchAll=false src"],
    [
      ["node", "--experimental-vm-modules", "node_modules/jest/bin/jest.js"],
      "jest: node --experimental-vm-modules node_modules/jest/bin/jest.js --json --outputFile=R --ci --watchAll=false",
    ],
    [
      ["vitest", "watch", "src"],
      "vitest: vitest run --reporter=default --reporter=json --outputFile.json=R src",
    ],
    [
      ["npx", "mocha", "-R", "dot", "spec"],
      "mocha: npx mocha --reporter=S/mocha_reporter.cjs --reporter-option=output=R spec",
    ],
    [["python3", "-m", "unittest", "-v"], "unittest: python3 S/edgeforge_unittest.py R -v"],
    [
      ["poetry", "run", "pytest", "--junitxml=x", "-q"],
      "pytest: poetry run pytest --junit-xml=R -o junit_family=xunit1 --continue-on-collection-errors -q",
    ],
    [
      ["python", "-X", "dev", "-m", "pytest"],
      "pytest: python -X dev -m pytest --junit-xml=R -o junit_family=xunit1 --continue-on-collection-errors",
    ],
    [["go", "test", "-v", "./..."], "go: go test -json -count=1 -v ./..."],
    [["go", "-C", "sub", "test", "-count=2", "./..."], "go: go -C sub test -json -count=2 ./..."],
    [
      ["cargo", "+stable", "test", "-q", "--", "--nocapture", "--test-threads=1"],
      "cargo: cargo +stable test --no-fail-fast -- --test-threads=1",
    ],
    [["./mvnw", "-q", "verify"], "junit: ./mvnw -B -o -fae verify"],
    [["gradle", "check"], "junit: gradle --offline --no-daemon --console=plain --continue check"],
    [["bats", "-F", "pretty", "test"], "tap: bats --tap test"],
    [["bash", "test.sh"], "tap: bash test.sh"],
    [["make", "test"], "tap: make test"],
  ];
  for (const [argv, expected] of table) assert.equal(await adopted(argv), expected);
});

Deno.test("the script inside npm test is opened: its last command reports, the rest runs as it is", async () => {
  const node =
    `node --test --test-reporter=S/node_test_reporter.mjs --test-reporter-destination=R --test-reporter=spec --test-reporter-destination=stdout`;
  assert.equal(await adopted(["npm", "test"], npm("node --test")), `node: ${node}`);
  for (const flags of [["--silent"], ["-s"], ["--no-audit", "--loglevel=error"], ["--silent", "--"]]) {
    assert.equal(await adopted(["npm", "test", ...flags], npm("node --test")), `node: ${node}`, `${flags}`);
  }
  assert.equal(await adopted(["npm", "--no-fund", "run", "test", "-s"], npm("node --test")), `node: ${node}`);
  assert.equal(await adopted(["npm", "test", "--dry-run"], npm("node --test")), "tap: npm test --dry-run");
  assert.equal(
    await adopted(["npm", "test"], npm("tsc && NODE_ENV=test mocha 'test/**/*.js'")),
    `mocha: ${path} tsc && NODE_ENV=test mocha "\${1}" "\${2}" 'test/**/*.js' sh --reporter=S/mocha_reporter.cjs --reporter-option=output=R`,
  );
  assert.equal(
    await adopted(
      ["npm", "run", "-s", "unit", "--", "-t", "a b"],
      npm("x", { unit: "vitest", preunit: "tsc" }),
    ),
    `vitest: ${path} npm run --silent preunit && vitest "\${1}" "\${2}" "\${3}" "\${4}" -t 'a b' sh run --reporter=default --reporter=json --outputFile.json=R`,
  );
  assert.equal(
    await adopted(["npm", "t"], npm("npm run a", { a: "npm run b", b: "node --test" })),
    `node: ${node}`,
  );
  assert.equal(await adopted(["yarn", "test"], npm("node --test")), `node: ${node}`);
});

Deno.test("variables of a script reach the command's environment", async () => {
  const command = await adoptCommand(
    ["deno", "task", "test"],
    viewOf({ "deno.jsonc": `{ // comment\n "tasks": { "test": "LEVEL=3 deno test -A", }, }` }),
  );
  assert.deepEqual(command.env, { NO_COLOR: "1", LEVEL: "3" });
  assert.deepEqual(command.line, ["deno", "task", "test"]);
  assert.equal(command.argv[0], "deno");
});

Deno.test("a task's dependencies run before it", async () => {
  const sample = {
    "deno.json": JSON.stringify({
      tasks: { gen: "x", test: { command: "deno test -A", dependencies: ["gen"] } },
    }),
  };
  assert.equal(
    await adopted(["deno", "task", "test"], sample),
    `deno: ${path} deno task gen && deno test "\${1}" -A sh --junit-path=R`,
  );
});

Deno.test("a script is not opened when part of what it runs would go unreported", async () => {
  for (
    const script of [
      "jest && vitest run",
      "node --test | tee out",
      "node --test; true || false",
      "jest || true",
      "node --test > out.txt",
      "eslint .",
      "npm run loop",
    ]
  ) {
    const command = await adopted(["npm", "test"], npm(script, { loop: "npm run loop" }));
    assert.equal(command, "tap: npm test", script);
  }
  assert.equal(await adopted(["npm", "test"], npm("node --test", { posttest: "check" })), "tap: npm test");
  assert.equal(await adopted(["npm", "test"]), "tap: npm test");
  assert.equal(
    await adopted(["npm", "--prefix", "x", "test"], npm("node --test")),
    "tap: npm --prefix x test",
  );
});

Deno.test("what only lists or builds tests is not taken for a run of them", async () => {
  for (
    const argv of [
      ["deno", "test", "--no-run"],
      ["jest", "--listTests"],
      ["pytest", "--collect-only"],
      ["go", "test", "-c"],
      ["go", "test", "-list", "."],
      ["cargo", "test", "--no-run"],
      ["cargo", "test", "--", "--list"],
      ["vitest", "bench"],
      ["mocha", "--dry-run"],
      ["mvn", "test", "-DskipTests"],
      ["gradle", "-m", "test"],
      ["deno", "fmt"],
      ["go", "vet"],
    ]
  ) assert.match(await adopted(argv), /^tap: /, argv.join(" "));
});

Deno.test("any command line is adopted by somebody, and what a tester did not know runs as it was written", async () => {
  const word = fc.constantFrom(
    "deno",
    "test",
    "node",
    "--test",
    "npm",
    "run",
    "--",
    "-q",
    "jest",
    "x y",
    "a.ts",
    "-m",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (argv) => {
      const command = await adoptCommand(argv, viewOf({}));
      assert.deepEqual(command.line, argv);
      if (command.tester === "tap") assert.deepEqual(command.argv, argv);
      else assert.notEqual(command.report.from, "none");
    }),
    { numRuns: 300 },
  );
});

Deno.test("a repository's own way to test itself is found", async () => {
  const detect = async (sample: Sample) =>
    (await detectCommands(viewOf(sample))).map((one) => `${one.tester}: ${(one.line ?? []).join(" ")}`);
  const table: [Sample, string[]][] = [
    [{ "deno.json": "{}", "a_test.ts": "Deno.test('a', () => {});" }, ["deno: deno test -A"]],
    [{ "a_test.ts": "Deno.test('a', () => {});" }, ["deno: deno test -A"]],
    [{ "deno.json": `{"tasks":{"test":"deno test"}}` }, ["deno: deno task test"]],
    [{ "deno.json": `{"tasks":{"test":"./run"}}` }, ["tap: deno task test"]],
    [npm("jest"), ["jest: npm test"]],
    [npm("c8 --reporter=text node --test"), ["node: npm test"]],
    [npm("ava"), ["tap: npm test"]],
    [npm('echo "Error: no test specified" && exit 1'), []],
    [{ "package.json": `{"devDependencies":{"vitest":"3"}}` }, ["vitest: npx --no-install vitest run"]],
    [{ "package.json": "{}", "a.test.mjs": `import test from "node:test";` }, ["node: node --test"]],
    [{ "pytest.ini": "", "tests/test_a.py": "" }, ["pytest: python3 -m pytest"]],
    [{ "tests/test_a.py": "def test_a():\n  pass\n" }, ["pytest: python3 -m pytest"]],
    [
      { "requirements-dev.txt": "pytest==8.0\n", "test_a.py": "import unittest" },
      ["pytest: python3 -m pytest"],
    ],
    [{ "test_a.py": "import unittest" }, ["unittest: python3 -m unittest discover"]],
    [
      { "tests/__init__.py": "", "tests/test_a.py": "import unittest" },
      ["unittest: python3 -m unittest discover"],
    ],
    [
      { "tests/a_test.py": "import unittest", "b/test_b.py": "import unittest" },
      [
        "unittest: python3 -m unittest discover -s b",
        "unittest: python3 -m unittest discover -s tests -p *_test.py",
      ],
    ],
    [{ "go.mod": "module m" }, ["go: go test ./..."]],
    [{ "Cargo.toml": "[workspace]\n" }, ["cargo: cargo test --workspace"]],
    [{ "pom.xml": "<project/>" }, ["junit: mvn test"]],
    [{ "build.gradle.kts": "", gradlew: "" }, ["junit: ./gradlew test"]],
    [{ "test/a.bats": "", "b.bats": "" }, ["tap: bats . test"]],
    [{ "test.sh": "#!/usr/bin/env bash\necho 1..1\n" }, ["tap: bash test.sh"]],
    [{ "test.sh": "echo done" }, []],
    [{ Makefile: "all:\n\ntest: all\n\t./x\n" }, ["tap: make test"]],
    [{ "README.md": "" }, []],
  ];
  for (const [sample, expected] of table) {
    assert.deepEqual(await detect(sample), expected, JSON.stringify(sample));
  }
});

Deno.test("every tester has its own id, and says which files are tests", () => {
  assert.equal(new Set(testers.map((one) => one.id)).size, testers.length);
  for (const tester of testers) assert.ok((tester.tests ?? []).length > 0, tester.id);
  assert.equal(testers.at(-1)?.id, "tap");
});

Deno.test("a command that changes its directory first is read as the runner that it starts there", async () => {
  const web: Sample = {
    "web/package.json": JSON.stringify({ scripts: { test: "node --test test/" } }),
    "package.json": JSON.stringify({ scripts: { test: "mocha" } }),
  };
  const table: [string[], string][] = [
    [
      ["bash", "-c", "cd web && node --test"],
      `node: bash -c cd web || exit 1; node --test "\${1}" "\${2}" "\${3}" "\${4}" bash --test-reporter=S/node_test_reporter.mjs --test-reporter-destination=R --test-reporter=spec --test-reporter-destination=stdout`,
    ],
    [
      ["sh", "-ec", "cd ./web; cd sub && deno test -A"],
      `deno: sh -c cd web/sub || exit 1; set -e; deno test "\${1}" -A sh --junit-path=R`,
    ],
    [
      ["bash", "-c", "(cd 'my dir' && python3 -m unittest)"],
      `unittest: bash -c cd 'my dir' || exit 1; python3 "\${1}" "\${2}" bash S/edgeforge_unittest.py R`,
    ],
    [
      ["bash", "-c", "set -euo pipefail; cd svc && go test ./..."],
      `go: bash -c cd svc || exit 1; set -euo pipefail; go test "\${1}" "\${2}" ./... bash -json -count=1`,
    ],
    [
      ["bash", "-c", "node --test"],
      "node: node --test --test-reporter=S/node_test_reporter.mjs --test-reporter-destination=R --test-reporter=spec --test-reporter-destination=stdout",
    ],
  ];
  for (const [argv, expected] of table) assert.equal(await adopted(argv, web), expected);
  assert.match(
    await adopted(["bash", "-c", "cd web && npm test"], web),
    /^node: bash -c cd web \|\| exit 1; PATH=.*node --test/,
  );
  // A make target, a package's script, an option of the package manager.
  const made: Sample = {
    ...web,
    Makefile:
      "all: test\n\ntest:\n\t@cd web && npm test\n\nboth: test\n\tnode --test\n\nloose:\n\t-node --test\n",
    "app/package.json": JSON.stringify({ scripts: { test: "cd sub && mocha" } }),
  };
  assert.match(await adopted(["make", "test"], made), /^node: sh -c PATH=.*cd web \|\| exit 1; node --test/);
  assert.match(
    await adopted(["npm", "--prefix", "app", "test"], made),
    /^mocha: sh -c cd app \|\| exit 1; PATH=.*cd sub \|\| exit 1; mocha/,
  );
  assert.equal((await adoptCommand(["npm", "--prefix", "app", "test"], viewOf(made))).dir, "app/sub");
  for (const target of ["both", "loose", "none"]) {
    assert.match(await adopted(["make", target], made), /^tap: make/);
  }
  assert.equal((await adoptCommand(["bash", "-c", "cd web && npm test"], viewOf(web))).dir, "web");
  // Out of the repository, or what only a shell can tell: it counts as a program that may print TAP.
  for (
    const text of [
      "cd .. && node --test",
      "cd /tmp && node --test",
      "cd web && node --test | tee log",
      "cd $DIR && node --test",
    ]
  ) {
    assert.match(await adopted(["bash", "-c", text], web), /^tap: /, text);
  }
});
