import assert from "node:assert/strict";
import { room, userState } from "./samples.ts";

const rules = (document: { denials: { rule: string }[] }) =>
  new Set(document.denials.map((denial) => denial.rule));

// req: N5-12 N5-13 N9-01 N9-08
Deno.test("an honest patch becomes a branch, a pull request record and a bundle; the user's state is untouched", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await at.git(repo, "checkout", "-q", "-b", "elsewhere");
  await Deno.writeTextFile(`${repo}/src/mod.ts`, "// edited and staged\n");
  await at.git(repo, "add", "src/mod.ts");
  await Deno.writeTextFile(`${repo}/untracked.txt`, "mine\n");
  const before = await userState(at, repo);

  const { exit, document } = await at.forge(
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    repo,
    "--patch",
    at.beside("deno-signup", "honest.patch"),
  );
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  assert.equal(document.status, "completed");
  assert.equal(await userState(at, repo), before);
  assert.ok(document.notes.some((note) => note.includes("uncommitted work")), String(document.notes));

  const pull = document.pullRequest;
  assert.ok(pull);
  assert.match(pull.branch, /^forge\/reject-malformed-e-mail-addresses-at-signup-[0-9a-z]{8}$/);
  assert.equal((await at.git(repo, "rev-parse", pull.branch)).trim(), pull.commit);
  assert.equal(
    (await at.git(repo, "rev-parse", `${pull.branch}^`)).trim(),
    (await at.git(repo, "rev-parse", "HEAD")).trim(),
  );
  const changed = (await at.git(repo, "diff", "--name-only", "HEAD", pull.branch)).trim().split("\n");
  assert.ok(changed.every((path) => path.startsWith("src/auth/")), String(changed));
  assert.ok(
    !changed.some((path) => path.startsWith("checks/")),
    "held-out checks never enter the pull request",
  );

  const shown = await at.forge("pr", "show", String(pull.number));
  assert.equal(shown.exit, 0);
  assert.match(JSON.stringify(shown.document), /no mind, human or model, has read this diff/);

  const bundle = document.evidence;
  assert.ok(bundle);
  const manifest = JSON.parse(await Deno.readTextFile(`${bundle.path}/manifest.json`));
  for (const file of manifest.files) {
    const bytes = await Deno.readFile(`${bundle.path}/${file.path}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    assert.equal(
      [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      file.sha256,
      file.path,
    );
  }
});

// req: N4-18 N5-12
Deno.test("a spec written as JSON is delivered like one written as Markdown", async () => {
  await using at = await room();
  const repo = await at.repository("shell-backup");
  const spec = await at.write(
    "spec.json",
    JSON.stringify({
      title: "Say where backups go",
      intent: { type: "CREATE", scope: ["docs/**"] },
      operations: [{
        op: "create-file",
        path: "docs/backups.md",
        content: "Backups go to the other disk.\n",
      }],
    }),
  );
  const { exit, document } = await at.forge("run", spec, "--repo", repo);
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  const manifest = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/manifest.json`));
  const paths = manifest.files.map((file: { path: string }) => file.path);
  assert.ok(
    paths.includes("artifacts/spec.json") && paths.includes("artifacts/spec.source.json"),
    String(paths),
  );
});

