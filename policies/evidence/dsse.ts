import { z } from "zod";

/** A DSSE envelope: payload and signatures, both base64. */
export const DsseEnvelope = z.strictObject({
  payloadType: z.string().min(1).max(200),
  payload: z.base64(),
  signatures: z.array(z.strictObject({ keyid: z.string().max(200), sig: z.base64() })).min(1).max(20),
});
export type DsseEnvelope = z.infer<typeof DsseEnvelope>;

export const IN_TOTO = "application/vnd.in-toto+json";

/** Signs bytes under a key id; the key itself never leaves whoever implements this. */
export interface Signer {
  readonly keyId: string;
  /** Keys on their way out that sign beside it, for readers who know only them. */
  readonly also?: readonly Signer[];
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

const encoder = new TextEncoder();

/** The pre-authentication encoding of DSSE v1: what is signed. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(
    `DSSEv1 ${encoder.encode(payloadType).length} ${payloadType} ${payload.length} `,
  );
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** Wraps and signs a payload; the first signature is that of the key in use. */
export async function signEnvelope(
  payloadType: string,
  payload: Uint8Array,
  signer: Signer,
): Promise<DsseEnvelope> {
  const signed = pae(payloadType, payload);
  const signatures = await Promise.all(
    [signer, ...signer.also ?? []].map(async (one) => ({
      keyid: one.keyId,
      sig: base64(await one.sign(signed)),
    })),
  );
  return { payloadType, payload: base64(payload), signatures };
}

/** The payload when a signature of the given Ed25519 key holds, else null. Never throws on a hostile envelope. */
export async function openEnvelope(
  envelope: unknown,
  keyId: string,
  key: CryptoKey,
): Promise<{ payloadType: string; payload: Uint8Array } | null> {
  const parsed = DsseEnvelope.safeParse(envelope);
  if (!parsed.success) return null;
  const payload = fromBase64(parsed.data.payload);
  const signed = pae(parsed.data.payloadType, payload);
  for (const signature of parsed.data.signatures) {
    if (signature.keyid !== keyId) continue;
    if (await crypto.subtle.verify("Ed25519", key, fromBase64(signature.sig), signed)) {
      return { payloadType: parsed.data.payloadType, payload };
    }
  }
  return null;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
