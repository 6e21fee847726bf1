import assert from "node:assert/strict";
import { openKvStore, transparencyLog } from "../../kernel/mod.ts";
import { leafHash, nodesOf, treeRoot, verifierKey } from "../../kernel/tlog/mod.ts";
import { writeTar } from "../../policies/evidence/reading/mod.ts";
import { openDoor } from "./tests/door.ts";
import { serviceDouble } from "./tests/service_double.ts";

const utf8 = new TextEncoder();

async function doorWithLog(leaves: number) {
  const store = await openKvStore(":memory:");
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const key = verifierKey(
    "log.example",
    new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
  );
  const log = transparencyLog({ store, origin: key.name });
  const logSigner = {
    key,
    sign: async (bytes: Uint8Array<ArrayBuffer>) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
  };
  await log.add(
    Array.from({ length: leaves }, (_, n) => ({ name: `n${n}`, entry: utf8.encode(`leaf ${n}`) })),
  );
  const files = new Map([["manifest.json", utf8.encode("{}")], ["log/events.jsonl", utf8.encode("x\n")]]);
  const double = serviceDouble();
  const door = await openDoor({
    service: {
      ...double,
      transparency: () => Promise.resolve({ log, logSigner }),
      evidenceBundle: (id: string) => Promise.resolve(id === "ev_1" ? files : null),
    },
  });
  return { door, log, logSigner, files, close: () => store.close() };
}

Deno.test("GET /v1/evidence/:id/bundle is the same tar each time, and 404 for what is not there", async () => {
  const { door, files, close } = await doorWithLog(0);
  try {
    const got = await door.get("/v1/evidence/ev_1/bundle");
    assert.deepEqual([got.status, got.headers.get("content-type")], [200, "application/x-tar"]);
    assert.deepEqual(new Uint8Array(await got.arrayBuffer()), writeTar(files));
    for (const id of ["ev_2", "..%2f..", "ev_X"]) {
      assert.equal((await door.get(`/v1/evidence/${id}/bundle`)).status, 404, id);
    }
  } finally {
    close();
  }
});

Deno.test("GET /v1/log/...: a checkpoint once there is one, and tiles from which its root is made", async () => {
  const { door, log, logSigner, close } = await doorWithLog(300);
  try {
    assert.equal((await door.get("/v1/log/checkpoint")).status, 404);
    const signed = await log.checkpoint(logSigner);
    const got = await door.get("/v1/log/checkpoint");
    assert.deepEqual([got.status, await got.text()], [200, signed]);
    const tile = async (path: string) =>
      new Uint8Array(await (await door.get(`/v1/log/tile/${path}`)).arrayBuffer());
    const tiles = new Map([["0/0", await tile("0/000")], ["0/1", await tile("0/001.p/44")], [
      "1/0",
      await tile("1/000.p/1"),
    ]]);
    const read = nodesOf((level, index) =>
      Promise.resolve(tiles.get(`${level}/${index}`) ?? new Uint8Array())
    );
    assert.deepEqual(await treeRoot(300, read), await log.root(300));
    const entries = await tile("entries/001.p/44");
    assert.deepEqual(leafHash(entries.slice(2, 10)), (tiles.get("0/1") ?? new Uint8Array()).slice(0, 32));
    for (const path of ["0/001", "0/001.p/45", "0/1", "9/000", "0/..%2f000", "x/000"]) {
      assert.equal((await door.get(`/v1/log/tile/${path}`)).status, 404, path);
    }
  } finally {
    close();
  }
});
