/** Ways out that come early: before there is a clone, while a run waits, when what it needs is gone. */
import assert from "node:assert/strict";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";
import { type Room, room } from "./samples.ts";
import { askFor } from "./small_bundles.ts";

/** The one bundle of a run, which has to verify. */
async function sealed(at: Room, run: string, status: string): Promise<void> {
  const { document } = await at.forge("workflow", "show", run);
  assert.equal(document.status, status, JSON.stringify(document));
  assert.ok(document.evidence, `${status}: no evidence`);
  const { exit, document: told } = await at.forge("evidence", "verify", document.evidence.path);
  const { checks } = told as unknown as EvidenceVerification;
  assert.deepEqual([exit, checks.filter(({ ok }) => !ok)], [0, []], status);
}

// req: N6-01
Deno.test("runs that end before anything was done leave a bundle that verifies", async (t) => {
  await using at = await room();
  const repo = await at.repository("shell-backup");
  const asked = await askFor(at, repo, "completed");

  await t.step("cancelled while it waits for its turn", async () => {
    assert.equal((await at.forge("fleet", "stop", "--reason", "a test")).exit, 0);
    const { document } = await at.forge(...asked.args);
    assert.ok(["paused", "queued", "parked"].includes(document.status), document.status);
    await at.forge("workflow", "cancel", document.run);
    await sealed(at, document.run, "cancelled");
  });

  await t.step("failed as its repository is gone when its turn comes", async () => {
    const gone = await at.repository("shell-backup");
    const { args } = await askFor(at, gone, "completed");
    const { document } = await at.forge(...args);
    await Deno.remove(gone, { recursive: true });
    assert.equal((await at.forge("fleet", "safe-mode", "--exit", "--reason", "go on")).exit, 0);
    await at.forge("workflow", "resume", document.run);
    await sealed(at, document.run, "failed");
  });

  await t.step("a load whose source is gone", async () => {
    const { args } = await askFor(at, repo, "data");
    await Deno.remove(`${at.dir}/orders.csv`);
    const { document } = await at.forge(...args);
    await sealed(at, document.run, "failed");
  });

  await t.step("cancelled while it is parked for the end of a freeze", async () => {
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 16);
    const frozen = await at.forge(
      "fleet",
      "freeze",
      "--from",
      day(-1),
      "--to",
      day(1),
      "--tz",
      "UTC",
      "--reason",
      "a test",
    );
    assert.equal(frozen.exit, 0, JSON.stringify(frozen.document));
    const { document } = await at.forge(...asked.args);
    assert.equal(document.status, "parked", JSON.stringify(document));
    await at.forge("workflow", "cancel", document.run);
    await sealed(at, document.run, "cancelled");
    const { args } = await askFor(at, repo, "data");
    const load = await at.forge(...args);
    assert.equal(load.document.status, "parked", JSON.stringify(load.document));
    await at.forge("workflow", "cancel", load.document.run);
    await sealed(at, load.document.run, "cancelled");
  });
});
