import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Execution, Sandbox, SandboxRequest } from "../../port.ts";
import { removeTree } from "../inside.ts";
import { bareSandbox } from "../sandbox/bare.ts";
import { bwrapSandbox } from "../sandbox/bwrap.ts";
import { findTool } from "../sandbox/toolchain.ts";
import { prepareDependencies } from "./prepare.ts";
import { packageOf, withRegistry } from "../tests/registry.ts";

async function withCheckout(
  files: Record<string, string>,
  test: (dir: string, root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-test-" }));
  const dir = join(root, "checkout");
  try {
    await Deno.mkdir(dir);
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
      await Deno.writeTextFile(join(dir, path), content);
    }
    await test(dir, root);
  } finally {
    await removeTree(root);
  }
}

/** Records what it is asked to run, and answers as told. */
function recording(answer: Partial<Execution> = {}): Sandbox & { requests: SandboxRequest[] } {
  const requests: SandboxRequest[] = [];
  return {
    level: "none",
    requests,
    check: () => Promise.resolve({ ok: true, value: { detail: "", memoryLimit: false } }),
    run: (request) => {
      requests.push(request);
      const none = new Uint8Array();
      return Promise.resolve({ code: 0, ended: "by-itself", stdout: none, stderr: none, ms: 1, ...answer });
    },
  };
}

const NPM_LOCK = JSON.stringify({
  lockfileVersion: 3,
  packages: { "": {}, "node_modules/x": { version: "1.0.0" } },
});

Deno.test("a repository without lock files, or with empty ones, costs nothing", async () => {
  await withCheckout({
    "package.json": "{}",
    "package-lock.json": JSON.stringify({
      lockfileVersion: 3,
      packages: { "": { name: "x" }, "packages/a": { link: true } },
    }),
    "deno.lock": '{"version":"5","workspace":{}}',
    "go.sum": "",
    "Cargo.lock": '[[package]]\nname = "me"\nversion = "0.1.0"\n',
    "requirements.txt": "# nothing\n",
  }, async (dir, root) => {
    const sandbox = recording();
    const { lay, ...prepared } = await prepareDependencies({ dir, sandbox });
    assert.deepEqual(prepared, { executions: [], env: {}, readOnly: [], notes: [], problem: null });
    assert.equal(sandbox.requests.length, 0);
    await lay(dir);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(root))).map((entry) => entry.name), ["checkout"]);
  });
});

// req: N10-06
Deno.test("each kind installs frozen and without scripts, with a network, and is found later by its environment", async () => {
  const kinds: { files: Record<string, string>; argv: RegExp; env: RegExp }[] = [
    {
      files: { "package-lock.json": NPM_LOCK },
      argv: /^npm ci --ignore-scripts .*--git=\/bin\/false$/,
      env: /^$/,
    },
    {
      files: { "pnpm-lock.yaml": "packages:\n  x: {}\n" },
      argv: /^pnpm install --frozen-lockfile --ignore-scripts --ignore-pnpmfile/,
      env: /^$/,
    },
    {
      files: { "yarn.lock": '# yarn lockfile v1\n\nx@^1:\n  resolved "x"\n' },
      argv: /^yarn install --frozen-lockfile --ignore-scripts/,
      env: /^$/,
    },
    {
      files: { "deno.json": "{}", "deno.lock": '{"version":"5","npm":{"x@1":{}}}' },
      argv: /^deno ci$/,
      env: /DENO_DIR=.*dependencies\/deno-/,
    },
    {
      files: { "deno.lock": '{"version":"5","remote":{"https://x/y.ts":"0"}}', "a.ts": "", "b/c.ts": "" },
      argv: /^deno cache --frozen \.\/a\.ts \.\/b\/c\.ts$/,
      env: /DENO_DIR=/,
    },
    {
      files: {
        "requirements.txt": `a==1.0 ; python_version > "3"\nb[x]==2 \\\n  --hash=sha256:${"0".repeat(64)}\n`,
      },
      argv: /^python3 -m pip install --only-binary=:all: .* -r requirements.txt$/,
      env: /PYTHONPATH=.*PATH=.*\/bin/s,
    },
    {
      files: { "go.mod": "module x", "go.sum": "x v1 h1:x\n" },
      argv: /^go mod download$/,
      env: /GOMODCACHE=.*GOPROXY=off/s,
    },
    {
      files: { "Cargo.lock": '[[package]]\nname = "x"\nsource = "registry+https://x"\n' },
      argv: /^cargo fetch --locked$/,
      env: /CARGO_HOME=.*CARGO_NET_OFFLINE=true/s,
    },
  ];
  for (const { files, argv, env } of kinds) {
    await withCheckout(files, async (dir) => {
      const sandbox = recording();
      const prepared = await prepareDependencies({ dir, sandbox });
      const [request] = sandbox.requests;
      assert.match(request?.argv.join(" ") ?? "", argv);
      assert.equal(request?.network, "registry");
      assert.equal(request?.cwd, dir);
      assert.match(Object.entries(prepared.env).map((pair) => pair.join("=")).join("\n"), env);
      assert.equal(prepared.problem, null);
      assert.deepEqual(prepared.executions.map((one) => [one.on, one.exitCode, one.report]), [[
        "prepare",
        0,
        null,
      ]]);
      for (const shown of prepared.readOnly) assert.ok((await Deno.stat(shown)).isDirectory);
    });
  }
});

