import {
  type EffectIntent,
  err,
  type Event,
  type EventBody,
  type FailureRecord,
  ok,
  type Problem,
  type Result,
  type RunStatus,
  type Transition,
  WorkflowDefinition,
} from "../specs/ledger/mod.ts";
import { closings } from "./budget.ts";
import { canonicalJson, keepCanonical } from "./canonical.ts";
import { questionFor, questionForFailure } from "./escalation.ts";
import { fold } from "./fold.ts";
import { isSpent, transitionOf } from "./transition.ts";
import type { RunFold } from "./state.ts";
import { graphProblems, isWayOut } from "./workflow_graph.ts";

/** What is to be done next. `append` and `judge` join the commit at hand; the others happen after it. */
export type Command =
  | { readonly do: "append"; readonly bodies: readonly EventBody[] }
  | { readonly do: "judge"; readonly outcome: string; readonly transition: Transition }
  | { readonly do: "run"; readonly phase: string }
  | { readonly do: "perform"; readonly effect: EffectIntent; readonly failures: number }
  | { readonly do: "seal"; readonly status: RunStatus; readonly failures: number }
  /** Nothing before `untilMs`, or before somebody acts when it is null. */
  | { readonly do: "wait"; readonly untilMs: number | null }
  /** Nothing more, unless somebody reopens the run. */
  | { readonly do: "idle" };

export interface Machine {
  readonly definition: WorkflowDefinition;
  /** Pure: the state after an event and what follows from it at the instant `nowMs`. */
  step(state: RunFold | null, event: Event, nowMs: number): { state: RunFold; commands: readonly Command[] };
  /** What follows from a state alone. */
  next(state: RunFold, nowMs: number): Command;
}

/** Compiled machines by the JSON text that they were given as. */
const machines = new Map<string, Machine>();
const KEPT_MACHINES = 200;

/**
 * Compiles a workflow into a pure state machine.
 *
 * @param bound names of the handlers that exist here; a phase that names another is an error. Absent: not checked.
 */
export function compileWorkflow(definition: unknown, bound?: Iterable<string>): Result<Machine, Problem[]> {
  const names = bound === undefined
    ? undefined
    : bound instanceof Set
    ? bound as Set<string>
    : new Set(bound);
  const text = JSON.stringify(definition);
  const known = machines.get(text);
  if (known !== undefined && isBound(known.definition, names)) return ok(known);
  const parsed = WorkflowDefinition.safeParse(definition);
  if (!parsed.success) {
    return err(parsed.error.issues.map((issue) => ({
      code: "invalid-workflow",
      path: issue.path.join("."),
      value: "",
      message: `Cannot compile the workflow as it does not have its form: ${issue.message}`,
      remedy: "see the schema of a workflow definition",
    })));
  }
  const problems = graphProblems(parsed.data, names);
  if (problems.length > 0) return err(problems);
  const machine: Machine = {
    definition: keepCanonical(parsed.data),
    step(state, event, nowMs) {
      const after = fold(state, event, canonicalJson(event).length);
      return { state: after, commands: [next(after, nowMs)] };
    },
    next,
  };
  if (machines.size >= KEPT_MACHINES) machines.clear();
  machines.set(text, machine);
  return ok(machine);
}

function isBound(definition: WorkflowDefinition, names: ReadonlySet<string> | undefined): boolean {
  return names === undefined || Object.values(definition.phases).every((phase) => names.has(phase.handler));
}

/** What follows from a state at an instant. Total, and without side effects. */
export function next(state: RunFold, nowMs: number): Command {
  const { stage } = state;
  if (stage.at === "ended") return sealing(state, nowMs) ?? IDLE;
  if (state.cancelling) return nextCancelling(state);
  switch (stage.at) {
    case "accepted":
      return enter(state, state.phase);
    case "routed":
      return enter(state, stage.to);
    case "running":
      if (state.paused) return waitUntil(null);
      return isPutOff(stage.notBeforeMs, nowMs)
        ? waitUntil(stage.notBeforeMs)
        : { do: "run", phase: state.phase };
    case "parked":
      return nextParked(state, stage, nowMs);
    case "finished": {
      if (state.paused) return waitUntil(null);
      const { outcome } = stage.pending;
      const transition = transitionOf(state, outcome);
      if (transition === undefined || isSpent(state, outcome, transition)) {
        // An answer can bring a run back to a transition whose budget went elsewhere meanwhile.
        return ended(state, "failed", spent(state, outcome));
      }
      return { do: "judge", outcome, transition };
    }
    case "allowed":
      return nextAllowed(state, stage, nowMs);
    case "escalating":
      return append(questionFor(state, stage.pending.outcome));
    case "broken":
      return nextBroken(state, stage.strategy);
    case "escalated":
      return sealing(state, nowMs) ?? waitUntil(null);
  }
}

function nextCancelling(state: RunFold): Command {
  const effect = Object.entries(state.pending)[0];
  // What was intended is looked for and settled once; then the run ends.
  if (effect !== undefined && state.stage.at === "allowed") return perform(effect);
  return ended(state, "cancelled");
}

