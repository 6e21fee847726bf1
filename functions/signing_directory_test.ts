import assert from "node:assert/strict";
import { join } from "node:path";
import { parseVerifierKey } from "../kernel/tlog/mod.ts";
import { readEvidenceKey } from "../policies/evidence/mod.ts";
import { signingKeys } from "./signing_directory.ts";
import { publisher, rootOf } from "../policies/testing/mod.ts";
import { installedEvidenceTrust, readEvidenceTrust, trustFolders } from "./evidence_trust.ts";

async function inRoom(use: (data: string) => Promise<void>): Promise<void> {
  const room = await Deno.makeTempDir({ prefix: "forge-test-" });
  try {
    await use(join(room, "data"));
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}

Deno.test("keys are made once, however many ask at once, and are closed to others", async () => {
  await inRoom(async (data) => {
    const made = await Promise.all(Array.from({ length: 5 }, () => signingKeys(data)));
    assert.equal(new Set(made.map(({ evidence }) => evidence.signer.keyId)).size, 1);
    assert.equal(new Set(made.map(({ note }) => note.key.name)).size, 1);
    const names: string[] = [];
    for await (const { name } of Deno.readDir(join(data, "signing"))) names.push(name);
    assert.deepEqual(names.sort(), [
      ".lock",
      "evidence.key.pem",
      "evidence.pem",
      "keys.json",
      "log.key.pem",
      "log.vkey",
    ]);
    if (Deno.build.os === "windows") return;
    for (const name of ["evidence.key.pem", "log.key.pem"]) {
      assert.equal(((await Deno.stat(join(data, "signing", name))).mode ?? 0) & 0o777, 0o600);
    }
    assert.equal(((await Deno.stat(join(data, "signing"))).mode ?? 0) & 0o777, 0o700);
  });
});

Deno.test("the public halves are what others read, and verify what the private ones sign", async () => {
  await inRoom(async (data) => {
    const { evidence, note } = await signingKeys(data);
    const trust = await readEvidenceTrust(trustFolders(data));
    assert.ok(trust.ok);
    assert.deepEqual(trust.value.keys.map(({ id }) => id), [evidence.signer.keyId]);
    assert.deepEqual(trust.value.logs.map(({ name }) => name), [note.key.name]);
    assert.equal((await readEvidenceKey(evidence.publicKey))?.algorithm, "ECDSA-P256");
    const line = (await Deno.readTextFile(join(data, "signing", "log.vkey"))).trim();
    assert.deepEqual(parseVerifierKey(line)?.publicKey, note.key.publicKey);
  });
});

Deno.test("a trust root with a file that is no key is refused, by name; private keys in it are passed over", async () => {
  await inRoom(async (data) => {
    await signingKeys(data);
    await Deno.writeTextFile(
      join(data, "signing", "stray.pem"),
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    );
    const trust = await readEvidenceTrust(trustFolders(data));
    assert.ok(!trust.ok && trust.error.message.includes("stray.pem"));
  });
});

Deno.test("whom the operator's trust root names is believed in evidence too, unless the key was revoked", async () => {
  await inRoom(async (data) => {
    await signingKeys(data);
    const bea = await publisher("bea", { roles: ["approver"] });
    const gone = await publisher("gone", {
      roles: ["approver"],
      revoked: { at: "2026-01-01T00:00:00.000Z", reason: "lost" },
    });
    await Deno.mkdir(join(data, "trust"));
    await Deno.writeTextFile(join(data, "trust", "trust.json"), JSON.stringify(rootOf(bea, gone)));
    const trust = await installedEvidenceTrust(data);
    assert.ok(trust.ok);
    const named = trust.value.keys.filter(({ name }) => name !== "evidence").map((
      { id, name },
    ) => [id, name]);
    assert.deepEqual(named, [[bea.trusted.id, "bea"]]);
  });
});
