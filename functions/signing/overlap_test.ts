import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore } from "../../kernel/mod.ts";
import { openCheckpoint } from "../../kernel/tlog/mod.ts";
import { localAttestor, signingFolder } from "../signing_directory.ts";
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
