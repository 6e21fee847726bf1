import { type Hash, HASH_BYTES, rootOf } from "./merkle.ts";
import { TILE_WIDTH, tileWidth } from "./tile.ts";

/** Tiles by level and number, as `append` writes them. */
export interface WrittenTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

/** Reads the hashes of a tile that is there, whole or not. */
export type ReadEdge = (level: number, index: number) => Promise<Uint8Array>;

/**
 * The tiles that leaves change when they are added to a tree of `size`: each as it stands afterwards. Reads only the last tile of
 * each level, so it costs the same at every size but for the height.
 */
export async function append(
  size: number,
  leaves: readonly Hash[],
  readEdge: ReadEdge,
): Promise<WrittenTile[]> {
  const written: WrittenTile[] = [];
  let added: readonly Hash[] = leaves;
  for (let level = 0; added.length > 0; level++) {
    const before = Math.floor(size / TILE_WIDTH ** level);
    let index = Math.floor(before / TILE_WIDTH);
    const width = tileWidth(level, index, size);
    const edge = width === 0 ? new Uint8Array() : await readEdge(level, index);
    if (edge.length < width * HASH_BYTES) {
      throw new Error(
        `Cannot append as tile ${index} of level ${level} has ${edge.length} bytes, not ${
          width * HASH_BYTES
        }`,
      );
    }
    let open = room(edge.subarray(0, width * HASH_BYTES));
    let used = width;
    const roots: Hash[] = [];
    for (const hash of added) {
      open.set(hash, used * HASH_BYTES);
      if (++used < TILE_WIDTH) continue;
      written.push({ level, index, hashes: open });
      roots.push(rootOf(open));
      index += 1;
      open = room(new Uint8Array());
      used = 0;
    }
    if (used > 0) written.push({ level, index, hashes: open.slice(0, used * HASH_BYTES) });
    added = roots;
  }
  return written;
}

function room(start: Uint8Array): Uint8Array {
  const hashes = new Uint8Array(TILE_WIDTH * HASH_BYTES);
  hashes.set(start);
  return hashes;
}
