// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { createCache } from "../src/cache.ts";

Deno.test("lives just below its time", () => {
  let now = 50;
  const cache = createCache<number>(3, { ttlMs: 200, now: () => now });
  cache.set("x", 7);
  now = 249;
  assert.equal(cache.get("x"), 7);
  now = 250;
  assert.equal(cache.get("x"), undefined);
});

Deno.test("setting again starts anew, reading does not", () => {
  let now = 0;
  const cache = createCache<number>(3, { ttlMs: 100, now: () => now });
  cache.set("x", 1);
  cache.set("y", 1);
  now = 60;
  cache.set("x", 2);
  cache.get("y");
  now = 120;
  assert.equal(cache.get("x"), 2);
  assert.equal(cache.get("y"), undefined);
});

Deno.test("without ttlMs nothing expires", () => {
  const cache = createCache<number>(1);
  cache.set("x", 1);
  assert.equal(cache.get("x"), 1);
});
