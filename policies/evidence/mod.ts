/** Evidence without the rest of the engine: what a verifier of its own needs. */
export { type BundleReader, BundleUnreadable, memoryBundle } from "./bundle_reader.ts";
export { BUNDLE_LIMITS, directoryBundle } from "./bundle_directory.ts";
export { LOG_KEYS } from "./bundled_keys.ts";
export { bundleLeaf } from "./check_bundle_proof.ts";
export { decisionLeaf, proofFile } from "./check_log.ts";
export { type CheckpointTrust, openTrusted } from "./trusted_checkpoint.ts";
export { MANIFEST, SIGNATURE } from "./check_manifest.ts";
export { VSA_FILE } from "./check_statements.ts";
export {
  derOfRaw,
  type EvidenceKey,
  isLowS,
  keyId,
  rawOfDer,
  readEvidenceKey,
  verifySignature,
} from "./keys.ts";
export { testKeyProblem } from "./published_keys.ts";
export { canonicalBytesOf, openStatement, signStatement } from "./statement.ts";
export {
  type EvidenceTrust,
  inputFile,
  packFile,
  type Replayed,
  verifyEvidence,
  type VerifyOptions,
} from "./verify.ts";
export { compareRecords } from "./compare.ts";
export { joinedGraphs, mermaidText, provenanceOf, reach } from "./provenance.ts";
export { facetsOf, readRunRecord, type RunRecord } from "./run_record.ts";
export { readTar } from "./tar.ts";
export { isTrustFile, type TrustFile, trustOf } from "./trust_files.ts";
export { writeTar } from "./ustar.ts";
