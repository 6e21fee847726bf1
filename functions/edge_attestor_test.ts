import assert from "node:assert/strict";
import { openKvStore } from "../kernel/mod.ts";
import { openCheckpoint } from "../kernel/tlog/mod.ts";
import { edgeAttestor } from "./edge_attestor.ts";
import { secretOf } from "./testing/secret_key.ts";

Deno.test("a host without files signs with the keys of its variables, both or neither; its log goes on after a restart", async () => {
  const store = await openKvStore(":memory:");
  try {
    const env: Record<string, string> = {
      FORGE_SIGNING_KEY: await secretOf("evidence"),
      FORGE_LOG_KEY: await secretOf("log"),
    };
    const from = (given: Record<string, string>) => edgeAttestor(store, (name) => given[name]);
    assert.equal(await from({}), null);
    for (const name of Object.keys(env)) {
      await assert.rejects(from({ [name]: env[name] ?? "" }), /is set and FORGE_\w+ is not/);
    }
    await assert.rejects(
      from({ FORGE_SIGNING_KEY: env.FORGE_LOG_KEY ?? "", FORGE_LOG_KEY: env.FORGE_LOG_KEY ?? "" }),
      (error: Error) => /no ECDSA P-256 key/.test(error.message) && !error.message.includes("PRIVATE"),
    );
    const first = await from(env);
    const again = await from(env);
    assert.ok(first && again);
    assert.equal(again.logSigner.key.name, first.logSigner.key.name);
    const size = await again.log.size();
    assert.equal(size, 2, "each key is a leaf, once");
    const note = await again.log.checkpoint(again.logSigner);
    const opened = await openCheckpoint(note, { log: [first.logSigner.key] });
    assert.equal("checkpoint" in opened && opened.checkpoint.size, size);
  } finally {
    await store.close();
  }
});
