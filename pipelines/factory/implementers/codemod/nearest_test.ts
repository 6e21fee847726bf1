import assert from "node:assert/strict";
import fc from "fast-check";
import { editDistance, nearest, nearestRemedy } from "./nearest.ts";

Deno.test("the edit distance counts inserts, deletes, replacements and swaps", () => {
  assert.equal(editDistance("parse", "parse"), 0);
  assert.equal(editDistance("parse", "prase"), 1);
  assert.equal(editDistance("parse", "pars"), 1);
  assert.equal(editDistance("parse", "Parse"), 0.5);
  assert.equal(editDistance("", "abc"), 3);
});

Deno.test("the edit distance is symmetric and zero only for equal names", () => {
  const name = fc.string({ maxLength: 12 });
  fc.assert(fc.property(name, name, (a, b) => {
    assert.equal(editDistance(a, b), editDistance(b, a));
    assert.equal(editDistance(a, b) === 0, a === b);
  }));
});

Deno.test("the nearest names come first, with their places; what has nothing in common is left out", () => {
  const known = [
    { name: "loadUser", at: "a.ts:1" },
    { name: "loadUsers", at: "a.ts:9" },
    { name: "zzz", at: "b.ts:1" },
  ];
  assert.deepEqual(nearest("loadUesr", known).map((it) => it.name), ["loadUser", "loadUsers"]);
  assert.equal(nearestRemedy("loadUesr", known, "-"), "nearest: loadUser (a.ts:1), loadUsers (a.ts:9)");
  assert.equal(nearestRemedy("qqqqqqq", known, "nothing is near"), "nothing is near");
});

Deno.test("a very long name is compared in no time", () => {
  const long = "a".repeat(1_000_000);
  const known = Array.from({ length: 50 }, (_, i) => ({ name: `${long}${i}`, at: "x:1" }));
  const started = performance.now();
  nearest(long, known);
  assert.ok(performance.now() - started < 5_000);
});
