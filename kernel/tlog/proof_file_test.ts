import assert from "node:assert/strict";
import { signCheckpoint } from "./checkpoint.ts";
import type { Hash } from "./merkle.ts";
import { formatProof, parseProof, verifyProof } from "./proof_file.ts";
import { numberedLeaves, testSigner, tilesOf } from "./testing/tree.ts";
import { inclusionProof, treeRoot } from "./tree.ts";

async function made(index = 300, size = 700) {
  const leaves = numberedLeaves(size);
  const { read } = await tilesOf([leaves]);
  const signer = await testSigner("log.example");
  const checkpoint = await signCheckpoint(
    { origin: "log.example", size, root: await treeRoot(size, read), extensions: [] },
    signer,
  );
  const file = { index, proof: await inclusionProof(index, size, read), checkpoint, extra: null };
  return { leaves, signer, file, text: formatProof(file) };
}

Deno.test("a proof that was written is read back, and shows where the leaf is", async () => {
  const { leaves, signer, file, text } = await made();
  assert.deepEqual(parseProof(text), file);
  const result = await verifyProof(text, leaves[300] as Hash, { log: [signer.key] });
  assert.ok("checkpoint" in result && result.index === 300 && result.checkpoint.size === 700);
  const extra = formatProof({ ...file, extra: new Uint8Array([1, 2]) });
  assert.match(extra, /^c2sp\.org\/tlog-proof@v1\nextra AQI=\nindex 300\n/);
  assert.ok("checkpoint" in await verifyProof(extra, leaves[300] as Hash, { log: [signer.key] }));
});

Deno.test("another leaf, another key, and each changed line of a proof are refused", async () => {
  const { leaves, signer, text } = await made();
  const keys = { log: [signer.key] };
  assert.ok("problem" in await verifyProof(text, leaves[301] as Hash, keys));
  assert.ok(
    "problem" in
      await verifyProof(text, leaves[300] as Hash, { log: [(await testSigner("log.example")).key] }),
  );
  const lines = text.split("\n");
  for (const at of lines.keys()) {
    const without = lines.toSpliced(at, 1).join("\n");
    const twice = lines.toSpliced(at, 0, lines[at] ?? "").join("\n");
    // The same signature twice says nothing else.
    const isSignature = lines[at]?.startsWith("\u2014");
    for (const changed of isSignature ? [without] : [without, twice]) {
      assert.ok(
        "problem" in await verifyProof(changed, leaves[300] as Hash, keys),
        `line ${at} of ${changed}`,
      );
    }
  }
  for (let at = 0; at < text.length; at += 3) {
    const changed = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    assert.ok("problem" in await verifyProof(changed, leaves[300] as Hash, keys), `character ${at}`);
  }
});

Deno.test("the proof of the only leaf of a log has no path", async () => {
  const { leaves, signer, text } = await made(0, 1);
  assert.match(text, /^c2sp\.org\/tlog-proof@v1\nindex 0\n\nlog\.example\n1\n/);
  assert.ok("checkpoint" in await verifyProof(text, leaves[0] as Hash, { log: [signer.key] }));
});
