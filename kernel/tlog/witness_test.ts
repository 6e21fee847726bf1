import assert from "node:assert/strict";
import { toBase64 } from "./base64.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { numberedLeaves, testSigner, tilesOf } from "./testing/tree.ts";
import { consistencyProof, treeRoot } from "./tree.ts";
import { witness, type WitnessedHead } from "./witness.ts";

async function room() {
  const { read } = await tilesOf([numberedLeaves(100)]);
  const [log, signer] = await Promise.all([
    testSigner("log.example"),
    testSigner("witness.example", "cosignature"),
  ]);
  const head = async (size: number): Promise<WitnessedHead> => ({ size, root: await treeRoot(size, read) });
  const checkpoint = async (size: number, root?: Uint8Array) =>
    await signCheckpoint(
      { origin: "log.example", size, root: root ?? (await head(size)).root, extensions: [] },
      log,
    );
  const request = async (old: number, size: number, signed?: string) =>
    [
      `old ${old}`,
      ...(await consistencyProof(old, size, read)).map(toBase64),
      "",
      signed ?? await checkpoint(size),
    ]
      .join("\n");
  const ask = (body: string, last: WitnessedHead | null) =>
    witness(body, { logs: [log.key], last: () => last, signer, nowMs: 1_700_000_000_900 });
  return { log, signer, head, checkpoint, request, ask };
}

Deno.test("a witness signs the first checkpoint that it sees, and each that continues the last", async () => {
  const { log, signer, head, checkpoint, request, ask } = await room();
  for (const [old, last] of [[0, null], [40, await head(40)], [90, await head(90)]] as const) {
    const answer = await ask(await request(old, 90), last);
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual(answer.status === 200 ? answer.head : null, await head(90));
    const opened = await openCheckpoint(await checkpoint(90) + answer.body, {
      log: [log.key],
      witnesses: [signer.key],
    });
    assert.ok("checkpoint" in opened);
    assert.deepEqual(opened.checkpoint.witnesses, [{ name: "witness.example", seconds: 1_700_000_000 }]);
  }
});

Deno.test("a witness signs no log that it does not know, nothing unsigned, no step back, no second history", async () => {
  const { head, checkpoint, request, ask, signer } = await room();
  const last = await head(40);
  const stranger = await signCheckpoint(
    { origin: "other.example", size: 1, root: last.root, extensions: [] },
    await testSigner("other.example"),
  );
  assert.equal((await ask(`old 0\n\n${stranger}`, null)).status, 404);
  const impostor = await signCheckpoint(
    { origin: "log.example", size: 40, root: last.root, extensions: [] },
    await testSigner("log.example"),
  );
  assert.equal((await ask(`old 40\n\n${impostor}`, last)).status, 403);
  assert.equal((await ask(`old 50\n\n${await checkpoint(40)}`, last)).status, 400);
  const behind = await ask(await request(30, 90), last);
  assert.deepEqual([behind.status, behind.body], [409, "40\n"]);
  const fork = await checkpoint(40, (await head(41)).root);
  assert.equal((await ask(`old 40\n\n${fork}`, last)).status, 409);
  const rewritten = await request(40, 90, await checkpoint(90, (await head(91)).root));
  assert.equal((await ask(rewritten, last)).status, 422);
  assert.equal((await ask(`old 40\n\n${await checkpoint(90)}`, last)).status, 422);
  assert.equal(signer.key.type, "cosignature");
});

Deno.test("a request that is none is refused", async () => {
  const { ask, checkpoint } = await room();
  const signed = await checkpoint(40);
  for (
    const body of [
      "",
      signed,
      `old\n\n${signed}`,
      `old 00\n\n${signed}`,
      `old 0\nnot base64\n\n${signed}`,
      `old 0\n${"AAAA\n".repeat(64)}\n${signed}`,
    ]
  ) assert.notEqual((await ask(body, null)).status, 200, body.slice(0, 30));
});
