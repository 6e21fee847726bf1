import assert from "node:assert/strict";
import { join } from "node:path";
import type { Sandbox, SandboxRequest } from "../../../connectors/mod.ts";
import { gathered, onlyCommand, sandbox as real, told, type Tree } from "./sample_change.ts";

const module: Tree = {
  "go.mod": "module example.com/m\n\ngo 1.21\n",
  "m.go": "package m\n\nfunc One() int { return 1 }\n",
  "m_test.go":
    'package m\n\nimport "testing"\n\nfunc TestOne(t *testing.T) {\n\tif One() != 1 {\n\t\tt.Fatal("no")\n\t}\n}\n',
};
const events = [
  { Action: "run", Package: "example.com/m", Test: "TestOne" },
  { Action: "pass", Package: "example.com/m", Test: "TestOne" },
  { Action: "pass", Package: "example.com/m" },
].map((one) => JSON.stringify(one)).join("\n");

/** Go as far as its cache goes: compiling fills it, running reads it. */
function pretendGo(log: SandboxRequest[]): Sandbox {
  return {
    level: "none",
    check: () => Promise.resolve({ ok: true, value: { detail: "pretended", memoryLimit: false } }),
    run: async (request) => {
      log.push(request);
      const cache = request.env?.GOCACHE ?? "";
      if (request.argv.includes("-exec=true")) {
        await Deno.mkdir(cache, { recursive: true });
        await Deno.writeTextFile(join(cache, crypto.randomUUID()), "compiled");
      }
      const stdout = new TextEncoder().encode(events);
      return { code: 0, ended: "by-itself", stdout, stderr: new Uint8Array(), ms: 1 };
    },
  };
}

const compiles = (log: SandboxRequest[]) => log.filter((one) => one.argv.includes("-exec=true"));
const runs = (log: SandboxRequest[]) =>
  log.filter((one) => one.argv.includes("-json") && !one.argv.includes("-exec=true"));

Deno.test("base is compiled once before the tests, and every run of tests sees the cache read-only, outside its checkout", async () => {
  const log: SandboxRequest[] = [];
  const facts = await gathered(module, { "m.go": "package m\n\nfunc One() int { return 2 - 1 }\n" }, {
    sandbox: pretendGo(log),
  });
  assert.equal(compiles(log).length, 1);
  const [compile] = compiles(log);
  assert.ok(compile?.env?.GOCACHE?.startsWith(`${compile.cwd}/`), "the compiler writes in its own checkout");
  assert.ok(runs(log).length >= 3);
  for (const run of runs(log)) {
    const cache = run.env?.GOCACHE ?? "";
    assert.ok(run.readOnly?.includes(cache));
    assert.equal(cache.startsWith(run.cwd), false);
  }
  assert.deepEqual(facts.prepared.map((one) => [one.on, one.argv.includes("-exec=true")]), [[
    "prepare",
    true,
  ]]);
  assert.deepEqual(told(onlyCommand(facts).head), ["pass example.com/m::TestOne"]);
});

Deno.test("what base compiled to is kept for the same base, begins with the common library, and another base has its own", async () => {
  const keep = await Deno.makeTempDir();
  try {
    const kept = () => [...Deno.readDirSync(keep)].map((entry) => entry.name.replace(/-.*/, "")).sort();
    const run = async (base: Tree) => {
      const log: SandboxRequest[] = [];
      await gathered(base, { "x.txt": "1" }, { sandbox: pretendGo(log), compiled: keep });
      return compiles(log).length;
    };
    assert.equal(await run(module), 2);
    assert.deepEqual(kept(), ["common", "compiled"]);
    const compiled = [...Deno.readDirSync(keep)].find((entry) => entry.name.startsWith("compiled"))?.name ??
      "";
    assert.equal(
      [...Deno.readDirSync(join(keep, compiled))].length,
      2,
      "the common cache was copied into it",
    );
    assert.equal(await run(module), 0);
    assert.equal(await run({ ...module, "more.txt": "" }), 1);
    assert.deepEqual(kept(), ["common", "compiled", "compiled"]);
  } finally {
    await Deno.remove(keep, { recursive: true });
  }
});

Deno.test("the common library is compiled once, whatever the commands of the tests are", async () => {
  const keep = await Deno.makeTempDir();
  try {
    const common: number[] = [];
    for (
      const argv of [["go", "test", "./..."], ["go", "test", "./checks"], ["go", "test", "-run", "One", "."]]
    ) {
      const log: SandboxRequest[] = [];
      await gathered({ ...module, "more.txt": argv.join(" ") }, { "x.txt": "1" }, {
        sandbox: pretendGo(log),
        compiled: keep,
        spec: { verify: { run: [argv] } },
      });
      common.push(compiles(log).length - 1);
    }
    assert.deepEqual(common, [1, 0, 0]);
  } finally {
    await Deno.remove(keep, { recursive: true });
  }
});

