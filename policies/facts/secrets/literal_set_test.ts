import assert from "node:assert/strict";
import fc from "fast-check";
import { literalSet } from "./literal_set.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", "-", "é"), maxLength: 40 });
const literal = fc.string({ unit: fc.constantFrom("a", "b", "c", "-"), minLength: 2, maxLength: 5 });

Deno.test("literals are found as an alternation of them finds them, the longest first", () => {
  fc.assert(
    fc.property(
      fc.array(literal, { minLength: 1, maxLength: 8 }),
      letters,
      fc.nat(40),
      (literals, text, from) => {
        const pattern = new RegExp([...literals].sort((a, z) => z.length - a.length).join("|"), "g");
        pattern.lastIndex = from;
        const expected = pattern.exec(text);
        const found = literalSet(literals).next(text, from);
        assert.deepEqual(found, expected && { index: expected.index, literal: expected[0] });
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a literal of one character, or outside of ASCII, is a mistake of its author", () => {
  assert.throws(() => literalSet(["a"]), /two characters/);
  assert.throws(() => literalSet(["aé"]), /ASCII/);
});
