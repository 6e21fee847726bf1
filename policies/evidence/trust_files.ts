import { parseVerifierKey, type VerifierKey } from "../../kernel/tlog/mod.ts";
import { type SigningKeyRecord, SigningKeys, WitnessPolicy } from "../../specs/attestation/mod.ts";
import { err, ok, type Result } from "../../specs/mod.ts";
import { type EvidenceKey, readEvidenceKey } from "./keys.ts";
import { testKeyProblem } from "./published_keys.ts";
import type { EvidenceTrust } from "./verify.ts";

/** What a trust root says beside its keys: when each was in use or revoked, and who witnesses the log. */
const RING = "keys.json";
const WITNESSES = "witnesses.json";
/** The key that an installation signs statements with, by the name of its file; further ones are in the ring. */
const OWN = "evidence";

/** A file of a trust root. */
export interface TrustFile {
  readonly name: string;
  readonly text: string;
}
/** A file that has not its form, and why. */
export interface TrustProblem {
  readonly name: string;
  readonly why: string;
}

/** Whether a file of this name belongs to a trust root. */
export const isTrustFile = (name: string): boolean =>
  /\.(pem|vkey)$/.test(name) || name === RING || name === WITNESSES;

/**
 * What evidence is believed from: public keys (`NAME.pem`, `NAME.pub.pem`; ECDSA P-256 or Ed25519) and keys of logs and witnesses
 * (`*.vkey`, one a line), with the times of `keys.json` and the witnesses of `witnesses.json`. A file of these names that has not its
 * form, or holds a key for tests, is a problem; private keys are passed over. Where it says which keys are an installation's
 * (`evidence.pem`, `keys.json`), the others are people's: they approve, and sign no other statement.
 */
export async function trustOf(files: readonly TrustFile[]): Promise<Result<EvidenceTrust, TrustProblem>> {
  const keys: EvidenceKey[] = [];
  const verifiers: VerifierKey[] = [];
  const records: SigningKeyRecord[] = [];
  let required = 0;
  for (const { name, text } of files) {
    if (name === RING || name === WITNESSES) {
      const read = name === RING
        ? SigningKeys.safeParse(parsed(text))
        : WitnessPolicy.safeParse(parsed(text));
      if (!read.success) return unreadable(name, "it has not its form");
      if ("keys" in read.data) records.push(...read.data.keys);
      else {
        required = Math.max(required, read.data.required);
        for (const { key } of read.data.witnesses) {
          const witness = parseVerifierKey(key);
          if (witness?.type !== "cosignature") {
            return unreadable(name, "a key is none of a witness");
          }
          verifiers.push(witness);
        }
      }
      continue;
    }
    if (name.endsWith(".vkey")) {
      for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
        const key = parseVerifierKey(line);
        if (key === null) return unreadable(name, "a line is no key of a log or a witness");
        verifiers.push(key);
      }
      continue;
    }
    if (text.includes("PRIVATE KEY")) continue;
    const key = await readEvidenceKey(text, name.replace(/(\.pub)?\.pem$/, ""));
    if (key === null) {
      return unreadable(name, "it is no public key (PEM, SPKI; ECDSA P-256 or Ed25519)");
    }
    const forTests = testKeyProblem({ id: key.id, text });
    if (forTests !== null) return unreadable(name, forTests);
    keys.push(key);
  }
  const forTests = verifiers.map(({ name }) => testKeyProblem({ id: "", name })).find((one) => one !== null);
  if (forTests) return unreadable("*.vkey", forTests);
  return await withRecords({ keys, verifiers, required }, records);
}

/** Keys with what the ring says of them, and those that only the ring has. */
async function withRecords(
  found: { keys: EvidenceKey[]; verifiers: VerifierKey[]; required: number },
  records: readonly SigningKeyRecord[],
): Promise<Result<EvidenceTrust, TrustProblem>> {
  const { keys, verifiers, required } = found;
  const revokedLogs = new Map<string, NonNullable<SigningKeyRecord["revoked"]>>();
  const terms = new Map<string, Pick<SigningKeyRecord, "notBefore" | "notAfter" | "revoked">>();
  for (const { kid, use, publicKey, notBefore, notAfter, revoked } of records) {
    if (use === "log") {
      const key = parseVerifierKey(publicKey);
      if (key === null || `${key.name}+${key.id}` !== kid) {
        return unreadable(RING, `${kid} is no key of a log`);
      }
      verifiers.push(key);
      if (revoked !== undefined) revokedLogs.set(kid, revoked);
      continue;
    }
    const key = await readEvidenceKey(publicKey, "evidence");
    if (key === null || key.id !== kid) return unreadable(RING, `${kid} is no public key`);
    terms.set(kid, {
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(revoked === undefined ? {} : { revoked }),
    });
    if (!keys.some(({ id }) => id === kid)) keys.push(key);
  }
  const own = new Set([...terms.keys(), ...keys.filter(({ name }) => name === OWN).map(({ id }) => id)]);
  const distinct = [...new Map(verifiers.map((key) => [`${key.name}+${key.id}`, key])).values()];
  return ok({
    keys: keys.map((key) => {
      const term = terms.get(key.id);
      return {
        ...key,
        ...(term === undefined ? {} : { term }),
        // Where nothing says whose a key is, it may be an installation's: then each counts for everything.
        ...(own.size === 0 ? {} : { role: own.has(key.id) ? "statements" as const : "approvals" as const }),
      };
    }),
    logs: distinct.filter(({ type }) => type === "note"),
    witnesses: distinct.filter(({ type }) => type === "cosignature"),
    required,
    revokedLogs,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unreadable = (name: string, why: string): Result<never, TrustProblem> => err({ name, why });
