import assert from "node:assert/strict";
import { classChanges, entropy, isPlaceholder, looksRandom } from "./placeholder.ts";

const RANDOM = ["aB3dE5gH", "7jK9mN1p", "Q3sT5vW7"].join("");

Deno.test("entropy is zero for one letter, one bit for two, and high for random text", () => {
  assert.equal(entropy(""), 0);
  assert.equal(entropy("aaaa"), 0);
  assert.equal(entropy("abab"), 1);
  assert.ok(entropy(RANDOM) > 4);
});

Deno.test("class changes count the borders between lower case, upper case, digits and the rest", () => {
  assert.deepEqual(["", "abc", "abcDEF", "a1A-", "correct-horse-battery"].map(classChanges), [0, 0, 1, 3, 4]);
});

Deno.test("words that issuers never put into a token make it a placeholder", () => {
  for (
    const value of ["ghp_EXAMPLE", "your-api-key", "CHANGEME", "xxxxxx", "a000000000000b", "<placeholder>"]
  ) assert.equal(isPlaceholder(value), true, value);
  for (const value of [RANDOM, "exemple", "xxxxx", "yours"]) assert.equal(isPlaceholder(value), false, value);
});

Deno.test("only long values of letters and digits in no order look random", () => {
  assert.equal(looksRandom(RANDOM), true);
  assert.equal(looksRandom(RANDOM.slice(0, 15)), false);
  assert.equal(looksRandom("550e8400-e29b-41d4-a716-446655440000"), false);
  assert.equal(looksRandom(`${RANDOM}EXAMPLE`), false);
  assert.equal(looksRandom("abcdefGHIJklmnOPQRstuv"), false);
  assert.equal(looksRandom("test_" + RANDOM), false);
  assert.equal(looksRandom("1234567890123456"), false);
  assert.equal(looksRandom("0123456789abcdef".repeat(2)), true);
  assert.equal(looksRandom("0123456789abcdef"), false);
  assert.equal(looksRandom("0".repeat(32)), false);
});
