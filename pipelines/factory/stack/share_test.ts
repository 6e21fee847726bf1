import assert from "node:assert/strict";
import fc from "fast-check";
import type { BudgetMeter } from "../../../kernel/mod.ts";
import { booked, shareOf } from "./task_run.ts";
import type { TaskRun } from "./state.ts";

/** A meter over one unit, as the engine's: nothing beyond the limit is reserved. */
function meter(limit: number): BudgetMeter & { spent: () => number } {
  let spent = 0;
  return {
    left: () => Math.max(0, limit - spent),
    reserve: (_unit, amount) =>
      Promise.resolve(amount <= limit - spent ? { ok: true, id: "r" } : { ok: false, left: limit - spent }),
    commit: (_id, actual) => Promise.resolve(void (spent += actual)),
    spent: () => spent,
  };
}

Deno.test("whatever the order in which tasks begin and end, all of them together never may spend more than the plan's budget", async () => {
  const steps = fc.array(
    fc.record({ begins: fc.boolean(), at: fc.nat(9), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      fc.integer({ min: 1, max: 8 }),
      steps,
      async (limit, count, schedule) => {
        const budget = meter(limit);
        const runs: Record<string, TaskRun> = {};
        const open = new Set<string>();
        for (const { begins, at, part } of schedule) {
          const begun = Object.keys(runs).length;
          if (begins && begun < count) {
            const limits = shareOf({ budget }, { runs }, {
              unbegun: count - begun,
              ms: 1000,
              after: begun === 0 ? [] : ["t0"],
            });
            assert.equal(limits.ms, begun === 0 ? 1000 : 1000 - (runs.t0?.booked.ms ?? 0));
            runs[`t${begun}`] = { n: 1, key: "", limits, booked: {}, run: "", status: "running" };
            open.add(`t${begun}`);
          } else {
            const id = [...open][at % Math.max(1, open.size)];
            const run = id === undefined ? undefined : runs[id];
            if (id === undefined || run === undefined) continue;
            const spent = Math.floor((run.limits.costMicroUsd ?? 0) * part);
            await booked({ budget }, run, {
              budget: {
                costMicroUsd: { limit: 0, spent, reserved: 0 },
                ms: { limit: 1000, spent: 400, reserved: 0 },
              },
            });
            open.delete(id);
          }
          const promised = [...open].reduce((sum, id) => sum + (runs[id]?.limits.costMicroUsd ?? 0), 0);
          assert.ok(budget.spent() + promised <= limit, `${budget.spent()} + ${promised} > ${limit}`);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a run that was retried and spent more is booked for the more alone", async () => {
  const budget = meter(100);
  const run: TaskRun = { n: 1, key: "", limits: { tokens: 40 }, booked: {}, run: "", status: "denied" };
  for (const spent of [30, 30, 40]) {
    await booked({ budget }, run, { budget: { tokens: { limit: 40, spent, reserved: 0 } } });
  }
  assert.equal(budget.spent(), 40);
});
