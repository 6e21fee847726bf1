import assert from "node:assert/strict";
import { roundPrice } from "./price.ts";

Deno.test("roundPrice rounds half away from zero", () => {
  assert.equal(roundPrice(0.125), 0.13);
  assert.equal(roundPrice(-0.125), -0.13);
});

Deno.test("roundPrice leaves whole cents", () => {
  assert.equal(roundPrice(1.5), 1.5);
});
