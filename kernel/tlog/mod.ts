/**
 * Transparency logs: Merkle trees (RFC 6962, RFC 9162), and the C2SP formats around them: signed notes, checkpoints, tiles, proofs,
 * witnesses. Pure and for any host, so that a verifier needs nothing else.
 */
export { fromBase64, toBase64 } from "./base64.ts";
export { EMPTY_ROOT, type Hash, HASH_BYTES, leafHash, nodeHash, sameHash } from "./merkle.ts";
export { verifyConsistency, verifyInclusion } from "./verify.ts";
export { consistencyProof, inclusionProof, type ReadNode, treeRoot } from "./tree.ts";
export { nodesOf, parseTilePath, type ReadTile, type Tile, TILE_WIDTH, tilePath, tileWidth } from "./tile.ts";
export { append, type ReadEdge, type WrittenTile } from "./append.ts";
export {
  formatVerifierKey,
  hex,
  KEY_TYPES,
  type KeyType,
  parseVerifierKey,
  type VerifierKey,
  verifierKey,
} from "./verifier_key.ts";
export { type Note, type NoteSigner, parseNote, signatureLine, verifyNote } from "./note.ts";
export {
  type Checkpoint,
  checkpointText,
  openCheckpoint,
  type OpenedCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
export { formatProof, parseProof, type ProofFile, verifyProof } from "./proof_file.ts";
export { parseRequest, witness, type WitnessAnswer, type WitnessedHead } from "./witness.ts";
