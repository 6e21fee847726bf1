import assert from "node:assert/strict";
import canonicalize from "canonicalize";
import fc from "fast-check";
import type { Json } from "../specs/mod.ts";
import { canonicalJson, isKept, keepCanonical } from "./canonical.ts";

Deno.test("canonicalJson writes what canonicalize writes, for any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6, noUnicodeString: false }), (value) => {
      assert.equal(canonicalJson(value as Json), canonicalize(value));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("canonicalJson sorts keys by UTF-16 code units and writes numbers as ECMAScript does (RFC 8785)", () => {
  const keys = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
  assert.equal(
    canonicalJson(keys),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  );
  assert.equal(
    canonicalJson([333333333.33333329, 1e30, 4.5, 2e-3, -0]),
    "[333333333.3333333,1e+30,4.5,0.002,0]",
  );
});

Deno.test("canonicalJson sorts few keys and many, short names and long", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 60 }), fc.integer(), { minKeys: 5, maxKeys: 25 }),
      (value) => {
        assert.equal(canonicalJson(value), canonicalize(value));
      },
    ),
  );
});

Deno.test("canonicalJson leaves out what is undefined, as JSON.stringify does", () => {
  const value = { b: undefined, a: 1, c: [undefined, 2] } as unknown as Json;
  assert.equal(canonicalJson(value), '{"a":1,"c":[null,2]}');
});

Deno.test("canonicalJson throws for what JSON cannot say", () => {
  for (const value of [NaN, Infinity, undefined, () => 1, 10n, Symbol("s"), { deep: [NaN] }]) {
    assert.throws(() => canonicalJson(value as unknown as Json), TypeError);
  }
});

Deno.test("a value whose text is kept cannot change any more, and its text is the same as ever", () => {
  const value = { b: { d: [1, 2] }, a: "x" };
  const before = canonicalJson(value);
  assert.equal(isKept(value), false);
  assert.equal(keepCanonical(value), value);
  assert.equal(isKept(value), true);
  assert.equal(canonicalJson(value), before);
  assert.equal(canonicalJson({ in: value }), `{"in":${before}}`);
  assert.throws(() => value.b.d.push(3), TypeError);
  assert.throws(() => {
    value.a = "y";
  }, TypeError);
});
