import { join } from "node:path";
import { parseVerifierKey, type VerifierKey } from "../kernel/tlog/mod.ts";
import { type EvidenceKey, type EvidenceTrust, readEvidenceKey } from "../policies/evidence/mod.ts";
import { installedTrust } from "./trust_directory.ts";
import { err, ok, type Problem, type Result } from "../specs/mod.ts";

/**
 * Keys that evidence is believed from: public keys (`NAME.pem`, `NAME.pub.pem`; ECDSA P-256 or Ed25519) and keys of logs and witnesses
 * (`*.vkey`, one a line) of directories. A file of these names that holds no such key is a problem; private keys are passed over.
 */
export async function readEvidenceTrust(folders: readonly string[]): Promise<Result<EvidenceTrust, Problem>> {
  const keys: EvidenceKey[] = [];
  const verifiers: VerifierKey[] = [];
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      const text = await Deno.readTextFile(join(folder, name));
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
      keys.push(key);
    }
  }
  return ok({
    keys,
    logs: verifiers.filter(({ type }) => type === "note"),
    witnesses: verifiers.filter(({ type }) => type === "cosignature"),
  });
}

/**
 * What an installation believes: the keys that it signs and answers with itself, and the named keys of its operator's trust root, by which
 * people elsewhere approve. One that was revoked is not believed.
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
      if (isFile && /\.(pem|vkey)$/.test(name)) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

function unreadable(folder: string, name: string, why: string): Result<never, Problem> {
  return err({
    code: "trust-root",
    path: join(folder, name),
    message: `Cannot read the trust root: ${name}: ${why}`,
    remedy: "Replace the file, or take it out of the directory",
  });
}
