import assert from "node:assert/strict";
import { join } from "node:path";
import { RUNNER_SCRIPT } from "./runner_script.ts";
import { type CiResult, slotResults } from "./results.ts";
import { slotJob } from "./workflow_text.ts";

const can = (name: string) => {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
};
const tools = ["bash", "git", "setpriv"].filter((name) => !can(name));
const root = Deno.build.os !== "windows" && Deno.uid() === 0;
const missing = [...tools, ...(root ? [] : ["root"])];

interface Item {
  argv: string[];
  env?: Record<string, string>;
  support?: Record<string, string>;
  seconds?: number;
  install?: string[];
}

/** Runs one slot of an order with these commands, all of them on one tree, as CI would: what is read back, and the raw log. */
async function ran(
  items: Record<string, Item>,
  files: Record<string, string> = { "a.txt": "a\n" },
): Promise<{ results: ReadonlyMap<string, CiResult>; log: string; why: string; left: string[] }> {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-script-" });
  const git = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-C", dir, "-c", "user.name=A", "-c", "user.email=a@b", ...args],
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  };
  const write = async (path: string, text: string) => {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(dir, path), text);
  };
  const words = (all: readonly string[]) => all.map((word) => `${word}\0`).join("");
  try {
    await git("init", "-q");
    for (const [path, text] of Object.entries(files)) await write(path, text);
    await git("add", "-A");
    const tree = await git("write-tree");
    for (const [id, { argv, env = {}, support = {}, seconds = 20, install }] of Object.entries(items)) {
      const at = `.forge-verify/${id}`;
      await write(`${at}/slot`, "1");
      await write(`${at}/tree`, tree);
      await write(`${at}/seconds`, String(seconds));
      await write(`${at}/argv`, words(argv));
      await write(`${at}/env`, words(Object.entries(env).map(([name, value]) => `${name}=${value}`)));
      if (install !== undefined) await write(`${at}/prepare`, words(install));
      for (const [name, text] of Object.entries(support)) await write(`${at}/support/${name}`, text);
    }
    await git("add", "-A");
    await git("commit", "-q", "-m", "order");
    const commit = await git("rev-parse", "HEAD");
    const before = new Set([...Deno.readDirSync("/tmp")].map(({ name }) => name));
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `set -- 1 ${commit}\n${RUNNER_SCRIPT}`],
      cwd: dir,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        FORGE_VERIFY_SAME_USER: "no",
        FORGE_CANARY: "canary-of-the-job",
      },
    }).output();
    const log = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const left = [...Deno.readDirSync("/tmp")].map(({ name }) => name).filter((name) =>
      !before.has(name) && /^forge-verify-|^left-behind/.test(name)
    );
    const conclusion = code === 0 ? "success" : "failure";
    const job = { id: "1", name: slotJob(1), status: "completed" as const, conclusion, steps: [], url: null };
    const read = await slotResults({ slot: 1, job, text: log }, { commit, ids: Object.keys(items) });
    return read.ok
      ? { results: read.value, log, why: "", left }
      : { results: new Map(), log, why: `${read.error.message}\n${log}`, left };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const text = (bytes: Uint8Array | null | undefined) => bytes ? new TextDecoder().decode(bytes) : null;
const sh = (script: string): Item => ({ argv: ["sh", "-c", script] });
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    name: missing.length === 0 ? name : `${name} (${missing.join(", ")} not here)`,
    ignore: missing.length > 0,
    fn,
  });

