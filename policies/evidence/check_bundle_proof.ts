import {
  formatProof,
  leafHash,
  parseNote,
  parseProof,
  verifyNote,
  verifyProof,
} from "../../kernel/tlog/mod.ts";
import { BUNDLE_PROOF, digestOf, type EvidenceManifest } from "../../specs/mod.ts";
import { bundleLeaf } from "./log_leaf.ts";
import type { BundleReader } from "./bundle_reader.ts";
import { bundledLogKeys, LOG_KEYS } from "./bundled_keys.ts";
import type { LoggedAt } from "./key_term.ts";
import type { CheckpointTrust } from "./trusted_checkpoint.ts";

/** What the proof says that the bundle is in the log. */
interface BundleProof {
  /** Null for bundles of earlier releases, which have none. */
  readonly outcome: { readonly ok: boolean; readonly detail: string } | null;
  /** Null when it does not hold, or by a key that does not count any more. */
  readonly logged: LoggedAt | null;
}

/**
 * That the bundle itself stands in the log. The proof is made of the manifest, and so lies beside the files that it lists; it has one
 * form, so that no byte of it can change.
 */
export async function readBundleProof(
  bundle: BundleReader,
  manifest: EvidenceManifest,
  bytes: Uint8Array,
  { logs, revokedLogs = new Map() }: Pick<CheckpointTrust, "logs" | "revokedLogs">,
): Promise<BundleProof> {
  const failed = (detail: string): BundleProof => ({ outcome: { ok: false, detail }, logged: null });
  if (manifest.proof === undefined) return { outcome: null, logged: null };
  const file = await bundle.read(BUNDLE_PROOF);
  if (file === null) return failed("the manifest says that there is a proof, and it is missing");
  // As it stands: a byte order mark, or bytes that are no text, would be lost in reading.
  const text = textOf(file);
  if (text === null) return failed("it is no text in UTF-8");
  const parsed = parseProof(text);
  if ("problem" in parsed) return failed(parsed.problem);
  const note = parseNote(parsed.checkpoint);
  if (formatProof(parsed) !== text || parsed.extra !== null || "problem" in note) {
    return failed("it is not in the one form that it has here");
  }
  // Signed by the keys that the bundle names and no others, in their order: while one takes the place of another, by both.
  const signers = await bundledLogKeys(bundle);
  const named = note.signatures.map(({ name, id }) => `${name}+${id}`);
  if (named.join() !== signers.map(({ name, id }) => `${name}+${id}`).join()) {
    return failed(`it is not signed by the keys of ${LOG_KEYS}, in their order`);
  }
  const whole = await verifyNote(note, signers);
  if ("problem" in whole) return failed(whole.problem);
  const leaf = leafHash(bundleLeaf({ ...manifest, digest: await digestOf(bytes) }));
  const good = logs.filter(({ name, id }) => !revokedLogs.has(`${name}+${id}`));
  const counts = await verifyProof(text, leaf, { log: good });
  const result = "problem" in counts ? await verifyProof(text, leaf, { log: logs }) : counts;
  if ("problem" in result) return failed(result.problem);
  const { index, checkpoint: { origin, size } } = result;
  const where = `the bundle is leaf ${index} of ${origin} at ${size}`;
  const isOld = "problem" in counts;
  return {
    outcome: { ok: true, detail: isOld ? `${where}, by a key of the log that was revoked` : where },
    // Whoever has a key of the log puts a leaf where it likes.
    logged: isOld ? null : { origin, index },
  };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
