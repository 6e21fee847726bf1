import type { Decision, Event, FailureRecord, RuleVerdict } from "../../specs/mod.ts";
import { binOf, type Counters } from "./counters.ts";

/** How a run left: what is said of it once. */
export type WayOut = "completed" | "denied" | "failed" | "escalated" | "cancelled";

/** What a run's ledger gave, up to its latest way out. */
export interface RunTally {
  readonly status: WayOut;
  /** When, and the event that says so. */
  readonly at: string;
  readonly seq: number;
  readonly counters: Counters;
  /** `failed`: the factory, a provider or the platform answers for it. `none`: a denial, a cancel, the user's own environment. */
  readonly outcome: "good" | "failed" | "none";
  /** It failed, and nobody could say why. */
  readonly unknown: boolean;
  /** Rules of E-, X- and O-gates that refused something in it. */
  readonly hits: readonly string[];
}

/** Gates of one run that are counted by name; what is beyond is counted together. */
const NAMED_GATES = 150;
const OTHER_GATES = "(other)";
/** A failure that lies in the tools and their providers, not in what was asked of them. */
const TOOL_FAILURES: ReadonlySet<string> = new Set(["tool-error", "external", "timeout", "concurrency"]);
/** Rules of the gates whose refusal costs autonomy: evidence, exfiltration and hidden text, operation. */
const COSTLY = /(?:^|\/)[EXO]\d+$/;

/** Folds the events of one run, in order, and gives its tally as of the latest way out. */
export interface RunFolding {
  add(event: Event): void;
  /** Null while the run has found no way out. */
  tally(): RunTally | null;
}

export function runFolding(): RunFolding {
  const counts: Record<string, number> = {};
  const gates = new Map<string, boolean>();
  const transitions = new Set<string>();
  const hits = new Set<string>();
  let acceptedMs: number | null = null;
  let decidedMs: number | null = null;
  let reached = false;
  let heldOut: "none" | "passed" | "gap" = "none";
  let lastFailure: string | null = null;
  let latest: RunTally | null = null;

  const count = (name: string, by = 1) => counts[name] = (counts[name] ?? 0) + by;

  function failed(failure: FailureRecord) {
    count(`failure.${failure.class}`);
    lastFailure = `${failure.class}\n${failure.message}`;
  }

  function tried(failure: FailureRecord | null) {
    count("tool.used");
    if (failure !== null && TOOL_FAILURES.has(failure.class)) count("tool.failed");
  }

  function decided(decision: Decision, at: string) {
    decidedMs = Date.parse(at);
    const { from, to } = decision.transition;
    const transition = `${from}->${to}`;
    if (!transitions.has(transition)) {
      transitions.add(transition);
      count("transition.judged");
      if (decision.verdict === "allow") count("transition.first");
    }
    if (decision.verdict === "allow" && (to === "release" || to === "publish")) reached = true;
    for (const rule of decision.rules) judged(rule, transition);
    const gap = gapOf(decision);
    if (gap !== null && heldOut !== "gap") heldOut = gap;
  }

  function judged(rule: RuleVerdict, transition: string) {
    if (rule.mode !== "enforce") return;
    const { verdict } = rule;
    if (verdict === "fail" && !rule.escalates && COSTLY.test(rule.rule)) hits.add(rule.rule);
    if (verdict !== "pass" && verdict !== "fail" && verdict !== "error") return;
    const key = `${rule.gate}\n${transition}`;
    // Only the first look counts: what passes after a repair did not pass at first.
    if (!gates.has(key)) gates.set(key, verdict === "pass" && rule.approvedBy === undefined);
  }

  function out(status: WayOut, event: Event, failure: FailureRecord | null) {
    const outcome = status === "completed" || status === "escalated"
      ? "good"
      : status === "failed" && failure?.source !== "user-environment"
      ? "failed"
      : "none";
    const sums: Record<string, number> = { ...counts, [`run.${status}`]: 1 };
    if (outcome !== "none") sums[`outcome.${outcome}`] = 1;
    if (reached) {
      sums["change.released"] = 1;
      if (outcome === "failed") sums["change.failed"] = 1;
    }
    if (heldOut !== "none") {
      sums["held.visible"] = 1;
      if (heldOut === "gap") sums["held.gap"] = 1;
    }
    if (acceptedMs !== null && decidedMs !== null) {
      sums[`context.${binOf(Math.max(0, decidedMs - acceptedMs))}`] = 1;
    }
    for (const [name, [all, passed]] of byGate(gates)) {
      sums[`gate.judged.${name}`] = all;
      if (passed > 0) sums[`gate.first.${name}`] = passed;
    }
    latest = {
      status,
      at: event.at,
      seq: event.seq,
      counters: sums,
      outcome,
      unknown: status === "failed" && (failure === null || failure.class === "unknown"),
      hits: [...hits].sort(),
    };
  }

  return {
    add(event) {
      switch (event.type) {
        case "run.accepted":
          acceptedMs = Date.parse(event.at);
          return;
        case "phase.finished":
          count(`phase.${event.payload.phase}.${binOf(event.payload.ms)}`);
          count("loop.ended");
          count("loop.converged");
          return tried(null);
        case "phase.failed": {
          const { failure, strategy } = event.payload;
          failed(failure);
          tried(failure);
          // Given up: no further try of this visit mends it.
          const gaveUp = strategy === "fail" || strategy === "escalate" || strategy === "re-plan";
          if (gaveUp && failure.source !== "user-environment") count("loop.ended");
          return;
        }
        case "effect.done":
          return tried(null);
        case "effect.failed":
          failed(event.payload.failure);
          return tried(event.payload.failure);
        case "transition.decided":
          return decided(event.payload.decision, event.at);
        case "escalation.opened":
          return out("escalated", event, null);
        case "run.ended": {
          const { status, failure = null } = event.payload;
          // The end repeats the failure that led to it; one that comes with the end alone counts here.
          if (failure !== null && lastFailure !== `${failure.class}\n${failure.message}`) failed(failure);
          return out(status === "parked" ? "failed" : status, event, failure);
        }
        default:
          return;
      }
    },
    tally: () => latest,
  };
}

/** Tests that the implementer could see passed: did the held-out checks, which it could not? Null: there were none, or no tests. */
function gapOf(decision: Decision): "passed" | "gap" | null {
  const said = (id: string) =>
    decision.rules.filter(({ rule }) => rule === `core/${id}`).map(({ verdict }) => verdict);
  const ran = said("T7");
  const checks = said("AC");
  if (ran.length === 0 || !ran.every((verdict) => verdict === "pass") || said("T1").includes("fail")) {
    return null;
  }
  if (checks.includes("fail")) return "gap";
  return checks.length > 0 && checks.every((verdict) => verdict === "pass") ? "passed" : null;
}

function byGate(gates: ReadonlyMap<string, boolean>): Map<string, [number, number]> {
  const sums = new Map<string, [number, number]>();
  for (const [key, passed] of [...gates].sort(([a], [b]) => a < b ? -1 : 1)) {
    const own = key.slice(0, key.indexOf("\n"));
    const name = sums.has(own) || sums.size < NAMED_GATES ? own : OTHER_GATES;
    const [all, first] = sums.get(name) ?? [0, 0];
    sums.set(name, [all + 1, first + (passed ? 1 : 0)]);
  }
  return sums;
}
