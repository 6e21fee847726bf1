import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore, type Store, transparencyLog } from "../../kernel/mod.ts";
import {
  formatVerifierKey,
  type NoteSigner,
  openCheckpoint,
  toBase64,
  verifierKey,
} from "../../kernel/tlog/mod.ts";
import { createApp } from "../http/app.ts";
import { keyRing } from "../http/keyring.ts";
import { serviceDouble } from "../http/tests/service_double.ts";
import { askWitnesses } from "./cosigning.ts";
import { answerType, isWitness, type WitnessDesk, witnessDesk } from "./desk.ts";
import { requestOf, requestText } from "./remote_log.ts";

const ORIGIN = "log.example/one";
const utf8 = new TextEncoder();

async function signerOf(name: string): Promise<NoteSigner> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    key: verifierKey(name, raw),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
  };
}

async function inRoom(use: (at: { data: string; store: Store; signer: NoteSigner }) => Promise<void>) {
  const room = await Deno.makeTempDir({ prefix: "forge-test-" });
  const store = await openKvStore(":memory:");
  try {
    await use({ data: join(room, "data"), store, signer: await signerOf(ORIGIN) });
  } finally {
    await store.close();
    await Deno.remove(room, { recursive: true });
  }
}

/** A log of its own, in a store of its own. */
async function logOf(names: readonly string[]) {
  const store = await openKvStore(":memory:");
  const log = transparencyLog({ store, origin: ORIGIN });
  await log.add(names.map((name) => ({ name, entry: utf8.encode(name) })));
  return { log, close: () => store.close() };
}

Deno.test("a witness remembers over its processes what it has seen, and cosigns only what continues it", async () => {
  await inRoom(async ({ data, store, signer }) => {
    assert.equal(await isWitness(data), false);
    const desk = await witnessDesk({ data, store });
    const { log, close } = await logOf(["a", "b"]);
    try {
      const first = await log.checkpoint(signer);
      assert.equal((await desk.answer(requestText(0, [], first))).status, 404);
      assert.equal(await desk.know(formatVerifierKey(signer.key)), true);
      assert.equal(await desk.know(formatVerifierKey(signer.key)), false);
      assert.equal(await isWitness(data), true);
      await assert.rejects(desk.know(formatVerifierKey(desk.key)), /no key of one/);
      await assert.rejects(
        desk.know(formatVerifierKey((await signerOf("log.test/x")).key)),
        /for tests/,
      );
      assert.equal((await desk.answer(requestText(0, [], first))).status, 200);
      const again = await witnessDesk({ data, store });
      assert.deepEqual(again.key, desk.key);
      const told = await again.answer(requestText(0, [], first));
      assert.deepEqual([told.status, told.body, answerType(told)], [409, "2\n", "text/x.tlog.size"]);
      await log.add([{ name: "c", entry: utf8.encode("c") }]);
      const second = await log.checkpoint(signer);
      const proof = (await log.consistency(2, 3)).map(toBase64);
      assert.equal((await again.answer(requestText(2, proof.slice(1), second))).status, 422);
      assert.equal((await again.answer(requestText(2, proof, second))).status, 200);
      assert.equal((await desk.answer(requestText(2, [], first))).status, 409);
      assert.deepEqual((await desk.heads()).map(({ origin, size }) => [origin, size]), [[ORIGIN, 3]]);
    } finally {
      close();
    }
  });
});

Deno.test("of two histories that come at once a witness cosigns one", async () => {
  await inRoom(async ({ data, store, signer }) => {
    const desk = await witnessDesk({ data, store });
    await desk.know(formatVerifierKey(signer.key));
    const logs = await Promise.all(Array.from({ length: 6 }, (_, n) => logOf(["a", `fork ${n}`])));
    try {
      const heads = await Promise.all(logs.map(({ log }) => log.checkpoint(signer)));
      const answers = await Promise.all(heads.map((head) => desk.answer(requestText(0, [], head))));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409]);
    } finally {
      for (const { close } of logs) close();
    }
  });
});

/** The door over HTTP, without a network. */
async function doorOf(desk: WitnessDesk) {
  const service = { ...serviceDouble(), witness: () => Promise.resolve(desk) };
  const app = createApp({
    service,
    keys: keyRing(),
    allowedHosts: ["localhost"],
    loopback: true,
    version: "0",
    audit: () => {},
  });
  return (url: string, init?: RequestInit) => Promise.resolve(app.request(url, init));
}

