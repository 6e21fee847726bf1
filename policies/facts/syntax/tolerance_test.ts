import assert from "node:assert/strict";
import { isWider, toleranceOf } from "./tolerance.ts";

for (
  const [before, after, wider] of [
    ["assertAlmostEqual f ( ) , 255.3 , delta = 0.5", "assertAlmostEqual f ( ) , 255.3 , delta = 500", true],
    ["assertAlmostEqual f ( ) , 255.3 , delta = 0.5", "assertAlmostEqual f ( ) , 255.3 , delta = 0.1", false],
    ["assertAlmostEqual f ( ) , 1 , places = 7", "assertAlmostEqual f ( ) , 1 , places = 1", true],
    ["assertAlmostEqual f ( ) , 1 , places = 3", "assertAlmostEqual f ( ) , 1 , places = 7", false],
    ["f ( ) == approx ( 0.3 , abs = 1e-9 )", "f ( ) == approx ( 0.3 , abs = 0.5 )", true],
    ["assert.InDelta f ( ) , 2 , 0.01", "assert.InDelta f ( ) , 2 , 10", true],
    ["expect.toBeCloseTo f ( ) , 0.3 , 5", "expect.toBeCloseTo f ( ) , 0.3 , 0", true],
    ["expect.toBeCloseTo f ( ) , 0.3 , 5", "expect.toBeCloseTo f ( ) , 0.4 , 0", false],
    ["assertEqual f ( ) , 1", "assertEqual f ( ) , 2", false],
  ] as const
) {
  Deno.test(`${after} is ${wider ? "wider than" : "no wider form of"} ${before}`, () =>
    assert.equal(isWider(before, after), wider));
}

Deno.test("an assertion without a tolerance has none", () =>
  assert.equal(toleranceOf("assertEqual f ( ) , 0.5"), null));
