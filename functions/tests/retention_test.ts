import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore } from "../../kernel/mod.ts";
import { sealBundle } from "../../policies/mod.ts";
import { bundleLeaf } from "../../policies/evidence/mod.ts";
import { evidenceDirectory } from "../evidence_directory.ts";
import { isEvidenceRead, reasonOf } from "../evidence_reads.ts";
import { localAttestor } from "../signing_directory.ts";
import { recorder } from "./recorder.ts";
import { dispatch } from "../cli/dispatch.ts";

const DAY_MS = 24 * 3_600_000;

/** A data directory with bundles of these tiers and ages in days, each a leaf of the log. */
async function installation(bundles: readonly { tier: string; days: number; logged?: boolean }[]) {
  const room = await Deno.makeTempDir({ prefix: "forge-test-" });
  const data = join(room, "data");
  await Deno.mkdir(data);
  const store = await openKvStore(join(data, "state.db"));
  const attestor = await localAttestor(data, store);
  const directory = evidenceDirectory(join(data, "evidence"));
  const ids: string[] = [];
  for (const [at, { tier, days, logged = true }] of bundles.entries()) {
    const run = `run_01m8abcdefghjkmnpqrstvwx${String(at).padStart(2, "0")}`;
    const id = `ev_${run.slice(4)}2`;
    const when = new Date(Date.now() - days * DAY_MS).toISOString();
    const { files, digest } = await sealBundle(
      {
        id,
        run,
        status: "denied",
        sandbox: "bwrap",
        withheld: [],
        notes: [],
        at: when,
        head: { seq: 1, hash: "0".repeat(64) },
      },
      [{
        path: "artifacts/spec.json",
        mediaType: "application/json",
        bytes: new TextEncoder().encode(JSON.stringify({ tier })),
      }],
    );
    await directory.write(id, files);
    const entry = bundleLeaf({ run, id, status: "denied", digest });
    if (logged) await attestor.log.add([{ name: id, entry }]);
    ids.push(id);
  }
  await attestor.log.checkpoint(attestor.logSigner);
  await store.close();
  return {
    data,
    ids,
    async forge(...args: string[]) {
      const io = recorder();
      const exit = await dispatch([...args, "--data", data, "--json"], io);
      return { exit, document: JSON.parse(io.stdout) };
    },
    [Symbol.asyncDispose]: () => Deno.remove(room, { recursive: true }),
  };
}

Deno.test("a bundle whose tier cannot be told is kept like a critical one", async () => {
  await using at = await installation([{ tier: "unheard-of", days: 400 }, { tier: "standard", days: 400 }]);
  assert.equal((await at.forge("evidence", "retain", "--tier", "critical", "--for", "7y")).exit, 0);
  const done = await at.forge("evidence", "prune", "--older-than", "1y", "--reason", "yearly clearing");
  assert.equal(done.document.removed, 1);
  const { document } = await at.forge("evidence", "list");
  assert.deepEqual((document.evidence as { id: string }[]).map(({ id }) => id), [at.ids[0]]);
});

