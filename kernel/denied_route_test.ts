import assert from "node:assert/strict";
import type { Decision, RuleVerdict } from "../specs/mod.ts";
import type { Judge, PhaseHandler } from "./port.ts";
import { decision } from "./tests/program.ts";
import { done, flow, type Stage, stage, USER } from "./tests/stage.ts";

const rule = (id: string, more: Partial<RuleVerdict> = {}): RuleVerdict => ({
  gate: id,
  rule: `core/${id}`,
  layer: "L2",
  mode: "enforce",
  verdict: "fail",
  facts: [],
  findings: [{ message: `${id} does not hold`, remediation: "mend it" }],
  escalates: false,
  ...more,
});

const back = {
  gated: true,
  denied: "work",
  deniedBudget: 100,
  deniedUnit: "repairs",
  exhausted: "@escalated" as const,
  final: ["core/X*", "core/SPEC"],
};

/** Work, then check; a denial at either leads back to work. */
const mending = flow({
  work: { ok: { ...back, to: "check" } },
  check: { ok: { ...back, to: "@completed" } },
});

/** Denies check by these rules, one entry a time; allows when there are none left. */
function denying(...rounds: RuleVerdict[][]): Judge {
  let at = 0;
  return (input) => {
    const rules = input.from === "check" ? rounds[at++] ?? [] : [];
    const given: Decision = { ...decision(input, rules.length > 0 ? "deny" : "allow"), rules };
    return Promise.resolve(given);
  };
}

async function play(judge: Judge, repairs = 2): Promise<{ s: Stage; run: string; seen: unknown[] }> {
  const seen: unknown[] = [];
  const work: PhaseHandler = (ctx) => {
    seen.push(ctx.feedback);
    return Promise.resolve({ kind: "done", outcome: "ok", output: seen.length });
  };
  const s = await stage({ judge, handlers: { work, check: done() } });
  const { run } = await s.play(mending, { limits: { repairs } });
  return { s, run, seen };
}

// req: N2-16 N7-11
Deno.test("a denied change is sent back within its unit of the budget, and each time it is judged by everything again", async () => {
  const { s, run } = await play(denying([rule("T1")], [rule("T2")]));
  const view = await s.wait(s.engine.view(run));
  assert.equal(view?.status, "completed");
  assert.deepEqual(view?.budget.repairs, { limit: 2, spent: 2, reserved: 0 });
  assert.deepEqual(view?.visits, { work: 3, check: 3 });
  await s.close();
});

// req: N2-16 N7-12
Deno.test("when the unit is used up a human is asked how to go on, and cannot allow what was denied", async () => {
  const { s, run, seen } = await play(denying([rule("T1")], [rule("T1")], [rule("T1")]), 2);
  const view = await s.wait(s.engine.view(run));
  assert.equal(view?.status, "escalated");
  assert.deepEqual(view?.budget.repairs, { limit: 2, spent: 2, reserved: 0 });
  assert.match(view?.escalation?.question ?? "", /2 of 2 repairs are used.*What should work do differently/);
  assert.match(view?.escalation?.reason ?? "", /core\/T1/);
  assert.ok(!view?.escalation?.options.includes("approve"));

  // The answer goes to where the work is done, not to where it was denied; the budget does not grow by it.
  const told = { action: "answer", choice: "retry", comment: "look at the other file" } as const;
  assert.ok((await s.wait(s.engine.control(run, told, USER))).ok);
  const after = await s.settled(run);
  assert.equal(after.status, "completed");
  assert.equal(after.budget.repairs?.spent, 2);
  assert.deepEqual(seen.at(-1), { kind: "answer", comment: "look at the other file" });
  await s.close();
});

Deno.test("without any of the unit the first denial asks a human", async () => {
  const { s, run } = await play(denying([rule("T1")]), 0);
  assert.equal((await s.wait(s.engine.view(run)))?.status, "escalated");
  await s.close();
});

Deno.test("a rule that is final is not repaired: it ends the run, or asks a human where the rule does", async () => {
  for (
    const [rules, status] of [
      [[rule("T1"), rule("X1")], "denied"],
      [[rule("SPEC", { verdict: "error" })], "denied"],
      [[rule("T1"), rule("X5", { escalates: true })], "escalated"],
      [[rule("X5", { escalates: true }), rule("X1")], "denied"],
      // In a mode that does not deny it is no hit.
      [[rule("T1"), rule("X1", { mode: "warn" })], "completed"],
      // Another rule whose id only begins alike.
      [[rule("SPECIAL")], "completed"],
    ] as const
  ) {
    const { s, run } = await play(denying([...rules]));
    const view = await s.wait(s.engine.view(run));
    assert.equal(view?.status, status, rules.map(({ rule }) => rule).join(", "));
    if (status !== "completed") assert.equal(view?.budget.repairs?.spent, 0);
    await s.close();
  }
});
