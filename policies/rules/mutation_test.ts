import assert from "node:assert/strict";
import type { MutationFacts, TriedMutation } from "../../specs/mod.ts";
import { MUTATION_BUDGET } from "../mutation_budget.ts";
import { judgeSample, ruleOf } from "../testing/judge_input.ts";

const tried = (outcome: TriedMutation["outcome"], line: number, path = "src/email.ts"): TriedMutation => ({
  path,
  line,
  operator: "comparison",
  what: "== became !=",
  outcome,
});

function facts(outcomes: TriedMutation["outcome"][], over: Partial<MutationFacts> = {}): MutationFacts {
  return {
    budget: { mutants: 6, atLeast: 0, seconds: 3 },
    possible: outcomes.length,
    lines: outcomes.length,
    tried: outcomes.map((outcome, at) => tried(outcome, at + 1)),
    seconds: 1,
    stopped: "done",
    unread: [],
    ...over,
  };
}

async function judged(tier: string, mutation: MutationFacts | undefined) {
  return ruleOf(
    await judgeSample((input) => {
      if (input.spec) input.spec.tier = tier as "standard";
      if (input.verify === null) return;
      if (mutation === undefined) delete input.verify.mutation;
      else input.verify.mutation = mutation;
    }),
    "mutation",
  );
}

Deno.test("at standard what the tests miss is told with its place, and passes", async () => {
  const rule = await judged("standard", facts(["killed", "survived", "survived", "not-compiled"]));
  assert.equal(rule.verdict, "pass");
  assert.match(rule.findings[0]?.message ?? "", /notice 1 of 3 \(4 of 4 tried.* 1 did not compile/);
  assert.deepEqual(rule.findings.slice(1).map(({ path, line }) => `${path}:${line}`), [
    "src/email.ts:2",
    "src/email.ts:3",
  ]);
});

Deno.test("at critical a human is asked when too little is noticed, and many of which none is are denied", async () => {
  const enough = await judged("critical", facts(["killed", "timeout", "killed", "survived", "survived"]));
  assert.equal(enough.verdict, "pass");
  const few = await judged("critical", facts(["killed", "survived", "survived", "survived"]));
  assert.deepEqual([few.verdict, few.escalates], ["fail", true]);
  assert.match(few.counterfactual ?? "", /60 % .* of 4 they noticed 1/);
  const one = await judged("critical", facts(["survived"]));
  assert.deepEqual([one.verdict, one.escalates], ["fail", true]);
  const none = await judged("critical", facts(["survived", "survived", "survived", "survived", "survived"]));
  assert.deepEqual([none.verdict, none.escalates], ["fail", false]);
});

Deno.test("what was due and did not run is an error; what the tier only tells is not missed in an old record", async () => {
  for (const tier of ["standard", "critical"]) {
    const rule = await judged(tier, facts([], { problem: "the sandbox is gone" }));
    assert.equal(rule.verdict, "error", tier);
    assert.match(rule.findings[0]?.message ?? "", /the sandbox is gone/);
  }
  assert.equal((await judged("critical", undefined)).verdict, "error");
  const timeless = facts([], { possible: 4, lines: 4, stopped: "time" });
  assert.equal((await judged("critical", timeless)).verdict, "error");
  const late = await judged("standard", timeless);
  assert.equal(late.verdict, "pass");
  assert.match(late.findings[0]?.message ?? "", /the time of the tier was used up/);
  const old = await judged("standard", undefined);
  assert.equal(old.verdict, "not_applicable");
  assert.match(old.selector ?? "", /tried no mutants/);
});

Deno.test("nothing to mutate, and nothing asked for, does not apply", async () => {
  const nothing = await judged("critical", facts([]));
  assert.equal(nothing.verdict, "not_applicable");
  assert.match(nothing.selector ?? "", /no line/);
  assert.equal((await judged("best-effort", facts(["survived"]))).verdict, "not_applicable");
  const skipped = await judged("critical", facts([], { skipped: "a held-out check fails at head" }));
  assert.match(skipped.selector ?? "", /held-out check fails/);
});

Deno.test("mutants that are no programs are not held against the tests", async () => {
  assert.equal((await judged("critical", facts(["not-compiled", "not-compiled"]))).verdict, "pass");
});

Deno.test("a higher tier pays for more", () => {
  const { standard, critical, "best-effort": least } = MUTATION_BUDGET;
  assert.equal(least.mutants, 0);
  assert.ok(standard.mutants < critical.mutants && standard.seconds < critical.seconds);
  assert.ok(standard.share <= 1 && standard.seconds <= 60, "standard stays below what verification takes");
});

Deno.test("visible tests that pass where held-out checks fail are a gap, told at the lowest tier and denied above", async () => {
  const gap = (visible: [number, number], heldOut: [number, number]) => ({
    visible: { passed: visible[0], failed: visible[1] },
    heldOut: { passed: heldOut[0], failed: heldOut[1] },
  });
  const judge = async (tier: string, given: ReturnType<typeof gap> | undefined) =>
    ruleOf(
      await judgeSample((input) => {
        if (input.spec) input.spec.tier = tier as "standard";
        if (given && input.verify) input.verify.gap = given;
      }),
      "held-out-gap",
    );
  const wide = await judge("standard", gap([5, 0], [1, 2]));
  assert.equal(wide.verdict, "fail");
  assert.match(wide.findings[0]?.message ?? "", /5 of 5 visible tests pass, 1 of 3 held-out checks/);
  assert.equal((await judge("best-effort", gap([5, 0], [1, 2]))).verdict, "pass");
  assert.equal((await judge("standard", gap([5, 0], [3, 0]))).verdict, "pass");
  assert.equal(
    (await judge("standard", gap([4, 1], [1, 2]))).verdict,
    "pass",
    "it fails where it can be seen",
  );
  assert.equal((await judge("standard", gap([5, 0], [0, 0]))).verdict, "not_applicable");
  assert.equal((await judge("standard", undefined)).verdict, "not_applicable");
});
