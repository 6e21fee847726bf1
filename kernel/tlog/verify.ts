import { EMPTY_ROOT, type Hash, HASH_BYTES, nodeHash, sameHash } from "./merkle.ts";

/** A size or an index of a log that can be calculated with exactly. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

const half = (value: number) => Math.floor(value / 2);
const isOdd = (value: number) => value % 2 === 1;
const areHashes = (proof: readonly Hash[]) => proof.every((hash) => hash.length === HASH_BYTES);

/**
 * Whether the leaf with this hash is number `index` of the tree with this size and root (RFC 9162, 2.1.3.2). Never throws: a proof of
 * another length, a hash of another length or an index outside the tree is no proof.
 */
export function verifyInclusion(
  { leaf, index, size, root, proof }: {
    leaf: Hash;
    index: number;
    size: number;
    root: Hash;
    proof: readonly Hash[];
  },
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (leaf.length !== HASH_BYTES || !areHashes(proof)) return false;
  let [at, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      // At the right edge a level without a sibling is passed over.
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameHash(hash, root);
}

/**
 * Whether the tree of the second size is the first one with leaves added (RFC 9162, 2.1.4.2). Every tree continues the empty one,
 * whose root is known, and a tree continues itself, whatever its root is; both without a proof.
 */
export function verifyConsistency(
  { first, firstRoot, second, secondRoot, proof }: {
    first: number;
    firstRoot: Hash;
    second: number;
    secondRoot: Hash;
    proof: readonly Hash[];
  },
): boolean {
  if (!isCount(first) || !isCount(second) || first > second || !areHashes(proof)) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (firstRoot.length !== HASH_BYTES || secondRoot.length !== HASH_BYTES) return false;
  if (first === 0) return proof.length === 0 && sameHash(firstRoot, EMPTY_ROOT);
  // The root of a complete first tree is a node of the second one, and is not told again.
  const path = isPowerOfTwo(first) ? [firstRoot, ...proof] : [...proof];
  const [start, ...rest] = path;
  if (start === undefined || proof.length === 0) return false;
  let [at, last] = [first - 1, second - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  let [old, now] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      old = nodeHash(sibling, old);
      now = nodeHash(sibling, now);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      now = nodeHash(now, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameHash(old, firstRoot) && sameHash(now, secondRoot);
}

function isPowerOfTwo(value: number): boolean {
  let left = value;
  while (left > 1 && !isOdd(left)) left = half(left);
  return left === 1;
}
