import canonicalize from "canonicalize";
import { DsseEnvelope, openEnvelope } from "./evidence/dsse.ts";
import { spkiOf } from "./packs/trust.ts";
import { keyProblem, type PrincipalKey, type Principals } from "./principals.ts";

/** One signature of an envelope: whose it is, and why it does not count. */
export interface Signature {
  keyId: string;
  key: PrincipalKey | null;
  problem: string | null;
}

/** An envelope of principals, opened: its payload as JSON and every signature with what it is worth. */
export type Opened =
  | { ok: true; payloadType: string; value: unknown; payload: Uint8Array; signatures: Signature[] }
  | { ok: false; why: string };

const encoder = new TextEncoder();

/** The bytes that are signed: canonical JSON (RFC 8785). */
export const canonicalBytes = (value: unknown): Uint8Array<ArrayBuffer> =>
  encoder.encode(canonicalize(value) ?? "null");

/** One form of an envelope: canonical JSON and a line feed. */
export const envelopeText = (envelope: DsseEnvelope): string => `${canonicalize(envelope)}\n`;

/** Reads an envelope against the keys that are known, at an instant. Never throws for what it is given. */
export async function opened(raw: unknown, known: Principals, at: string): Promise<Opened> {
  const envelope = DsseEnvelope.safeParse(raw);
  if (!envelope.success) return { ok: false, why: "it is no DSSE envelope" };
  const { payload: base64, payloadType, signatures } = envelope.data;
  const payload = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const value = parsed(payload);
  if (value === undefined) return { ok: false, why: "what is signed is not JSON in its canonical form" };
  const found: Signature[] = [];
  for (const { keyid } of signatures) {
    const key = known.keys.find((one) => one.keyId === keyid) ?? null;
    const problem = found.some((one) => one.keyId === keyid)
      ? `it is signed twice by the key ${keyid}`
      : key === null
      ? `the key ${keyid} is of no principal that is known here`
      : keyProblem(key, at) ?? await broken(envelope.data, key);
    found.push({ keyId: keyid, key, problem });
  }
  return { ok: true, payloadType, value, payload, signatures: found };
}

async function broken(envelope: DsseEnvelope, key: PrincipalKey): Promise<string | null> {
  const spki = spkiOf(key.publicKey);
  const why = `the signature of ${key.name} does not hold: this is not what was signed`;
  if (spki === null) return why;
  try {
    const imported = await crypto.subtle.importKey("spki", spki, "Ed25519", false, ["verify"]);
    return await openEnvelope(envelope, key.keyId, imported) === null ? why : null;
  } catch {
    // A key of another kind, which verifies nothing.
    return why;
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
    const value: unknown = JSON.parse(text);
    return canonicalize(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
