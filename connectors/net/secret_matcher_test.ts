import assert from "node:assert/strict";
import fc from "fast-check";
import { secretForms } from "./redaction.ts";
import { secretMatcher } from "./secret_matcher.ts";

const unit = fc.constantFrom("a", "b", "ab", "é", "\u0161", "\u{1F600}", "z");

Deno.test("a text and its bytes hold a known value exactly when a search for each of the values finds one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit, maxLength: 5 }), { maxLength: 6 }),
      fc.string({ unit, maxLength: 40 }),
      (values, text) => {
        const expected = values.some((value) => value !== "" && text.includes(value));
        const matcher = secretMatcher(values);
        assert.equal(matcher.inText(text), expected);
        assert.equal(matcher.inBytes(new TextEncoder().encode(text)), expected);
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("a credential is found at the start, in the middle and at the end of rows, in each of its forms", () => {
  const secret = `p4ss/w0rd+"${"x7".repeat(4)}`;
  const matcher = secretMatcher(secretForms(secret));
  const filler = JSON.stringify({ id: 1, name: "an ordinary row" }).repeat(50);
  for (const form of secretForms(secret)) {
    for (const text of [form + filler, filler + form + filler, filler + form]) {
      assert.ok(matcher.inText(text), form);
      assert.ok(matcher.inBytes(new TextEncoder().encode(text)), form);
    }
  }
  assert.equal(matcher.inText(filler), false);
  assert.equal(secretMatcher([]).inText(filler), false);
  assert.equal(secretMatcher(["", "é"]).inText("caf\u00e9"), true);
});

Deno.test("very long values are found too", () => {
  const value = Array.from({ length: 900 }, (_, at) => String.fromCharCode(33 + (at * 7) % 90)).join("");
  const matcher = secretMatcher([value]);
  assert.ok(matcher.inText(`${"x".repeat(1000)}${value}y`));
  assert.equal(matcher.inText(`${"x".repeat(1000)}${value.slice(0, -1)}`), false);
});