function nextParked(
  state: RunFold,
  stage: Extract<RunFold["stage"], { at: "parked" }>,
  nowMs: number,
): Command {
  if (state.paused) return waitUntil(null);
  const called = stage.signal !== null &&
    state.signals.some((s) => s.name === stage.signal && s.payload.seq > stage.seen);
  if (called) return append({ type: "run.unparked", v: 1, payload: { why: `signal ${stage.signal}` } });
  if (stage.untilMs !== null && !isLater(stage.untilMs, nowMs)) {
    const unparked: EventBody = { type: "run.unparked", v: 1, payload: { why: "timer" } };
    return stage.timer === null
      ? append(unparked)
      : append({ type: "timer.fired", v: 1, payload: { id: stage.timer } }, unparked);
  }
  return waitUntil(stage.untilMs);
}

function nextAllowed(
  state: RunFold,
  stage: Extract<RunFold["stage"], { at: "allowed" }>,
  nowMs: number,
): Command {
  const asked = (stage.asked?.value ?? []).filter((effect, i, all) =>
    !Object.hasOwn(state.effects, effect.key) && !Object.hasOwn(state.pending, effect.key) &&
    all.findIndex((other) => other.key === effect.key) === i
  );
  if (asked.length > 0) {
    return append(...asked.map((effect): EventBody => ({ type: "effect.intended", v: 1, payload: effect })));
  }
  // In the order of asking: a later effect may build on an earlier one.
  const effect = Object.entries(state.pending)[0];
  if (effect === undefined) return enter(state, stage.to);
  if (state.paused) return waitUntil(null);
  const { notBeforeMs } = effect[1];
  return isPutOff(notBeforeMs, nowMs, LONGEST_LIMIT_MS) ? waitUntil(notBeforeMs) : perform(effect);
}

function nextBroken(state: RunFold, strategy: "fail" | "escalate" | "re-plan"): Command {
  if (strategy === "fail") return ended(state, "failed", state.failure ?? led(state));
  if (strategy === "re-plan" && Object.hasOwn(state.workflow.phases, PLAN_PHASE)) {
    return enter(state, PLAN_PHASE);
  }
  return append(questionForFailure(state));
}

/** The phase that a re-plan goes back to. */
export const PLAN_PHASE = "plan";

function enter(state: RunFold, to: string): Command {
  if (!isWayOut(to)) {
    const visit = (state.visits[to] ?? 0) + 1;
    return append({ type: "phase.entered", v: 1, payload: { phase: to, visit } });
  }
  switch (to) {
    case "@completed":
      return ended(state, "completed");
    case "@denied":
      return ended(state, "denied");
    case "@failed":
      return ended(state, "failed", state.failure ?? led(state));
    case "@escalated":
      return append(questionFor(state, null));
  }
}

function led(state: RunFold): FailureRecord {
  return {
    class: "task-code",
    source: "user-environment",
    retryable: false,
    message: `Phase ${state.phase} ended in a way that its workflow counts as a failure`,
  };
}

function spent(state: RunFold, outcome: string): FailureRecord {
  return {
    class: "resource",
    source: "factory",
    retryable: false,
    message: `Cannot leave ${state.phase} on ${outcome} as the budget of that transition is used up`,
  };
}

function sealing(state: RunFold, nowMs: number): Command | null {
  if (state.sealing === null) return null;
  const { status, failures, notBeforeMs } = state.sealing;
  return isPutOff(notBeforeMs, nowMs) ? waitUntil(notBeforeMs) : { do: "seal", status, failures };
}

/** The end; what an attempt left reserved is spent. */
function ended(state: RunFold, status: RunStatus, failure?: FailureRecord): Command {
  const payload = failure === undefined ? { status } : { status, failure };
  return append(...closings(state), { type: "run.ended", v: 1, payload });
}

function perform([key, effect]: [string, RunFold["pending"][string]]): Command {
  return {
    do: "perform",
    effect: { key, kind: effect.kind, args: effect.args.value },
    failures: effect.failures,
  };
}

function append(...bodies: EventBody[]): Command {
  return { do: "append", bodies };
}

const IDLE: Command = { do: "idle" };
const WAIT_FOR_SOMEBODY: Command = { do: "wait", untilMs: null };

function waitUntil(untilMs: number | null): Command {
  return untilMs === null ? WAIT_FOR_SOMEBODY : { do: "wait", untilMs };
}

/** No back-off is that long: an instant further away was set before the clock went back. */
const LONGEST_BACKOFF_MS = 600_000;

/** An effect may have been told by a server how long to wait for its limit. */
const LONGEST_LIMIT_MS = 24 * 3600_000;

function isPutOff(instantMs: number | null, nowMs: number, longestMs = LONGEST_BACKOFF_MS): boolean {
  return instantMs !== null && instantMs > nowMs && instantMs <= nowMs + longestMs;
}

function isLater(instantMs: number | null, nowMs: number): boolean {
  return instantMs !== null && instantMs > nowMs;
}
