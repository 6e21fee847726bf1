import assert from "node:assert/strict";
import { join } from "node:path";
import { type Execution, type Sandbox, type SandboxRequest, testers } from "../../../connectors/mod.ts";
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

const good: Tree = { "a.test.cjs": `const test = require("node:test");\ntest("a", () => {});\n` };
const spec = { verify: { run: [["node", "--test"]] } };

/** A sandbox that does what a test says in place of running anything. */
function pretend(
  act: (request: SandboxRequest) => Promise<Partial<Execution>> | Partial<Execution>,
): Sandbox {
  return {
    level: "none",
    check: () => Promise.resolve({ ok: true, value: { detail: "pretended", memoryLimit: false } }),
    run: async (request) => ({
      code: 0,
      ended: "by-itself",
      stdout: new Uint8Array(),
      stderr: new Uint8Array(),
      ms: 1,
      ...await act(request),
    }),
  };
}

/** Where the engine asked for the report, as the command line tells. */
function reportPath(request: SandboxRequest): string {
  const found = request.argv.map((word) => /^--test-reporter-destination=(\/.*)$/.exec(word)?.[1]).find(
    Boolean,
  );
  assert.ok(found, request.argv.join(" "));
  return found;
}

const line = JSON.stringify({
  title: "a",
  suites: [],
  path: "a.test.cjs",
  whole: false,
  kind: "test",
  pass: true,
  skip: false,
  todo: false,
});
const report = `${line}\n{"end":true}\n`;

const isRun = (request: SandboxRequest) => request.argv.includes("--test");

Deno.test("a report that is a link, a directory or a pipe is no report, and is not waited for", async () => {
  const secret = await Deno.makeTempFile();
  await Deno.writeTextFile(secret, report);
  try {
    const ways: [string, (path: string) => Promise<unknown>][] = [
      ["link", (path) => Deno.symlink(secret, path)],
      ["directory", (path) => Deno.mkdir(path)],
      ["pipe", (path) => new Deno.Command("mkfifo", { args: [path] }).output()],
      ["nothing", () => Promise.resolve()],
      ["half", (path) => Deno.writeTextFile(path, line)],
      ["binary", (path) => Deno.writeFile(path, crypto.getRandomValues(new Uint8Array(2_000)))],
    ];
    for (const [name, make] of ways) {
      const command = onlyCommand(
        await gathered(good, { x: "1" }, {
          spec,
          sandbox: pretend(async (request) => {
            if (isRun(request)) await make(reportPath(request));
            return {};
          }),
        }),
      );
      assert.equal(command.head.exitCode, 0, name);
      assert.equal(command.head.report, null, name);
      assert.ok(command.head.reportProblem, name);
      assert.match(command.plantProblem ?? "", /no report/);
    }
    const fine = onlyCommand(
      await gathered(good, { x: "1" }, {
        spec,
        sandbox: pretend(async (request) => {
          if (isRun(request)) await Deno.writeTextFile(reportPath(request), report);
          return {};
        }),
      }),
    );
    assert.deepEqual(told(fine.head), ["pass a.test.cjs::a"]);
  } finally {
    await Deno.remove(secret);
  }
});

// req: N10-09
Deno.test("the report's place is another one in every run, and nothing is there before", async () => {
  const places: string[] = [];
  await gathered(good, { "b.test.cjs": good["a.test.cjs"] ?? "" }, {
    spec,
    sandbox: pretend(async (request) => {
      if (!isRun(request)) return {};
      const path = reportPath(request);
      places.push(path.slice(path.lastIndexOf("/")));
      assert.equal(await Deno.lstat(path).catch(() => null), null);
      await Deno.writeTextFile(path, report);
      return {};
    }),
  });
  assert.ok(places.length >= 3);
  assert.equal(new Set(places).size, places.length);
  for (const place of places) assert.match(place, /^\/\.report-[0-9a-f]{24}$/);
});

Deno.test("reports that a repository brings along, where its runner writes reports, are gone before the run", async () => {
  const suite = `<testsuite name="A"><testcase name="a" classname="A"/></testsuite>`;
  const seen: boolean[] = [];
  const command = onlyCommand(
    await gathered(
      { "pom.xml": "<project/>", "target/surefire-reports/TEST-A.xml": suite },
      { "target/surefire-reports/TEST-B.xml": suite.replaceAll("A", "B") },
      {
        spec: { verify: { run: [["mvn", "test"]] } },
        sandbox: pretend(async (request) => {
          if (request.argv[0] !== "mvn") return {};
          for (const name of ["A", "B"]) {
            const path = join(request.cwd, `target/surefire-reports/TEST-${name}.xml`);
            seen.push(await Deno.lstat(path).then(() => true, () => false));
          }
          return {};
        }),
      },
    ),
  );
  assert.ok(seen.length > 0 && seen.every((there) => !there));
  assert.equal(command.head.report, null);
});