test("commands run in their tree with their words, files and environment; what came of each is told", async () => {
  const { results, why, left } = await ran({
    e001: {
      argv: [
        "sh",
        "-c",
        'cat a.txt "$1"; echo "$NAME" >&2; printf report > "$2"',
        "-",
        "@edgeforge-support@/s.txt",
        "@edgeforge-report@",
      ],
      env: { NAME: "a b\nc" },
      support: { "s.txt": "support\n" },
    },
    e002: sh("exit 3"),
    e003: { argv: ["no-such-command"] },
    e004: { ...sh("sleep 60"), seconds: 1 },
    e005: { ...sh("cat made"), install: ["sh", "-c", "echo installed > made"] },
    e006: { ...sh("true"), install: ["sh", "-c", "echo broken; exit 7"] },
  });
  const unknown = results.get("e003")?.code ?? 0;
  assert.ok(unknown === 126 || unknown === 127, why);
  const told = Object.fromEntries(
    [...results].map(([id, { code, ended, prepared }]) => [id, [code, ended, prepared]]),
  );
  assert.deepEqual(told, {
    e001: [0, "by-itself", null],
    e002: [3, "by-itself", null],
    e003: [unknown, "by-itself", null],
    e004: [124, "timeout", null],
    e005: [0, "by-itself", 0],
    e006: [127, "by-itself", 7],
  }, why);
  const first = results.get("e001");
  assert.deepEqual([text(first?.stdout), text(first?.stderr), text(first?.report)], [
    "a\nsupport\n",
    "a b\nc\n",
    "report",
  ]);
  assert.equal(first?.isolation, "user");
  assert.equal(text(results.get("e005")?.stdout), "installed\n");
  assert.match(text(results.get("e006")?.prepareOutput) ?? "", /broken/);
  assert.deepEqual(left, [], "nothing stays on the runner");
});

test("a command can neither speak in the log, nor see the order, nor reach the script, nor stay behind", async () => {
  const { results, log, why, left } = await ran({
    e001: sh(
      // Every way to another process's streams; the parents are the script's.
      "for p in /proc/[0-9]*; do for f in 0 1 2; do echo FORGED > $p/fd/$f; done; done 2>/dev/null; " +
        "echo 'forge-verify/1 x e001 done 0 by-itself'; kill -9 $PPID 2>/dev/null; echo \"killed: $?\"",
    ),
    // Its own order and held-out trees lie in the clone that it was taken from.
    e002: sh(
      "cat /tmp/edgeforge-script-*/.forge-verify/*/argv; git -C /tmp/edgeforge-script-* log; env; ls -A; id -u",
    ),
    e003: sh(
      "echo >/tmp/left-behind-$$; (while :; do sleep 0.1; done) & echo $! ; setsid sleep 300 & exit 0",
    ),
    e004: { argv: ["sh", "-c", 'ln -s /etc/shadow "$1"', "-", "@edgeforge-report@"] },
    e005: { argv: ["sh", "-c", 'mkfifo "$1"', "-", "@edgeforge-report@"] },
    e006: { ...sh("kill -STOP $PPID 2>/dev/null; sleep 60"), seconds: 1 },
  });
  assert.equal(results.size, 6, why);
  assert.doesNotMatch(log, /FORGED|canary-of-the-job/);
  assert.match(text(results.get("e001")?.stdout) ?? "", /killed: 1/);
  const seen = text(results.get("e002")?.stdout) ?? "";
  assert.doesNotMatch(seen, /forge-verify\/e|order|canary|FORGE_/);
  assert.match(seen, /^61\d\d\d$/m);
  const own = text(results.get("e003")?.stdout)?.trim() ?? "";
  // Where nobody collects the dead, they stand in the list for a while.
  const state = await Deno.readTextFile(`/proc/${own}/stat`).catch(() => "(gone) Z");
  assert.match(state, /\) Z/, "its processes were ended");
  assert.equal(results.get("e004")?.report, null);
  assert.equal(results.get("e005")?.report, null);
  assert.equal(results.get("e006")?.ended, "timeout");
  assert.deepEqual(left, []);
});

test("files come out as they are in git, whatever attributes the tree brings along", async () => {
  const { results, why } = await ran({ e001: sh("od -c a.txt | head -1; test -e gone.txt && echo there") }, {
    "a.txt": "a\n$Id$\n",
    "gone.txt": "x\n",
    ".gitattributes": "* text eol=crlf ident\ngone.txt export-ignore\n",
  });
  assert.match(text(results.get("e001")?.stdout) ?? why, /a {2}\\n {3}\$ {3}I {3}d {3}\$ {2}\\n[^]*there/);
});
