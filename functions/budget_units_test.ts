import assert from "node:assert/strict";
import { BUDGET_UNITS, limitsOf, spokenAmount } from "./budget_units.ts";

Deno.test("a budget is counted in the ledger's units, whichever words it is given in", () => {
  assert.deepEqual(limitsOf({ seconds: 90, usd: 1.5, tokens: 10, repairs: 2 }), {
    ms: 90_000,
    costMicroUsd: 1_500_000,
    tokens: 10,
    repairs: 2,
  });
  assert.deepEqual(limitsOf({ ms: 5, costMicroUsd: 7 }), { ms: 5, costMicroUsd: 7 });
});

Deno.test("an unknown unit or an amount that is none is no budget", () => {
  const wrong: [string, number][] = [["euros", 1], ["toString", 1], ["usd", -1], ["usd", NaN], [
    "ms",
    Infinity,
  ]];
  for (const [unit, amount] of wrong) assert.equal(limitsOf({ [unit]: amount }), null, `${unit}=${amount}`);
});

Deno.test("what is spoken of a unit comes back as its limit", () => {
  for (const name of BUDGET_UNITS) {
    for (const [counted, limit] of Object.entries(limitsOf({ [name]: 3 }) ?? {})) {
      assert.deepEqual(spokenAmount(counted, limit), { unit: name, amount: 3 });
    }
  }
});