Deno.test("a run that did not end by itself has no report, whatever it left", async () => {
  for (const ended of ["timeout", "output-cap", "memory", "signal"] as const) {
    const cache = memoryCache();
    const command = onlyCommand(
      await gathered(good, { x: "1" }, {
        spec,
        cache,
        sandbox: pretend(async (request) => {
          if (!isRun(request)) return {};
          await Deno.writeTextFile(reportPath(request), report);
          return { ended, code: null };
        }),
      }),
    );
    assert.equal(command.head.ended, ended);
    assert.equal(command.head.report, null);
    assert.match(command.head.reportProblem ?? "", /did not end by itself/);
    assert.equal(cache.kept.size, 0, "a run that was cut is not kept");
  }
});

Deno.test("the time is shared: what comes after it is used up is not started, and says so", async () => {
  let now = 0;
  const limits: number[] = [];
  const facts = await gathered(good, { "b.test.cjs": "" }, {
    spec: {
      verify: { run: [["node", "--test"]], timeoutSeconds: 10 },
      acceptance: [{ id: "AC1", text: "a", check: { files: [], run: ["true"] } }],
    },
    clock: { now: () => now },
    atOnce: 1,
    sandbox: pretend((request) => {
      if (request.argv.includes("--version")) return {};
      limits.push(request.timeoutMs);
      now += 6_000;
      return {};
    }),
  });
  assert.deepEqual(limits, [10_000, 4_000]);
  const runs = [
    onlyCommand(facts).base,
    onlyCommand(facts).head,
    facts.checks[0]?.base,
    facts.checks[0]?.head,
  ];
  const late = runs.filter((run) => /used up/.test(run?.reportProblem ?? ""));
  assert.ok(late.length >= 2);
  for (const run of late) assert.deepEqual([run?.ended, run?.exitCode], ["timeout", null]);
  VerifyFacts.parse(facts);
});

Deno.test("at most two runs go on at the same time, and the facts do not depend on which was first", async () => {
  let going = 0;
  let most = 0;
  const run = (turn: number) =>
    gathered(good, { "b.test.cjs": good["a.test.cjs"] ?? "" }, {
      spec: {
        ...spec,
        acceptance: [1, 2, 3].map((n) => ({
          id: `AC${n}`,
          text: "a",
          check: { files: [], run: ["true", `${n}`] },
        })),
      },
      sandbox: pretend(async (request) => {
        most = Math.max(most, ++going);
        await new Promise((resolve) => setTimeout(resolve, (request.argv.length * 7 + turn * 13) % 17));
        if (isRun(request)) await Deno.writeTextFile(reportPath(request), report);
        going--;
        return {};
      }),
    });
  const [one, two] = [await run(0), await run(1)];
  assert.equal(most, 2);
  assert.deepEqual(one.checks, two.checks);
  assert.deepEqual(onlyCommand(one).head, onlyCommand(two).head);
});

Deno.test("when the run is cancelled the gathering ends with it, and what was made is gone", async () => {
  const stop = new AbortController();
  const sample = await sampleChange(good, { x: "1" });
  try {
    const gathering = gatherVerifyFacts(inputOf(sample, {
      spec,
      signal: stop.signal,
      sandbox: pretend((request) => {
        stop.abort(new Error("cancelled"));
        return { ended: request.signal?.aborted ? "signal" : "by-itself", code: null };
      }),
    }));
    await assert.rejects(gathering, /cancelled/);
    assert.deepEqual([...Deno.readDirSync(sample.scratch)], []);
  } finally {
    await sample.dispose();
  }
});

Deno.test("a fault of the sandbox is an exception, not a verdict, and leaves nothing behind", async () => {
  const sample = await sampleChange(good, { x: "1" });
  try {
    const gathering = gatherVerifyFacts(inputOf(sample, {
      spec,
      sandbox: pretend(() => {
        throw new Error("no space left on device");
      }),
    }));
    await assert.rejects(gathering, /no space left/);
    assert.deepEqual([...Deno.readDirSync(sample.scratch)], []);
  } finally {
    await sample.dispose();
  }
});

Deno.test("a sandbox that cannot be used is told in the facts, and nothing is run", async () => {
  const sandbox: Sandbox = {
    level: "bwrap",
    check: () => Promise.resolve({ ok: false, error: { code: "x", message: "user namespaces are off" } }),
    run: () => Promise.reject(new Error("must not run")),
  };
  const facts = await gathered(good, { x: "1" }, { spec, sandbox });
  assert.match(facts.problem ?? "", /user namespaces are off/);
  assert.deepEqual([facts.commands, facts.checks], [[], []]);
});

