import assert from "node:assert/strict";
import fc from "fast-check";
import { crossings, mayHoldBlanks } from "./crossing.ts";
import { arranged, AS_WRITTEN, OTHERWISE, type Value } from "./value.ts";

/** A value of pieces, `!` before one that is written in escapes. */
function valueOf(...given: string[]): Value {
  const made: Value = { text: "", pieces: [] };
  for (const [index, one] of given.entries()) {
    const decoded = one.startsWith("!");
    made.pieces.push({ at: made.text.length, place: [index, index + 1], ...(decoded ? { decoded } : {}) });
    made.text += decoded ? one.slice(1) : one;
  }
  return made;
}
const texts = (value: Value, order = AS_WRITTEN) => [...crossings(value, order)].map(({ text }) => text);

Deno.test("what goes over a border between pieces is looked at, what one piece holds is not", () => {
  assert.deepEqual(texts(valueOf("see abcdefgh", "ijklmnop for it", "and a_long_word_here")), [
    "abcdefghijklmnop",
  ]);
  assert.deepEqual(texts(valueOf("a_long_word_of_one_piece and more")), []);
  assert.deepEqual(texts(valueOf("short", "one")), []);
  assert.deepEqual(texts(valueOf("!first_in_escapes and second_in_escapes x")), [
    "first_in_escapes",
    "second_in_escapes",
  ]);
});

Deno.test("pieces backwards and with separators meet as the whole text says", () => {
  const value = valueOf("tail_of_the_one", "head_", "x y");
  assert.deepEqual(OTHERWISE.map((order) => texts(value, order)), [
    ["yhead_tail_of_the_one"],
    ["tail_of_the_one_head__x"],
    ["tail_of_the_one-head_-x"],
    ["tail_of_the_one.head_.x"],
  ]);
});

Deno.test("every stretch of the text without a blank that touches two pieces is among the crossings, with its places", () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "1", " ", "\n", "é"), maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.constantFrom(AS_WRITTEN, ...OTHERWISE),
      (pieces, order) => {
        const value = valueOf(...pieces);
        const whole = arranged(value, order);
        const found = [...crossings(value, order)];
        for (const { 0: run, index } of whole.text.matchAll(/[!-~]{12,}/g)) {
          const inside = whole.pieces.filter(({ at }) => at > index && at < index + run.length);
          if (inside.length === 0) continue;
          const crossing = found.find(({ text }) => text === run);
          assert.ok(crossing, run);
          assert.ok(inside.every(({ place }) => crossing.pieces.some((one) => one.place === place)));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a value that may hold a key, or base 64 over lines, is told apart from prose", () => {
  assert.equal(mayHoldBlanks(valueOf("a sentence of words", " and another one")), false);
  assert.equal(mayHoldBlanks(valueOf("-----BEGIN X", " PRIVATE KEY-----")), true);
  assert.equal(mayHoldBlanks(valueOf("aGVsbG8gd29ybGQgdGhpcw\n", "aGVsbG8gd29ybGQgdGhpcw\n")), true);
  assert.equal(mayHoldBlanks(valueOf("a", "b", "c", " ")), true);
});
