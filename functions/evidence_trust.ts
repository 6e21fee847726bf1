import { join } from "node:path";
import { parseVerifierKey, type VerifierKey } from "../kernel/tlog/mod.ts";
import {
  type EvidenceKey,
  type EvidenceTrust,
  readEvidenceKey,
  testKeyProblem,
} from "../policies/evidence/mod.ts";
import { type SigningKeyRecord, SigningKeys, WitnessPolicy } from "../specs/attestation/mod.ts";
import { installedTrust } from "./trust_directory.ts";
import { err, ok, type Problem, type Result } from "../specs/mod.ts";

/** What a trust root says beside its keys: when each was in use or revoked, and who witnesses the log. */
const RING = "keys.json";
const WITNESSES = "witnesses.json";

/**
 * What evidence is believed from: public keys (`NAME.pem`, `NAME.pub.pem`; ECDSA P-256 or Ed25519) and keys of logs and witnesses
 * (`*.vkey`, one a line) of directories, with the times of `keys.json` and the witnesses of `witnesses.json`. A file of these names that
 * has not its form, or holds a key for tests, is a problem; private keys are passed over.
 */
export async function readEvidenceTrust(folders: readonly string[]): Promise<Result<EvidenceTrust, Problem>> {
  const keys: EvidenceKey[] = [];
  const verifiers: VerifierKey[] = [];
  const records: SigningKeyRecord[] = [];
  let required = 0;
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      const text = await Deno.readTextFile(join(folder, name));
      if (name === RING || name === WITNESSES) {
        const read = name === RING
          ? SigningKeys.safeParse(parsed(text))
          : WitnessPolicy.safeParse(parsed(text));
        if (!read.success) return unreadable(folder, name, "it has not its form");
        if ("keys" in read.data) records.push(...read.data.keys);
        else {
          required = Math.max(required, read.data.required);
          for (const { key } of read.data.witnesses) {
            const witness = parseVerifierKey(key);
            if (witness?.type !== "cosignature") {
              return unreadable(folder, name, "a key is none of a witness");
            }
            verifiers.push(witness);
          }
        }
        continue;
      }
      if (name.endsWith(".vkey")) {
        for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
          const key = parseVerifierKey(line);
          if (key === null) return unreadable(folder, name, "a line is no key of a log or a witness");
          verifiers.push(key);
        }
        continue;
      }
      if (text.includes("PRIVATE KEY")) continue;
      const key = await readEvidenceKey(text, name.replace(/(\.pub)?\.pem$/, ""));
      if (key === null) {
        return unreadable(folder, name, "it is no public key (PEM, SPKI; ECDSA P-256 or Ed25519)");
      }
      const forTests = testKeyProblem({ id: key.id, text });
      if (forTests !== null) return unreadable(folder, name, forTests);
      keys.push(key);
    }
  }
  const forTests = verifiers.map(({ name }) => testKeyProblem({ id: "", name })).find((one) => one !== null);
  if (forTests) return unreadable(folders[0] ?? "", "*.vkey", forTests);
  return await withRecords({ keys, verifiers, required }, records, folders[0] ?? "");
}

/** Keys with what the ring says of them, and those that only the ring has. */
async function withRecords(
  found: { keys: EvidenceKey[]; verifiers: VerifierKey[]; required: number },
  records: readonly SigningKeyRecord[],
  folder: string,
): Promise<Result<EvidenceTrust, Problem>> {
  const { keys, verifiers, required } = found;
  const revokedLogs = new Map<string, NonNullable<SigningKeyRecord["revoked"]>>();
  const terms = new Map<string, Pick<SigningKeyRecord, "notBefore" | "notAfter" | "revoked">>();
  for (const { kid, use, publicKey, notBefore, notAfter, revoked } of records) {
    if (use === "log") {
      const key = parseVerifierKey(publicKey);
      if (key === null || `${key.name}+${key.id}` !== kid) {
        return unreadable(folder, RING, `${kid} is no key of a log`);
      }
      verifiers.push(key);
      if (revoked !== undefined) revokedLogs.set(kid, revoked);
      continue;
    }
    const key = await readEvidenceKey(publicKey, "evidence");
    if (key === null || key.id !== kid) return unreadable(folder, RING, `${kid} is no public key`);
    terms.set(kid, {
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
      ...(revoked === undefined ? {} : { revoked }),
    });
    if (!keys.some(({ id }) => id === kid)) keys.push(key);
  }
  const distinct = [...new Map(verifiers.map((key) => [`${key.name}+${key.id}`, key])).values()];
  return ok({
    keys: keys.map((key) => {
      const term = terms.get(key.id);
      return term === undefined ? key : { ...key, term };
    }),
    logs: distinct.filter(({ type }) => type === "note"),
    witnesses: distinct.filter(({ type }) => type === "cosignature"),
    required,
    revokedLogs,
  });
}

/**
 * What an installation believes: the keys that it signs and answers with itself, and the named keys of its operator's trust root, by which
 * people elsewhere approve. One that was revoked there is not believed.
 */
export async function installedEvidenceTrust(data: string): Promise<Result<EvidenceTrust, Problem>> {
  const [own, root] = await Promise.all([readEvidenceTrust(trustFolders(data)), installedTrust(data)]);
  if (!own.ok) return own;
  if (!root.ok) return root;
  const revoked = new Set(root.value.keys.flatMap((key) => key.revoked === undefined ? [] : [key.id]));
  const keys = own.value.keys.filter(({ id }) => !revoked.has(id));
  for (const { id, name, publicKey } of root.value.keys) {
    if (name === undefined || revoked.has(id) || keys.some((key) => key.id === id)) continue;
    const key = await readEvidenceKey(publicKey, name);
    if (key === null) {
      return unreadable(join(data, "trust"), name, "it is no public key that evidence is signed with");
    }
    keys.push(key);
  }
  return ok({ ...own.value, keys });
}

/** Where an installation keeps the public keys that it signs and answers with. */
export const trustFolders = (data: string): string[] => [join(data, "signing"), join(data, "keys")];

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && (/\.(pem|vkey)$/.test(name) || name === RING || name === WITNESSES)) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(folder: string, name: string, why: string): Result<never, Problem> {
  return err({
    code: "trust-root",
    path: join(folder, name),
    message: `Cannot read the trust root: ${name}: ${why}`,
    remedy: "Replace the file, or take it out of the directory",
  });
}
