import type { EvidenceManifest } from "../../specs/mod.ts";
import { parseVerifierKey, type VerifierKey } from "../../kernel/tlog/mod.ts";
import type { BundleReader } from "./bundle_reader.ts";
import { type EvidenceKey, readEvidenceKey } from "./keys.ts";

/** The keys of its log that have signed its checkpoints, one a line, the one in use first. */
export const LOG_KEYS = "log/verifier-keys.txt";

/**
 * Public keys that lie in a bundle. Nothing is believed from them: a key is named by its digest, so that they tell whether a signature
 * by a key that a reader does not know is the one that was sealed.
 */
export async function bundledKeys(bundle: BundleReader, manifest: EvidenceManifest): Promise<EvidenceKey[]> {
  const found: EvidenceKey[] = [];
  for (const { path } of manifest.files) {
    const bytes = /^keys\/[^/]+\.pem$/.test(path) ? await bundle.read(path) : null;
    const key = bytes === null ? null : await readEvidenceKey(new TextDecoder().decode(bytes));
    if (key !== null) found.push(key);
  }
  return found;
}

/** The same of the log. */
export async function bundledLogKeys(bundle: BundleReader): Promise<VerifierKey[]> {
  const bytes = await bundle.read(LOG_KEYS);
  if (bytes === null) return [];
  return new TextDecoder().decode(bytes).split("\n").flatMap((line) => parseVerifierKey(line) ?? []);
}