Deno.test("the evidence of a run that ends before there is any change can be verified, too", async () => {
  await using at = await room();
  const repo = await at.repository("shell-backup");
  const spec = await at.write(
    "spec.json",
    JSON.stringify({
      title: "Say where backups go",
      intent: { type: "UPDATE", scope: ["conf/**"] },
      operations: [{ op: "set-config-value", file: "conf/absent.json", path: "disk", value: "other" }],
    }),
  );
  const { exit, document } = await at.forge("run", spec, "--repo", repo);
  assert.notEqual(exit, 0);
  const manifest = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/manifest.json`));
  const paths = manifest.files.map((file: { path: string }) => file.path);
  assert.ok(!paths.includes("artifacts/change.patch"), String(paths));
  const verified = await at.forge("evidence", "verify", document.evidence?.path ?? "");
  assert.equal(verified.exit, 0, JSON.stringify(verified.document, null, 2));
});

Deno.test("a cheating patch is denied with rule, reason and remedy; nothing is written to the repository", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const before = await userState(at, repo);
  const { exit, document } = await at.forge(
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    repo,
    "--patch",
    at.beside("deno-signup", "cheat-weakens-test.patch"),
  );
  assert.equal(exit, 1);
  assert.equal(document.status, "denied");
  assert.ok(rules(document).has("core/T4"), [...rules(document)].join());
  for (const denial of document.denials) {
    assert.ok(denial.remediation && denial.message && denial.gate && denial.layer);
  }
  assert.equal(await userState(at, repo), before);
  assert.equal((await at.git(repo, "branch", "--list", "forge/*")).trim(), "");
  assert.ok(document.evidence);
});

Deno.test("a codemod's rename is delivered: the tests of base pass under its map", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const { exit, document } = await at.forge(
    "run",
    at.beside("deno-signup", "rename-symbol.md"),
    "--repo",
    repo,
  );
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  assert.equal(document.status, "completed");
});

// req: N5-13
Deno.test("a bare repository, and a detached HEAD, are worked on from the base that is named", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = at.beside("deno-signup", "spec.md");
  const patch = at.beside("deno-signup", "honest.patch");
  await at.git(at.dir, "clone", "-q", "--bare", repo, "bare.git");
  const bare = await at.forge("run", spec, "--repo", "bare.git", "--base", "main", "--patch", patch);
  assert.equal(bare.document.status, "completed", JSON.stringify(bare.document));
  assert.equal(bare.document.pullRequest?.base, "main");

  await at.git(repo, "checkout", "-q", "--detach");
  const before = await userState(at, repo);
  const detached = await at.forge("run", spec, "--repo", repo, "--patch", patch);
  assert.equal(detached.document.status, "completed");
  assert.equal(await userState(at, repo), before);
});

// req: N3-13 N4-15 N6-01 N6-05
Deno.test("a secret in the patch is denied and kept nowhere: not in blobs, ledger, evidence or output", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";
  const patch = await at.write(
    "secret.patch",
    "diff --git a/src/auth/token.ts b/src/auth/token.ts\nnew file mode 100644\n--- /dev/null\n+++ b/src/auth/token.ts\n" +
      `@@ -0,0 +1 @@\n+export const token = "${token}";\n`,
  );
  const { exit, document, stderr } = await at.forge(
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    repo,
    "--patch",
    patch,
  );
  assert.equal(exit, 1);
  assert.ok(rules(document).has("core/X1"));
  assert.ok(!(JSON.stringify(document) + stderr).includes(token));
  const found = await new Deno.Command("grep", { args: ["-rlF", token, at.data, repo] }).output();
  assert.equal(new TextDecoder().decode(found.stdout), "");
  const manifest = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/manifest.json`));
  assert.deepEqual(manifest.withheld, ["change.patch: secret"]);
  assert.ok(manifest.files.some((file: { path: string }) => file.path === "artifacts/change.redacted.patch"));
});

// req: N2-21 N6-08 N6-09
Deno.test("a spec without proof escalates; the approval of its owner completes it and says self-approved", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = await at.write(
    "no-proof.md",
    '---\ntitle: No proof\nintent: { type: UPDATE, scope: ["src/**"] }\n' +
      'verify: { run: [["deno", "test", "-A", "--no-check"]] }\nproof: { none: "hard to test" }\n---\n',
  );
  const asked = await at.forge(
    "run",
    spec,
    "--repo",
    repo,
    "--patch",
    at.beside("deno-signup", "honest.patch"),
  );
  assert.equal(asked.exit, 3);
  assert.equal(asked.document.status, "escalated");
  assert.equal((await at.git(repo, "branch", "--list", "forge/*")).trim(), "");
  assert.ok(asked.document.evidence);

  const answered = await at.forge("workflow", "answer", asked.document.run, "--approve");
  assert.equal(answered.exit, 0, JSON.stringify(answered.document));
  assert.equal(answered.document.status, "completed");
  const manifest = JSON.parse(await Deno.readTextFile(`${answered.document.evidence?.path}/manifest.json`));
  assert.ok(manifest.notes.some((note: string) => note.startsWith("self-approved")));
  const again = await at.forge("workflow", "answer", asked.document.run, "--approve");
  assert.equal(again.exit, 1);
});

