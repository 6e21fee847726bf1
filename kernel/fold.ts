import type { Event, EventBody, EventType } from "../specs/mod.ts";
import { spend, withLimits } from "./budget.ts";
import {
  emptyState,
  type OwnFold,
  type PendingTransition,
  type RunFold,
  type Slot,
  type Stage,
} from "./state.ts";
import { afterDecision, afterFinish, feedbackOf, pendingOf, retryPhase } from "./transition.ts";

type PayloadOf<T extends EventType> = Extract<EventBody, { type: T }>["payload"];
type Fold = {
  [T in EventType]: (
    state: RunFold,
    payload: PayloadOf<T>,
    event: Event,
    slot: <V>(value: V) => Slot<V>,
  ) => Partial<RunFold>;
};

/**
 * The state after one more event. Pure: the same events give the same state, here, in a replay and in another process.
 *
 * @param bytes the size of the event's text, which decides later whether a snapshot carries its values inline
 */
export function fold(state: RunFold | null, event: Event, bytes: number): RunFold {
  return foldInto(ownCopy(state, event), event, bytes);
}

/** A copy of a state, or of the one before the first event. */
export function ownCopy(state: RunFold | null, event: Event): OwnFold {
  return state === null ? emptyState(event) : { ...state };
}

/** As `fold`, for whoever folds many events in a row: changes the state that it is given, which must be the caller's own. */
export function foldInto(state: OwnFold, event: Event, bytes: number): OwnFold {
  const slot = <V>(value: V): Slot<V> => ({ seq: event.seq, bytes, value });
  const apply = FOLD[event.type] as Fold[EventType] as (
    state: RunFold,
    payload: unknown,
    event: Event,
    slot: <V>(value: V) => Slot<V>,
  ) => Partial<RunFold>;
  Object.assign(state, apply(state, event.payload, event, slot));
  state.seq = event.seq;
  state.hash = event.hash;
  state.lastId = event.id;
  state.lastActor = event.actor;
  state.updatedAt = event.at;
  return state;
}

