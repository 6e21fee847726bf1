import type { Decision, EventBody } from "../specs/mod.ts";
import type { RunFold } from "./state.ts";
import { transitionOf } from "./transition.ts";

const ALWAYS = ["reject", "retry", "retry-from", "change-budget", "cancel"] as const;
const MAX_REASON = 8000;

/**
 * What a human is asked about a transition: after the judge's `escalate`, a denial that leads to a human, or an outcome that does.
 *
 * @param outcome of the transition that the judge escalated; null when the workflow itself leads to a human
 */
export function questionFor(state: RunFold, outcome: string | null): EventBody {
  const decision = state.lastDecision?.value ?? null;
  const { stage } = state;
  const pending = outcome !== null || (stage.at === "routed" && stage.pending !== null);
  const judged = pending && decision !== null;
  const subject = judged ? decision.subject.patch ?? decision.subject.plan : undefined;
  const given = outcome === null && judged ? givenUp(state, decision) : null;
  return {
    type: "escalation.opened",
    v: 1,
    payload: {
      reason: (judged ? reasonsOf(decision) : `Phase ${state.phase} asks for a human`).slice(0, MAX_REASON),
      question: given !== null
        ? given
        : judged
        ? `May the run go from ${decision.transition.from} to ${decision.transition.to}?`
        : `How should the run go on after ${state.phase}?`,
      ...(subject === undefined ? {} : { subject }),
      // Nobody can allow what was denied; a human can only say how to go on.
      options: options(state, pending && given === null),
    },
  };
}

/** What is asked when a denied change is not sent back once more, though its workflow sends denied changes back; else null. */
function givenUp(state: RunFold, decision: Decision): string | null {
  const { stage, phase } = state;
  const pending = stage.at === "routed" ? stage.pending : null;
  const transition = pending === null ? undefined : transitionOf(state, pending.outcome);
  if (transition === undefined || transition.exhausted === undefined || decision.verdict !== "deny") {
    return null;
  }
  const { deniedUnit, denied } = transition;
  const budget = deniedUnit === undefined ? undefined : state.budget[deniedUnit];
  const tries = budget === undefined ? "" : ` ${budget.spent} of ${budget.limit} ${deniedUnit} are used.`;
  return `The change was denied at ${phase} and is not sent back by itself any more.${tries} ` +
    `What should ${denied} do differently? Answer with a sentence and retry, change the budget, or end the run.`;
}

/** What a human is asked about a failure that nothing automatic mends. */
export function questionForFailure(state: RunFold): EventBody {
  const { failure } = state;
  const reason = failure === null
    ? `Phase ${state.phase} failed`
    : `Phase ${state.phase} failed (${failure.class}): ${failure.message}${
      failure.remedy === undefined ? "" : `\nTo do: ${failure.remedy}`
    }`;
  return {
    type: "escalation.opened",
    v: 1,
    payload: {
      reason: reason.slice(0, MAX_REASON),
      question: failure?.question ?? `How should the run go on after the failure of ${state.phase}?`,
      options: options(state, false),
    },
  };
}

function options(state: RunFold, approvable: boolean): string[] {
  const plan = Object.hasOwn(state.workflow.phases, "plan") ? ["re-plan"] : [];
  return [...(approvable ? ["approve"] : []), ...ALWAYS, ...plan];
}

function reasonsOf(decision: Decision): string {
  const failing = decision.rules.filter((rule) =>
    rule.verdict !== "pass" && rule.verdict !== "not_applicable"
  );
  const asking = failing.filter((rule) => rule.escalates);
  const lines = (asking.length > 0 ? asking : failing).flatMap((rule) =>
    rule.findings.length === 0
      ? [`${rule.rule} (${rule.gate}): ${rule.verdict}`]
      : rule.findings.map((finding) =>
        `${rule.rule} (${rule.gate}): ${finding.message}${
          finding.path === undefined ? "" : ` [${finding.path}]`
        }`
      )
  );
  if (lines.length > 0) return lines.join("\n");
  const layers = decision.layers.filter((l) => l.reason !== undefined).map((l) => `${l.layer}: ${l.reason}`);
  return layers.length > 0 ? layers.join("\n") : "The judge asks for a human";
}
