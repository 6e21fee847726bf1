import assert from "node:assert/strict";
import fc from "fast-check";
import { BASE64_CLASS, charClass, hasRun, runsOf } from "./runs.ts";

Deno.test("a run is seen wherever it stands, and nowhere else", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "Z", "9", "+", " ", "\n", "é", "=", "\u{1F600}"),
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 12 }), (given, length) => {
      assert.equal(hasRun(given, BASE64_CLASS, length), new RegExp(`[A-Za-z0-9+/_-]{${length}}`).test(given));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a character outside of ASCII is in no class", () => {
  assert.equal(hasRun("éééé", charClass("abc"), 2), false);
  assert.equal(hasRun("éabé", charClass("abc"), 2), true);
});

Deno.test("all runs of a class are given, each as long as it goes", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "Z", "9", " ", "é", "="), maxLength: 80 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 8 }), (given, length) => {
      const expected = [...given.matchAll(new RegExp(`[A-Za-z0-9+/_-]{${length},}`, "g"))].map((run) => [
        run.index,
        run.index + run[0].length,
      ]);
      assert.deepEqual([...runsOf(given, BASE64_CLASS, length)], expected);
    }),
    { numRuns: 2000 },
  );
});
