import assert from "node:assert/strict";
import { CommandError } from "./command.ts";
import { budgetOf } from "./workflow_act.ts";

Deno.test("a budget on the command line becomes limits in the kernel's units", () => {
  assert.deepEqual(budgetOf("seconds=90,usd=1.5"), { ms: 90_000, costMicroUsd: 1_500_000 });
});

Deno.test("a budget that is not UNIT=N is refused with the units that there are", () => {
  for (
    const text of ["", "seconds", "seconds=", "seconds=-1", "seconds=x", "euros=3", "__proto__=1", "usd=1,"]
  ) {
    assert.throws(() => budgetOf(text), (error) => error instanceof CommandError && error.exit === 2, text);
  }
});
