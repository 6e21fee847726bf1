import type { Decision, Event, Json, Transition } from "../specs/mod.ts";
import { leftOf, spend } from "./budget.ts";
import { isWayOut } from "./workflow_graph.ts";
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
      const to = deniedWay(state, transition, decision, taken[key + "!"] ?? 0);
      const { deniedUnit } = transition;
      return {
        stage: { at: "routed", to, pending },
        taken,
        feedback: slot(feedbackOf(event)),
        ...(deniedUnit === undefined || isWayOut(to) ? {} : { budget: spend(state, deniedUnit, 1) }),
      };
    }
  }
}

/** Where a denial leads: to a phase only within the budgets, and never past a rule that is final. */
function deniedWay(state: RunFold, transition: Transition, decision: Decision, times: number): string {
  const { denied, deniedBudget, deniedUnit, exhausted = "@denied" } = transition;
  if (isWayOut(denied)) return times <= (deniedBudget ?? Infinity) ? denied : exhausted;
  const finals = decision.rules.filter((rule) => denies(rule) && isFinalRule(transition, rule.rule));
  if (finals.some((rule) => !rule.escalates)) return "@denied";
  if (finals.length > 0) return exhausted;
  const left = deniedUnit === undefined ? Infinity : leftOf(state, deniedUnit);
  return left >= 1 && times <= (deniedBudget ?? Infinity) ? denied : exhausted;
}

function denies({ mode, verdict }: Decision["rules"][number]): boolean {
  return mode === "enforce" && (verdict === "fail" || verdict === "error");
}

function isFinalRule({ final = [] }: Transition, rule: string): boolean {
  return final.some((id) => id.endsWith("*") ? rule.startsWith(id.slice(0, -1)) : rule === id);
}

/** The phase that does the work again when a human says so: where denials lead, when they lead to one. */
export function retryPhase(state: RunFold): string {
  const pending = state.stage.at === "escalated" ? state.stage.pending : null;
  const transition = pending === null ? undefined : transitionOf(state, pending.outcome);
  return transition?.gated === true && !isWayOut(transition.denied) ? transition.denied : state.phase;
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
