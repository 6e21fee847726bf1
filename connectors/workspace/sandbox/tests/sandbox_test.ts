/** What both levels of sandbox promise, with real programs that misbehave; and what bubblewrap alone adds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Execution, Sandbox, SandboxRequest } from "../../../port.ts";
import { removeTree } from "../../inside.ts";
import { bareSandbox } from "../bare.ts";
import { bwrapSandbox } from "../bwrap.ts";
import { findCgroup } from "../cgroup.ts";
import { findTool } from "../toolchain.ts";

const bwrap = bwrapSandbox();
const usable = await bwrap.check();
const here = usable.ok ? "" : ` (ignored: ${usable.error.message.slice(0, 100)})`;
const memoryLimited = usable.ok && usable.value.memoryLimit;
const path = (Deno.env.get("PATH") ?? "").split(":");
const has = async (tool: string) => await findTool(tool, path) !== null;
const [python, node, go, foundCargo] = await Promise.all(["python3", "node", "go", "cargo"].map(has));
// rustup's cargo is a shim that needs a default toolchain in HOME: without one there is no cargo on this machine.
const cargo = foundCargo &&
  (await new Deno.Command("cargo", { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;

type Run = (
  argv: readonly string[],
  more?: Partial<SandboxRequest>,
) => Promise<Execution & { out: string; err: string }>;

async function inSandbox(sandbox: Sandbox, test: (run: Run, dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-test-" }));
  const decoder = new TextDecoder();
  try {
    await test(async (argv, more = {}) => {
      const done = await sandbox.run({ argv, cwd: dir, timeoutMs: 60_000, ...more });
      return { ...done, out: decoder.decode(done.stdout), err: decoder.decode(done.stderr) };
    }, dir);
  } finally {
    await removeTree(dir);
  }
}

const sh = (script: string) => ["sh", "-c", script];

function forBoth(
  what: string,
  test: (run: Run, dir: string, sandbox: Sandbox) => Promise<void>,
  ignore = false,
): void {
  for (const sandbox of [bwrap, bareSandbox()]) {
    const absent = sandbox.level === "bwrap" && !usable.ok;
    Deno.test({
      name: `${sandbox.level}: ${what}${absent ? here : ""}`,
      ignore: ignore || absent || Deno.build.os === "windows",
      fn: () => inSandbox(sandbox, (run, dir) => test(run, dir, sandbox)),
    });
  }
}

function isolated(what: string, test: (run: Run, dir: string) => Promise<void>, ignore = false): void {
  Deno.test({
    name: `bwrap: ${what}${here}`,
    ignore: ignore || !usable.ok,
    fn: () => inSandbox(bwrap, test),
  });
}

forBoth(
  "a command runs in the directory, can write there, and its outputs and exit code come back",
  async (run, dir) => {
    const done = await run(sh("pwd; echo oops >&2; echo x > made; exit 3"));
    assert.deepEqual([done.code, done.ended, done.out, done.err], [3, "by-itself", `${dir}\n`, "oops\n"]);
    assert.equal(await Deno.readTextFile(join(dir, "made")), "x\n");
    assert.ok(done.ms > 0);
  },
);

// req: N10-01
forBoth("arguments arrive as they are: no shell reads them", async (run) => {
  const words = ["$(id)", "`id`", "a b", "*", "; echo x", "--", "", "'", '"', "\\", "\n", "$HOME", "ü"];
  const done = await run(["deno", "eval", "console.log(JSON.stringify(Deno.args))", "--", ...words]);
  assert.deepEqual(JSON.parse(done.out).slice(-words.length), words);
});

forBoth(
  "files of the directory can be changed and removed, and what it leaves can be removed by us",
  async (run, dir) => {
    await Deno.mkdir(join(dir, "a"));
    await Deno.writeTextFile(join(dir, "a/f"), "1");
    const done = await run(sh("echo 2 > a/f && rm a/f && mkdir -p b/c && echo 3 > b/c/d && chmod 500 b b/c"));
    assert.equal(done.code, 0, done.err);
    assert.equal(await Deno.readTextFile(join(dir, "b/c/d")), "3\n");
  },
);

// req: N10-04 N10-10
forBoth("the environment is clear but for a fixed list and what the request gives", async (run) => {
  Deno.env.set("EDGEFORGE_TEST_SECRET", "s3cret");
  try {
    const done = await run(["env"], { env: { GIVEN: "yes" } });
    assert.doesNotMatch(done.out, /s3cret/);
    assert.match(done.out, /^GIVEN=yes$/m);
    assert.match(done.out, /^LANG=C.UTF-8$/m);
    assert.doesNotMatch(done.out, new RegExp(`^HOME=${Deno.env.get("HOME")}$`, "m"));
  } finally {
    Deno.env.delete("EDGEFORGE_TEST_SECRET");
  }
});

forBoth("HOME and TMPDIR are private, can be written, and are gone afterwards", async (run) => {
  // A name that nobody else on this machine has in its own places.
  const name = `edgeforge-${crypto.randomUUID()}`;
  const done = await run(
    sh(`echo x > "$HOME/${name}" && echo y > "$TMPDIR/${name}" && echo "$HOME" "$TMPDIR" && ls -A "$TMPDIR"`),
  );
  assert.equal(done.code, 0, done.err);
  const [home = "", tmp = ""] = done.out.split(/\s/);
  for (const place of [join(home, name), join(tmp, name)]) {
    await assert.rejects(Deno.lstat(place), Deno.errors.NotFound);
  }
  assert.ok(!(await run(sh('ls -A "$HOME" "$TMPDIR"'))).out.includes(name));
});

forBoth("a request's PATH goes before the usual one", async (run, dir) => {
  await Deno.mkdir(join(dir, "bin"));
  await Deno.writeTextFile(join(dir, "bin/mytool"), "#!/bin/sh\necho mine\n");
  await Deno.chmod(join(dir, "bin/mytool"), 0o755);
  assert.equal((await run(["mytool"], { env: { PATH: join(dir, "bin") } })).out, "mine\n");
  assert.equal((await run(["./bin/mytool"])).out, "mine\n");
});

forBoth("what cannot be started is not-started, with the reason, and no exit code", async (run, dir) => {
  const absent = await run(["no-such-command-anywhere"]);
  assert.deepEqual([absent.code, absent.ended], [null, "not-started"]);
  assert.match(absent.err, /"no-such-command-anywhere" is not on PATH/);
  assert.equal((await run([])).ended, "not-started");
  assert.equal((await run(["sh", "a\0b"])).ended, "not-started");
  assert.equal((await run(["true"], { cwd: join(dir, "none") })).ended, "not-started");
});

forBoth("an environment name that is none is a bug of the caller, and throws", async (run) => {
  await assert.rejects(run(["true"], { env: { "A B": "x" } }), /"A B": not a valid name/);
});

// req: N10-07
forBoth(
  "a program that ignores SIGTERM, and all that it started, ends at the time limit",
  async (run, _dir, sandbox) => {
    const marker = `7${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const script =
      `trap '' TERM HUP INT; (setsid sleep ${marker} &) ; (setsid sh -c 'sleep ${marker} & sleep ${marker}' &); sleep ${marker}`;
    const done = await run(sh(script), { timeoutMs: 700 });
    assert.deepEqual([done.code, done.ended], [null, "timeout"], sandbox.level);
    assert.ok(done.ms < 20_000, `${done.ms}`);
    assert.deepEqual(await runningWith(marker), []);
  },
);

// req: N10-07
forBoth("what a program leaves running when it ends is ended too", async (run) => {
  const marker = `7${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const done = await run(
    sh(`(setsid sleep ${marker} >/dev/null 2>&1 &); (setsid sleep ${marker} &); echo done`),
  );
  assert.deepEqual([done.code, done.ended, done.out], [0, "by-itself", "done\n"]);
  assert.deepEqual(await runningWith(marker), []);
});

// req: N10-08 N7-16
forBoth("a gigabyte of output is cut at the cap, in one stream or two, and never held", async (run) => {
  for (const script of ["yes | head -c 1000000000", "yes >&2", "yes & yes >&2"]) {
    const done = await run(sh(script), { maxOutputBytes: 1_000_000 });
    assert.deepEqual([done.code, done.ended], [null, "output-cap"], script);
    assert.equal(done.stdout.byteLength + done.stderr.byteLength, 1_000_000);
  }
});

forBoth("output up to the cap is whole", async (run) => {
  const done = await run(sh("head -c 1000000 /dev/zero"), { maxOutputBytes: 1_000_000 });
  assert.deepEqual([done.code, done.ended, done.stdout.byteLength], [0, "by-itself", 1_000_000]);
});

forBoth("an abort ends it, before or while it runs", async (run) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 300);
  const done = await run(["sleep", "60"], { signal: controller.signal });
  clearTimeout(timer);
  assert.deepEqual([done.code, done.ended], [null, "signal"]);
  const never = await run(sh("sleep 60"), { signal: AbortSignal.abort() });
  assert.deepEqual([never.code, never.ended], [null, "signal"]);
});

forBoth("a fork bomb ends at the time limit and leaves the machine alone", async (run) => {
  const done = await run(sh("f(){ f|f& };f; sleep 30"), { timeoutMs: 1500, maxOutputBytes: 100_000 });
  assert.ok(done.ended === "timeout" || done.ended === "output-cap" || done.ended === "memory", done.ended);
  assert.equal(done.code, null);
  assert.equal((await run(["true"])).code, 0);
});

forBoth("a program that eats memory ends as memory, also when a child of it does", async (run) => {
  const eat = "x = bytearray()\nwhile True: x += bytearray(20_000_000)";
  const done = await run(["python3", "-c", eat], { memoryBytes: 150_000_000 });
  assert.deepEqual([done.code, done.ended], [null, "memory"]);
  const child = await run(["sh", "-c", `python3 -c '${eat}'; echo the rest goes on`], {
    memoryBytes: 150_000_000,
  });
  assert.deepEqual([child.code, child.ended], [null, "memory"]);
}, !memoryLimited || !python);

forBoth("many commands at once do not disturb one another", async (run) => {
  const all = await Promise.all(Array.from({ length: 12 }, (_, at) => run(sh(`echo ${at}; exit ${at}`))));
  assert.deepEqual(
    all.map((one) => [one.code, one.out]),
    Array.from({ length: 12 }, (_, at) => [at, `${at}\n`]),
  );
});

forBoth("standard input is empty, not the terminal", async (run) => {
  assert.equal((await run(sh("cat; echo end"))).out, "end\n");
});

forBoth("toolchains of this machine work", async (run, dir) => {
  await Deno.writeTextFile(join(dir, "x_test.ts"), 'Deno.test("x", () => {});\n');
  const tested = await run(["deno", "test", "--no-check", "x_test.ts"]);
  assert.equal(tested.code, 0, tested.err);
  assert.match(tested.out, /1 passed/);
  const versions = { python3: python, node, go: go && "version", cargo };
  for (const [tool, there] of Object.entries(versions)) {
    if (!there) continue;
    const done = await run([tool, there === "version" ? "version" : "--version"]);
    assert.equal(done.code, 0, `${tool}: ${done.err}`);
  }
});

for (const make of [() => bwrapSandbox({ cgroups: false }), () => bareSandbox({ cgroups: false })]) {
  const sandbox = make();
  Deno.test({
    name:
      `${sandbox.level}: without control groups each process is limited, check says so, and toolchains start${here}`,
    ignore: !usable.ok || !python,
    fn: () =>
      inSandbox(sandbox, async (run) => {
        const checked = await sandbox.check();
        assert.equal(checked.ok && checked.value.memoryLimit, false);
        const eat = await run(["python3", "-c", "x = bytearray(400_000_000)"], { memoryBytes: 200_000_000 });
        assert.deepEqual([eat.code, eat.ended], [1, "by-itself"]);
        assert.match(eat.err, /MemoryError/);
        const tools = [
          ["deno", "--version"],
          ...(node ? [["node", "--version"]] : []),
          ...(go ? [["go", "version"]] : []),
        ];
        for (const argv of tools) assert.equal((await run(argv)).code, 0, argv[0]);
      }),
  });
}

// req: N10-04 N10-10
isolated("nothing of the machine is there but programs: no home, no keys, no accounts", async (run) => {
  const home = Deno.env.get("HOME") ?? "/root";
  const done = await run(
    sh(
      `cat /etc/shadow /etc/hostname /etc/machine-id ${home}/.bashrc ${home}/.npmrc ${home}/.ssh/id_rsa; ls -A /root /home/* /var /srv /mnt /sys`,
    ),
  );
  assert.notEqual(done.code, 0);
  assert.equal(
    done.out.split("\n").filter((line) => line !== "" && !line.endsWith(":") && !line.startsWith(".")).join(),
    "",
  );
  const names = (await run(sh("cut -d: -f1 /etc/passwd"))).out.trim().split("\n");
  assert.deepEqual(names, ["root", "forge"]);
});

// req: N10-04
isolated("nothing but the directory, /tmp, HOME and shared memory can be written", async (run, dir) => {
  const places = [
    "/",
    "/usr",
    "/etc",
    "/bin/x",
    "/run",
    "/home",
    "/opt",
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/usr/bin/deno",
  ];
  for (const place of places) {
    const done = await run(sh(`if [ -d ${place} ]; then touch ${place}/made; else echo > ${place}; fi`));
    assert.notEqual(done.code, 0, place);
  }
  assert.equal((await run(sh(`touch ${dir}/a /tmp/a $HOME/a /dev/shm/a`))).code, 0);
  await assert.rejects(Deno.lstat(join(dir, "../made")), Deno.errors.NotFound);
});

isolated("kernel settings cannot be written, which matters where this runs as root", async (run) => {
  const done = await run(
    sh(
      "find /proc -maxdepth 4 -not -path '/proc/[0-9]*' -not -path '/proc/self*' -not -path '/proc/thread-self*' -type f -writable 2>/dev/null",
    ),
  );
  const writable = done.out.trim().split("\n").filter((path) =>
    path !== "" && !path.startsWith("/proc/pressure/")
  );
  for (const path of writable) {
    const tried = await run(sh(`cat ${path} > /tmp/v && cat /tmp/v > ${path}`));
    assert.notEqual(tried.code, 0, `${path} can be written`);
  }
  const sysctl = await run(
    sh("v=$(cat /proc/sys/kernel/printk_ratelimit) && echo $v > /proc/sys/kernel/printk_ratelimit"),
  );
  assert.notEqual(sysctl.code, 0);
});

// req: N10-04
isolated("there is no network: not outside, and not to services of this machine", async (run) => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("reached"),
  );
  try {
    const url = `http://127.0.0.1:${server.addr.port}/`;
    assert.equal(await (await fetch(url)).text(), "reached");
    const script =
      `try { console.log(await (await fetch("${url}")).text()); } catch { console.log("no way"); }`;
    assert.equal((await run(["deno", "eval", script])).out, "no way\n");
    const own =
      'const s = Deno.serve({port:0,onListen(){}}, () => new Response("own")); console.log(await (await fetch(`http://127.0.0.1:${s.addr.port}`)).text()); await s.shutdown();';
    assert.equal((await run(["deno", "eval", own])).out, "own\n", "its own loopback works");
    assert.equal(
      (await run(["deno", "eval", script], { network: "registry" })).out,
      "reached\n",
      "the install step has one",
    );
  } finally {
    await server.shutdown();
  }
});

isolated(
  "it has no capabilities, no new privileges, no way into new namespaces, and sees its own processes alone",
  async (run) => {
    const status = (await run(sh("cat /proc/self/status"))).out;
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      assert.match(status, new RegExp(`^${set}:\\t0+$`, "m"));
    }
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match((await run(["id", "-u"])).out, /^65534$/m);
    const processes = (await run(sh("ls -d /proc/[0-9]* | wc -l"))).out;
    assert.ok(Number(processes) < 10, processes);
    assert.notEqual((await run(sh("mount -t tmpfs x /tmp"))).code, 0);
    assert.notEqual((await run(sh("kill -9 1"))).ended, "signal");
  },
);

isolated("a link that leads out of the directory leads nowhere", async (run, dir) => {
  const outside = await Deno.makeTempDir();
  await Deno.writeTextFile(join(outside, "secret"), "secret");
  await Deno.symlink(join(outside, "secret"), join(dir, "link"));
  try {
    const done = await run(sh("cat link; echo x > link"));
    assert.notEqual(done.code, 0);
    assert.equal(done.out, "");
    assert.equal(await Deno.readTextFile(join(outside, "secret")), "secret");
  } finally {
    await Deno.remove(outside, { recursive: true });
  }
});

isolated("more directories are shown read-only, or written where the request says so", async (run, dir) => {
  const [shown, filled] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  await Deno.writeTextFile(join(shown, "cached"), "cached");
  try {
    const more = { readOnly: [shown], writable: [filled] };
    const done = await run(sh(`cat ${shown}/cached; echo y > ${filled}/made; echo x > ${shown}/made`), more);
    assert.equal(done.out, "cached");
    assert.notEqual(done.code, 0);
    assert.equal(await Deno.readTextFile(join(filled, "made")), "y\n");
    assert.notEqual((await run(sh(`cat ${shown}/cached`))).code, 0, "only on request");
    await Deno.mkdir(join(dir, "deps"));
    assert.notEqual(
      (await run(sh("touch deps/x"), { readOnly: [join(dir, "deps")] })).code,
      0,
      "also inside the directory",
    );
  } finally {
    await Deno.remove(shown, { recursive: true });
    await Deno.remove(filled, { recursive: true });
  }
});

isolated("a directory that holds more than a checkout is refused", async (run) => {
  for (const cwd of ["/", "/usr", "/home", "/tmp", Deno.env.get("HOME") ?? "/root", "relative"]) {
    const done = await run(["true"], { cwd });
    assert.equal(done.ended, "not-started", cwd);
  }
});

isolated(
  "bubblewrap that fails to set up is not-started, and a program cannot pretend an exit code",
  async (run) => {
    // The process does not exist inside, and nothing can be made in /proc.
    const broken = await run(["true"], { readOnly: [`/proc/${Deno.pid}/task`] });
    assert.deepEqual([broken.code, broken.ended], [null, "not-started"]);
    assert.match(broken.err, /^bwrap: /);
    const absent = await run(["true"], { readOnly: ["/nonexistent"] });
    assert.deepEqual([absent.code, absent.ended], [null, "not-started"]);
    assert.match(absent.err, /\/nonexistent is not there/);
    const forged = await run(
      sh('for fd in 3 4 5 6 7 8 9; do (echo "{ \\"exit-code\\": 0 }" >&$fd) 2>/dev/null; done; exit 7'),
    );
    assert.deepEqual([forged.code, forged.ended], [7, "by-itself"]);
  },
);

isolated("Deno's cache is its own, and a read-only one can be used", async (run, dir) => {
  const cache = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(dir, "main.ts"),
      'export const x: number = 1; console.log("ran", Deno.execPath() !== "");\n',
    );
    const done = await run(["deno", "run", "--allow-read", "main.ts"], {
      env: { DENO_DIR: cache },
      readOnly: [cache],
    });
    assert.equal(done.out, "ran true\n", done.err);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(cache)), []);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

// req: N10-07
isolated("nothing is left when the engine itself is killed", async (_run, dir) => {
  const marker = `7${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const module = new URL("../bwrap.ts", import.meta.url).href;
  const script = `import { bwrapSandbox } from ${JSON.stringify(module)};
    await bwrapSandbox().run({ argv: ["sh", "-c", "(setsid sleep ${marker} &); sleep ${marker}"], cwd: ${
    JSON.stringify(dir)
  }, timeoutMs: 60000 });`;
  const config = new URL("../../../../deno.json", import.meta.url).pathname;
  const engine = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--no-check", "--config", config, "-"],
    // What a killed engine leaves behind lies in the test's directory.
    env: { TMPDIR: dir },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = engine.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const until = async (done: () => Promise<boolean>) => {
    for (let tries = 0; tries < 300; tries++) {
      if (await done()) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  };
  const running = async () => (await runningWith(`sleep\0${marker}`)).length;
  const started = await until(async () => await running() === 2);
  engine.kill("SIGKILL");
  await engine.status;
  assert.ok(started, "the sandbox ran");
  assert.ok(await until(async () => await running() === 0), "its processes are gone");
  // The next engine to look removes the control group of the one that is gone.
  const swept = async () => {
    const place = await findCgroup();
    const left = place === null ? [] : await Array.fromAsync(Deno.readDir(place.memory));
    return !left.some((entry) => entry.name.startsWith(`edgeforge-${engine.pid}-`));
  };
  assert.ok(await until(swept), "its control group is gone");
});

Deno.test("the bare sandbox says that it isolates nothing", async () => {
  const checked = await bareSandbox().check();
  assert.ok(checked.ok);
  assert.match(checked.value.detail, /no isolation/);
  assert.equal(bareSandbox().level, "none");
});

// req: N10-05 N1-12
Deno.test("bubblewrap that is not installed is a problem with a remedy, and every run is not-started", async () => {
  const sandbox = bwrapSandbox({ path: "/nonexistent", bwrap: "/nonexistent/bwrap" });
  const checked = await sandbox.check();
  assert.equal(checked.ok, false);
  if (!checked.ok) {
    assert.equal(checked.error.code, "sandbox-unavailable");
    assert.match(checked.error.remedy ?? "", /apt-get install bubblewrap.*--sandbox none/s);
  }
  const done = await sandbox.run({ argv: ["true"], cwd: "/tmp", timeoutMs: 1000 });
  assert.deepEqual([done.code, done.ended], [null, "not-started"]);
});

// req: N10-05
Deno.test({
  name: "bubblewrap that is there and does not work is found out by trying it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      for (
        const [says, remedy] of [
          ["bwrap: No permissions to create new namespace", /max_user_namespaces/],
          ["bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", /apparmor/],
          ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", /systempaths=unconfined/],
          ["bwrap: something else", /to see why/],
        ] as const
      ) {
        const fake = join(dir, "bwrap");
        await Deno.writeTextFile(fake, `#!/bin/sh\necho "${says}" >&2\nexit 1\n`);
        await Deno.chmod(fake, 0o755);
        const checked = await bwrapSandbox({ bwrap: fake }).check();
        assert.equal(checked.ok, false);
        if (!checked.ok) assert.match(checked.error.remedy ?? "", remedy, says);
      }
      // One that runs nothing and exits 0 is no sandbox either.
      await Deno.writeTextFile(join(dir, "bwrap"), "#!/bin/sh\nexit 0\n");
      assert.equal((await bwrapSandbox({ bwrap: join(dir, "bwrap") }).check()).ok, false);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** Processes of this machine that have the word in their command line. */
async function runningWith(word: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const line = await Deno.readTextFile(`/proc/${entry.name}/cmdline`).catch(() => "");
    if (line.includes(word)) found.push(line);
  }
  return found;
}
