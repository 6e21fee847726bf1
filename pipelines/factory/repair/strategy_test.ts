import assert from "node:assert/strict";
import fc from "fast-check";
import type { Round } from "./round.ts";
import { nextStep, REPAIR_STRATEGIES } from "./strategy.ts";
import { round } from "./testing.ts";

const every = () => true;
const history = (...rounds: Round[]) => ({ rounds, advice: [] });

// req: N7-10
Deno.test("strategies are tried in their order, never twice for the same failure, and then a human is asked", () => {
  const rounds: Round[] = [round(1)];
  const tried: string[] = [];
  for (;;) {
    const step = nextStep({ rounds, advice: [] }, every);
    if (step.step !== "repair") {
      assert.deepEqual([step.step, step.step === "stop" && step.why], ["stop", "strategies-used-up"]);
      break;
    }
    tried.push(step.strategy);
    rounds.push(round(rounds.length + 1, { strategy: step.strategy, against: "f1" }));
  }
  assert.deepEqual(tried, [...REPAIR_STRATEGIES]);
});

Deno.test("another failure begins the order again; what cannot be had is left out", () => {
  const moved = history(round(1), round(2, { against: "f1", fingerprint: "f2" }));
  assert.deepEqual(nextStep(moved, every), { step: "repair", strategy: "fix", stagnates: null });
  const stuck = history(round(1), round(2, { against: "f1" }));
  const step = nextStep(stuck, (strategy) => strategy !== "ask-planner");
  assert.deepEqual([step.step, step.step === "repair" && step.strategy], ["repair", "past-repairs"]);
  assert.equal(nextStep(stuck, () => false).step, "stop");
});

// req: N7-10
Deno.test("the same diff twice is stagnation and calls for the next strategy; three times ends the loop", () => {
  const patch = "sha256:same";
  const twice = nextStep(history(round(1, { patch }), round(2, { patch, against: "f1" })), every);
  assert.deepEqual(twice, {
    step: "repair",
    strategy: "ask-planner",
    stagnates: "the same diff came 2 times",
  });
  const thrice = nextStep(
    history(
      round(1, { patch }),
      round(2, { patch, fingerprint: "f2" }),
      round(3, { patch, fingerprint: "f3" }),
    ),
    every,
  );
  assert.deepEqual([thrice.step, thrice.step === "stop" && thrice.why], ["stop", "same-diff"]);
  // No change at all is not "the same diff": gates deny it by themselves.
  assert.equal(nextStep(history(round(1, { patch: null }), round(2, { patch: null })), every).step, "repair");
});

Deno.test("an answer of a human begins anew, whatever was tried before it", () => {
  const patch = "sha256:same";
  const rounds = [round(1, { patch }), round(2, { patch }), round(3, { patch })];
  const advice = [{ by: "ada", text: "try this", at: "2026-11-23T12:00:00.000Z", after: 3 }];
  assert.deepEqual(nextStep({ rounds, advice }, every), { step: "human" });
  const after = nextStep(
    { rounds: [...rounds, round(4, { strategy: "human", against: "f1" })], advice },
    every,
  );
  assert.deepEqual([after.step, after.step === "repair" && after.strategy], ["repair", "fix"]);
});

Deno.test("any run of rounds ends: each failure takes each strategy at most once", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.constantFrom("f1", "f2", "f3"), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 40,
    }),
    (outcomes) => {
      const rounds: Round[] = [];
      const used = new Set<string>();
      for (const [fingerprint, diff] of outcomes) {
        const last = rounds.at(-1);
        const step = last === undefined ? null : nextStep({ rounds, advice: [] }, every);
        if (step !== null && step.step !== "repair") return;
        const strategy = step?.strategy ?? "first";
        const key = `${last?.fingerprint} ${strategy}`;
        assert.ok(!used.has(key), key);
        used.add(key);
        rounds.push(round(rounds.length + 1, {
          strategy,
          against: last?.fingerprint ?? null,
          fingerprint,
          patch: `sha256:${diff}`,
        }));
      }
      assert.ok(rounds.length <= 1 + 3 * REPAIR_STRATEGIES.length);
    },
  ));
});