Deno.test("where there is a second principal the requester cannot approve, and the other can", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await at.forge("init", "--user", "alice");
  await at.forge("init", "--user", "bob");
  const spec = await at.write(
    "no-proof.yaml",
    'title: No proof\nintent: { type: UPDATE, scope: ["src/**"] }\nproof: { none: "hard to test" }\n' +
      'verify: { run: [["deno", "test", "-A", "--no-check"]] }\n',
  );
  const asked = await at.forge(
    "run",
    spec,
    "--repo",
    repo,
    "--user",
    "alice",
    "--patch",
    at.beside("deno-signup", "honest.patch"),
  );
  assert.equal(asked.document.status, "escalated");
  const own = await at.forge("workflow", "answer", asked.document.run, "--approve", "--user", "alice");
  assert.equal(own.document.status, "escalated");
  const nobody = await at.forge("workflow", "answer", asked.document.run, "--approve", "--user", "mallory");
  assert.equal(nobody.exit, 2);
  const other = await at.forge("workflow", "answer", asked.document.run, "--approve", "--user", "bob");
  assert.equal(other.document.status, "completed");
});

// req: N4-07
Deno.test("operations: [] is a valid spec whose run is denied for its empty diff", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = await at.write(
    "empty.yaml",
    'title: Nothing\nintent: { type: UPDATE, scope: ["src/**"] }\noperations: []\n',
  );
  const { exit, document } = await at.forge("run", spec, "--repo", repo);
  assert.equal(exit, 1);
  assert.equal(document.status, "denied");
  assert.ok(document.denials.some((denial) => denial.gate === "empty-diff"));
});

// req: N10-13
Deno.test("an operation that matches nothing fails the run and names the nearest candidates", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = await at.write(
    "typo.yaml",
    'title: Typo\nintent: { type: REFACTOR, scope: ["src/**"] }\noperations: [{ op: rename-symbol, from: openSesion, to: startSession }]\n',
  );
  const { exit, document } = await at.forge("run", spec, "--repo", repo);
  assert.equal(exit, 1);
  assert.equal(document.status, "failed");
  assert.equal(document.failure?.class, "task-code");
  assert.match(JSON.stringify(document.failure), /openSession/);
  assert.ok(document.evidence);
});

