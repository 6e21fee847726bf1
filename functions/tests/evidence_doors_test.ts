import assert from "node:assert/strict";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";
import { type Room, room, sandboxed } from "./samples.ts";

const NO_SANDBOX = sandboxed ? [] : ["--sandbox", "none"];

async function demoRun(at: Room): Promise<Done> {
  const repo = await at.repository("deno-signup");
  const { document } = await at.forge(
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    repo,
    "--patch",
    at.beside("deno-signup", "honest.patch"),
    ...NO_SANDBOX,
  );
  assert.equal(document.status, "completed");
  assert.ok(document.evidence);
  return { run: document.run, id: document.evidence.id, path: document.evidence.path };
}

const verified = async (at: Room, ...args: string[]) => {
  const { exit, document } = await at.forge("evidence", "verify", ...args);
  return { exit, ...document as unknown as EvidenceVerification };
};
const failed = ({ checks }: EvidenceVerification) => checks.filter(({ ok }) => !ok);

interface Done {
  readonly run: string;
  readonly id: string;
  readonly path: string;
}

// req: N6-10
Deno.test("evidence and log of a run", async (t) => {
  await using at = await room();
  assert.equal((await at.forge("log", "checkpoint")).exit, 2);
  const done = await demoRun(at);
  await t.step(
    "a bundle leaves the house as directory or tar and is verified elsewhere, by keys handed out",
    () => bundleElsewhere(at, done),
  );
  await t.step(
    "a decision and the bundle are proven to be in the log, and one head to continue another",
    () => proofs(at, done),
  );
});

async function bundleElsewhere(at: Room, { run, id, path }: Done): Promise<void> {
  const home = await verified(at, path);
  assert.deepEqual([home.exit, failed(home)], [0, []]);
  assert.match(home.checks.find(({ name }) => name === "replay")?.detail ?? "", /^(\d+) of \1 decisions/);

  const [copy, tar, keys] = [`${at.dir}/copy`, `${at.dir}/bundle.tar`, `${at.dir}/keys`];
  assert.equal((await at.forge("evidence", "export", run, copy)).exit, 0);
  assert.equal((await at.forge("evidence", "export", id, tar)).exit, 0);
  assert.equal((await at.forge("evidence", "export", id, copy)).exit, 2);
  assert.equal((await at.forge("evidence", "keys", keys)).exit, 0);
  const elsewhere = ["--data", `${at.dir}/elsewhere`];
  for (const bundle of [copy, tar]) {
    const there = await verified(at, bundle, "--trust-root", keys, ...elsewhere);
    assert.deepEqual([there.exit, failed(there)], [0, []], bundle);
    const nobody = await verified(at, bundle, ...elsewhere);
    assert.deepEqual([nobody.exit, nobody.verified, failed(nobody)[0]?.name], [1, false, "trust-root"]);
  }
  const own = await at.forge("evidence", "verify", copy, "--trust-root", `${copy}/keys`, ...elsewhere);
  assert.equal(own.exit, 2);
  assert.match(own.stderr, /vouch for itself/);

  // A byte of a file, of the tar, a file more, a link.
  await Deno.writeTextFile(`${copy}/artifacts/change.patch`, " ", { append: true });
  const changed = await verified(at, copy, "--trust-root", keys);
  assert.deepEqual([changed.exit, failed(changed).map(({ file }) => file)[0]], [1, "artifacts/change.patch"]);
  const bytes = await Deno.readFile(tar);
  bytes[bytes.length - 5] = 1;
  await Deno.writeFile(tar, bytes);
  const flipped = await verified(at, tar, "--trust-root", keys);
  assert.deepEqual([flipped.exit, failed(flipped)[0]?.name], [1, "bundle"]);
  await Deno.symlink("/etc/hostname", `${copy}/artifacts/link`);
  const linked = await verified(at, copy, "--trust-root", keys);
  assert.ok(failed(linked).some(({ file }) => file === "artifacts/link"));
  assert.deepEqual((await verified(at, `${at.dir}/absent`)).exit, 1);
  await at.write("text.tar", "hello");
  assert.equal((await verified(at, `${at.dir}/text.tar`)).exit, 1);
}

async function proofs(at: Room, { run, id }: Done): Promise<void> {
  const first = await at.forge("log", "checkpoint");
  const { size, checkpoint } = first.document as unknown as { size: number; checkpoint: string };
  assert.ok(size >= 5);
  const proven = async (leaf: string) =>
    (await at.forge("log", "prove", leaf)).document as unknown as {
      index: number;
      entry: string;
      proof: string;
    };
  for (const leaf of [id, "0", String(size - 1)]) {
    const { entry, proof, index } = await proven(leaf);
    const file = await at.write(`${index}.tlog-proof`, proof);
    const leafFile = await at.write(`${index}.json`, entry);
    assert.equal((await at.forge("log", "verify", file, "--entry", leafFile)).exit, 0, leaf);
    const other = await at.write("other.json", `${entry} `);
    assert.equal((await at.forge("log", "verify", file, "--entry", other)).exit, 1, leaf);
  }
  assert.equal((JSON.parse((await proven(id)).entry) as { run: string }).run, run);
  assert.equal((await at.forge("log", "prove", "run_01m8none/3")).exit, 2);
  assert.equal((await at.forge("log", "prove", String(size))).exit, 2);

  const consistency = (await at.forge("log", "prove", "--from", "2")).document as unknown as {
    proof: string[];
    size1: number;
  };
  const file = await at.write("consistency.json", JSON.stringify(consistency));
  assert.equal((await at.forge("log", "verify", file)).exit, 0);
  const wrong = await at.write("wrong.json", JSON.stringify({ ...consistency, size1: 3 }));
  assert.equal((await at.forge("log", "verify", wrong)).exit, 1);
  const head = await at.write("head", checkpoint);
  assert.equal((await at.forge("log", "verify", head)).exit, 0);
  const forged = await at.write("forged", checkpoint.replace(`\n${size}\n`, `\n${size - 1}\n`));
  assert.equal((await at.forge("log", "verify", forged)).exit, 1);
}
