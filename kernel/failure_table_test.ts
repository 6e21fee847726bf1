import assert from "node:assert/strict";
import fc from "fast-check";
import { FailureClass, type FailureRecord } from "../specs/mod.ts";
import { FAILURE_TABLE, planFor } from "./failure_table.ts";

const failure = (over: Partial<FailureRecord>): FailureRecord => ({
  class: "unknown",
  source: "factory",
  retryable: true,
  message: "x",
  ...over,
});

// req: N7-05
Deno.test("every class of failure has its rule", () => {
  assert.deepEqual(Object.keys(FAILURE_TABLE).sort(), [...FailureClass.options].sort());
});

// req: N7-06
Deno.test("the class decides what is done while tries are left", () => {
  const plans = FailureClass.options.map((name) => {
    const first = planFor(failure({ class: name }), 1, 4, 0.5).strategy;
    const second = planFor(failure({ class: name }), 2, 4, 0.5).strategy;
    const last = planFor(failure({ class: name }), 4, 4, 0.5).strategy;
    return [name, first, second, last];
  });
  assert.deepEqual(plans, [
    ["agent-error", "repair", "switch-model", "escalate"],
    ["task-code", "repair", "repair", "fail"],
    ["tool-error", "retry", "retry", "fail"],
    ["external", "retry", "wait", "fail"],
    ["policy", "repair", "repair", "escalate"],
    ["resource", "wait", "wait", "fail"],
    ["timeout", "retry", "retry", "fail"],
    ["concurrency", "retry", "retry", "fail"],
    ["data-integrity", "retry", "retry", "fail"],
    ["unknown", "retry", "retry", "fail"],
  ]);
});

// req: N7-07
Deno.test("a failure that no try mends goes to the end at once, without a wait", () => {
  for (const name of FailureClass.options) {
    const plan = planFor(failure({ class: name, retryable: false }), 1, 20, 0.5);
    assert.deepEqual(plan, { strategy: FAILURE_TABLE[name].last, delayMs: 0 });
  }
});

// req: N7-07
Deno.test("waits grow, stay under their limit, and are spread", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FailureClass.options),
      fc.integer({ min: 1, max: 18 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (name, tries, random) => {
        const rule = FAILURE_TABLE[name];
        const { delayMs } = planFor(failure({ class: name }), tries, 20, random);
        const middle = Math.min(rule.baseMs * 2 ** (tries - 1), rule.maxMs);
        assert.ok(delayMs >= Math.floor(middle * 0.75) && delayMs <= Math.ceil(middle * 1.25));
      },
    ),
  );
  const external = failure({ class: "external" });
  assert.ok(planFor(external, 1, 20, 0).delayMs < planFor(external, 1, 20, 0.9).delayMs);
});

// req: N7-07
Deno.test("who refuses and says how long is waited for that long, at most a day, and holds no worker", () => {
  const asks = (retryAfterMs: number) =>
    planFor(failure({ class: "external", source: "provider", retryAfterMs }), 1, 4, 0.5);
  assert.deepEqual(asks(90_000), { strategy: "wait", delayMs: 90_000 });
  assert.deepEqual(asks(1e12), { strategy: "wait", delayMs: 86_400_000 });
  assert.equal(asks(10).strategy, "retry");
  const never = failure({ class: "external", retryable: false, retryAfterMs: 90_000 });
  assert.equal(planFor(never, 1, 4, 0.5).strategy, "fail");
});

Deno.test("a failure that asks something ends at a human where its class would only end; while tries are left it is tried", () => {
  const late = { class: "timeout", source: "provider", retryable: false, message: "no answer" } as const;
  const asks = { ...late, question: "Again?" };
  assert.deepEqual(planFor(late, 1, 3, 0.5), { strategy: "fail", delayMs: 0 });
  assert.deepEqual(planFor(asks, 1, 3, 0.5), { strategy: "escalate", delayMs: 0 });
  assert.equal(planFor({ ...asks, retryable: true }, 1, 3, 0.5).strategy, "retry");
  assert.equal(planFor({ ...asks, retryable: true }, 3, 3, 0.5).strategy, "escalate");
});
