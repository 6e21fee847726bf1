/** Reading bundles of evidence: what a verifier of its own needs beside the signatures, what tells two runs apart, what came from what. */
export { BundleUnreadable, memoryBundle } from "../bundle_reader.ts";
export { BUNDLE_LIMITS, directoryBundle } from "../bundle_directory.ts";
export { openTrusted } from "../trusted_checkpoint.ts";
export { verifyEvidence } from "../verify.ts";
export { compareRecords } from "../compare.ts";
export { joinedGraphs, mermaidText, provenanceOf, reach } from "../provenance.ts";
export { facetsOf, readRunRecord } from "../run_record.ts";
export { readTar } from "../tar.ts";
export { isTrustFile, trustOf } from "../trust_files.ts";
export { writeTar } from "../ustar.ts";
