import canonicalize from "canonicalize";
import {
  PREDICATE_CONTRACTS,
  Statement,
  STATEMENT_TYPE,
  type StatementSubject,
} from "../../specs/attestation/mod.ts";
import { fromBase64 } from "../../kernel/tlog/mod.ts";
import { DsseEnvelope, IN_TOTO, pae, signEnvelope, type Signer } from "./dsse.ts";
import { type EvidenceKey, verifySignature } from "./keys.ts";

const encoder = new TextEncoder();

/** JSON in its one canonical form (RFC 8785), as bytes. Throws on what JSON cannot hold. */
export function canonicalBytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("Cannot canonicalize: the value has no JSON form");
  return encoder.encode(text);
}

/** A signed statement as the text of its file: canonical JSON and a line feed. */
export async function signStatement(
  given: {
    subject: readonly StatementSubject[];
    predicateType: keyof typeof PREDICATE_CONTRACTS;
    predicate: unknown;
  },
  signer: Signer,
): Promise<string> {
  const { predicateType } = given;
  const statement = Statement.parse({
    _type: STATEMENT_TYPE,
    subject: given.subject,
    predicateType,
    predicate: PREDICATE_CONTRACTS[predicateType].parse(given.predicate),
  });
  return `${canonicalize(await signEnvelope(IN_TOTO, canonicalBytesOf(statement), signer))}\n`;
}

/** A signature that holds, and the key that made it. */
export interface StatementSignature {
  readonly key: EvidenceKey;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A statement whose signatures hold. */
export interface OpenedStatement {
  readonly statement: Statement;
  /** Those by trusted keys, one at least, in the envelope's order. */
  readonly signed: readonly [StatementSignature, ...StatementSignature[]];
  /** All of them. */
  readonly signatures: readonly StatementSignature[];
}

/**
 * Opens the file of a signed statement: one envelope in its one form, whose signatures all hold, one of them by a key that is trusted at
 * least. While one key takes the place of another both sign; a signature by a key that is not trusted is held against the `known` ones,
 * which say nothing but that no byte of it has changed. The predicate has the contract of its type where the type is one of ours.
 */
export async function openStatement(
  bytes: Uint8Array,
  keys: readonly EvidenceKey[],
  known: readonly EvidenceKey[] = [],
): Promise<OpenedStatement | { problem: string }> {
  const envelope = DsseEnvelope.safeParse(parsedJson(bytes, "\n"));
  if (!envelope.success) return { problem: "it is no DSSE envelope in canonical JSON" };
  const { payloadType, payload: encoded, signatures } = envelope.data;
  if (payloadType !== IN_TOTO) {
    return { problem: `what is signed is no in-toto statement but ${payloadType}` };
  }
  const keyIds = signatures.map(({ keyid }) => keyid);
  if (new Set(keyIds).size < keyIds.length) return { problem: "a key has signed it twice" };
  const payload = fromBase64(encoded);
  if (payload === null) return { problem: "its payload is not in base64" };
  const signed: StatementSignature[] = [];
  const all: StatementSignature[] = [];
  let foreign: string | null = null;
  for (const { keyid, sig } of signatures) {
    const signature = fromBase64(sig);
    if (signature === null) return { problem: "its signature is not in base64" };
    const own = keys.find(({ id }) => id === keyid);
    const key = own ?? known.find(({ id }) => id === keyid);
    if (key === undefined) foreign ??= keyid;
    else if (!await verifySignature(key, signature, pae(payloadType, payload))) {
      return { problem: `the signature of the key ${key.id} does not hold` };
    }
    if (key !== undefined) all.push({ key, signature });
    if (own !== undefined) signed.push({ key: own, signature });
  }
  const [first, ...others] = signed;
  if (first === undefined) {
    return { problem: `it is signed by the key ${keyIds.join(", ")}, which is not trusted` };
  }
  if (foreign !== null) {
    return { problem: `it is also signed by the key ${foreign}, which is neither trusted nor in the bundle` };
  }
  const statement = Statement.safeParse(parsedJson(payload, ""));
  if (!statement.success) return { problem: "what is signed is no in-toto statement in canonical JSON" };
  const contract = PREDICATE_CONTRACTS[statement.data.predicateType as keyof typeof PREDICATE_CONTRACTS];
  const predicate = contract?.safeParse(statement.data.predicate);
  if (predicate?.success === false) {
    const [issue] = predicate.error.issues;
    return {
      problem: `its predicate is not what its type says: ${issue?.path.join(".")}: ${issue?.message}`,
    };
  }
  return { statement: statement.data, signed: [first, ...others], signatures: all };
}

/** JSON in its one form and what ends it, or undefined. */
function parsedJson(bytes: Uint8Array, end: string): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return `${canonicalize(value)}${end}` === text ? value : undefined;
  } catch {
    return undefined;
  }
}
