import assert from "node:assert/strict";
import { ScanDocument } from "../../specs/code/mod.ts";
import { recorder } from "../tests/recorder.ts";
import { dispatch } from "./dispatch.ts";

/** Made up at run time. */
const TOKEN = ["ghp", "_", "a8Zk3Qw9Lr5Ty2Vb7Nm4Xc1Hd6Jf0PsUeGoWi".slice(0, 36)].join("");

const ANN = { name: "Ann", email: "ann@example.com" };
const CLAUDE = { name: "Claude", email: "noreply@anthropic.com" };
const GITHUB = { name: "GitHub", email: "noreply@github.com" };
const DEPENDABOT = {
  name: "dependabot[bot]",
  email: "49699333+dependabot[bot]@users.noreply.github.com",
};

interface Repo {
  dir: string;
  git(...args: string[]): Promise<string>;
  /** A commit that changes a file, or nothing; its id. */
  commit(message: string, author?: typeof ANN, committer?: typeof ANN, empty?: boolean): Promise<string>;
  scan(...args: string[]): Promise<{ exit: number; out: string }>;
  document(...args: string[]): Promise<ScanDocument>;
}

async function withRepo(test: (repo: Repo) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-scan-" }));
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const done = await new Deno.Command("git", {
      args: ["-c", "init.defaultBranch=main", ...args],
      cwd: dir,
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...env },
      stdout: "piped",
      stderr: "piped",
    }).output();
    assert.ok(done.success, new TextDecoder().decode(done.stderr));
    return new TextDecoder().decode(done.stdout).trim();
  };
  let made = 0;
  const repo: Repo = {
    dir,
    git: (...args) => run(args),
    commit: async (message, author = ANN, committer = author, empty = false) => {
      made++;
      if (!empty) await Deno.writeTextFile(`${dir}/notes.md`, `line ${made}\n`);
      await run(["add", "-A"]);
      await run(["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", message], {
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_COMMITTER_NAME: committer.name,
        GIT_COMMITTER_EMAIL: committer.email,
        GIT_AUTHOR_DATE: `${1_700_000_000 + made} +0000`,
        GIT_COMMITTER_DATE: `${1_700_000_000 + made} +0000`,
      });
      return await run(["rev-parse", "HEAD"]);
    },
    scan: async (...args) => {
      const io = recorder(dir);
      const exit = await dispatch(["scan", ...args], io);
      return { exit, out: io.stdout };
    },
    document: async (...args) => ScanDocument.parse(JSON.parse((await repo.scan(...args, "--json")).out)),
  };
  try {
    await run(["init", "-q"]);
    await repo.commit("base");
    await run(["tag", "base"]);
    await test(repo);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a secret in any message of a range is denied, told by commit and line, never by its value", async () => {
  await withRepo(async (repo) => {
    const guilty = await repo.commit(`Fix\n\nUse ${TOKEN} for now\n`);
    await repo.commit("Later\n");
    for (const range of ["base..HEAD", "base...HEAD", "HEAD~1"]) {
      const { status, findings } = await repo.document(range);
      assert.deepEqual(
        [status, findings.map(({ rule, gate, action, commit, line }) => [rule, gate, action, commit, line])],
        ["denied", [["core/X1", "commit-secrets", "deny", guilty, 3]]],
        range,
      );
    }
    for (const format of ["text", "json", "sarif"]) {
      const { exit, out } = await repo.scan("base..HEAD", "--format", format);
      assert.equal(exit, 1);
      assert.ok(!out.includes(TOKEN.slice(4)), format);
      assert.ok(out.includes(guilty.slice(0, 12)), format);
    }
    const log = JSON.parse((await repo.scan("base..HEAD", "--format", "sarif")).out);
    assert.deepEqual(log.runs[0].results[0].locations, [{
      logicalLocations: [{ name: guilty, fullyQualifiedName: `commit/${guilty}`, kind: "commit" }],
    }]);
    // A single commit is judged alone, and what was there before the range is not its matter.
    assert.equal((await repo.document("HEAD")).status, "completed");
    assert.equal((await repo.document("HEAD~1..HEAD")).status, "completed");
  });
});