Deno.test("where only a held-out check is of the compiler's kind, base is compiled by its own command", async () => {
  const log: SandboxRequest[] = [];
  await gathered({ ...module, "test.sh": "echo ok 1 - a; echo 1..1" }, { "x.txt": "1" }, {
    sandbox: pretendGo(log),
    spec: {
      verify: { run: [["sh", "test.sh"]] },
      acceptance: [{
        id: "AC1",
        text: "t",
        check: { files: ["checks/a_test.go"], run: ["go", "test", "./checks"] },
      }],
    },
    checks: { "checks/a_test.go": "package checks\n" },
  });
  assert.deepEqual(compiles(log).map((one) => one.argv.at(-1)), ["./..."]);
  const checks = log.filter((one) => one.argv.includes("./checks"));
  assert.equal(checks.length, 2);
  for (const one of checks) assert.ok(one.readOnly?.includes(one.env?.GOCACHE ?? ""));
});

Deno.test("where nothing is read-only, runs get a copy: what they write is not kept", async () => {
  const keep = await Deno.makeTempDir();
  try {
    const kept = async () => {
      const names: string[] = [];
      for (const { name } of Deno.readDirSync(keep)) {
        for await (const file of Deno.readDir(join(keep, name))) names.push(file.name);
      }
      return names.filter((name) => name === "poison");
    };
    const seen: string[] = [];
    const log: SandboxRequest[] = [];
    const honest = pretendGo(log);
    const poisoning: Sandbox = {
      ...honest,
      run: async (request) => {
        const cache = request.env?.GOCACHE;
        if (cache !== undefined && !request.argv.includes("-exec=true")) {
          seen.push(cache);
          await Deno.writeTextFile(join(cache, "poison"), "x");
        }
        return await honest.run(request);
      },
    };
    for (let times = 0; times < 2; times++) {
      await gathered(module, { "x.txt": "1" }, { sandbox: poisoning, compiled: keep });
    }
    assert.ok(seen.length > 3);
    assert.deepEqual(await kept(), []);
    assert.equal(compiles(log).length, 2, "what is kept serves the second time all the same");
  } finally {
    await Deno.remove(keep, { recursive: true });
  }
});

Deno.test("caches that were not used for long go, the newest and the recent stay", async () => {
  const keep = await Deno.makeTempDir();
  try {
    const name = (n: number) => `compiled-${n.toString(16).padStart(32, "0")}`;
    for (let n = 0; n < 30; n++) {
      await Deno.mkdir(join(keep, name(n)));
      const used = new Date(Date.now() - (n < 15 ? 60_000 : 24 * 3_600_000));
      await Deno.utime(join(keep, name(n)), used, used);
    }
    await Deno.mkdir(join(keep, "not-ours"));
    await gathered(module, { "x.txt": "1" }, { sandbox: pretendGo([]), compiled: keep });
    const left = [...Deno.readDirSync(keep)].map((entry) => entry.name);
    for (let n = 0; n < 30; n++) assert.equal(left.includes(name(n)), n < 15, name(n));
    assert.ok(left.includes("not-ours"));
  } finally {
    await Deno.remove(keep, { recursive: true });
  }
});

Deno.test("a base that leaves no cache is no obstacle", async () => {
  const log: SandboxRequest[] = [];
  const go = pretendGo(log);
  const facts = await gathered(module, { "x.txt": "1" }, {
    sandbox: {
      ...go,
      run: async (request) =>
        request.argv.includes("-exec=true")
          ? { code: 1, ended: "by-itself", stdout: new Uint8Array(), stderr: new Uint8Array(), ms: 1 }
          : await go.run(request),
    },
  });
  assert.equal(onlyCommand(facts).head.exitCode, 0);
  for (const run of runs(log)) assert.equal(run.env?.GOCACHE, undefined);
});

Deno.test({
  name: "go: an honest change and its planted failure, with the real compiler in the sandbox",
  ignore: !(await new Deno.Command("go", { args: ["version"] }).output().then((done) =>
    done.success, () => false)),
  async fn() {
    const command = onlyCommand(
      await gathered(module, {
        "m.go": "package m\n\nfunc One() int { return 3 - 2 }\n",
        "two_test.go":
          'package m\n\nimport "testing"\n\nfunc TestTwo(t *testing.T) {\n\tif One()+One() != 2 {\n\t\tt.Fatal("no")\n\t}\n}\n',
      }, { sandbox: real }),
    );
    assert.deepEqual(told(command.head), ["pass example.com/m::TestOne", "pass example.com/m::TestTwo"]);
    assert.deepEqual(told(command.baseTestsOnHead), ["pass example.com/m::TestOne"]);
    assert.equal(command.planted?.path, "two_test.go");
    const marker = command.planted?.marker ?? "?";
    assert.equal(
      command.planted?.execution.report?.cases.find((one) => one.name.includes(marker))?.status,
      "fail",
    );
  },
});
