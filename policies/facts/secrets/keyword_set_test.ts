import assert from "node:assert/strict";
import fc from "fast-check";
import { keywordSet } from "./keyword_set.ts";

Deno.test("the keywords that a text holds are told as a search for each of them tells", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "B", "c", "-", "ü"), minLength: 1, maxLength: 4 });
  const text = fc.string({ unit: fc.constantFrom("a", "b", "C", "-", "Ü", " "), maxLength: 40 });
  fc.assert(fc.property(fc.array(word, { maxLength: 8 }), text, (words, given) => {
    const expected = [...new Set(words.map((one) => one.toLowerCase()))].filter((one) =>
      given.toLowerCase().includes(one)
    );
    assert.deepEqual([...keywordSet(words).presentIn(given)].sort(), expected.sort());
  }));
});