// req: N5-09
Deno.test("input that cannot become a run is exit 2 with code, message and remedy, and changes nothing", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = at.beside("deno-signup", "spec.md");
  const honest = at.beside("deno-signup", "honest.patch");
  await Deno.mkdir(`${at.dir}/plain`);
  await at.git(at.dir, "init", "-q", "empty");
  const before = await userState(at, repo);
  const unknown = await at.write(
    "unknown.yaml",
    'title: x\nintent: { type: UPDATE, scope: ["**"] }\nfrobnicate: 1\n',
  );
  const blank = await at.write("blank.md", "");
  const big = await at.write("big.md", new Uint8Array(10_000_000).fill(97));
  const bomb = await at.write(
    "bomb.yaml",
    "a: &a [x,x,x,x,x,x,x,x]\n" +
      [..."bcdefghi"].map((name, i) =>
        `${name}: &${name} [${Array(8).fill(`*${"abcdefghi"[i]}`).join(",")}]\n`
      ).join(""),
  );
  const outside = await at.write(
    "outside.yaml",
    'title: x\nintent: { type: UPDATE, scope: ["**"] }\nacceptance: [{ id: A, text: t, check: { files: ["../x"], run: ["true"] } }]\n',
  );
  const pack = await at.write(
    "pack.yaml",
    'title: x\nintent: { type: UPDATE, scope: ["**"] }\npacks: ["nope"]\n',
  );
  const cases: [string, string[]][] = [
    ["not a repository", [spec, "--repo", "plain", "--patch", honest]],
    ["no such directory", [spec, "--repo", "nowhere", "--patch", honest]],
    ["no commit yet", [spec, "--repo", "empty", "--patch", honest]],
    ["missing base", [spec, "--repo", repo, "--base", "nope", "--patch", honest]],
    ["a base that looks like an option", [spec, "--repo", repo, "--base=--upload-pack=x", "--patch", honest]],
    ["unknown field", [unknown, "--repo", repo]],
    ["empty spec", [blank, "--repo", repo]],
    ["10 MB spec", [big, "--repo", repo]],
    ["YAML bomb", [bomb, "--repo", repo]],
    ["a check outside the spec's folder", [outside, "--repo", repo]],
    ["unknown pack", [pack, "--repo", repo]],
    ["no such spec", ["nope.md", "--repo", repo]],
    ["no such patch", [spec, "--repo", repo, "--patch", "nope.patch"]],
    ["patch without a file", [spec, "--repo", repo, "--implementer", "patch"]],
    ["patch for a codemod", [spec, "--repo", repo, "--implementer", "codemod", "--patch", honest]],
    ["a later implementer", [spec, "--repo", repo, "--implementer", "model"]],
    ["a later forge", [spec, "--repo", repo, "--patch", honest, "--forge", "github"]],
    ["unknown sandbox", [spec, "--repo", repo, "--patch", honest, "--sandbox", "hope"]],
  ];
  const own = await at.forge("run", spec, "--repo", repo, "--patch", honest, "--data", `${repo}/state`);
  assert.equal(own.exit, 2, "the data directory inside the repository");
  await assert.rejects(Deno.stat(`${repo}/state`), Deno.errors.NotFound);
  for (const [name, args] of cases) {
    const { exit, document, stderr } = await at.forge("run", ...args);
    assert.equal(exit, 2, `${name}: ${JSON.stringify(document)}`);
    assert.ok(document.error?.code && document.error.message, name);
    assert.ok(document.error.remedy || /do:/.test(stderr), `${name} has no remedy: ${stderr}`);
  }
  assert.equal(await userState(at, repo), before);
});

// req: N4-04 N4-05
Deno.test("a patch that leaves the repository, writes to .git, makes a link or lacks its bytes is denied", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const file = (path: string, mode = "100644", line = "+x") =>
    `diff --git a/${path} b/${path}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n${line}\n`;
  const patches: [string, string][] = [
    ["outside", file("../../tmp/x")],
    [".git", file(".git/hooks/pre-commit", "100755")],
    ["link", file("src/auth/link", "120000", "+/etc/passwd\n\\ No newline at end of file")],
    [
      "binary without data",
      "diff --git a/src/auth/a.png b/src/auth/a.png\nnew file mode 100644\nindex 0000000..1111111\nBinary files /dev/null and b/src/auth/a.png differ\n",
    ],
    ["prose", "hello\n"],
    ["nothing", ""],
  ];
  for (const [name, text] of patches) {
    const patch = await at.write("p.patch", text);
    const { exit, document } = await at.forge(
      "run",
      at.beside("deno-signup", "spec.md"),
      "--repo",
      repo,
      "--patch",
      patch,
    );
    assert.equal(exit, 1, `${name}: ${JSON.stringify(document)}`);
    assert.equal(document.status, "denied", name);
    assert.ok(document.denials.length > 0, name);
  }
  assert.equal((await at.git(repo, "branch", "--list", "forge/*")).trim(), "");
});

Deno.test("a branch named forge is told of before anything runs, unless the run stops short of one", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await at.git(repo, "branch", "forge");
  await at.git(repo, "pack-refs", "--all");
  const spec = at.beside("deno-signup", "rename-symbol.md");

  const refused = await at.forge("run", spec, "--repo", repo);
  assert.equal(refused.exit, 2);
  assert.match(JSON.stringify(refused.document), /branch-exists.*git branch -m forge/);

  const text = (await Deno.readTextFile(spec)).replace("---\n", "---\nautonomy: A1\n");
  const kept = await at.forge("run", await at.write("recommends.md", text), "--repo", repo);
  assert.equal(kept.exit, 3, JSON.stringify(kept.document));
  assert.match(JSON.stringify(kept.document.denials), /AUTONOMY/);
});
