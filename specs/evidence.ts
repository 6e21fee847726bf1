import { z } from "zod";
import { Digest, Instant, RunId } from "./base.ts";
import { RunStatus } from "./result.ts";

export const ManifestEntry = z.strictObject({
  path: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().min(0),
  mediaType: z.string(),
});

/** Where a bundle says that it stands in the transparency log itself. */
export const BUNDLE_PROOF = "log/bundle.tlog-proof";

/** `manifest.json` of an evidence bundle, in JCS; its own digest names the bundle. */
export const EvidenceManifest = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(/^ev_[0-9a-z]+$/),
  run: RunId,
  status: RunStatus,
  sandbox: z.string().describe("bwrap, or **none** when verification ran unsandboxed"),
  withheld: z.array(z.string()).default([]).describe(
    "what was kept out and why, such as 'change.patch: secret'",
  ),
  notes: z.array(z.string()).default([]),
  at: Instant,
  head: z.strictObject({ seq: z.number().int(), hash: z.string() }).describe(
    "the ledger's head when it was sealed",
  ),
  proof: z.literal(BUNDLE_PROOF).optional().describe(
    "proves that the bundle is in the log; beside the files, as it is made of this manifest",
  ),
  signers: z.array(z.string().max(200)).min(2).max(20).optional().describe(
    "keys that sign this manifest, where it is more than one: while a key takes the place of another both do",
  ),
  files: z.array(ManifestEntry),
  root: Digest.describe("digest over JCS of files"),
});
export type EvidenceManifest = z.infer<typeof EvidenceManifest>;
