import { type Actor, err, type EventBody, ok, type Result } from "../specs/ledger/mod.ts";
import { SEAL } from "./fold.ts";
import { PLAN_PHASE } from "./machine.ts";
import type { ControlAction, ControlOutcome } from "./port.ts";
import { type RunFold, statusOf } from "./state.ts";

type Refusal = Extract<ControlOutcome, { ok: false }>;
type Plan = Result<EventBody[], Refusal>;
type Answer = Extract<ControlAction, { action: "answer" }>;

/** A run as control sees it. */
export interface Controlled {
  readonly state: RunFold;
  /** A worker has it at this moment. */
  readonly driven: boolean;
}

/** What an action on a run writes, or why it cannot be. An empty list: it is so already. */
export function planControl(
  { state, driven }: Controlled,
  action: Exclude<ControlAction, { action: "fork" }>,
  actor: Actor,
): Plan {
  const why = ("why" in action ? action.why ?? "" : "").slice(0, 2000);
  switch (action.action) {
    case "cancel":
      if (state.cancelling) return ok([]);
      return state.stage.at === "ended"
        ? conflict(
          `${state.run} has ended as ${statusOf(state)}`,
          "only a run that has not ended can be cancelled",
        )
        : ok([{ type: "run.cancelling", v: 1, payload: { why } }]);
    case "pause":
      if (state.paused) return ok([]);
      return state.stage.at === "ended" || state.stage.at === "escalated" || state.cancelling
        ? conflict(
          `${state.run} is ${statusOf(state)}`,
          "only a run that is queued, running or parked can be paused",
        )
        : ok([{ type: "run.paused", v: 1, payload: { why } }]);
    case "resume":
      return state.paused
        ? ok([{ type: "run.resumed", v: 1, payload: { why } }])
        : conflict(`${state.run} is ${statusOf(state)}, not paused`, "there is nothing to resume");
    case "retry":
      return planRetry(state, driven, action.phase, why);
    case "answer":
      return planAnswer(state, action, actor);
  }
}

function planRetry(state: RunFold, driven: boolean, phase: string | undefined, why: string): Plan {
  if (phase !== undefined && !Object.hasOwn(state.workflow.phases, phase)) return unknownPhase(state, phase);
  const retried = (from: string): Plan => ok([{ type: "run.retried", v: 1, payload: { phase: from, why } }]);
  if (state.sealFailure !== null && phase === undefined) return retried(SEAL);
  switch (state.stage.at) {
    case "ended":
      if (state.stage.status === "completed") {
        return conflict(`${state.run} is completed`, "fork it from a phase to do part of it again");
      }
      if (state.sealing !== null) return conflict(`${state.run} is being sealed`, "try again in a moment");
      return retried(phase ?? state.phase);
    case "escalated":
      return conflict(`${state.run} is escalated`, "answer it with the choice retry or retry-from");
    default:
      if (driven) return conflict(`${state.run} is running`, "wait for it, or cancel it first");
      if (state.cancelling) return conflict(`${state.run} is being cancelled`, "wait for it to end");
      return phase === undefined && state.stage.at === "parked"
        ? ok([{ type: "run.unparked", v: 1, payload: { why: why === "" ? "retried" : why } }])
        : retried(phase ?? state.phase);
  }
}

function planAnswer(state: RunFold, answer: Answer, actor: Actor): Plan {
  const { escalation, stage } = state;
  if (stage.at !== "escalated" || escalation === null || state.cancelling) {
    return conflict(
      `${state.run} is ${statusOf(state)}, not escalated`,
      "only an escalated run can be answered",
    );
  }
  if (!escalation.options.includes(answer.choice)) {
    return invalid(
      `${answer.choice} is no answer to this escalation`,
      `answer with one of: ${escalation.options.join(", ")}`,
    );
  }
  // The human saw one patch; an answer about another one is an answer to another question.
  if (answer.subject !== undefined && answer.subject !== escalation.subject) {
    return conflict(
      `the answer is about ${answer.subject} and the open escalation about ${
        escalation.subject ?? "no patch"
      }`,
      "read the run again and answer what is asked now",
    );
  }
  const phase = answer.choice === "re-plan" ? PLAN_PHASE : answer.phase;
  if (answer.choice === "retry-from" && phase === undefined) {
    return invalid(
      "retry-from names no phase",
      `name one of: ${Object.keys(state.workflow.phases).join(", ")}`,
    );
  }
  if (phase !== undefined && !Object.hasOwn(state.workflow.phases, phase)) return unknownPhase(state, phase);
  const wrong = answer.choice === "change-budget" ? wrongBudget(answer.budget) : null;
  if (wrong !== null) return invalid(wrong, 'give new limits as whole numbers, such as { "tokens": 500000 }');
  return ok([{
    type: "escalation.answered",
    v: 1,
    payload: {
      by: actor,
      choice: answer.choice,
      comment: (answer.comment ?? "").slice(0, 4000),
      selfApproved: answer.selfApproved ?? false,
      ...(escalation.subject === undefined ? {} : { subject: escalation.subject }),
      ...(phase === undefined ? {} : { phase }),
      ...(answer.envelope === undefined ? {} : { envelope: answer.envelope }),
      ...(answer.envelopeDigest === undefined ? {} : { envelopeDigest: answer.envelopeDigest }),
      ...(answer.choice === "change-budget" && answer.budget !== undefined ? { budget: answer.budget } : {}),
    },
  }]);
}

function wrongBudget(budget: Record<string, number> | undefined): string | null {
  const entries = Object.entries(budget ?? {});
  if (entries.length === 0) return "change-budget gives no limits";
  const wrong = entries.find(([, limit]) => !Number.isSafeInteger(limit) || limit < 0);
  return wrong === undefined
    ? null
    : `the limit of ${wrong[0]} must be a whole number: current value is ${wrong[1]}`;
}

function unknownPhase(state: RunFold, phase: string): Plan {
  return invalid(
    `workflow ${state.workflow.id} has no phase ${phase}`,
    `name one of: ${Object.keys(state.workflow.phases).join(", ")}`,
  );
}

function conflict(message: string, remedy: string): Plan {
  return err(refusal("conflict", message, remedy));
}

function invalid(message: string, remedy: string): Plan {
  return err(refusal("invalid", message, remedy));
}

export function refusal(code: Refusal["code"], message: string, remedy: string): Refusal {
  return { ok: false, code, message: `Cannot do that: ${message}`, remedy };
}
