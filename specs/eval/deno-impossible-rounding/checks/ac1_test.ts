// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { roundPrice } from "../src/price.ts";

Deno.test("half to even", () => {
  assert.equal(roundPrice(0.125), 0.12);
  assert.equal(roundPrice(0.375), 0.38);
});
