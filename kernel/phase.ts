import { type EventBody, FailureRecord } from "../specs/ledger/mod.ts";
import { type Active, heldBack } from "./active.ts";
import { closings } from "./budget.ts";
import type { Core } from "./core.ts";
import { failureOf } from "./failure.ts";
import { planFor } from "./failure_table.ts";
import type { PhaseResult } from "./port.ts";
import { type RunFold, visitOf } from "./state.ts";
import { Step } from "./step.ts";
import { stepContext } from "./step_context.ts";

/** What a step's commit writes, made from the state at hand. */
export type Make = (state: RunFold) => readonly EventBody[];

/** A step's outcome: what to commit, and what to commit instead when the ledger refuses it. */
export interface Made {
  readonly make: Make;
  readonly refused?: (why: Error) => Make;
}

/** The step was given up because this worker stops: nothing is recorded, another worker does it again. */
export const STOPPED = Symbol("stopped");

/** Carries the present phase out and returns what is to be committed. */
export async function runPhase(core: Core, active: Active): Promise<Made | typeof STOPPED> {
  const { clock, settings, options } = core;
  const { state } = active.record;
  const phase = state.workflow.phases[state.phase];
  const handler = phase === undefined ? undefined : options.handlers[phase.handler];
  if (phase === undefined || handler === undefined) {
    throw new Error(`Cannot run ${state.run} as phase ${state.phase} has no handler here`);
  }
  const why = options.hold === undefined ? null : await options.hold(state.run);
  if (why !== null) return { make: still(state, () => [heldBack(why)]) };
  const startedMs = clock.now();
  const timeoutMs = timeLeft(state, phase.timeoutSeconds * 1000);
  if (timeoutMs <= 0) {
    return failing(core, {
      class: "resource",
      source: "user-environment",
      retryable: false,
      message: `Cannot start ${state.phase} as the run's time budget is used up`,
      remedy: "Raise the budget's seconds and retry the run",
    }, startedMs);
  }
  const work = new Step(clock, timeoutMs, settings.abortGraceMs);
  active.step = work;
  try {
    const outcome = await work.race(() => handler(stepContext(core, active, work)));
    const reason = work.reason;
    if (reason === "cancelled" || reason === "lost") return { make: closings };
    if ("gaveUp" in outcome && reason === "stopping") return STOPPED;
    if (reason === "timeout") {
      return failing(core, {
        class: "timeout",
        source: "factory",
        retryable: true,
        message: `Phase ${state.phase} did not end within ${timeoutMs} ms`,
        remedy: "Raise the phase's timeout, or look at what it waits for",
      }, startedMs);
    }
    if ("gaveUp" in outcome) throw new Error(`Phase ${state.phase} was given up without a reason`);
    if ("threw" in outcome) {
      // Told to stop, it may well throw: that is no failure of the phase.
      if (reason === "stopping") return STOPPED;
      return failing(
        core,
        failureOf(outcome.threw, { class: "unknown", source: "factory", retryable: true }),
        startedMs,
      );
    }
    return made(core, active, outcome.given, startedMs, state.seq);
  } finally {
    active.step = null;
  }
}

/** A phase's result as events, or the failure that it is when it cannot be in the ledger. */
function made(core: Core, active: Active, result: PhaseResult, startedMs: number, seen: number): Made {
  const { state } = active.record;
  const ms = elapsed(core, startedMs);
  const wrong = wrongWith(result);
  if (wrong !== null) return failing(core, broken(`Phase ${state.phase} gave ${wrong}`), startedMs);
  switch (result.kind) {
    case "done": {
      if (!Object.hasOwn(state.workflow.phases[state.phase]?.on ?? {}, result.outcome)) {
        return failing(
          core,
          broken(`Phase ${state.phase} gave the outcome ${result.outcome}, which its workflow does not know`),
          startedMs,
        );
      }
      const bodies = (at: RunFold): EventBody[] => [
        ...closings(at),
        ...consumed(at, result.consumed ?? NO_IDS),
        {
          type: "phase.finished",
          v: 1,
          payload: {
            phase: at.phase,
            visit: visitOf(at),
            outcome: result.outcome,
            output: result.output,
            ms,
            ...(result.effects === undefined || result.effects.length === 0
              ? {}
              : { effects: result.effects }),
          },
        },
      ];
      const unbound = (result.effects ?? []).find((e) => !Object.hasOwn(core.options.effects, e?.kind));
      if (unbound !== undefined) {
        return failing(
          core,
          broken(`Phase ${state.phase} asks for an effect of an unbound kind: ${unbound.kind}`),
          startedMs,
        );
      }
      return {
        make: still(state, bodies),
        refused: (why) => failing(core, broken(why.message), startedMs).make,
      };
    }
    case "failed": {
      const parsed = FailureRecord.safeParse(result.failure);
      return parsed.success
        ? failing(core, parsed.data, startedMs)
        : failing(core, broken(`Phase ${state.phase} failed without a failure record`), startedMs);
    }
    case "park": {
      const bodies = (at: RunFold): EventBody[] => [...closings(at), ...parked(core, result, seen)];
      return {
        make: still(state, bodies),
        refused: (why) => failing(core, broken(why.message), startedMs).make,
      };
    }
  }
}

