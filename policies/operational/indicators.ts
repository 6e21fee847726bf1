import {
  type ErrorBudget,
  FailureClass,
  type FleetIndicator,
  type FleetShare,
  type Tier,
} from "../../specs/mod.ts";
import { type Counters, percentiles, under } from "./counters.ts";
import { MINIMUM_RUNS, MINIMUM_SAMPLES, OBJECTIVES } from "./targets.ts";

const of = (counters: Counters, name: string): number => counters[name] ?? 0;

/** What is left of the errors that a tier may make, over the counters of one window. */
export function errorBudget(tier: Tier, counters: Counters): ErrorBudget {
  const target = OBJECTIVES[tier]?.runSuccess ?? null;
  const failed = of(counters, "outcome.failed");
  const runs = of(counters, "outcome.good") + failed;
  const minimum = MINIMUM_RUNS[tier];
  const head = { target, runs, failed, minimum };
  if (target === null || runs < minimum) return { ...head, remaining: null, burn: null };
  // In the units of a run, so that no rounding decides: 3 of 20 at 0.85 is exactly all.
  const allowed = round(runs * (1 - target));
  return { ...head, remaining: round(1 - failed / allowed), burn: round(failed / allowed) };
}

const round = (value: number) => Math.round(value * 1e9) / 1e9;

/** Changes that reached release, and those that failed after it. */
export function changeShare(counters: Counters): FleetShare {
  return { of: of(counters, "change.released"), hits: of(counters, "change.failed") };
}

/** T9: runs whose visible tests passed and that had held-out checks, and those that failed these. */
export function heldOutShare(counters: Counters): FleetShare {
  return { of: of(counters, "held.visible"), hits: of(counters, "held.gap") };
}

/** The indicators of a tier over one window, each against its objective. */
export function indicators(tier: Tier, counters: Counters): FleetIndicator[] {
  const goal = OBJECTIVES[tier];
  const share = (hits: number, all: number) => all === 0 ? null : round(hits / all);
  const held = (
    sli: FleetIndicator["sli"],
    value: number | null,
    samples: number,
    objective: FleetIndicator["objective"],
    minimum: number = MINIMUM_SAMPLES,
  ): FleetIndicator => ({
    sli,
    value,
    samples,
    objective,
    verdict: objective === null || value === null || samples < minimum
      ? "not_applicable"
      : value >= (objective.atLeast ?? -Infinity) && value <= (objective.atMost ?? Infinity)
      ? "met"
      : "missed",
  });
  const atLeast = (value: number | undefined) => value === undefined ? null : { atLeast: value };
  const atMost = (value: number | undefined) => value === undefined ? null : { atMost: value };

  const good = of(counters, "outcome.good");
  const runs = good + of(counters, "outcome.failed");
  const loops = of(counters, "loop.ended");
  const judged = of(counters, "transition.judged");
  const used = of(counters, "tool.used");
  const failures = FailureClass.options.reduce((sum, name) => sum + of(counters, `failure.${name}`), 0);
  const latency = percentiles(allPhases(counters), "");
  const context = percentiles(counters, "context.");
  const gap = heldOutShare(counters);
  const changes = changeShare(counters);
  return [
    held("run-success", share(good, runs), runs, atLeast(goal?.runSuccess), MINIMUM_RUNS[tier]),
    held("phase-latency", latency?.p95Ms ?? null, latency?.count ?? 0, null),
    held("convergence", share(of(counters, "loop.converged"), loops), loops, atLeast(goal?.convergence)),
    held("gate-first-pass", share(of(counters, "transition.first"), judged), judged, null),
    held("tool-success", share(used - of(counters, "tool.failed"), used), used, atLeast(goal?.toolSuccess)),
    held(
      "unknown-failures",
      share(of(counters, "failure.unknown"), failures),
      failures,
      atMost(goal?.unknownShare),
    ),
    held("context-age", context?.p95Ms ?? null, context?.count ?? 0, null),
    held("held-out-gap", share(gap.hits, gap.of), gap.of, atMost(goal?.heldOutGap)),
    held("change-failures", share(changes.hits, changes.of), changes.of, atMost(goal?.changeFailures)),
  ];
}

/** The durations of all phases in one histogram. */
function allPhases(counters: Counters): Counters {
  const all: Record<string, number> = {};
  for (const [name, count] of under(counters, "phase.")) {
    const bin = name.slice(name.lastIndexOf(".") + 1);
    all[bin] = (all[bin] ?? 0) + count;
  }
  return all;
}

/** Percentiles by phase. */
export function phaseLatency(
  counters: Counters,
): Record<string, NonNullable<ReturnType<typeof percentiles>>> {
  const names = new Set(under(counters, "phase.").map(([name]) => name.slice(0, name.lastIndexOf("."))));
  const phases: Record<string, NonNullable<ReturnType<typeof percentiles>>> = {};
  for (const name of [...names].sort()) {
    const found = percentiles(counters, `phase.${name}.`);
    if (found !== null) phases[name] = found;
  }
  return phases;
}

/** How often each gate let a transition through at the first look; those that refused most come first. */
export function gateFirstPass(counters: Counters): { gate: string; judged: number; passed: number }[] {
  return under(counters, "gate.judged.")
    .map(([gate, judged]) => ({ gate, judged, passed: of(counters, `gate.first.${gate}`) }))
    .sort((a, b) => (b.judged - b.passed) - (a.judged - a.passed) || (a.gate < b.gate ? -1 : 1));
}

/** How many failures of each class there were. */
export function failureClasses(counters: Counters): Partial<Record<FailureClass, number>> {
  return Object.fromEntries(
    FailureClass.options.flatMap((name) => {
      const count = of(counters, `failure.${name}`);
      return count === 0 ? [] : [[name, count]];
    }),
  );
}

/** Runs by how they left. */
export function waysOut(
  counters: Counters,
): Record<"completed" | "denied" | "failed" | "escalated" | "cancelled", number> {
  const runs = (name: string) => of(counters, `run.${name}`);
  return {
    completed: runs("completed"),
    denied: runs("denied"),
    failed: runs("failed"),
    escalated: runs("escalated"),
    cancelled: runs("cancelled"),
  };
}
