import { fromBase64, toBase64 } from "../../kernel/tlog/mod.ts";
import type { KeyTerm } from "./key_term.ts";

/** A public key that bundles are believed from. */
export interface EvidenceKey {
  /** Unpadded base64url of the SHA-256 of the public key (SPKI). */
  readonly id: string;
  readonly algorithm: "ECDSA-P256" | "Ed25519";
  readonly key: CryptoKey;
  /** Whose it is, where that is known: approvals name their approver. */
  readonly name: string | null;
  /** When it was in use, as the trust root says; always when it says nothing. */
  readonly term?: KeyTerm;
  /** Set where the trust root says which keys sign statements, and this one is a person's: it approves, and says nothing else. */
  readonly role?: "statements" | "approvals";
}

/** DER of the object identifiers in a key's SPKI (RFC 5480, RFC 8410). */
const ALGORITHMS = [
  { algorithm: "Ed25519", prefix: "302a300506032b6570032100", parameters: "Ed25519" },
  {
    algorithm: "ECDSA-P256",
    prefix: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    parameters: { name: "ECDSA", namedCurve: "P-256" },
  },
] as const;

/** The key of a PEM text (SPKI), or null when it is none that evidence is signed with. */
export async function readEvidenceKey(pem: string, name: string | null = null): Promise<EvidenceKey | null> {
  const body = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
  const spki = body === undefined ? null : fromBase64(body.replace(/\s/g, ""));
  if (spki === null) return null;
  const head = Array.from(spki.subarray(0, 26), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const known = ALGORITHMS.find(({ prefix }) => head.startsWith(prefix));
  if (known === undefined) return null;
  try {
    const key = await crypto.subtle.importKey("spki", spki, known.parameters, true, ["verify"]);
    return { id: await keyId(spki), algorithm: known.algorithm, key, name };
  } catch {
    return null;
  }
}

export async function keyId(spki: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", spki));
  return toBase64(hash).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Whether a key has signed bytes. ECDSA signatures are in DER, as other people's tools write and read them. */
export async function verifySignature(
  { algorithm, key }: EvidenceKey,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  switch (algorithm) {
    case "Ed25519":
      return await crypto.subtle.verify("Ed25519", key, signature, bytes);
    case "ECDSA-P256": {
      const raw = rawOfDer(signature);
      return raw !== null && await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, bytes);
    }
    default:
      return algorithm satisfies never;
  }
}

const HALF = 32;
/** The order of P-256: with (r, s) a signature (r, ORDER - s) holds, too. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const valueOf = (half: Uint8Array): bigint => half.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

/** Whether a P-256 signature in DER is the one of its two forms with the smaller s: the other is made without the key. */
export function isLowS(der: Uint8Array): boolean {
  const raw = rawOfDer(der);
  return raw !== null && valueOf(raw.subarray(HALF)) <= ORDER / 2n;
}

/** A P-256 signature as WebCrypto gives it (r and s, 32 bytes each) in DER, in the form with the smaller s. */
export function derOfRaw(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const s = valueOf(raw.subarray(HALF));
  if (s <= ORDER / 2n || s >= ORDER) return derAsItIs(raw);
  const small = Array.from(
    { length: HALF },
    (_, at) => Number(((ORDER - s) >> BigInt(8 * (HALF - 1 - at))) & 255n),
  );
  return derAsItIs(new Uint8Array([...raw.subarray(0, HALF), ...small]));
}

function derAsItIs(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts = [raw.subarray(0, HALF), raw.subarray(HALF)].map((half) => {
    const start = half.findIndex((byte) => byte !== 0);
    const digits = start < 0 ? half.subarray(-1) : half.subarray(start);
    // The first bit is the sign.
    const body = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : [...digits];
    return [0x02, body.length, ...body];
  });
  const body = parts.flat();
  return new Uint8Array([0x30, body.length, ...body]);
}

/** The other way; null for what is not the one DER form of a P-256 signature. */
export function rawOfDer(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const raw = new Uint8Array(2 * HALF);
  let at = 2;
  for (const half of [0, 1]) {
    const length = der[at + 1] ?? 0;
    let digits = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || digits.length !== length || length === 0) return null;
    if (digits[0] === 0) digits = digits.subarray(1);
    if (digits.length > HALF) return null;
    raw.set(digits, (half + 1) * HALF - digits.length);
    at += 2 + length;
  }
  const again = derAsItIs(raw);
  return again.length === der.length && again.every((byte, n) => byte === der[n]) ? raw : null;
}
