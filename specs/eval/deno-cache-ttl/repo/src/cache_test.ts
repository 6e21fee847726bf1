import assert from "node:assert/strict";
import { createCache } from "./cache.ts";

Deno.test("a cache finds what was set", () => {
  const cache = createCache<number>(2);
  cache.set("a", 1);
  assert.equal(cache.get("a"), 1);
  assert.equal(cache.get("b"), undefined);
});

Deno.test("a full cache forgets the least recently used", () => {
  const cache = createCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.get("a");
  cache.set("c", 3);
  assert.equal(cache.get("b"), undefined);
  assert.equal(cache.get("a"), 1);
});

Deno.test("a cache needs a capacity", () => {
  assert.throws(() => createCache(0), RangeError);
});