const NOTHING: readonly EventBody[] = [];
const NO_IDS: readonly string[] = [];
/** An instant that a Date can say. */
const LAST_INSTANT_MS = 8.64e15;

/** What a handler's result lacks to be one, or null: types do not hold what was loaded at run time. */
function wrongWith(result: PhaseResult): string | null {
  switch (result?.kind) {
    case "done":
      if (result.effects !== undefined && !Array.isArray(result.effects)) return "effects that are no list";
      return result.consumed === undefined || Array.isArray(result.consumed)
        ? null
        : "consumed signals that are no list";
    case "failed":
      return null;
    case "park":
      if (typeof result.reason !== "string") return "no reason to be parked";
      return result.untilMs === undefined || Math.abs(result.untilMs) <= LAST_INSTANT_MS
        ? null
        : `an instant to wait for that is none: ${result.untilMs}`;
    default:
      return "no result";
  }
}

/** A failure with what the table says about it. */
function failing(core: Core, failure: FailureRecord, startedMs: number): Made {
  const ms = elapsed(core, startedMs);
  const random = core.settings.random();
  const make: Make = (at) => {
    if (at.stage.at !== "running" || at.cancelling) return closings(at);
    const attempt = at.failures + 1;
    const attempts = at.workflow.phases[at.phase]?.attempts ?? 1;
    const { strategy, delayMs } = planFor(failure, attempt, attempts, random, core.settings.failureTable);
    const retries = strategy !== "fail" && strategy !== "escalate" && strategy !== "re-plan";
    const retryMs = core.clock.now() + delayMs;
    const retryAt = retries && delayMs > 0 ? { retryAt: new Date(retryMs).toISOString() } : {};
    const failed: EventBody = {
      type: "phase.failed",
      v: 1,
      payload: { phase: at.phase, visit: visitOf(at), attempt, failure, strategy, ms, ...retryAt },
    };
    const waits = strategy === "wait"
      ? parked(
        core,
        { kind: "park", reason: `waits after a failure: ${failure.message}`, untilMs: retryMs },
        at.seq,
      )
      : [];
    return [...closings(at), failed, ...waits];
  };
  return { make };
}

function parked(core: Core, park: Extract<PhaseResult, { kind: "park" }>, seen: number): EventBody[] {
  const { untilMs, signal } = park;
  const reason = park.reason.slice(0, 2000);
  if (untilMs === undefined) {
    return [{
      type: "run.parked",
      v: 1,
      payload: { reason, seen, ...(signal === undefined ? {} : { signal }) },
    }];
  }
  const until = new Date(Math.ceil(untilMs)).toISOString();
  const timer = core.ids.make("tmr");
  return [
    { type: "timer.set", v: 1, payload: { id: timer, at: until } },
    {
      type: "run.parked",
      v: 1,
      payload: { reason, until, seen, timer, ...(signal === undefined ? {} : { signal }) },
    },
  ];
}

/** The bodies while the run still stands where the handler began; a cancel leaves only what closes its reservations. */
function still(began: RunFold, bodies: (state: RunFold) => EventBody[]): Make {
  return (at) =>
    at.stage.at === "running" && at.phase === began.phase && visitOf(at) === visitOf(began) && !at.cancelling
      ? bodies(at)
      : closings(at);
}

function consumed(state: RunFold, ids: readonly string[]): readonly EventBody[] {
  if (ids.length === 0 || state.signals.length === 0) return NOTHING;
  const wanted = new Set(ids);
  return state.signals.filter((s) => wanted.has(s.id)).map((s): EventBody => ({
    type: "signal.consumed",
    v: 1,
    payload: { id: s.id },
  }));
}

function broken(message: string): FailureRecord {
  return { class: "data-integrity", source: "factory", retryable: false, message: message.slice(0, 8000) };
}

function timeLeft(state: RunFold, timeoutMs: number): number {
  const ms = state.budget.ms;
  return ms === undefined ? timeoutMs : Math.min(timeoutMs, ms.limit - ms.spent - ms.reserved);
}

function elapsed(core: Core, startedMs: number): number {
  return Math.max(Math.round(core.clock.now() - startedMs), 0);
}
