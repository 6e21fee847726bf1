/** Evidence without the rest of the engine: how it is signed, and where what lies in a bundle. Reading bundles is apart (reading/mod.ts). */
export type { BundleReader } from "./bundle_reader.ts";
export { inputFile, MANIFEST, packFile, proofFile, SIGNATURE, VSA_FILE } from "./bundle_layout.ts";
export { LOG_KEYS } from "./bundled_keys.ts";
export { bundleLeaf, decisionLeaf } from "./log_leaf.ts";
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
export type { CheckpointTrust } from "./trusted_checkpoint.ts";
export type { TrustFile } from "./trust_files.ts";
export type { EvidenceTrust, Replayed, VerifyOptions } from "./verify.ts";
export type { RunRecord } from "./run_record.ts";
