import type { Blobs } from "../kernel/mod.ts";
import { type BundleFile, scanSecrets } from "../policies/mod.ts";
import { inputFile } from "../policies/evidence/mod.ts";
import { bundleFile, type LedgerFiles } from "./ledger_files.ts";

/** Larger inputs stay with the installation. */
const MAX_BYTES = 16 * 1024 * 1024;

/** What each decision was taken from, so that it can be taken again; and what of it had to be kept back. */
export async function keptInputs(
  blobs: Blobs,
  ledger: LedgerFiles,
): Promise<{ files: BundleFile[]; withheld: string[] }> {
  const files: BundleFile[] = [];
  const withheld: string[] = [];
  for (const digest of new Set(ledger.decisions.map(({ decision }) => decision.inputDigest))) {
    const path = inputFile(digest);
    const bytes = await blobs.get(digest);
    // A redacted input would not be the one that was judged.
    const why = bytes === null
      ? "it was not kept"
      : bytes.length > MAX_BYTES
      ? `larger than ${MAX_BYTES} bytes`
      : scanSecrets(bytes, path).length > 0
      ? "secret"
      : null;
    if (why === null && bytes !== null) files.push(bundleFile(path, "application/json", bytes));
    else withheld.push(`${path}: ${why}`);
  }
  return { files, withheld };
}
