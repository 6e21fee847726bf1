/** Principals with keys of their own, for tests that sign. */
import type { Signer } from "../evidence/dsse.ts";
import { keyIdOf } from "../packs/trust.ts";
import type { PrincipalKey } from "../principals.ts";

export interface TestPrincipal {
  name: string;
  signer: Signer;
  key: PrincipalKey;
}

/** Makes one with a fresh key; `more` is what the trust root says of it. */
export async function testPrincipal(name: string, more: Partial<PrincipalKey> = {}): Promise<TestPrincipal> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("the runtime gave no key pair");
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${
    btoa(String.fromCharCode(...spki))
  }\n-----END PUBLIC KEY-----\n`;
  const keyId = await keyIdOf(publicKey) ?? "";
  return {
    name,
    signer: {
      keyId,
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
    },
    key: { name, keyId, publicKey, approves: true, waives: true, ...more },
  };
}
