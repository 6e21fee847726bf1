import { append } from "../append.ts";
import { type Hash, HASH_BYTES, leafHash, nodeHash } from "../merkle.ts";
import type { NoteSigner } from "../note.ts";
import { nodesOf, type ReadTile } from "../tile.ts";
import { type KeyType, verifierKey } from "../verifier_key.ts";

/** The tree's head as its definition says it (RFC 6962, 2.1), for tests to compare with. */
export function slowRoot(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (only === undefined) throw new Error("the empty tree is not asked for here");
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(slowRoot(leaves.slice(0, split)), slowRoot(leaves.slice(split)));
}

/** Leaves 0, 1, 2, ... by their decimal text. */
export function numberedLeaves(count: number): Hash[] {
  return Array.from({ length: count }, (_, n) => leafHash(new TextEncoder().encode(String(n))));
}

/** Tiles in memory, grown by `append` in the batches given. */
export async function tilesOf(batches: readonly (readonly Hash[])[]) {
  const tiles = new Map<string, Uint8Array>();
  let size = 0;
  for (const batch of batches) {
    const written = await append(
      size,
      batch,
      (level, index) => Promise.resolve(tiles.get(`${level}/${index}`) ?? new Uint8Array()),
    );
    for (const { level, index, hashes } of written) tiles.set(`${level}/${index}`, hashes);
    size += batch.length;
  }
  const readTile: ReadTile = (level, index, width) =>
    Promise.resolve((tiles.get(`${level}/${index}`) ?? new Uint8Array()).subarray(0, width * HASH_BYTES));
  return { size, tiles, read: nodesOf(readTile) };
}

/** A key that lives for one test. */
export async function testSigner(name: string, type: KeyType = "note"): Promise<NoteSigner> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    key: verifierKey(name, publicKey, type),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message)),
  };
}
