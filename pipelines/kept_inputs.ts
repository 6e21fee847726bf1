import type { Blobs } from "../kernel/mod.ts";
import { type BundleFile, holdsSecrets } from "../policies/mod.ts";
import { z } from "zod";
import { inputFile, packFile } from "../policies/evidence/mod.ts";
import { Digest } from "../specs/mod.ts";
import { bundleFile, type LedgerFiles } from "./ledger_files.ts";

/** Of the packs that a run was pinned to. */
const PinnedArchives = z.object({
  archives: z.array(z.object({ name: z.string(), digest: Digest, archive: Digest })),
});

/** Larger inputs stay with the installation. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The archives of signed packs that judged: with them, and keys that packs are believed from, the decisions can be taken again. */
async function keptPacks(
  blobs: Blobs,
  { decisions }: LedgerFiles,
  pinned: string | null,
): Promise<{ files: BundleFile[]; withheld: string[] }> {
  const files: BundleFile[] = [];
  const withheld: string[] = [];
  const bytes = pinned === null ? null : await blobs.get(pinned);
  if (bytes === null) return { files, withheld };
  const judged = new Set(
    decisions.flatMap(({ decision }) =>
      decision.packs.flatMap(({ digest, revision }) => revision === undefined ? [] : [digest])
    ),
  );
  const { archives } = PinnedArchives.parse(JSON.parse(new TextDecoder().decode(bytes)));
  for (const { name, digest, archive } of archives) {
    if (!judged.has(digest)) continue;
    const path = packFile(digest);
    const kept = await blobs.get(archive);
    // A redacted archive would not be the one that was signed.
    const why = kept === null
      ? "it was not kept"
      : kept.length > MAX_BYTES
      ? `larger than ${MAX_BYTES} bytes`
      : holdsSecrets({ bytes: kept, path })
      ? "secret"
      : null;
    if (why === null && kept !== null) files.push(bundleFile(path, "application/x-tar", kept));
    else withheld.push(`${path}: the pack ${name}: ${why}`);
  }
  return { files, withheld };
}

/** What each decision was taken from, so that it can be taken again; and what of it had to be kept back. */
export async function keptInputs(
  blobs: Blobs,
  ledger: LedgerFiles,
  pinned: string | null = null,
): Promise<{ files: BundleFile[]; withheld: string[] }> {
  const { files, withheld } = await keptPacks(blobs, ledger, pinned);
  for (const digest of new Set(ledger.decisions.map(({ decision }) => decision.inputDigest))) {
    const path = inputFile(digest);
    const bytes = await blobs.get(digest);
    // A redacted input would not be the one that was judged.
    const why = bytes === null
      ? "it was not kept"
      : bytes.length > MAX_BYTES
      ? `larger than ${MAX_BYTES} bytes`
      : holdsSecrets({ bytes, path })
      ? "secret"
      : null;
    if (why === null && bytes !== null) files.push(bundleFile(path, "application/json", bytes));
    else withheld.push(`${path}: ${why}`);
  }
  return { files, withheld };
}
