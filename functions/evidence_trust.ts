import { join } from "node:path";
import { type EvidenceTrust, readEvidenceKey } from "../policies/evidence/mod.ts";
import { isTrustFile, trustOf } from "../policies/evidence/reading/mod.ts";
import { installedTrust } from "./trust_directory.ts";
import { err, ok, type Problem, type Result } from "../specs/mod.ts";

/** What evidence is believed from, in directories: as `trustOf` reads their files. */
export async function readEvidenceTrust(folders: readonly string[]): Promise<Result<EvidenceTrust, Problem>> {
  const files: { name: string; text: string; folder: string }[] = [];
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      files.push({ name, folder, text: await Deno.readTextFile(join(folder, name)) });
    }
  }
  const trust = await trustOf(files);
  if (trust.ok) return trust;
  const { name, why } = trust.error;
  return unreadable(files.find((file) => file.name === name)?.folder ?? folders[0] ?? "", name, why);
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
    keys.push({ ...key, role: "approvals" });
  }
  return ok({ ...own.value, keys });
}

/** Where an installation keeps the public keys that it signs and answers with. */
export const trustFolders = (data: string): string[] => [join(data, "signing"), join(data, "keys")];

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && isTrustFile(name)) names.push(name);
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
