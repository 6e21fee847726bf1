import type { LogLeaf } from "../../specs/attestation/mod.ts";
import { digestOf, type EvidenceManifest } from "../../specs/mod.ts";
import { canonicalBytesOf } from "./statement.ts";

/** The leaf of a bundle in the transparency log: by the digest of its manifest, which names every file. */
export function bundleLeaf(
  { run, id, status, digest }: Pick<EvidenceManifest, "run" | "id" | "status"> & { digest: string },
): Uint8Array<ArrayBuffer> {
  const leaf: LogLeaf = { v: 1, kind: "bundle", run, id, status, digest };
  return canonicalBytesOf(leaf);
}

/** The bytes of a decision's leaf in the transparency log. */
export async function decisionLeaf(
  { run, seq, event, decision }: { run: string; seq: number; event: string; decision: unknown },
): Promise<Uint8Array<ArrayBuffer>> {
  const leaf: LogLeaf = {
    v: 1,
    kind: "decision",
    run,
    seq,
    event,
    decision: await digestOf(canonicalBytesOf(decision)),
  };
  return canonicalBytesOf(leaf);
}
