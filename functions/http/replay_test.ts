import assert from "node:assert/strict";
import { replays } from "./replay.ts";
import { memoryStore } from "./tests/door.ts";

Deno.test("the same request has one fingerprint, whatever the order of its fields", async () => {
  const { fingerprint } = replays();
  assert.equal(
    await fingerprint([{ a: 1, b: { c: 2, d: 3 } }]),
    await fingerprint([{ b: { d: 3, c: 2 }, a: 1 }]),
  );
  assert.notEqual(await fingerprint([{ a: 1 }]), await fingerprint([{ a: 2 }]));
});

// req: N5-18
Deno.test("a key with another request is noticed, also by the next process over the same store", async () => {
  const store = memoryStore();
  for (const kept of [replays(), replays(store)]) {
    assert.equal(await kept.fits("ada", "k", "one"), true);
    await kept.remember("ada", "k", "one");
    await kept.remember("ada", "k", "two");
    assert.equal(await kept.fits("ada", "k", "one"), true, "the first request counts");
    assert.equal(await kept.fits("ada", "k", "two"), false);
    assert.equal(await kept.fits("bob", "k", "two"), true, "keys are of one principal");
  }
  assert.equal(await replays(store).fits("ada", "k", "two"), false);
});

Deno.test("without a store the oldest keys are forgotten, not all of them", async () => {
  const kept = replays(undefined, 2);
  for (const key of ["a", "b", "c"]) await kept.remember("ada", key, "one");
  assert.deepEqual(
    await Promise.all(["a", "b", "c"].map((key) => kept.fits("ada", key, "two"))),
    [true, false, false],
  );
});
