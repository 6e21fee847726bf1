/** PEM texts of keys (RFC 7468). */

/** What stands before the two coordinates in the SPKI of a P-256 key (RFC 5480). */
const P256_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
/** What stands before the 32 bytes of an Ed25519 key (RFC 8410). */
export const ED25519_PREFIX = "302a300506032b6570032100";

export const ALGORITHMS = {
  evidence: { name: "ECDSA", namedCurve: "P-256" },
  log: "Ed25519",
} as const;

export function pem(label: "PUBLIC KEY" | "PRIVATE KEY", der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der));
  return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)?.join("\n") ?? ""}\n-----END ${label}-----\n`;
}

/** The bytes between the lines of a PEM text, or of base64 alone; null when it is neither. */
export function derOf(text: string): Uint8Array<ArrayBuffer> | null {
  const between = /-----BEGIN [A-Z ]+-----([^-]*)-----END [A-Z ]+-----/.exec(text)?.[1] ?? text;
  const base64 = between.replace(/\s/g, "");
  if (base64 === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The public half of a private key that can be exported, as PEM (SPKI). */
export async function publicPem(secret: CryptoKey): Promise<string> {
  const { x = "", y } = await crypto.subtle.exportKey("jwk", secret);
  const bytes = y === undefined
    ? [...Uint8Array.fromHex(ED25519_PREFIX), ...fromBase64Url(x)]
    : [...Uint8Array.fromHex(P256_PREFIX), ...fromBase64Url(x), ...fromBase64Url(y)];
  return pem("PUBLIC KEY", new Uint8Array(bytes));
}

/** The 32 bytes of an Ed25519 key in PEM (SPKI). */
export function rawPublicKey(publicKey: string): Uint8Array<ArrayBuffer> {
  return (derOf(publicKey) ?? new Uint8Array()).slice(ED25519_PREFIX.length / 2);
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