Deno.test("a log asks its witness over HTTP without a key, keeps the cosignature, and is told when it went back", async () => {
  await inRoom(async ({ data, store, signer }) => {
    const desk = await witnessDesk({ data, store });
    await desk.know(formatVerifierKey(signer.key));
    const ask = await doorOf(desk);
    const policy = {
      v: 1 as const,
      required: 1,
      witnesses: [{ key: formatVerifierKey(desk.key), url: "http://localhost/v1/log/witness" }],
    };
    const { log, close } = await logOf(["a", "b", "c"]);
    const short = await logOf(["a"]);
    try {
      for (const more of [[], ["d", "e", "f"]]) {
        await log.add(more.map((name) => ({ name, entry: utf8.encode(name) })));
        const { cosigned, asked, signed } = await askWitnesses({ log, logSigner: signer }, policy, ask);
        assert.deepEqual([cosigned, asked[0]?.why], [1, null]);
        const opened = await openCheckpoint(signed, { log: [signer.key], witnesses: [desk.key] });
        assert.ok("checkpoint" in opened && opened.checkpoint.witnesses[0]?.name === desk.key.name);
        assert.equal(await log.latest(), signed);
        // Cosigned already: nobody is asked.
        const refuse = () => Promise.reject(new TypeError("no network"));
        assert.equal((await askWitnesses({ log, logSigner: signer }, policy, refuse)).cosigned, 1);
      }
      const back = await askWitnesses({ log: short.log, logSigner: signer }, policy, ask);
      assert.match(back.asked[0]?.why ?? "", /has seen this log at 6, and it is at 1: leaves are gone/);
      const gone = await askWitnesses({ log: short.log, logSigner: signer }, policy, () => {
        throw new TypeError("connection refused");
      });
      assert.match(gone.asked[0]?.why ?? "", /connection refused/);
      const liar = await signerOf("w.example/liar");
      const strange = {
        ...policy,
        witnesses: [{ ...policy.witnesses[0], key: formatVerifierKey(liar.key) }],
      };
      assert.equal((await askWitnesses({ log, logSigner: signer }, strange, ask)).cosigned, 0);
      assert.equal((await ask("http://localhost/v1/log/witness", { method: "POST", body: "x" })).status, 400);
      assert.equal(
        (await ask("http://localhost/v1/log/witness", { method: "POST", body: "x".repeat(70_000) })).status,
        413,
      );
    } finally {
      close();
      short.close();
    }
  });
});

Deno.test("a witness reads a log by its address: checkpoint and tiles, and makes the proof itself", async () => {
  await inRoom(async ({ data, store, signer }) => {
    const desk = await witnessDesk({ data, store });
    await desk.know(formatVerifierKey(signer.key));
    const names = Array.from({ length: 300 }, (_, n) => `leaf ${n}`);
    const { log, close } = await logOf(names);
    const keys = keyRing();
    const key = await keys.ephemeral("reader");
    assert.ok(key.ok);
    const service = {
      ...serviceDouble(),
      transparency: () => Promise.resolve({ log, logSigner: signer }),
    };
    const app = createApp({
      service,
      keys,
      allowedHosts: ["localhost"],
      loopback: true,
      version: "0",
      audit: () => {},
    });
    const ask = (url: string, init?: RequestInit) => Promise.resolve(app.request(url, init));
    const given = {
      headers: { authorization: `Bearer ${key.value}` },
      seen: async (origin: string) => (await desk.last(origin))?.size ?? 0,
    };
    try {
      for (const more of [[], ["x", "y"], Array.from({ length: 300 }, (_, n) => `more ${n}`)]) {
        await log.add(more.map((name) => ({ name, entry: utf8.encode(name) })));
        await log.checkpoint(signer);
        const request = await requestOf(ask, "http://localhost/v1/log/", given);
        assert.equal((await desk.answer(request)).status, 200, String(more.length));
      }
      await assert.rejects(
        requestOf(ask, "http://localhost/v1/log", { ...given, headers: {} }),
        /answered 401/,
      );
    } finally {
      close();
    }
  });
});
