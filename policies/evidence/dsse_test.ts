import assert from "node:assert/strict";
import { openEnvelope, pae, signEnvelope } from "./dsse.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function pair() {
  const keys = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const signer = {
    keyId: "k1",
    sign: async (data: Uint8Array<ArrayBuffer>) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", keys.privateKey, data)),
  };
  return { signer, key: keys.publicKey };
}

Deno.test("the pre-authentication encoding is the one of the DSSE protocol document", () => {
  // The worked example of the DSSE protocol: type "http://example.com/HelloWorld", body "hello world".
  assert.equal(
    new TextDecoder().decode(pae("http://example.com/HelloWorld", bytes("hello world"))),
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
});

Deno.test("an envelope opens with the key that signed it, and with no other", async () => {
  const { signer, key } = await pair();
  const envelope = await signEnvelope("t", bytes("payload"), signer);
  assert.equal(new TextDecoder().decode((await openEnvelope(envelope, "k1", key))?.payload), "payload");
  assert.equal(await openEnvelope(envelope, "k2", key), null);
  assert.equal(await openEnvelope(envelope, "k1", (await pair()).key), null);
});

Deno.test("a changed payload, type or signature, or no envelope at all, does not open", async () => {
  const { signer, key } = await pair();
  const envelope = await signEnvelope("t", bytes("payload"), signer);
  const other = await signEnvelope("t", bytes("pay1oad"), signer);
  for (
    const forged of [
      { ...envelope, payload: other.payload },
      { ...envelope, payloadType: "u" },
      { ...envelope, signatures: other.signatures },
      { ...envelope, signatures: [] },
      { ...envelope, extra: 1 },
      null,
      "x",
      {},
    ]
  ) assert.equal(await openEnvelope(forged, "k1", key), null);
});
