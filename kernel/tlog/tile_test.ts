import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTilePath, tilePath, tileWidth } from "./tile.ts";

Deno.test("tilePath() writes the number in groups of three digits, and the width of a tile that is not whole", () => {
  assert.equal(tilePath({ level: 0, index: 1234067, width: 256 }), "tile/0/x001/x234/067");
  assert.equal(tilePath({ level: 0, index: 273, width: 112 }), "tile/0/273.p/112");
  assert.equal(tilePath({ level: "entries", index: 1000, width: 256 }), "tile/entries/x001/000");
  assert.equal(tilePath({ level: 2, index: 0, width: 1 }), "tile/2/000.p/1");
});

Deno.test("parseTilePath() reads back every path, and nothing but the one path of a tile", () => {
  fc.assert(fc.property(
    fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant("entries" as const)),
    fc.integer({ min: 0, max: 999_999_999_999 }),
    fc.integer({ min: 1, max: 256 }),
    (level, index, width) => {
      const tile = { level, index, width };
      assert.deepEqual(parseTilePath(tilePath(tile)), tile);
    },
  ));
  for (
    const path of [
      "tile/0/1",
      "tile/0/x000/001",
      "tile/00/001",
      "tile/64/001",
      "tile/0/001.p/0",
      "tile/0/001.p/256",
      "tile/0/001.p/01",
      "tile/0/../001",
      "tile/0/001/",
      "/tile/0/001",
      "tile/-1/001",
      "tile/0/x999/x999/x999/x999/x999/x999/999",
      "tile/entries/001\n",
    ]
  ) assert.equal(parseTilePath(path), null, path);
});

Deno.test("tileWidth() is as the specification's example of 70,000 leaves says", () => {
  const width = (level: number, index: number) => tileWidth(level, index, 70_000);
  assert.deepEqual([width(0, 272), width(0, 273), width(0, 274)], [256, 112, 0]);
  assert.deepEqual([width(1, 0), width(1, 1), width(1, 2)], [256, 17, 0]);
  assert.deepEqual([width(2, 0), width(2, 1), width(3, 0)], [1, 0, 0]);
  assert.deepEqual([tileWidth(0, 0, 256), tileWidth(1, 0, 256)], [256, 1]);
});
