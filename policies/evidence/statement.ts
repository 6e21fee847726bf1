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

/** A statement whose signature holds, and the key that made it. */
export interface OpenedStatement {
  readonly statement: Statement;
  readonly key: EvidenceKey;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Opens the file of a signed statement: one envelope in its one form, with one signature that holds, by a key that is trusted. The
 * predicate has the contract of its type where the type is one of ours.
 */
export async function openStatement(
  bytes: Uint8Array,
  keys: readonly EvidenceKey[],
): Promise<OpenedStatement | { problem: string }> {
  const envelope = DsseEnvelope.safeParse(parsedJson(bytes, "\n"));
  if (!envelope.success) return { problem: "it is no DSSE envelope in canonical JSON" };
  const { payloadType, payload: encoded, signatures: [signature, ...more] } = envelope.data;
  if (payloadType !== IN_TOTO) {
    return { problem: `what is signed is no in-toto statement but ${payloadType}` };
  }
  if (signature === undefined || more.length > 0) return { problem: "it has not exactly one signature" };
  const [payload, sig] = [fromBase64(encoded), fromBase64(signature.sig)];
  if (payload === null || sig === null) return { problem: "its payload or signature is not in base64" };
  const key = keys.find(({ id }) => id === signature.keyid);
  if (key === undefined) {
    return { problem: `it is signed by the key ${signature.keyid}, which is not trusted` };
  }
  if (!await verifySignature(key, sig, pae(payloadType, payload))) {
    return { problem: `the signature of the key ${key.id} does not hold` };
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
  return { statement: statement.data, key, signature: sig };
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
