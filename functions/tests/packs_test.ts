import assert from "node:assert/strict";
import { type Room, room } from "./samples.ts";

/** A manifest that was valid from yesterday on, for a month. */
function manifest(rules: unknown[], more: Record<string, unknown> = {}): string {
  const day = 86_400_000;
  return JSON.stringify({
    apiVersion: "delivery.policy/v1",
    name: "acme/house",
    version: "1.0.0",
    revision: 1,
    notBefore: new Date(Date.now() - day).toISOString(),
    expiresAt: new Date(Date.now() + 30 * day).toISOString(),
    rules,
    ...more,
  });
}

const FEW_FILES = (most: number, more: Record<string, unknown> = {}) => ({
  id: "FEW",
  gate: "few-files",
  layer: "L2",
  phases: ["implement->verify", "review->release"],
  kind: "cel",
  expr: `size(facts.files) <= ${most}`,
  severity: "medium",
  message: "The change touches too many files",
  remediation: { text: "Make it smaller" },
  ...more,
});

/** Signs the pack of a folder as ada. */
async function signed(
  at: Room,
  folder: string,
  text: string,
  files: Record<string, string> = {},
): Promise<string> {
  const dir = `${at.dir}/${folder}`;
  await Deno.mkdir(dir, { recursive: true });
  for (const [name, content] of Object.entries({ "pack.yaml": text, ...files })) {
    await Deno.writeTextFile(`${dir}/${name}`, content);
  }
  await at.forge("init", "--user", "ada");
  const { exit, stderr } = await at.forge("policy", "sign", dir, "--untested", "--out", `${dir}.tar`);
  assert.equal(exit, 0, stderr);
  return dir;
}

const SPEC = (packs: string) =>
  "---\ntitle: Say who keeps the list\n" +
  'intent: { type: UPDATE, scope: ["**"] }\n' +
  `packs: [${packs}]\n` +
  'verify: { run: [["deno", "test", "-A", "--no-check"]] }\n---\n';

/** A change of documentation: two files. */
async function change(at: Room, repo: string): Promise<string> {
  await Deno.writeTextFile(`${repo}/KEEPERS.md`, "Ada\n");
  await Deno.writeTextFile(`${repo}/NOTES.md`, "See KEEPERS.md\n");
  await at.git(repo, "add", "-A", "-N", "KEEPERS.md", "NOTES.md");
  const patch = await at.git(repo, "diff");
  await at.git(repo, "reset", "-q");
  await Deno.remove(`${repo}/KEEPERS.md`);
  await Deno.remove(`${repo}/NOTES.md`);
  return await at.write("change.patch", patch);
}

Deno.test("an installed pack that a spec names judges its run beside core, and the decisions name it", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const patch = await change(at, repo);
  const spec = await at.write("spec.md", SPEC("acme/house"));
  const unknown = await at.forge("run", spec, "--repo", repo, "--patch", patch);
  assert.deepEqual([unknown.exit, unknown.document.error?.code], [2, "unknown-pack"]);
  assert.equal((await at.forge("spec", "check", spec)).exit, 2);

  const dir = await signed(at, "house", manifest([FEW_FILES(1)]));
  assert.equal((await at.forge("policy", "install", `${dir}.tar`)).exit, 0);
  assert.equal((await at.forge("spec", "check", spec)).exit, 0);
  const { exit, document } = await at.forge("run", spec, "--repo", repo, "--patch", patch);
  assert.deepEqual([exit, document.status], [1, "denied"], JSON.stringify(document));
  assert.deepEqual(document.denials.map(({ rule, gate }) => [rule, gate]), [["acme/house/FEW", "few-files"]]);
  const explained = await at.forge("policy", "explain", document.run);
  const told = explained.document as unknown as { decisions: { packs: string[] }[] };
  assert.match(told.decisions.at(-1)?.packs.join(" ") ?? "", /acme\/house@1\.0\.0 sha256:/);
  await judgedAgain(at, document.evidence?.path ?? "");
});

/** The pack lies in the bundle: whoever believes its key takes the decisions again, whoever does not is told that they were not. */
async function judgedAgain(at: Room, bundle: string): Promise<void> {
  const root = `${at.dir}/root`;
  assert.equal((await at.forge("evidence", "keys", root)).exit, 0);
  const replay = async () => {
    const { exit, document } = await at.forge("evidence", "verify", bundle, "--trust-root", root);
    const { checks } = document as unknown as { checks: { name: string; detail: string }[] };
    assert.equal(exit, 0, JSON.stringify(checks));
    return checks.find(({ name }) => name === "replay")?.detail ?? "";
  };
  assert.match(await replay(), /^(\d+) of \1 decisions come out the same$/);
  await Deno.remove(`${root}/ada.pub.pem`);
  assert.match(await replay(), /not judged again: the pack acme\/house judged with: .*key/);
}

Deno.test("a pack in the shadow is recorded and never blocks; a release with a higher revision takes its place", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const patch = await change(at, repo);
  const spec = await at.write("spec.md", SPEC("acme/house"));
  const dir = await signed(at, "house", manifest([FEW_FILES(1, { mode: "shadow" })]));
  assert.equal((await at.forge("policy", "install", dir)).exit, 0);
  const run = await at.forge("run", spec, "--repo", repo, "--patch", patch);
  assert.equal(run.document.status, "completed", JSON.stringify(run.document.denials));
  const explained = JSON.stringify((await at.forge("policy", "explain", run.document.run)).document);
  assert.match(explained, /"rule":"acme\/house\/FEW".*?"verdict":"fail","mode":"shadow"/);

  await signed(at, "house", manifest([FEW_FILES(1)], { revision: 2, version: "2.0.0" }));
  const newer = await at.forge("policy", "install", dir);
  const told = newer.document as unknown as Record<"installed" | "before", { revision: number }>;
  assert.deepEqual([told.before.revision, told.installed.revision], [1, 2]);
  assert.equal((await at.forge("run", spec, "--repo", repo, "--patch", patch)).document.status, "denied");
});

