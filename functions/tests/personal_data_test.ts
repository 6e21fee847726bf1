import assert from "node:assert/strict";
import { join } from "node:path";
import type { PersonalHandling } from "../../specs/mod.ts";
import { inEtlRoom, WAREHOUSE } from "./etl_room.ts";
import { type Room, room } from "./samples.ts";

/** Planted in spec, patch, test output and rows. */
const CANARIES = {
  email: "jane.canary@acme.example",
  phone: "+49 30 9018205",
  iban: "DE89 3704 0044 0532 0130 00",
  card: "4111 1111 1111 1111",
  id: "536-90-4399",
};
const { email, phone, iban, card, id } = CANARIES;

const spec = (handling: PersonalHandling) =>
  `---
title: Add for ${email}
intent: { type: UPDATE, scope: ["*.ts"] }
reason: ${email} (SSN ${id}, card ${card}) cannot add, call ${phone}
personalData: ${handling}
acceptance: [{ id: AC1, text: "${email} is happy, and so is ${iban}" }]
verify: { run: [["deno", "test", "-A", "--no-check"]] }
---
Ask ${email} for more.
`;

async function withPatch(at: Room): Promise<{ repo: string; patch: string }> {
  const repo = join(at.dir, "adder");
  await Deno.mkdir(repo);
  const write = (name: string, text: string) => Deno.writeTextFile(join(repo, name), text);
  await at.git(repo, "init", "-q", "-b", "main");
  await write("deno.json", "{}\n");
  await write("add.ts", "export const add = (a: number, b: number): number => a - b;\n");
  const test = (name: string, call: string) =>
    `Deno.test("${name}", () => {\n  if (${call}) throw new Error("wrong for ${email}");\n});\n`;
  const head = 'import { add } from "./add.ts";\n' + test("zero", "add(1, 0) !== 1");
  await write("add_test.ts", head);
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "base");
  await write(
    "add.ts",
    `/** For ${email}. */\nexport const add = (a: number, b: number): number => a + b;\n`,
  );
  await write("add_test.ts", head + test("sum", "add(1, 2) !== 3"));
  const patch = await at.write("change.patch", await at.git(repo, "diff"));
  await at.git(repo, "checkout", "-q", ".");
  return { repo, patch };
}

/** Files below a directory that hold a canary, as it is, escaped, in UTF-16 or in base64 of statements. */
async function leaks(dir: string, left: (path: string) => boolean = () => true): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = join(dir, entry.name);
    if (!left(path)) continue;
    if (entry.isDirectory) found.push(...await leaks(path, left));
    else if (entry.isFile) {
      const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
      const payload = /"payload":"([A-Za-z0-9+/=]+)"/.exec(text)?.[1];
      const all = `${text}\n${text.replaceAll("\0", "")}\n${text.replaceAll("\\", "")}\n${
        payload ? atob(payload) : ""
      }`;
      if (Object.values(CANARIES).some((canary) => all.includes(canary))) found.push(path);
    }
  }
  return found;
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();

const noneIn = (text: string) => {
  for (const canary of Object.values(CANARIES)) assert.ok(!text.replaceAll("\\", "").includes(canary), text);
};

const marksIn = (text: string) => [...new Set(text.match(/\[personal:[a-z-]+:[a-p]{32}\]/g))].sort();

