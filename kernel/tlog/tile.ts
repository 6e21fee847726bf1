import { type Hash, HASH_BYTES, rootOf } from "./merkle.ts";
import type { ReadNode } from "./tree.ts";

/** Hashes in a whole tile: a subtree of height 8 (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** One tile: its level, its number within the level, and how many hashes it has. */
export interface Tile {
  readonly level: number | "entries";
  readonly index: number;
  readonly width: number;
}

/** Where a tile is served: `tile/0/x001/x234/067`, with `.p/112` when it is not whole. */
export function tilePath({ level, index, width }: Tile): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(String(rest % 1000).padStart(3, "0"));
  }
  const name = groups.map((group, at) => at === groups.length - 1 ? group : `x${group}`).join("/");
  return `tile/${level}/${name}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** The tile that a path names, or null when it is no path of a tile in its one form. */
export function parseTilePath(path: string): Tile | null {
  const match = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!match) return null;
  const [, levelText = "", digits = "", widthText] = match;
  const level = levelText === "entries" ? levelText : Number(levelText);
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  const index = Number(digits.replaceAll(/[x/]/g, ""));
  if (level !== "entries" && level > 63) return null;
  if (widthText !== undefined && width >= TILE_WIDTH) return null;
  const tile: Tile = { level, index, width };
  // One path for one tile: no group of zeroes in front.
  return Number.isSafeInteger(index) && tilePath(tile) === path ? tile : null;
}

/** How many hashes tile `index` of a level has in the tree over `size` leaves; 0 when it is not there. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Reads a tile with at least `width` hashes. */
export type ReadTile = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** Nodes of a tree by its tiles. A node that is not on a level of tiles is hashed from the tile that it stands in. */
export function nodesOf(readTile: ReadTile): ReadNode {
  const read = new Map<string, Promise<Uint8Array>>();
  return async (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT);
    const spans = 2 ** (height % TILE_HEIGHT);
    const first = index * spans;
    const tile = Math.floor(first / TILE_WIDTH);
    const start = first % TILE_WIDTH;
    const name = `${level}/${tile}/${start + spans}`;
    const loading = read.get(name) ?? readTile(level, tile, start + spans);
    read.set(name, loading);
    const hashes = await loading;
    if (hashes.length < (start + spans) * HASH_BYTES) {
      throw new Error(
        `Cannot read ${
          tilePath({ level, index: tile, width: start + spans })
        } as it has ${hashes.length} bytes`,
      );
    }
    return rootOf(hashes.subarray(start * HASH_BYTES, (start + spans) * HASH_BYTES)) as Hash;
  };
}
