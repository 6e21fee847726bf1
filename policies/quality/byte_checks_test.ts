import assert from "node:assert/strict";
import { bytesAmong, bytesLike } from "./byte_checks.ts";
import { quickPattern } from "./value_rules.ts";

Deno.test("patterns that the engine is trusted with and that have no more than atoms are matched by bytes, others are not", () => {
  for (const one of ["^[^@ ]+@[^@ ]+$", "^[A-Z]", "x$", "^\\d\\d\\d$", "a.c"]) {
    assert.notEqual(quickPattern(one), null, one);
    assert.notEqual(bytesLike(one), null, one);
  }
  for (const one of ["a|b", "(a)", "a{2}", "a+?", "a++", "", "^$", "a*", "[", "a^b", "a$b", "\\"]) {
    assert.equal(bytesLike(one), null, one);
  }
});

Deno.test("texts that bytes are held against are ASCII, short and few", () => {
  const among = bytesAmong(["a", "books", "", "ä", "x".repeat(300)]);
  assert.deepEqual(among, { kind: "among", texts: ["a", "books"] });
  assert.equal(bytesAmong(["ä", ""]), null);
  assert.equal(bytesAmong(Array.from({ length: 300 }, (_, at) => `t${at}`)), null);
});