Deno.test("personal data of a change is kept nowhere but sealed, leaves nowhere, and is gone with its key; proofs stay", async () => {
  await using at = await room();
  const { repo, patch } = await withPatch(at);
  const ran: Record<string, { run: string; path: string; marks: string[] }> = {};
  for (const handling of ["redacted", "encrypted"] as const) {
    const file = await at.write(`${handling}.md`, spec(handling));
    const { exit, document, stderr } = await at.forge("run", file, "--repo", repo, "--patch", patch);
    assert.equal(exit, 0, JSON.stringify(document.denials) + stderr);
    noneIn(JSON.stringify(document) + stderr);
    const { run, evidence, pullRequest } = document;
    for (
      const words of [
        ["workflow", "show", run],
        ["workflow", "events", run],
        ["policy", "explain", run],
        ["pr", "show", String(pullRequest?.number), "--repo", repo],
        ["evidence", "show", run],
      ]
    ) {
      const told = await at.forge(...words);
      assert.equal(told.exit, 0, words.join(" "));
      noneIn(JSON.stringify(told.document) + told.stderr);
    }
    noneIn(await at.git(repo, "log", "-1", "--format=%B%n%D", pullRequest?.branch ?? ""));
    const verified = await at.forge("evidence", "verify", run);
    assert.equal(verified.exit, 0, JSON.stringify(verified.document));
    const kept = await Deno.readTextFile(`${evidence?.path}/artifacts/spec.md`);
    ran[handling] = { run, path: evidence?.path ?? "", marks: marksIn(kept) };
    assert.equal(marksIn(kept).length, 5);
    const manifest = JSON.parse(await Deno.readTextFile(`${evidence?.path}/manifest.json`));
    assert.ok(manifest.withheld.includes("change.patch: personal data"));
  }
  assert.deepEqual(await leaks(at.data), []);
  const { redacted, encrypted } = ran;
  assert.ok(redacted && encrypted);
  // Equal values have equal marks, whatever the run.
  assert.deepEqual(redacted.marks, encrypted.marks);

  assert.equal((await at.forge("evidence", "reveal", encrypted.run)).exit, 2);
  assert.equal((await at.forge("evidence", "reveal", redacted.run, "--why", "case 12")).exit, 1);
  const revealed = (await at.forge("evidence", "reveal", encrypted.run, "--why", "case 12"))
    .document as unknown as { values: { mark: string; value: string }[] };
  assert.deepEqual(new Set(revealed.values.map(({ value }) => value)), new Set(Object.values(CANARIES)));
  const back = join(at.dir, "back.patch");
  const file = ["--file", "artifacts/change.redacted.patch", "--out", back];
  assert.equal((await at.forge("evidence", "reveal", encrypted.run, "--why", "case 12", ...file)).exit, 0);
  // It is the very patch that the statements are about.
  const { payload } = JSON.parse(await Deno.readTextFile(`${encrypted.path}/statements/99-vsa.dsse.json`));
  assert.ok(atob(payload).includes(await sha256(await Deno.readFile(back))));
  const audit = await Deno.readTextFile(`${at.data}/audit.jsonl`);
  assert.match(audit, /"personal.read","actor":"tester",.*"why":"case 12"/);
  noneIn(audit);

  // A hold keeps it; without one it is gone for ever, and that it went is a leaf of the log.
  await at.forge("evidence", "hold", encrypted.run, "--reason", "case 13");
  assert.equal((await at.forge("evidence", "shred", encrypted.run, "--reason", "asked")).exit, 1);
  await at.forge("evidence", "hold", encrypted.run, "--reason", "over", "--release");
  const shredded = await at.forge("evidence", "shred", encrypted.run, "--reason", "asked");
  assert.equal(shredded.exit, 0, shredded.stderr);
  const { kid } = shredded.document as unknown as { kid: string };
  const leaf = await at.forge("log", "prove", `${kid}/destroyed`);
  assert.equal(leaf.exit, 0, leaf.stderr);
  const gone = await at.forge("evidence", "reveal", encrypted.run, "--why", "case 12");
  assert.equal(gone.exit, 1);
  assert.match(gone.document.error?.message ?? "", /destroyed at .* by tester: asked/);
  assert.equal((await at.forge("evidence", "verify", encrypted.run)).exit, 0);
  const forked = await at.forge("workflow", "fork", encrypted.run, "--phase", "verify");
  assert.equal(forked.exit, 1);
  assert.match(forked.document.error?.message ?? "", /data key .* was destroyed/);

  // With its last bundle goes the key of a run, too; what is left verifies.
  const pruned = await at.forge("evidence", "prune", "--older-than", "0d", "--reason", "yearly");
  assert.equal(pruned.exit, 0, pruned.stderr);
  assert.equal((pruned.document as unknown as { dataKeysDestroyed: string[] }).dataKeysDestroyed.length, 2);
  assert.equal((await at.forge("log", "verify", "--ledger")).exit, 0);
  assert.deepEqual(await leaks(at.data), []);
});

Deno.test("what the installation says is the least that is done, and a file that says nothing readable stops a run", async () => {
  await using at = await room();
  const { repo, patch } = await withPatch(at);
  assert.equal((await at.forge("evidence", "privacy", "--set", "hidden")).exit, 2);
  assert.equal((await at.forge("evidence", "privacy", "--set", "redacted")).exit, 0);
  const file = await at.write("open.md", spec("none"));
  const { document } = await at.forge("run", file, "--repo", repo, "--patch", patch);
  assert.equal(document.status, "completed", JSON.stringify(document));
  assert.deepEqual(await leaks(at.data), []);
  await Deno.writeTextFile(`${at.data}/privacy.json`, "{}");
  const refused = await at.forge("run", file, "--repo", repo, "--patch", patch);
  assert.equal(refused.exit, 2);
  assert.match(refused.document.error?.message ?? "", /privacy\.json/);
});

Deno.test("rows that are set aside have marks; a run that takes them in again has the values, as long as their key is there", async () => {
  const pipeline = `id: people
personalData: encrypted
streams:
  - id: people
    source: { connector: file, resource: csv, params: { path: people.csv } }
    keepRaw: true
    write: { disposition: append, table: people }
    quality: [{ rule: required, columns: [age], severity: quarantine }]
`;
  const files = {
    "people.yaml": pipeline,
    "people.csv": `name,mail,age\nJane,${email},\nBob,bob@acme.example,7\n`,
    "env.yaml": WAREHOUSE,
  };
  await inEtlRoom(files, async (at) => {
    const ran = await at.forge(
      "etl",
      "run",
      join(at.dir, "people.yaml"),
      "--env",
      join(at.dir, "env.yaml"),
      "--json",
    );
    assert.equal(ran.exit, 0, ran.out + ran.err);
    noneIn(ran.out + ran.err);
    assert.deepEqual(await leaks(join(at.dir, "data")), []);
    const listed = await at.forge("etl", "quarantine", "list", "--json");
    const { rows } = listed.json() as { rows: { row: { name: string; mail: string } }[] };
    assert.equal(rows[0]?.row.name, "Jane");
    assert.match(rows[0]?.row.mail ?? "", /^\[personal:email:[a-p]{32}\]$/);
    await at.write("people.yaml", pipeline.replace(/ {4}quality.*\n/, ""));
    const replayed = await at.forge(
      "etl",
      "replay",
      join(at.dir, "people.yaml"),
      "--env",
      join(at.dir, "env.yaml"),
      "--json",
    );
    assert.equal(replayed.exit, 0, replayed.out + replayed.err);
    const table = await at.forge("etl", "export", "people", "--format", "csv");
    assert.ok(table.out.includes(email), table.out);
    assert.deepEqual(await leaks(join(at.dir, "data")), []);
  });
});
