import { ALGORITHMS, pem } from "../signing/pem.ts";

/** A fresh private key in PKCS#8 (PEM), as variables of a host hold it. */
export async function secretOf(use: keyof typeof ALGORITHMS): Promise<string> {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[use], true, ["sign", "verify"]) as CryptoKeyPair;
  return pem("PRIVATE KEY", new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)));
}