const FOLD: Fold = {
  "run.accepted": (state, p, event, slot) => ({
    title: p.title,
    parent: p.parent ?? null,
    forkedFrom: p.forkedFrom ?? null,
    createdAt: event.at,
    workflow: p.workflow,
    input: p.input,
    phase: p.forkedFrom?.phase ?? p.workflow.start,
    outputs: mapValues(p.outputs ?? {}, (output) => slot(output)),
    budget: mapValues(p.limits, (limit) => ({ limit, spent: 0, reserved: 0 })),
    stage: { at: "accepted" },
    run: state.run,
  }),
  "phase.entered": (state, p) => ({
    phase: p.phase,
    visits: { ...state.visits, [p.phase]: p.visit },
    failures: 0,
    parks: 0,
    stage: { at: "running", notBeforeMs: null },
    // What was said to a phase is for that phase: the next step forward starts clean.
    feedback: state.stage.at === "allowed" ? null : state.feedback,
  }),
  "phase.progress": () => ({}),
  "phase.finished": (state, p, _event, slot) => {
    const pending: PendingTransition = {
      outcome: p.outcome,
      asked: p.effects === undefined || p.effects.length === 0 ? null : slot(p.effects),
    };
    return {
      outputs: { ...state.outputs, [p.phase]: slot(p.output) },
      budget: spend(state, "ms", p.ms),
      failure: null,
      strategy: null,
      ...afterFinish(state, p.outcome, pending),
    };
  },
  "phase.failed": (state, p, event, slot) => {
    const feedback = p.strategy === "repair" || p.strategy === "switch-model" || p.strategy === "re-plan"
      ? slot(feedbackOf(event))
      : state.feedback;
    const stops = p.strategy === "fail" || p.strategy === "escalate" || p.strategy === "re-plan";
    const stage: Stage = stops
      ? { at: "broken", strategy: p.strategy as "fail" | "escalate" | "re-plan" }
      : { at: "running", notBeforeMs: instant(p.retryAt) };
    return {
      failures: state.failures + 1,
      failure: p.failure,
      strategy: p.strategy ?? null,
      feedback,
      stage,
      budget: spend(state, "ms", p.ms ?? 0),
    };
  },
  "output.copied": (state, p, _event, slot) => ({
    outputs: { ...state.outputs, [p.phase]: slot(p.output) },
  }),
  "transition.decided": (state, { decision }, event, slot) => ({
    lastDecision: slot(decision),
    ...afterDecision(state, decision, event, slot),
  }),
  "effect.intended": (state, p, _event, slot) => ({
    pending: {
      ...state.pending,
      [p.key]: { kind: p.kind, args: slot(p.args), failures: 0, notBeforeMs: null },
    },
  }),
  "effect.done": (state, p, _event, slot) => ({
    pending: without(state.pending, p.key),
    effects: { ...state.effects, [p.key]: slot(p.outcome) },
  }),
  "effect.failed": (state, p) => {
    const effect = state.pending[p.key];
    if (effect === undefined) return {};
    if (!p.final) {
      const next = { ...effect, failures: p.attempt, notBeforeMs: instant(p.retryAt) };
      return { pending: { ...state.pending, [p.key]: next }, failure: p.failure };
    }
    // Nobody knows whether it happened; whoever asks for the same key again looks for it first.
    return {
      pending: without(state.pending, p.key),
      failure: p.failure,
      ...(state.cancelling ? {} : { stage: { at: "broken", strategy: "fail" } as const }),
    };
  },
  "budget.reserved": (state, p) => {
    const unit = state.budget[p.unit];
    if (unit === undefined) return {};
    return {
      budget: { ...state.budget, [p.unit]: { ...unit, reserved: unit.reserved + p.amount } },
      reservations: { ...state.reservations, [p.id]: { unit: p.unit, amount: p.amount } },
    };
  },
  "budget.committed": (state, p) => {
    const held = state.reservations[p.id];
    const unit = state.budget[p.unit];
    if (held === undefined || unit === undefined) return {};
    return {
      budget: {
        ...state.budget,
        [p.unit]: { ...unit, reserved: unit.reserved - held.amount, spent: unit.spent + p.amount },
      },
      reservations: without(state.reservations, p.id),
    };
  },
  "signal.received": (state, p, _event, slot) => ({
    signals: [...state.signals, { id: p.id, name: p.name, payload: slot(p.payload) }],
  }),
  "signal.consumed": (state, p) => ({ signals: state.signals.filter((s) => s.id !== p.id) }),
  "timer.set": () => ({}),
  "timer.fired": () => ({}),
  "run.parked": (state, p) => ({
    parks: state.parks + 1,
    stage: {
      at: "parked",
      untilMs: instant(p.until),
      signal: p.signal ?? null,
      seen: p.seen ?? state.seq,
      timer: p.timer ?? null,
    },
  }),
  "run.unparked": () => ({ stage: { at: "running", notBeforeMs: null } }),
  "run.paused": () => ({ paused: true }),
  "run.resumed": () => ({ paused: false }),
  "run.cancelling": (state) => ({
    cancelling: true,
    paused: false,
    escalation: null,
    sealing: null,
    // Nothing more is waited for; what was intended is still looked for and settled.
    pending: mapValues(state.pending, (effect) => ({ ...effect, notBeforeMs: null })),
  }),
  "escalation.opened": (state, p) => ({
    escalation: p,
    stage: { at: "escalated", pending: pendingOf(state.stage) },
    ...due(state, "escalated"),
  }),
  "escalation.answered": (state, p, event, slot) => {
    const at = state.stage;
    const next = (stage: Stage): Partial<RunFold> => ({
      stage,
      escalation: null,
      sealing: null,
      sealFailure: null,
      feedback: p.comment === "" ? state.feedback : slot(feedbackOf(event)),
    });
    const approval = {
      by: p.by,
      at: event.at,
      selfApproved: p.selfApproved,
      ...(p.subject === undefined ? {} : { subject: p.subject }),
      ...(p.envelopeDigest === undefined ? {} : { envelope: p.envelopeDigest }),
    };
    switch (p.choice) {
      case "approve":
        if (at.at !== "escalated" || at.pending === null) return {};
        return {
          ...next({ at: "finished", pending: at.pending }),
          approvals: [...state.approvals, approval],
        };
      case "reject":
        return next({ at: "routed", to: "@denied", pending: null });
      case "retry":
        return { ...next({ at: "routed", to: retryPhase(state), pending: null }), failure: null };
      case "retry-from":
        return { ...next({ at: "routed", to: p.phase ?? state.phase, pending: null }), failure: null };
      case "re-plan":
        return { ...next({ at: "routed", to: p.phase ?? "plan", pending: null }), failure: null };
      case "change-budget":
        return {
          ...next({ at: "routed", to: retryPhase(state), pending: null }),
          failure: null,
          budget: withLimits(state.budget, p.budget ?? {}),
        };
      case "cancel":
        return { ...next(at), cancelling: true };
    }
  },
  "run.retried": (state, p) => {
    if (p.phase === SEAL) {
      const status = state.stage.at === "ended" ? state.stage.status : "escalated";
      return { sealFailure: null, sealing: { status, failures: 0, notBeforeMs: null } };
    }
    return {
      stage: { at: "routed", to: p.phase, pending: null },
      failure: null,
      strategy: null,
      cancelling: false,
      paused: false,
      sealing: null,
      sealFailure: null,
      taken: {},
    };
  },
  "run.ended": (state, p) => ({
    stage: { at: "ended", status: p.status },
    failure: p.failure ?? (p.status === "failed" ? state.failure : null),
    // Open here only when an effect before them failed for good or the run was cancelled: they were not begun.
    pending: {},
    escalation: null,
    cancelling: false,
    paused: false,
    ...due(state, p.status),
  }),
  "evidence.sealed": (_state, p) => ({
    evidence: p,
    sealing: null,
    sealFailure: null,
  }),
  "evidence.failed": (state, p) =>
    p.final ? { sealing: null, sealFailure: p.failure } : {
      sealing: { status: p.status, failures: p.attempt, notBeforeMs: instant(p.retryAt) },
      failure: state.failure,
    },
};

/** The name that `retry` uses to seal again after sealing has failed. */
export const SEAL = "@seal";

function without<V>(record: Readonly<Record<string, V>>, key: string): Record<string, V> {
  const { [key]: _gone, ...rest } = record;
  return rest;
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, map: (value: V) => W): Record<string, W> {
  const mapped: Record<string, W> = {};
  for (const key of Object.keys(record)) mapped[key] = map(record[key] as V);
  return mapped;
}

function instant(at: string | undefined): number | null {
  return at === undefined ? null : Date.parse(at);
}

function due(state: RunFold, status: "escalated" | Extract<Stage, { at: "ended" }>["status"]) {
  return { sealing: state.workflow.seals ? { status, failures: 0, notBeforeMs: null } : null };
}