Deno.test("old bundles are removed on request; holds and the time of a tier keep them, and the log tells of each that went", async () => {
  await using at = await installation([
    { tier: "standard", days: 400 },
    { tier: "critical", days: 400 },
    { tier: "best-effort", days: 400 },
    { tier: "best-effort", days: 10 },
    { tier: "best-effort", days: 400, logged: false },
  ]);
  const [standard = "", critical = "", old = "", young = "", unlogged = ""] = at.ids;
  assert.equal((await at.forge("evidence", "retain", "--tier", "critical", "--for", "7y")).exit, 0);
  assert.equal((await at.forge("evidence", "retain", "--tier", "none", "--for", "7y")).exit, 2);
  const run = `run_${standard.slice(3, -1)}`;
  assert.equal((await at.forge("evidence", "hold", run)).exit, 2);
  assert.equal((await at.forge("evidence", "hold", "ev_nobody", "--reason", "x")).exit, 2);
  assert.equal((await at.forge("evidence", "hold", run, "--reason", "case 12")).exit, 0);
  const there = async () => {
    const { document } = await at.forge("evidence", "list");
    return (document.evidence as { id: string }[]).map(({ id }) => id).sort();
  };
  const before = await at.forge("log", "prove", old);

  assert.equal((await at.forge("evidence", "prune", "--older-than", "1y")).exit, 2);
  assert.equal((await at.forge("evidence", "prune", "--older-than", "soon", "--reason", "x")).exit, 2);
  const dry = await at.forge("evidence", "prune", "--older-than", "1y", "--dry-run");
  assert.deepEqual([dry.exit, dry.document.removed, (await there()).length], [0, 0, 5]);
  const done = await at.forge("evidence", "prune", "--older-than", "1y", "--reason", "yearly clearing");
  assert.equal(done.document.removed, 1);
  assert.deepEqual(await there(), [standard, critical, young, unlogged].sort());

  // Its leaf and its proof stay, and so does what tells of its removal.
  const file = join(at.data, "proof");
  await Deno.writeTextFile(file, before.document.proof);
  await Deno.writeTextFile(join(at.data, "leaf"), before.document.entry);
  assert.equal((await at.forge("log", "verify", file, "--entry", join(at.data, "leaf"))).exit, 0);
  assert.equal((await at.forge("log", "prove", old)).document.entry, before.document.entry);
  const removal = JSON.parse((await at.forge("log", "prove", `${old}/removed`)).document.entry);
  assert.deepEqual([removal.kind, removal.id, removal.reason], ["bundle-removed", old, "yearly clearing"]);

  assert.equal((await at.forge("evidence", "hold", run, "--release", "--reason", "closed")).exit, 0);
  const again = await at.forge(
    "evidence",
    "prune",
    "--older-than",
    "1y",
    "--tier",
    "standard",
    "--reason",
    "closed",
  );
  assert.deepEqual([again.document.removed, again.document.bundles.length], [1, 1]);
  await Deno.writeTextFile(join(at.data, "retention.json"), "{}");
  assert.equal((await at.forge("evidence", "prune", "--older-than", "1d", "--reason", "x")).exit, 2);
  assert.deepEqual(await there(), [critical, young, unlogged].sort());
  const audit = await Deno.readTextFile(join(at.data, "audit.jsonl"));
  for (const action of ["evidence.retain", "evidence.hold", "evidence.release", "evidence.prune"]) {
    assert.ok(audit.includes(`"${action}"`), action);
  }
});

Deno.test("every read of evidence is audited: who, what, when and why", async () => {
  await using at = await installation([{ tier: "standard", days: 1 }]);
  const [id = ""] = at.ids;
  await at.forge("evidence", "show", id, "--why", "review of\nthe month");
  await at.forge("evidence", "list");
  await at.forge("evidence", "show", "ev_absent");
  await at.forge("evidence", "retain");
  const text = await Deno.readTextFile(join(at.data, "audit.jsonl"));
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ action, object, detail }) => [action, object, detail.command, detail.why]),
    [
      ["evidence.read", id, "evidence show", "review of the month"],
      ["evidence.read", "", "evidence list", null],
    ],
  );
  assert.ok(lines.every(({ at, actor }) => Date.parse(at) > 0 && actor.length > 0));
});

Deno.test("reads over HTTP are those of bundles and artifacts that were answered", () => {
  for (
    const path of ["/v1/evidence", "/v1/evidence/ev_1/bundle", "/evidence/ev_1", "/v1/artifacts/sha256:00"]
  ) {
    assert.ok(isEvidenceRead("GET", path, 200), path);
    assert.ok(!isEvidenceRead("GET", path, 404) && !isEvidenceRead("POST", path, 200), path);
  }
  for (const path of ["/v1/runs", "/v1/evidences", "/healthz"]) {
    assert.ok(!isEvidenceRead("GET", path, 200), path);
  }
  assert.deepEqual([reasonOf(" a\u0007\nb "), reasonOf(""), reasonOf(true)], ["a b", null, null]);
});