Deno.test("requirements with ranges, options, paths or URLs are no lock", async () => {
  for (
    const line of [
      "a",
      "a>=1",
      "a==1\nb",
      "-e .",
      "-r other.txt",
      "a @ https://x/y.whl",
      "./a",
      "--index-url https://evil/\na==1",
      "a==1; x\\\n--pre",
    ]
  ) {
    await withCheckout({ "requirements.txt": `${line}\n` }, async (dir) => {
      const sandbox = recording();
      await prepareDependencies({ dir, sandbox });
      assert.deepEqual(sandbox.requests, [], line);
    });
  }
});

Deno.test("vendored modules need nothing, and lock files of tests and examples are not ours", async () => {
  await withCheckout({
    "go.sum": "x v1 h1:x\n",
    "vendor/modules.txt": "",
    "testdata/package-lock.json": NPM_LOCK,
    "examples/a/package-lock.json": NPM_LOCK,
    "node_modules/x/package-lock.json": NPM_LOCK,
    "a/b/c/package-lock.json": NPM_LOCK,
  }, async (dir) => {
    const sandbox = recording();
    await prepareDependencies({ dir, sandbox });
    assert.deepEqual(sandbox.requests, []);
  });
});

Deno.test("packages in subdirectories install in their own", async () => {
  await withCheckout(
    { "web/package-lock.json": NPM_LOCK, "services/api/go.sum": "x v1 h1:x\n" },
    async (dir) => {
      const sandbox = recording();
      await prepareDependencies({ dir, sandbox });
      assert.deepEqual(sandbox.requests.map(({ argv, cwd, writable }) => [argv[0], cwd, writable?.[0]]), [
        ["npm", join(dir, "web"), dir],
        ["go", join(dir, "services/api"), dir],
      ]);
    },
  );
});

Deno.test("what was fetched for a lock file serves every checkout with the same one, and is never half filled", async () => {
  const files = { "go.sum": "x v1 h1:x\n" };
  await withCheckout(files, async (dir, root) => {
    const failing = recording({ code: 1 });
    const broken = await prepareDependencies({ dir, sandbox: failing });
    assert.equal(broken.problem?.code, "dependencies-failed");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(root, "dependencies"))), []);
    const sandbox = recording();
    const first = await prepareDependencies({ dir, sandbox });
    const second = await prepareDependencies({ dir, sandbox });
    assert.equal(sandbox.requests.length, 1);
    assert.deepEqual(second.env, first.env);
    assert.deepEqual(second.executions, []);
    await Deno.writeTextFile(join(dir, "go.sum"), "x v2 h1:x\n");
    const third = await prepareDependencies({ dir, sandbox });
    assert.notDeepEqual(third.env, first.env);
    const both = await Promise.all(
      [1, 2].map(() => prepareDependencies({ dir, sandbox, cacheDir: join(root, "other") })),
    );
    assert.deepEqual(both[0]?.env, both[1]?.env);
  });
});

Deno.test("a failure is a problem with the command, how it ended, what it said and what to do", async () => {
  await withCheckout({ "package-lock.json": NPM_LOCK }, async (dir) => {
    const stderr = new TextEncoder().encode("ENOTFOUND registry");
    for (const answer of [{ code: 1, stderr }, { code: null, ended: "timeout" as const, stderr }]) {
      const { problem, executions } = await prepareDependencies({ dir, sandbox: recording(answer) });
      assert.equal(problem?.code, "dependencies-failed");
      assert.match(
        problem?.message ?? "",
        /package-lock\.json: `npm ci .*` ended with (exit code 1|timeout): ENOTFOUND registry/,
      );
      assert.equal(executions[0]?.outputTail, "ENOTFOUND registry");
    }
  });
});

