import type { Decision, Event, Json, Transition } from "../specs/mod.ts";
import type { PendingTransition, RunFold, Slot, Stage } from "./state.ts";

/** The key under which a transition's use is counted. */
export function transitionKey(phase: string, outcome: string): string {
  return `${phase}/${outcome}`;
}

/** The transition that an outcome of the present phase leads to. */
export function transitionOf(state: RunFold, outcome: string): Transition | undefined {
  const on = state.workflow.phases[state.phase]?.on;
  return on !== undefined && Object.hasOwn(on, outcome) ? on[outcome] : undefined;
}

/** Whether a transition's budget is used up. */
export function isSpent(state: RunFold, outcome: string, transition: Transition): boolean {
  return transition.budget !== undefined &&
    (state.taken[transitionKey(state.phase, outcome)] ?? 0) >= transition.budget;
}

/** Where a finished phase leaves the run. */
export function afterFinish(state: RunFold, outcome: string, pending: PendingTransition): Partial<RunFold> {
  const transition = transitionOf(state, outcome);
  if (transition === undefined) {
    return {
      stage: { at: "broken", strategy: "fail" },
      failure: {
        class: "data-integrity",
        source: "factory",
        retryable: false,
        message: `Phase ${state.phase} ended with outcome ${outcome}, which its workflow does not know`,
      },
    };
  }
  if (isSpent(state, outcome, transition)) {
    return {
      stage: { at: "broken", strategy: "fail" },
      failure: {
        class: "resource",
        source: "factory",
        retryable: false,
        message:
          `Cannot go from ${state.phase} to ${transition.to} on ${outcome} again: it may be done ${transition.budget} times in a run`,
        remedy:
          "Look at why the phase keeps giving this outcome; retry the run, or raise the transition's budget",
      },
    };
  }
  if (transition.gated) return { stage: { at: "finished", pending } };
  return {
    stage: { at: "allowed", to: transition.to, asked: pending.asked },
    taken: counted(state.taken, transitionKey(state.phase, outcome)),
  };
}

/** Where a decision leaves the run. */
export function afterDecision(
  state: RunFold,
  decision: Decision,
  event: Event,
  slot: <V>(value: V) => Slot<V>,
): Partial<RunFold> {
  const { stage } = state;
  if (stage.at !== "finished") return {};
  const { pending } = stage;
  const transition = transitionOf(state, pending.outcome);
  if (transition === undefined) return {};
  const key = transitionKey(state.phase, pending.outcome);
  switch (decision.verdict) {
    case "allow":
      return {
        stage: { at: "allowed", to: transition.to, asked: pending.asked },
        taken: counted(state.taken, key),
      };
    case "escalate":
      return { stage: { at: "escalating", pending } };
    case "deny": {
      const taken = counted(state.taken, key + "!");
      const within = (taken[key + "!"] ?? 0) <= (transition.deniedBudget ?? Infinity);
      const to = within ? transition.denied : "@denied";
      return { stage: { at: "routed", to, pending }, taken, feedback: slot(feedbackOf(event)) };
    }
  }
}

/** What the event tells the phase that the run goes to next: a denial, a failure, or what a human said. */
export function feedbackOf(event: Event): Json {
  switch (event.type) {
    case "transition.decided":
      return denialFeedback(event.payload.decision);
    case "phase.failed":
      return {
        kind: "failure",
        strategy: event.payload.strategy ?? "retry",
        failure: { ...event.payload.failure },
      };
    case "escalation.answered":
      return { kind: "answer", comment: event.payload.comment };
    default:
      return null;
  }
}

function denialFeedback(decision: Decision): Json {
  const findings = decision.rules
    .filter((rule) => rule.verdict === "fail" || rule.verdict === "error")
    .map((rule) => ({
      gate: rule.gate,
      rule: rule.rule,
      layer: rule.layer,
      verdict: rule.verdict,
      findings: rule.findings.map((finding) => ({ ...finding })),
    }));
  return { kind: "denial", transition: { ...decision.transition }, findings };
}

/** A transition that a human may still allow rides along into the escalation. */
export function pendingOf(stage: Stage): PendingTransition | null {
  return stage.at === "escalating" || (stage.at === "routed" && stage.to === "@escalated")
    ? stage.pending
    : null;
}

function counted(counts: Readonly<Record<string, number>>, key: string): Record<string, number> {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}
