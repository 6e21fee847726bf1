import assert from "node:assert/strict";
import fc from "fast-check";
import { Tier } from "../../specs/mod.ts";
import { addCounters, binOf, percentiles, sumCounters } from "./counters.ts";
import { errorBudget, failureClasses, gateFirstPass, indicators, phaseLatency } from "./indicators.ts";

const runs = (good: number, failed: number) => ({ "outcome.good": good, "outcome.failed": failed });
const counters = fc.dictionary(
  fc.constantFrom("run.completed", "outcome.good", "gate.judged.a", "phase.verify.12", "x"),
  fc.integer({ min: 1, max: 50 }),
);

Deno.test("property: counters come to the same in any order, and what was added can be taken away", () => {
  fc.assert(fc.property(fc.array(counters, { maxLength: 12 }), fc.nat(), (all, seed) => {
    const turned = all.map((one, at) => [((at + 1) * (seed + 7)) % 13, one] as const)
      .sort(([a], [b]) => a - b).map(([, one]) => one);
    assert.deepEqual(sumCounters(all), sumCounters(turned));
    const [first = {}] = all;
    const rest = all.slice(1);
    assert.deepEqual(addCounters(sumCounters(all), first, -1), sumCounters(rest));
  }));
});

Deno.test("property: a percentile is not below what it stands for, and at most a tenth above", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 60 }), (all) => {
      const bins = sumCounters(all.map((ms) => ({ [`d.${binOf(ms)}`]: 1 })));
      const found = percentiles(bins, "d.");
      assert.ok(found);
      const sorted = all.toSorted((a, b) => a - b);
      for (const [share, told] of [[0.5, found.p50Ms], [0.95, found.p95Ms], [0.99, found.p99Ms]] as const) {
        const exact = sorted[Math.max(1, Math.ceil(share * all.length)) - 1] ?? 0;
        assert.ok(told >= exact && told <= exact * 1.1 + 1, `${told} for ${exact}`);
      }
    }),
  );
});

Deno.test("a budget says nothing below its minimum of runs, and best-effort has none", () => {
  assert.equal(errorBudget("standard", runs(0, 19)).remaining, null);
  assert.equal(errorBudget("standard", runs(0, 19)).runs, 19);
  assert.equal(errorBudget("critical", runs(10, 49)).remaining, null);
  assert.equal(errorBudget("best-effort", runs(0, 500)).remaining, null);
  assert.equal(errorBudget("best-effort", runs(0, 500)).target, null);
});

Deno.test("a budget is exact at its end: three failures of twenty are all that standard may", () => {
  const budget = errorBudget("standard", runs(17, 3));
  assert.equal(budget.remaining, 0);
  assert.equal(budget.burn, 1);
  assert.equal(errorBudget("standard", runs(18, 2)).remaining, 0.333333333);
  assert.equal(errorBudget("standard", runs(20, 0)).remaining, 1);
  assert.equal(errorBudget("critical", runs(57, 3)).remaining, 0);
  const beyond = errorBudget("standard", runs(14, 6));
  assert.equal(beyond.remaining, -1);
  assert.equal(beyond.burn, 2);
});

Deno.test("property: one more failure never leaves more of a budget, one more good run never less", () => {
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 500 }), fc.integer({ min: 0, max: 60 }), (good, failed) => {
      for (const tier of ["standard", "critical"] as const) {
        const left = (g: number, f: number) => errorBudget(tier, runs(g, f)).remaining ?? NaN;
        assert.ok(left(good, failed + 1) < left(good, failed));
        assert.ok(left(good + 1, failed) >= left(good, failed));
      }
    }),
  );
});

Deno.test("each indicator is held against the tier's objective; without samples enough, or an objective, nothing is said", () => {
  const bad = {
    ...runs(30, 30),
    "loop.ended": 100,
    "loop.converged": 80,
    "tool.used": 100,
    "tool.failed": 6,
    "failure.unknown": 10,
    "failure.timeout": 30,
    "held.visible": 40,
    "held.gap": 20,
    "change.released": 40,
    "change.failed": 20,
  };
  const verdicts = (tier: Tier, counters: Record<string, number>) =>
    Object.fromEntries(indicators(tier, counters).map(({ sli, verdict }) => [sli, verdict]));
  const missed = verdicts("standard", bad);
  for (
    const sli of [
      "run-success",
      "convergence",
      "tool-success",
      "unknown-failures",
      "held-out-gap",
      "change-failures",
    ]
  ) assert.equal(missed[sli], "missed", sli);
  assert.equal(missed["phase-latency"], "not_applicable");
  for (const [sli, said] of Object.entries(verdicts("best-effort", bad))) {
    assert.equal(said, "not_applicable", sli);
  }
  for (const tier of Tier.options) {
    for (const one of indicators(tier, {})) {
      assert.equal(one.value, null);
      assert.equal(one.verdict, "not_applicable");
    }
  }
  const good = verdicts("critical", {
    ...runs(100, 1),
    "loop.ended": 100,
    "loop.converged": 99,
    "tool.used": 100,
    "failure.timeout": 60,
    "held.visible": 40,
    "change.released": 40,
  });
  for (const sli of ["run-success", "convergence", "tool-success", "unknown-failures", "held-out-gap"]) {
    assert.equal(good[sli], "met", sli);
  }
});

Deno.test("phases, gates and failures are told by name", () => {
  const all = {
    [`phase.verify.${binOf(1000)}`]: 3,
    [`phase.a.b.${binOf(10)}`]: 1,
    "gate.judged.scope": 4,
    "gate.first.scope": 4,
    "gate.judged.tests": 4,
    "gate.first.tests": 1,
    "failure.timeout": 2,
  };
  assert.deepEqual(Object.keys(phaseLatency(all)), ["a.b", "verify"]);
  assert.equal(phaseLatency(all).verify?.count, 3);
  assert.deepEqual(gateFirstPass(all), [
    { gate: "tests", judged: 4, passed: 1 },
    { gate: "scope", judged: 4, passed: 4 },
  ]);
  assert.deepEqual(failureClasses(all), { timeout: 2 });
});