Deno.test("of a long output the failure tells both ends: npm says first what is wrong, pip last", async () => {
  await withCheckout({ "package-lock.json": NPM_LOCK }, async (dir) => {
    const stderr = new TextEncoder().encode(`npm error code EUSAGE\n${"usage ".repeat(900)}\nthe last line`);
    const { problem } = await prepareDependencies({ dir, sandbox: recording({ code: 1, stderr }) });
    assert.match(problem?.message ?? "", /exit code 1: npm error code EUSAGE\n.* … .*\nthe last line$/s);
    assert.ok((problem?.message.length ?? 0) < 1500);
  });
});

Deno.test("lock files of tools that we do not drive are noted", async () => {
  await withCheckout({ "uv.lock": "", "Gemfile.lock": "" }, async (dir) => {
    const { notes } = await prepareDependencies({ dir, sandbox: recording() });
    assert.equal(notes.length, 2);
    assert.match(notes.join(), /Gemfile\.lock: .*not installed.*uv\.lock/);
  });
});

Deno.test("a lock file that is a link is not read", async () => {
  await withCheckout({}, async (dir, root) => {
    await Deno.writeTextFile(join(root, "outside"), NPM_LOCK);
    await Deno.symlink(join(root, "outside"), join(dir, "package-lock.json"));
    const sandbox = recording();
    await prepareDependencies({ dir, sandbox });
    assert.deepEqual(sandbox.requests, []);
  });
});

const bwrap = bwrapSandbox();
const usable = (await bwrap.check()).ok;
const npm = await findTool("npm", (Deno.env.get("PATH") ?? "").split(":")) !== null;

for (const sandbox of [bwrap, bareSandbox()]) {
  const ignore = !npm || (sandbox.level === "bwrap" && !usable);
  // req: N10-06
  Deno.test({
    name:
      `${sandbox.level}: npm installs from a registry, runs no script, and the modules are laid into other checkouts${
        ignore ? " (ignored: no npm or no bubblewrap)" : ""
      }`,
    ignore,
    fn: async () =>
      await withRegistry([
        await packageOf("left", {
          "index.js": "module.exports = 42;",
          "trap.js": "require('fs').writeFileSync('/tmp/x','')",
        }, {
          scripts: { install: "node trap.js && touch ../../marker", postinstall: "touch ../../marker" },
          bin: { left: "index.js" },
        }),
      ], async (registry) => {
        await withCheckout({
          "package.json": JSON.stringify({
            name: "app",
            version: "1.0.0",
            dependencies: { left: "1.0.0" },
            scripts: { install: "touch marker", prepare: "touch marker" },
          }),
          "package-lock.json": registry.lock(),
          ".npmrc": `ignore-scripts=false\nscript-shell=./evil.sh\ngit=./evil.sh\n`,
          "evil.sh": "#!/bin/sh\ntouch marker\n",
        }, async (dir, root) => {
          await Deno.chmod(join(dir, "evil.sh"), 0o755);
          Deno.env.set("npm_config_registry", registry.url);
          try {
            const prepared = await prepareDependencies({ dir, sandbox });
            assert.equal(prepared.problem, null, prepared.problem?.message);
            const other = join(root, "other");
            await Deno.mkdir(other);
            await prepared.lay(other);
            for (const at of [dir, other]) {
              const done = await sandbox.run({
                argv: ["node", "-p", "require('left')"],
                cwd: at,
                timeoutMs: 30_000,
              });
              assert.equal(
                new TextDecoder().decode(done.stdout),
                "42\n",
                new TextDecoder().decode(done.stderr),
              );
            }
            await Deno.writeTextFile(join(other, "node_modules/left/index.js"), "module.exports = 0;");
            assert.match(
              await Deno.readTextFile(join(dir, "node_modules/left/index.js")),
              /42/,
              "each has its own copy",
            );
            await assert.rejects(Deno.lstat(join(dir, "marker")), Deno.errors.NotFound);
          } finally {
            Deno.env.delete("npm_config_registry");
          }
        });
      }),
  });
}
