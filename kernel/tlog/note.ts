import { fromBase64, toBase64 } from "./base64.ts";
import { hex, isKeyName, type KeyType, type VerifierKey } from "./verifier_key.ts";

/** A note: text that keys have signed (C2SP signed-note). */
export interface Note {
  /** With its last newline. What it says counts only once a signature of a trusted key has been verified. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** Eight hex digits. */
  readonly id: string;
  /** What follows the key's id. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Signs; the private key stays with whoever implements this. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** Keys that signed under the same name before it. */
  readonly former?: readonly VerifierKey[];
  /** Keys on their way out that sign checkpoints beside it, for readers and witnesses that know only them. */
  readonly also?: readonly NoteSigner[];
  /** An Ed25519 signature: 64 bytes. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** Larger ones are not read. Every reader must take 16 signatures, of which each may have 5 kB (C2SP signed-note). */
const MAX_NOTE = 262_144;
const MAX_SIGNATURES = 100;
/** Times of cosignatures are below it (C2SP tlog-cosignature). */
const MAX_SECONDS = 2n ** 63n;
const encoder = new TextEncoder();

/** A note in its parts, or why it is none. Nothing is verified. */
export function parseNote(note: string): Note | { problem: string } {
  if (note.length > MAX_NOTE) return { problem: `it is longer than ${MAX_NOTE} characters` };
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (/[\x00-\x09\x0b-\x1f]/.test(note)) return { problem: "it holds control characters" };
  if (/\p{Surrogate}/u.test(note)) return { problem: "it is not text in UTF-8" };
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) {
    return { problem: "no blank line stands between text and signatures" };
  }
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) return { problem: `it has more than ${MAX_SIGNATURES} signatures` };
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = signatureOf(line);
    if (signature === null) return { problem: "a line behind the text is no signature" };
    signatures.push(signature);
  }
  return { text: note.slice(0, split + 1), signatures };
}

function signatureOf(line: string): NoteSignature | null {
  const match = /^\u2014 (\S+) (\S+)$/.exec(line);
  const [, name = "", encoded = ""] = match ?? [];
  const bytes = fromBase64(encoded);
  // Four bytes name the key, and what follows them cannot be nothing.
  if (!match || bytes === null || bytes.length < 5 || !isKeyName(name)) return null;
  return { name, id: hex(bytes.subarray(0, 4)), bytes: bytes.slice(4) };
}

/**
 * The keys whose signatures hold, or a problem: a signature of a known key that does not hold, or none of a known key. Signatures of
 * unknown keys are passed over.
 */
export async function verifyNote(
  note: Note,
  keys: readonly VerifierKey[],
): Promise<
  { verified: { key: VerifierKey; seconds: number | null }[] } | { problem: string; isForged: boolean }
> {
  const verified: { key: VerifierKey; seconds: number | null }[] = [];
  for (const signature of note.signatures) {
    for (const key of keys) {
      if (key.name !== signature.name || key.id !== signature.id) continue;
      const signed = signedMessage(key.type, note.text, signature.bytes);
      if (signed === null || !await isSigned(key, signed)) {
        return { problem: `the signature of ${key.name} (${key.id}) does not hold`, isForged: true };
      }
      if (!verified.some((one) => one.key === key)) verified.push({ key, seconds: signed.seconds });
    }
  }
  return verified.length > 0
    ? { verified }
    : { problem: "no key that is trusted has signed it", isForged: false };
}

interface Signed {
  readonly message: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  /** When it was signed, in seconds since the epoch, where the signature says so. */
  readonly seconds: number | null;
}

const SIGNATURE_BYTES = 64;
const TIMESTAMP_BYTES = 8;

function signedMessage(type: KeyType, text: string, bytes: Uint8Array<ArrayBuffer>): Signed | null {
  switch (type) {
    case "note":
      return bytes.length === SIGNATURE_BYTES
        ? { message: encoder.encode(text), signature: bytes, seconds: null }
        : null;
    case "cosignature": {
      if (bytes.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return null;
      const seconds = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
      if (seconds >= MAX_SECONDS) return null;
      return {
        message: cosigned(text, seconds),
        signature: bytes.slice(TIMESTAMP_BYTES),
        seconds: Number(seconds),
      };
    }
    default:
      return type satisfies never;
  }
}

const cosigned = (text: string, seconds: number | bigint) =>
  encoder.encode(`cosignature/v1\ntime ${seconds}\n${text}`);

async function isSigned(key: VerifierKey, { message, signature }: Signed): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", key.publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch {
    // No point of the curve.
    return false;
  }
}

/** The line of a signature over a note's text. A witness's one is dated. */
export async function signatureLine(text: string, signer: NoteSigner, seconds: number): Promise<string> {
  const { key } = signer;
  switch (key.type) {
    case "note":
      return lineOf(key, await signer.sign(encoder.encode(text)));
    case "cosignature": {
      const stamp = new Uint8Array(TIMESTAMP_BYTES);
      new DataView(stamp.buffer).setBigUint64(0, BigInt(seconds));
      return lineOf(key, new Uint8Array([...stamp, ...await signer.sign(cosigned(text, seconds))]));
    }
    default:
      return key.type satisfies never;
  }
}

function lineOf({ name, id }: VerifierKey, signature: Uint8Array): string {
  const bytes = [0, 2, 4, 6].map((at) => parseInt(id.slice(at, at + 2), 16));
  return `\u2014 ${name} ${toBase64(new Uint8Array([...bytes, ...signature]))}\n`;
}