// req: N4-17
Deno.test("a repository's own pack judges from the base commit: a change cannot amend it, and an unknown key denies", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const dir = await signed(at, "house", manifest([FEW_FILES(1)]));
  await Deno.mkdir(`${repo}/.forge/packs/house`, { recursive: true });
  for (const name of ["pack.yaml", "pack.dsse.json"]) {
    await Deno.copyFile(`${dir}/${name}`, `${repo}/.forge/packs/house/${name}`);
  }
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "policy");
  const patch = await change(at, repo);
  for (const packs of ["", "acme/house"]) {
    const spec = await at.write("spec.md", SPEC(packs));
    const { document } = await at.forge("run", spec, "--repo", repo, "--patch", patch);
    assert.equal(document.status, "denied", packs);
    assert.deepEqual(document.denials.map(({ rule }) => rule), ["acme/house/FEW"]);
  }
  // Another operator does not know the key.
  const stranger = `${at.dir}/elsewhere`;
  const spec = await at.write("spec.md", SPEC(""));
  const { document } = await at.forge("run", spec, "--repo", repo, "--patch", patch, "--data", stranger);
  assert.equal(document.status, "denied");
  assert.equal(document.denials[0]?.rule, "core/PACK");
  assert.match(document.denials[0]?.message ?? "", /pack-key-unknown/);
  const named = await at.write("named.md", SPEC("acme/house"));
  const refused = await at.forge("run", named, "--repo", repo, "--patch", patch, "--data", stranger);
  assert.deepEqual([refused.exit, refused.document.error?.code], [2, "unknown-pack"]);
  // A scan judges by it, too; who knows no key is told that it did not.
  type Scan = { findings: { rule: string }[]; notJudged: { path?: string; reason: string }[] };
  const scanned = async (...args: string[]) =>
    (await at.forge("scan", "--patch", patch, "--repo", repo, "--spec", spec, ...args))
      .document as unknown as Scan;
  const own = await scanned();
  assert.ok(own.findings.some(({ rule }) => rule === "acme/house/FEW"), JSON.stringify(own).slice(0, 3000));
  const blind = await scanned("--data", `${at.dir}/nobody`);
  assert.ok(blind.findings.every(({ rule }) => rule.startsWith("core/")));
  assert.match(blind.notJudged.find(({ path }) => path === ".forge/packs")?.reason ?? "", /trust root/);
});

Deno.test("a rule of code patterns finds what the change adds", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const rule = {
    ...FEW_FILES(1),
    id: "NOEVAL",
    gate: "no-eval",
    kind: "astgrep",
    expr: "id: no-eval\nlanguage: TypeScript\nrule: { pattern: eval($X) }\nmessage: eval is not used here\n",
  };
  const dir = await signed(at, "house", manifest([rule]));
  assert.equal((await at.forge("policy", "install", dir)).exit, 0);
  const path = `${repo}/src/auth/signup.ts`;
  const before = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, `${before}\nexport const two = () => eval("1 + 1");\n`);
  const patch = await at.write("change.patch", await at.git(repo, "diff"));
  await Deno.writeTextFile(path, before);
  const spec = await at.write("spec.md", SPEC("acme/house"));
  const { document } = await at.forge("run", spec, "--repo", repo, "--patch", patch);
  const found = document.denials.filter((denial) => denial.rule === "acme/house/NOEVAL");
  assert.equal(found[0]?.path, "src/auth/signup.ts", JSON.stringify(document));
});

Deno.test("a built-in pack of data is none for a change of code: it would judge nothing", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = await at.write("spec.md", SPEC("data-quality"));
  assert.equal((await at.forge("spec", "check", spec)).exit, 2);
  const { exit, document } = await at.forge("run", spec, "--repo", repo, "--patch", await change(at, repo));
  assert.deepEqual([exit, document.error?.code], [2, "unknown-pack"]);
});

Deno.test("an installed pack that a pipeline names judges its loads by the same engine; one that is not installed is refused", async () => {
  await using at = await room();
  await at.write("orders.csv", "id,amount\n1,5\n2,7\n");
  const pipeline = await at.write(
    "orders.yaml",
    "id: orders\npacks: [acme/data]\nstreams:\n  - id: orders\n" +
      "    source: { connector: file, resource: csv, params: { path: orders.csv } }\n    primaryKey: [id]\n" +
      "    write: { disposition: replace, sink: lake, table: orders }\n",
  );
  const env = await at.write("env.yaml", "name: test\nsinks: { lake: { type: jsonl, path: lake } }\n");
  assert.equal((await at.forge("etl", "validate", pipeline, "--env", env)).exit, 2);
  const absent = await at.forge("etl", "run", pipeline, "--env", env);
  assert.equal(absent.exit, 2);

  const rule = {
    ...FEW_FILES(1),
    id: "OWNER",
    gate: "known-pipelines",
    phases: ["assure->publish"],
    expr: 'facts.pipeline.id != "orders"',
    message: "Orders are not loaded by this machine",
  };
  const dir = await signed(at, "data-rules", manifest([rule], { name: "acme/data" }));
  assert.equal((await at.forge("policy", "install", dir)).exit, 0);
  assert.equal((await at.forge("etl", "validate", pipeline, "--env", env)).exit, 0);
  const { exit, document } = await at.forge("etl", "run", pipeline, "--env", env);
  assert.deepEqual([exit, document.status], [1, "denied"], JSON.stringify(document));
  assert.deepEqual(document.denials.map(({ rule }) => rule), ["acme/data/OWNER"]);
});