Deno.test("messages count where the trees are the same", async () => {
  await withRepo(async (repo) => {
    await repo.commit(`Nothing but ${TOKEN}`, ANN, ANN, true);
    const { status, findings, totals } = await repo.document("base..HEAD");
    assert.deepEqual([status, findings.length, totals.denied, totals.files], ["denied", 1, 1, 0]);
  });
});

Deno.test("an agent's sign-off for a person is denied, hidden direction too; both stand in the judged gates", async () => {
  await withRepo(async (repo) => {
    const signed = await repo.commit("Fix\n\nSigned-off-by: Ann <ann@example.com>\n", CLAUDE);
    const turned = await repo.commit("Fix \u202eti\n");
    const { status, findings, judged } = await repo.document("base..HEAD");
    assert.equal(status, "denied");
    assert.deepEqual(
      findings.map(({ gate, action, commit, line }) => [gate, action, commit, line]).sort(),
      [["commit-hidden-text", "deny", turned, 1], ["commit-identity", "deny", signed, 3]],
    );
    assert.deepEqual(
      judged.filter(({ gate }) => gate.startsWith("commit-")).map(({ gate, verdict }) => [gate, verdict]),
      [["commit-secrets", "pass"], ["commit-hidden-text", "fail"], ["commit-identity", "fail"]],
    );
  });
});

Deno.test("an honest history is clean: sign-offs of people, bots and their own, agents with a person beside them, merges", async () => {
  await withRepo(async (repo) => {
    await repo.git("checkout", "-q", "-b", "topic");
    await repo.commit("A\n\nSigned-off-by: Ann <ann@example.com>\n");
    await repo.commit("B\n\nSigned-off-by: Ann <ann@example.com>\n", ANN, GITHUB);
    await repo.commit("C\n\nSigned-off-by: dependabot[bot] <support@github.com>\n", DEPENDABOT, GITHUB);
    await repo.commit("D\n\nCo-authored-by: Ann <ann@example.com>\nAssisted-by: Claude:opus\n", CLAUDE);
    await repo.commit("E\n\nSigned-off-by: Ann <ann@example.com>\n", CLAUDE, ANN);
    const { status, findings, judged } = await repo.document("main...topic");
    assert.deepEqual([status, findings], ["completed", []]);
    assert.equal(judged.filter(({ gate }) => gate.startsWith("commit-")).length, 3);
    // Uncommitted work has no message.
    assert.equal(
      (await repo.document("--staged")).judged.some(({ gate }) => gate.startsWith("commit-")),
      false,
    );
  });
});

Deno.test("commits that are too large, or cut off by a shallow clone, are told and asked", async () => {
  await withRepo(async (repo) => {
    await repo.commit(`Big\n\n${"word ".repeat(20_000)}\n`);
    assert.equal((await repo.document("base..HEAD")).status, "completed");
    await Deno.writeTextFile(`${repo.dir}/.git/message`, "word ".repeat(250_000));
    await repo.git(
      "-c",
      "user.name=Ann",
      "-c",
      "user.email=ann@example.com",
      "commit",
      "-q",
      "--allow-empty",
      "-F",
      ".git/message",
    );
    const large = await repo.document("HEAD");
    assert.deepEqual([large.status, large.findings.length], ["escalated", 1]);
    assert.match(large.findings[0]?.message ?? "", /was not read: it has \d+ bytes/);
    const cut = await repo.commit("Cut");
    await repo.git("tag", "cut");
    await repo.commit("Last");
    await Deno.writeTextFile(`${repo.dir}/.git/shallow`, `${cut}\n`);
    const { status, findings } = await repo.document("base..HEAD");
    assert.equal(status, "escalated");
    assert.deepEqual(findings.map(({ action, commit }) => [action, commit]), [["escalate", cut]]);
    assert.match(findings[0]?.message ?? "", /shallow clone/);
    assert.equal((await repo.document("cut..HEAD")).status, "completed");
  });
});