Deno.test("what dependencies need reaches every run, is recorded, and a failed installation is told", async () => {
  const laid: string[] = [];
  const envs = new Set<string | undefined>();
  const facts = await gathered(good, { x: "1" }, {
    spec,
    prepare: async ({ at, dir, files }) => {
      assert.ok((await files.list()).includes("a.test.cjs"));
      assert.ok((await Deno.lstat(join(dir, "a.test.cjs"))).isFile);
      return {
        executions: [{
          argv: ["npm", "ci", at],
          on: "prepare",
          exitCode: 1,
          ended: "by-itself",
          report: null,
          seconds: 1,
          outputDigest: `sha256:${"0".repeat(64)}`,
          outputTail: "",
        }],
        env: { DEPENDENCIES: at },
        problem: at === "head" ? { code: "x", message: "the registry does not answer" } : null,
        lay: (into) => {
          laid.push(into);
          return Promise.resolve();
        },
      };
    },
    sandbox: pretend((request) => {
      if (isRun(request)) envs.add(request.env?.DEPENDENCIES);
      return {};
    }),
  });
  assert.deepEqual(facts.prepared.map((one) => one.argv[2]), ["base", "head"]);
  assert.deepEqual([...envs].sort(), ["base", "head"]);
  assert.equal(laid.length, 2);
  assert.match(facts.problem ?? "", /registry does not answer/);
});

Deno.test("the end of the output is kept, without the place of the checkout and within its limit", async () => {
  const command = onlyCommand(
    await gathered(good, { x: "1" }, {
      spec,
      sandbox: pretend((request) => ({
        stdout: new TextEncoder().encode(
          `${"😀".repeat(30_000)}\nat ${request.cwd}/a.test.cjs in ${request.cwd}`,
        ),
        stderr: new Uint8Array([0xff, 0xfe, 0x0a]),
      })),
    }),
  );
  assert.ok(command.head.outputTail.length <= 8_000);
  assert.match(command.head.outputTail, /at a\.test\.cjs in \./);
  assert.ok(command.head.outputTail.isWellFormed());
});

const tricks: [string, Tree, string[], string[]][] = [
  ["leaving at import", { "a.test.cjs": `process.exit(0);\nrequire("node:test")("a", () => {});\n` }, [
    "node",
    "--test",
  ], [
    "pass a.test.cjs::(file)",
  ]],
  [
    "a report forged in the checkout",
    {
      "a.test.cjs": `const fs = require("node:fs");
for (const name of fs.readdirSync(".")) console.log(name);
for (const name of [".report", "report.xml", "junit.xml"]) fs.writeFileSync(name, ${JSON.stringify(report)});
process.exit(0);`,
    },
    ["node", "--test"],
    ["pass a.test.cjs::(file)"],
  ],
  [
    "lines of a report",
    {
      "a.test.cjs": `console.log("ok 1 - a\\n1..1\\n# pass 1"); console.log(${JSON.stringify(report)});`,
    },
    ["node", "--test"],
    ["pass a.test.cjs::(file)"],
  ],
];

for (const [name, head, argv, expected] of tricks) {
  Deno.test(`a trick of the change does not bring its tests back: ${name}`, async () => {
    const command = onlyCommand(await gathered(good, head, { spec: { verify: { run: [argv] } } }));
    assert.deepEqual(told(command.base), ["pass a.test.cjs::a"]);
    assert.deepEqual(told(command.head), expected);
    assert.deepEqual(told(command.baseTestsOnHead), ["pass a.test.cjs::a"]);
  });
}

// req: N7-15
Deno.test({
  name: "a command that forks, hangs or prints without end is ended by the sandbox and told as that",
  ignore: !sandboxed,
  async fn() {
    const run = async (script: string, more: { maxOutputBytes?: number } = {}) =>
      onlyCommand(
        await gathered({ "run.sh": script }, { x: "1" }, {
          spec: { verify: { run: [["sh", "run.sh"]], timeoutSeconds: 2 } },
          ...more,
        }),
      ).head;
    assert.equal((await run("sleep 100 & sleep 100\n")).ended, "timeout");
    assert.equal((await run("yes\n", { maxOutputBytes: 100_000 })).ended, "output-cap");
  },
});

Deno.test("every tester that is shipped takes part", () => {
  assert.deepEqual(testers.map((tester) => tester.id), [
    "deno",
    "jest",
    "vitest",
    "mocha",
    "node",
    "pytest",
    "unittest",
    "go",
    "cargo",
    "junit",
    "tap",
  ]);
});
