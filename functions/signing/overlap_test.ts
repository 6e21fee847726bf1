import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore } from "../../kernel/mod.ts";
import { formatVerifierKey, openCheckpoint } from "../../kernel/tlog/mod.ts";
import { jcs } from "../../policies/mod.ts";
import type { EvidenceTrust } from "../../policies/evidence/mod.ts";
import { memoryBundle, trustOf, verifyEvidence } from "../../policies/evidence/reading/mod.ts";
import { sealed } from "../../pipelines/testing/mod.ts";
import { localAttestor, localAttestors, signingFolder, signingKeys } from "../signing_directory.ts";
import { SigningFailed } from "./held_key.ts";
import { changeRing } from "./key_ring.ts";
import { revokeKey, rotateKey } from "./rotation.ts";

const DAY_MS = 24 * 3_600_000;
const record = (name: string) => ({ name, entry: new TextEncoder().encode(name) });

async function room() {
  const data = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-overlap-" }));
  const store = await openKvStore(":memory:");
  return {
    data,
    store,
    former: join(signingFolder(data), "log.former.key.pem"),
    /** A later checkpoint of the log, and whether the holder of one key alone can open it. */
    async checkpoint(name: string) {
      const attestor = await localAttestor(data, store);
      await attestor.log.add([record(name)]);
      const signed = await attestor.log.checkpoint(attestor.logSigner);
      const by = async (key: typeof attestor.logSigner.key) =>
        "checkpoint" in await openCheckpoint(signed, { log: [key] });
      return { signed, by, key: attestor.logSigner.key };
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await Deno.remove(data, { recursive: true });
    },
  };
}

const isThere = (path: string) => Deno.lstat(path).then(() => true, () => false);

Deno.test("while a key of the log is on its way out checkpoints carry its signature, too; then its private half is gone", async () => {
  await using at = await room();
  const old = (await at.checkpoint("one")).key;
  await rotateKey({ data: at.data, store: at.store, by: "tester", use: "log", overlapMs: DAY_MS });
  const both = await at.checkpoint("two");
  assert.notEqual(both.key.id, old.id);
  assert.deepEqual([await both.by(old), await both.by(both.key)], [true, true]);
  assert.equal(both.signed.split("\n\n")[1]?.trimEnd().split("\n").length, 2);
  assert.equal(((await Deno.stat(at.former)).mode ?? 0) & 0o777, 0o600);

  await changeRing(signingFolder(at.data), (ring) => ({
    v: 1,
    keys: ring.keys.map((one) =>
      one.notAfter === undefined ? one : { ...one, notAfter: "2020-01-01T00:00:00.000Z" }
    ),
  }));
  const after = await at.checkpoint("three");
  assert.deepEqual([await after.by(old), await after.by(both.key)], [false, true]);
  assert.equal(await isThere(at.former), false);
});

Deno.test("a key that is revoked, or replaced without an overlap, signs nothing any more", async () => {
  await using at = await room();
  const first = (await at.checkpoint("one")).key;
  await rotateKey({ data: at.data, store: at.store, by: "tester", use: "log", overlapMs: DAY_MS });
  await revokeKey({
    data: at.data,
    store: at.store,
    by: "tester",
    kid: `${first.name}+${first.id}`,
    reason: "lost",
  });
  const second = await at.checkpoint("two");
  assert.equal(await second.by(first), false);
  assert.equal(await isThere(at.former), false);
  await rotateKey({ data: at.data, store: at.store, by: "tester", use: "log", overlapMs: 0 });
  const third = await at.checkpoint("three");
  assert.equal(await third.by(second.key), false);
  assert.equal(await isThere(at.former), false);
});

/** A trust root with the keys of one attestor alone. */
async function rootOf(
  { publicKey, logSigner }: Awaited<ReturnType<typeof localAttestor>>,
): Promise<EvidenceTrust> {
  const read = await trustOf([
    { name: "evidence.pem", text: publicKey },
    { name: "log.vkey", text: `${formatVerifierKey(logSigner.key)}\n` },
  ]);
  assert.ok(read.ok);
  return read.value;
}

for (const apart of [false, true]) {
  Deno.test(
    `a bundle of the overlap is good for who knows only the old keys, and for who knows only the new ones${
      apart ? ", signed by a process of its own" : ""
    }`,
    { ignore: apart && Deno.build.os === "windows" },
    async () => {
      await using at = await room();
      const before = await rootOf(await localAttestor(at.data, at.store));
      for (const use of ["evidence", "log"] as const) {
        await rotateKey({ data: at.data, store: at.store, by: "tester", use, overlapMs: DAY_MS });
      }
      const attestors = localAttestors(at.data, at.store, { apart });
      try {
        const attestor = await attestors.open();
        const after = await rootOf(attestor);
        assert.notEqual(before.keys[0]?.id, after.keys[0]?.id);
        const files = await sealed(attestor);
        for (const trust of [before, after]) {
          const { verified, checks } = await verifyEvidence(memoryBundle(files), { trust });
          assert.deepEqual(checks.filter(({ ok }) => !ok), []);
          assert.ok(verified);
        }
        if (apart) return;
        // Who knows one key finds every change, also of what the other has signed.
        for (const path of ["manifest.dsse.json", "log/bundle.tlog-proof"]) {
          const bytes = files.get(path) ?? new Uint8Array();
          for (let n = 0; n < bytes.length; n += 11) {
            const changed = bytes.slice();
            changed[n] = (changed[n] ?? 0) ^ 1;
            for (const trust of [before, after]) {
              const bundle = memoryBundle(new Map([...files, [path, changed]]));
              const { checks } = await verifyEvidence(bundle, { trust });
              assert.ok(checks.some(({ ok, file }) => !ok && file === path), `${path} at ${n}`);
            }
          }
        }
        for (const path of ["manifest.dsse.json", "log/bundle.tlog-proof"]) {
          const bundle = memoryBundle(new Map([...files, [path, withoutLastSignature(files.get(path))]]));
          const { checks } = await verifyEvidence(bundle, { trust: after });
          assert.deepEqual(checks.filter(({ ok }) => !ok).map(({ file }) => file), [path]);
        }
      } finally {
        await attestors.close();
      }
    },
  );
}

/** A statement or a proof that only the key in use has signed. */
function withoutLastSignature(bytes: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  if (!text.startsWith("{")) return new TextEncoder().encode(text.replace(/[^\n]+\n$/, ""));
  const envelope = JSON.parse(text);
  return new TextEncoder().encode(`${jcs({ ...envelope, signatures: envelope.signatures.slice(0, 1) })}\n`);
}

Deno.test(
  "a private key that others may read, or that is a link, is refused, here and in a process of its own",
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    await using at = await room();
    await signingKeys(at.data);
    const path = join(signingFolder(at.data), "evidence.key.pem");
    for (
      const [spoil, why] of [
        [() => Deno.chmod(path, 0o640), /mode 0640/],
        [async () => {
          await Deno.rename(path, `${path}.elsewhere`);
          await Deno.symlink(`${path}.elsewhere`, path);
        }, /it is a link/],
      ] as const
    ) {
      await spoil();
      await assert.rejects(
        signingKeys(at.data),
        (error: Error) => error instanceof SigningFailed && why.test(error.message),
      );
      const keys = await signingKeys(at.data, { apart: true });
      try {
        await assert.rejects(keys.evidence.signer.sign(new Uint8Array()), why);
      } finally {
        await keys.close();
      }
      await Deno.chmod(path, 0o600);
    }
  },
);
