import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64, toBase64 } from "./base64.ts";

/** What a key signs: notes of a log, or checkpoints of others as a witness (C2SP signed-note, tlog-cosignature). */
export const KEY_TYPES = { note: 0x01, cosignature: 0x04 } as const;
export type KeyType = keyof typeof KEY_TYPES;

/** A public Ed25519 key with the name under which it signs. */
export interface VerifierKey {
  readonly name: string;
  readonly type: KeyType;
  /** Four bytes as eight hex digits; tells keys of one name apart and is no proof of anything. */
  readonly id: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

export const PUBLIC_KEY_BYTES = 32;
const encoder = new TextEncoder();

/** Names have neither spaces nor plus signs, so that they can stand in lines. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && !/[\s+\p{Z}\p{Cc}\ufeff]/u.test(name);
}

/** @throws {RangeError} for a name or a key that cannot be one */
export function verifierKey(name: string, publicKey: Uint8Array, type: KeyType = "note"): VerifierKey {
  if (!isKeyName(name)) {
    throw new RangeError(
      `Cannot name a key as names have neither spaces nor +: current value is ${JSON.stringify(name)}`,
    );
  }
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new RangeError(`Cannot use a key as Ed25519 keys have 32 bytes: this one has ${publicKey.length}`);
  }
  const material = new Uint8Array([KEY_TYPES[type], ...publicKey]);
  const id = sha256(new Uint8Array([...encoder.encode(`${name}\n`), ...material])).subarray(0, 4);
  return { name, type, id: hex(id), publicKey: new Uint8Array(publicKey) };
}

/** One line for a key: `name+hash+base64` (C2SP signed-note, verifier keys). */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${toBase64(new Uint8Array([KEY_TYPES[type], ...publicKey]))}`;
}

/** The key of a line, or null when it is none, of a kind that is not understood, or its hash is of another key. */
export function parseVerifierKey(line: string): VerifierKey | null {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(line);
  if (!match) return null;
  const [, name = "", id, encoded = ""] = match;
  const material = fromBase64(encoded);
  if (material?.length !== PUBLIC_KEY_BYTES + 1 || !isKeyName(name)) return null;
  const type = (Object.keys(KEY_TYPES) as KeyType[]).find((one) => KEY_TYPES[one] === material[0]);
  if (type === undefined) return null;
  const key = verifierKey(name, material.subarray(1), type);
  return key.id === id ? key : null;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
