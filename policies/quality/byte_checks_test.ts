import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesAmong, bytesLike } from "./byte_checks.ts";
import { quickPattern } from "./value_rules.ts";

const encoder = new TextEncoder();
/** In the middle of others, as values lie in a page. */
const over = (text: string): [Uint8Array, number, number] => {
  const bytes = encoder.encode(`ab${text}ba`);
  return [bytes, 2, bytes.length - 2];
};

const atom = fc.constantFrom(
  "a",
  "b",
  "@",
  "[^@ ]",
  "[a-c]",
  "[^a]",
  ".",
  "\\d",
  "\\w",
  "\\.",
  "\\-",
  "[-x]",
  "\\$",
  " ",
);
const pattern = fc.tuple(
  fc.boolean(),
  fc.array(fc.tuple(atom, fc.constantFrom("", "", "", "+", "*", "?")), { minLength: 1, maxLength: 5 }),
  fc.boolean(),
).map(([from, atoms, to]) => `${from ? "^" : ""}${atoms.flat().join("")}${to ? "$" : ""}`);
const text = fc.array(fc.constantFrom("a", "b", "c", "@", " ", "1", ".", "-", "x", "$", "\n", "_"), {
  maxLength: 12,
})
  .map((letters) => letters.join(""));

Deno.test("a pattern over bytes matches what the same pattern over text matches", () => {
  let compared = 0;
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 12 }), (pattern, texts) => {
      const like = bytesLike(pattern);
      if (like === null) return;
      const own = new RegExp(
        pattern.replaceAll(/\\.|\[[^\]]*\]|\./g, (part) => part === "." ? "[^\\n]" : part),
        "u",
      );
      for (const text of texts) {
        assert.equal(like(...over(text)), own.test(text), `${pattern} over ${JSON.stringify(text)}`);
        compared++;
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(compared > 2000, String(compared));
});

Deno.test("patterns that the engine is trusted with and that have no more than atoms are matched by bytes, others are not", () => {
  for (const one of ["^[^@ ]+@[^@ ]+$", "^[A-Z]", "x$", "^\\d\\d\\d$", "a.c"]) {
    assert.notEqual(quickPattern(one), null, one);
    assert.notEqual(bytesLike(one), null, one);
  }
  for (const one of ["a|b", "(a)", "a{2}", "a+?", "a++", "", "^$", "a*", "[", "a^b", "a$b", "\\", "ä"]) {
    const like = bytesLike(one);
    assert.ok(like === null || one === "ä", one);
    assert.equal(like?.(...over("ä")) ?? false, false, one);
  }
  assert.equal(bytesLike("^a+$")?.(...over("aaaé")), false, "what is not ASCII is for others");
});

Deno.test("a value is among texts by all of its bytes", () => {
  const among = bytesAmong(["a", "ab", "books", "", "ä", "x".repeat(300)]);
  assert.ok(among !== null);
  for (const text of ["a", "ab", "books"]) assert.equal(among(...over(text)), true, text);
  for (const text of ["", "b", "boo", "bookz", "ä", "booksx"]) {
    assert.equal(among(...over(text)), false, text);
  }
  assert.equal(bytesAmong(["ä", ""]), null);
});
