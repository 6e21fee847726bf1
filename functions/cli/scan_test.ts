import assert from "node:assert/strict";
import { join } from "node:path";
import { ScanDocument } from "../../specs/code/mod.ts";
import { recorder } from "../tests/recorder.ts";
import { dispatch } from "./dispatch.ts";

/** Made up at run time. */
const TOKEN = ["ghp", "_", "a8Zk3Qw9Lr5Ty2Vb7Nm4Xc1Hd6Jf0PsUeGoWi".slice(0, 36)].join("");

async function git(dir: string, ...args: string[]): Promise<string> {
  const done = await new Deno.Command("git", {
    args: [
      "-c",
      "init.defaultBranch=main",
      "-c",
      "user.name=Ann",
      "-c",
      "user.email=ann@example.com",
      ...args,
    ],
    cwd: dir,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(done.success, new TextDecoder().decode(done.stderr));
  return new TextDecoder().decode(done.stdout);
}

interface Repo {
  root: string;
  dir: string;
  write(path: string, text: string): Promise<void>;
  commit(message?: string): Promise<void>;
  /** Runs `forge scan` there: exit code, stdout, stderr. */
  scan(...args: string[]): Promise<{ exit: number; out: string; err: string }>;
  document(...args: string[]): Promise<ScanDocument>;
}

async function withRepo(files: Record<string, string>, test: (repo: Repo) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-scan-" }));
  const dir = join(root, "repo");
  const write = async (path: string, text: string) => {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(dir, path), text);
  };
  const scan: Repo["scan"] = async (...args) => {
    // No home, no data directory: a scan needs neither.
    const io = recorder(dir);
    const exit = await dispatch(["scan", ...args], io);
    return { exit, out: io.stdout, err: io.stderr };
  };
  try {
    await Deno.mkdir(dir);
    await git(dir, "init", "-q");
    const commit = async (message = "change") => {
      await git(dir, "add", "-A");
      await git(dir, "commit", "-q", "-m", message);
    };
    for (const [path, text] of Object.entries(files)) await write(path, text);
    await commit("base");
    await test({
      root,
      dir,
      write,
      commit,
      scan,
      document: async (...args) => ScanDocument.parse(JSON.parse((await scan(...args, "--json")).out)),
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const BASE = {
  "src/a.ts": "export function a(n: number): number {\n  return n;\n}\n",
  "src/a_test.ts":
    'import { a } from "./a.ts";\nDeno.test("a keeps one", () => assertEquals(a(1), 1));\nDeno.test("a keeps two", () => assertEquals(a(2), 2));\n',
};
const LESS = 'import { a } from "./a.ts";\nDeno.test("a keeps one", () => assertEquals(a(1), 1));\n';

Deno.test("every form of a change is judged: a range, since two parted, a commit, staged, the work tree, a patch", async () => {
  await withRepo(BASE, async (repo) => {
    await git(repo.dir, "checkout", "-q", "-b", "topic");
    await repo.write("src/a_test.ts", LESS);
    const loses = async (...args: string[]) => {
      const { exit } = await repo.scan(...args);
      const { findings, status } = await repo.document(...args);
      assert.deepEqual([exit, status], [1, "denied"], args.join(" "));
      assert.deepEqual(
        findings.filter(({ action }) => action === "deny").map(({ rule, path }) => [rule, path]),
        [
          ["core/T1", "src/a_test.ts"],
        ],
        args.join(" "),
      );
    };
    await loses("--worktree");
    await git(repo.dir, "add", "-A");
    await loses("--staged");
    const patch = join(repo.root, "change.patch");
    await Deno.writeTextFile(patch, await git(repo.dir, "diff", "--cached"));
    await loses("--patch", patch);
    await repo.commit();
    await loses("main..topic");
    await loses("main...");
    await loses("topic");
    await loses("--patch", patch, "--base", "main");
    await loses("main...topic", "--repo", repo.dir);
  });
});

Deno.test("an honest change is clean, and what was not judged is told with the reason", async () => {
  await withRepo(BASE, async (repo) => {
    await repo.write("src/a.ts", BASE["src/a.ts"].replace("return n;", "return Math.trunc(n);"));
    await repo.write(
      "src/a_test.ts",
      `${BASE["src/a_test.ts"]}Deno.test("a cuts", () => assertEquals(a(1.5), 1));\n`,
    );
    await repo.commit();
    const { exit, out } = await repo.scan("HEAD~1..HEAD");
    assert.equal(exit, 0);
    assert.match(out, /^CLEAN {2}HEAD~1 \([0-9a-f]{12}\) to HEAD \([0-9a-f]{12}\): 2 files, \+2 -1\n/);
    const { notJudged, judged } = await repo.document("HEAD");
    const reason = (gate: string) => notJudged.find((gap) => gap.gate === gate);
    for (const gate of ["scope", "intent", "fail-to-pass"]) {
      assert.equal(reason(gate)?.verdict, "not_applicable", gate);
      assert.match(reason(gate)?.reason ?? "", /no spec was given/);
    }
    assert.equal(reason("test-inventory")?.verdict, "not_run");
    assert.match(reason("test-inventory")?.reason ?? "", /tests to run/);
    assert.ok(judged.some(({ gate, verdict }) => gate === "secrets" && verdict === "pass"));
  });
});

Deno.test("nothing changed is clean, an empty patch is not a change", async () => {
  await withRepo(BASE, async (repo) => {
    assert.equal((await repo.scan("HEAD..HEAD")).exit, 0);
    assert.equal((await repo.scan("--staged")).exit, 0);
    await Deno.writeTextFile(join(repo.root, "empty.patch"), "");
    assert.equal((await repo.scan("--patch", join(repo.root, "empty.patch"))).exit, 1);
    await Deno.writeTextFile(join(repo.root, "other.patch"), "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
    const document = await repo.document("--patch", join(repo.root, "other.patch"));
    assert.deepEqual(document.findings.map(({ rule, action }) => [rule, action]), [["core/PATCH", "deny"]]);
  });
});

Deno.test("a spec says what may be touched and what may go", async () => {
  await withRepo(BASE, async (repo) => {
    const spec = join(repo.root, "spec.md");
    const written = (scope: string, removes: string) =>
      Deno.writeTextFile(
        spec,
        `---\ntitle: Less\nintent: { type: UPDATE, scope: [${
          JSON.stringify(scope)
        }], removes: [${removes}] }\nreason: r\nacceptance: [{ id: AC1, text: t }]\n---\nLess.\n`,
      );
    await repo.write("src/a_test.ts", LESS);
    await written("src/**", '"a keeps two"');
    const allowed = await repo.scan("--worktree", "--spec", spec);
    assert.equal(allowed.exit, 0, allowed.out + allowed.err);
    await written("docs/**", '"a keeps two"');
    assert.deepEqual((await repo.document("--worktree", "--spec", spec)).totals.byRule, { "core/C2": 1 });
    await Deno.writeTextFile(spec, "no spec");
    assert.equal((await repo.scan("--worktree", "--spec", spec)).exit, 2);
  });
});

Deno.test("what only a spec could allow asks a human: exit 3, or 0 where only denials fail", async () => {
  await withRepo(BASE, async (repo) => {
    await repo.write(".github/workflows/ci.yml", "on: push\njobs: {}\n");
    await repo.commit();
    const { exit, out } = await repo.scan("HEAD");
    assert.equal(exit, 3, out);
    assert.match(out, /^ESCALATED /);
    assert.equal((await repo.scan("HEAD", "--fail-on", "denied")).exit, 0);
  });
});

Deno.test("the policy of the base judges a change that edits the policy", async () => {
  await withRepo({ ...BASE, ".forge/policy.yaml": "protect: ['src/a.ts']\n" }, async (repo) => {
    await repo.write(".forge/policy.yaml", "protect: []\n");
    await repo.write("src/a.ts", "export function a(n: number): number {\n  return +n;\n}\n");
    const { findings } = await repo.document("--worktree");
    const paths = findings.filter(({ rule }) => rule === "core/C1").map(({ path }) => path);
    assert.deepEqual(paths.sort(), [".forge/policy.yaml", "src/a.ts"]);
    const unknown = await repo.scan("--worktree", "--pack", "org/nothing");
    assert.equal(unknown.exit, 2);
    assert.match(unknown.err, /org\/nothing|home directory/);
  });
});

Deno.test("a secret is told by path and line, and stands in no output", async () => {
  await withRepo(BASE, async (repo) => {
    await repo.write(`src/${TOKEN}.ts`, "export {};\n");
    await repo.write("src/b.ts", `// one\nexport const key = "${TOKEN}";\n`);
    const text = await repo.scan("--worktree");
    const json = await repo.scan("--worktree", "--json");
    const sarif = await repo.scan("--worktree", "--format", "sarif");
    await repo.commit();
    const whole = await repo.scan(".", "--json");
    for (const { exit, out, err } of [text, json, sarif, whole]) {
      assert.equal(exit, 1);
      assert.ok(!`${out}${err}`.includes(TOKEN), out);
    }
    const { findings } = ScanDocument.parse(JSON.parse(json.out));
    assert.ok(
      findings.some(({ rule, path, line }) => rule === "core/X1" && path === "src/b.ts" && line === 2),
    );
    assert.ok(
      ScanDocument.parse(JSON.parse(whole.out)).findings.some(({ path, line }) =>
        path === "src/b.ts" && line === 2
      ),
    );
  });
});

Deno.test("a finding keeps its fingerprint when the lines around it move", async () => {
  await withRepo(BASE, async (repo) => {
    const hidden = "export const b = 1; // \u202e\n";
    const fingerprints = async () =>
      (await repo.document("--worktree")).findings.map(({ fingerprint, line }) => ({ fingerprint, line }));
    await repo.write("src/b.ts", hidden);
    const [first] = await fingerprints();
    await repo.write("src/b.ts", `// a line\n// another\n  ${hidden}`);
    const [second] = await fingerprints();
    assert.deepEqual([first?.line, second?.line], [1, 3]);
    assert.equal(first?.fingerprint, second?.fingerprint);
  });
});

Deno.test("the result goes to a file, never through a link, and the text to stdout", async () => {
  await withRepo(BASE, async (repo) => {
    const victim = join(repo.root, "victim");
    await Deno.writeTextFile(victim, "mine");
    await Deno.symlink(victim, join(repo.dir, "forge.sarif"));
    await repo.write("src/a_test.ts", LESS);
    const { exit, out } = await repo.scan("--worktree", "--out", "forge.sarif");
    assert.equal(exit, 1);
    assert.match(out, /^DENIED[^]*written to forge\.sarif\n$/);
    assert.equal(await Deno.readTextFile(victim), "mine");
    assert.equal(JSON.parse(await Deno.readTextFile(join(repo.dir, "forge.sarif"))).version, "2.1.0");
    const both = await repo.scan(
      "--staged",
      "--format",
      "sarif",
      "--out",
      join(repo.root, "b.sarif"),
      "--json",
    );
    assert.equal(ScanDocument.parse(JSON.parse(both.out)).status, "completed");
    assert.equal((await repo.scan("--staged", "--out", "nowhere/at/all.json")).exit, 2);
  });
});

Deno.test("nothing in a repository can turn a range into a directory", async () => {
  await withRepo({ ...BASE, "HEAD~1..HEAD/x.txt": "x\n", "HEAD/x.txt": "x\n" }, async (repo) => {
    await repo.write("src/a_test.ts", LESS);
    await repo.commit();
    assert.equal((await repo.document("HEAD~1..HEAD")).kind, "change");
    const { exit, err } = await repo.scan("HEAD");
    assert.equal(exit, 2);
    assert.match(err, /is a directory and a commit[^]*\.\/HEAD/);
    assert.equal((await repo.document("./HEAD")).kind, "repository");
  });
});

Deno.test("wrong usage is exit 2 and says what to do", async () => {
  await withRepo(BASE, async (repo) => {
    for (
      const args of [
        ["--staged", "--worktree"],
        ["HEAD", "--staged"],
        ["nowhere..HEAD"],
        ["nowhere"],
        ["./nowhere"],
        ["HEAD", "--format", "xml"],
        ["HEAD", "--format", "sarif", "--json"],
        ["HEAD", "--fail-on", "nothing"],
        ["HEAD", "--base", "main"],
        [".", "--spec", "x.md"],
        ["--patch", "nowhere.patch"],
        ["a", "b"],
      ]
    ) {
      const { exit, out, err } = await repo.scan(...args);
      assert.equal(exit, 2, args.join(" "));
      assert.match(err, /do:/, args.join(" "));
      if (!args.includes("--json")) assert.equal(out, "", args.join(" "));
    }
  });
});

Deno.test("a whole repository is looked through, with progress on a terminal and none in a pipe", async () => {
  await withRepo({ ...BASE, "b.txt": "one\ntwo \u202e\n" }, async (repo) => {
    const io = recorder(repo.dir, { terminal: true });
    assert.equal(await dispatch(["scan", "."], io), 1);
    assert.match(io.stderr, /files, 0\.0 MiB/);
    assert.match(io.stdout, /b\.txt\n {2}2: deny L0 core\/X3/);
    const document = await repo.document("src");
    assert.deepEqual([document.kind, document.status, document.totals.files], ["repository", "completed", 2]);
    assert.equal((await repo.scan("src")).err, "");
    assert.match(document.notJudged[0]?.reason ?? "", /two states/);
  });
});
