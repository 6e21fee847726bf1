import { EMPTY_ROOT, type Hash, nodeHash, splitOf } from "./merkle.ts";
import { isCount } from "./verify.ts";

/** The hash of the complete subtree over leaves `[index * 2^height, (index + 1) * 2^height)`. */
export type ReadNode = (height: number, index: number) => Promise<Hash>;

/** The root of the tree over the first `size` leaves. */
export async function treeRoot(size: number, read: ReadNode): Promise<Hash> {
  mustBeSize(size);
  return size === 0 ? EMPTY_ROOT : await rangeHash(0, size, read);
}

/**
 * The audit path of leaf `index` in the tree over the first `size` leaves, from the leaf's sibling upwards (RFC 6962, 2.1.1).
 * @throws {RangeError} when there is no such leaf in it
 */
export async function inclusionProof(index: number, size: number, read: ReadNode): Promise<Hash[]> {
  mustBeSize(size);
  if (!isCount(index) || index >= size) {
    throw new RangeError(
      `Cannot prove a leaf as the index must be below the size ${size}: current value is ${index}`,
    );
  }
  const ranges: [number, number][] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const split = from + splitOf(to - from);
    if (index < split) {
      ranges.unshift([split, to]);
      to = split;
    } else {
      ranges.unshift([from, split]);
      from = split;
    }
  }
  return await Promise.all(ranges.map(([start, end]) => rangeHash(start, end, read)));
}

/**
 * That the tree over the first `second` leaves begins with the one over the first `first` (RFC 6962, 2.1.2). Empty where `first` is 0
 * or both are equal.
 * @throws {RangeError} when the first is larger than the second
 */
export async function consistencyProof(first: number, second: number, read: ReadNode): Promise<Hash[]> {
  mustBeSize(second);
  if (!isCount(first) || first > second) {
    throw new RangeError(
      `Cannot prove consistency as the first size must be ${second} or less: current value is ${first}`,
    );
  }
  if (first === 0 || first === second) return [];
  const ranges: [number, number][] = [];
  let [from, to] = [0, second];
  // Whether the part that is left is the first tree itself, whose root the verifier has.
  let isWhole = true;
  while (first < to) {
    const split = from + splitOf(to - from);
    if (first <= split) {
      ranges.unshift([split, to]);
      to = split;
    } else {
      ranges.unshift([from, split]);
      from = split;
      isWhole = false;
    }
  }
  if (!isWhole) ranges.unshift([from, to]);
  return await Promise.all(ranges.map(([start, end]) => rangeHash(start, end, read)));
}

/** The hash over leaves `[from, to)` of a range that the tree's shape has. */
async function rangeHash(from: number, to: number, read: ReadNode): Promise<Hash> {
  const size = to - from;
  const height = Math.log2(size);
  if (Number.isInteger(height)) return await read(height, from / size);
  const split = from + splitOf(size);
  const [left, right] = await Promise.all([rangeHash(from, split, read), rangeHash(split, to, read)]);
  return nodeHash(left, right);
}

function mustBeSize(size: number): void {
  if (!isCount(size)) {
    throw new RangeError(
      `Cannot read a tree as its size must be a whole number from 0: current value is ${size}`,
    );
  }
}
