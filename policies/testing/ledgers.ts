/** Ledgers of made-up runs, for tests. */
import type { Decision, Event, EventBody, FailureRecord, RuleVerdict } from "../../specs/mod.ts";

export const T0 = Date.UTC(2026, 10, 20, 12, 0, 0);

/** Events of a run, a second apart. */
export function ledgerOf(bodies: readonly EventBody[], startMs = T0, run = "run_00000001"): Event[] {
  return bodies.map((body, at) => ({
    ...body,
    id: `00000000-0000-7000-8000-${String(at).padStart(12, "0")}`,
    run,
    seq: at + 1,
    parent: null,
    at: new Date(startMs + at * 1000).toISOString(),
    actor: { kind: "engine", id: "test" },
    prevHash: "",
    hash: "",
  } as Event));
}

export const accepted: EventBody = {
  type: "run.accepted",
  v: 1,
  payload: {
    workflow: { id: "canonical", version: "1.0.0", start: "implement", seals: true, phases: {} },
    input: null,
    title: "",
    limits: {},
  },
};

export const finished = (phase: string, ms = 1000): EventBody => ({
  type: "phase.finished",
  v: 1,
  payload: { phase, visit: 1, outcome: "done", output: null, ms },
});

export const failure = (over: Partial<FailureRecord> = {}): FailureRecord => ({
  class: "tool-error",
  source: "factory",
  retryable: false,
  message: "it broke",
  ...over,
});

export const failedPhase = (
  over: Partial<FailureRecord> = {},
  strategy: "retry" | "fail" = "fail",
): EventBody => ({
  type: "phase.failed",
  v: 1,
  payload: { phase: "verify", visit: 1, attempt: 1, failure: failure(over), strategy, ms: 10 },
});

export const ended = (
  status: "completed" | "denied" | "failed" | "cancelled",
  over: Partial<FailureRecord> = {},
): EventBody => ({
  type: "run.ended",
  v: 1,
  payload: status === "failed" ? { status, failure: failure(over) } : { status },
});

export const escalated: EventBody = {
  type: "escalation.opened",
  v: 1,
  payload: { reason: "r", question: "q", options: ["approve"] },
};

const layers = (["L0", "L1", "L2", "L3", "L4"] as const).map((layer) => ({
  layer,
  verdict: "pass" as const,
}));

export const verdict = (
  rule: string,
  gate: string,
  said: RuleVerdict["verdict"],
  over: Partial<RuleVerdict> = {},
): RuleVerdict => ({
  gate,
  rule,
  layer: "L1",
  mode: "enforce",
  verdict: said,
  facts: [],
  findings: [],
  escalates: false,
  ...over,
});

export const decided = (
  to: string,
  rules: RuleVerdict[],
  verdict: Decision["verdict"] = "allow",
  from = "verify",
): EventBody => ({
  type: "transition.decided",
  v: 1,
  payload: {
    decision: {
      v: 1,
      transition: { from, to },
      verdict,
      layers,
      rules,
      engine: "test",
      packs: [],
      inputDigest: `sha256:${"0".repeat(64)}`,
      subject: {},
      approvals: [],
      at: new Date(T0).toISOString(),
    },
  },
});
