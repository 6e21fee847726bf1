import type { Decision, Event, EventBody, EventType, Json, Transition } from "../specs/mod.ts";
import type { PendingTransition, RunFold, Slot, Stage } from "./state.ts";

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

/** A state that its holder may fold events into; other holders of the one that it was made from see nothing of that. */
export type OwnFold = { -readonly [K in keyof RunFold]: RunFold[K] };

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
        return { ...next({ at: "routed", to: state.phase, pending: null }), failure: null };
      case "retry-from":
        return { ...next({ at: "routed", to: p.phase ?? state.phase, pending: null }), failure: null };
      case "re-plan":
        return { ...next({ at: "routed", to: p.phase ?? "plan", pending: null }), failure: null };
      case "change-budget":
        return {
          ...next({ at: "routed", to: state.phase, pending: null }),
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

function afterFinish(state: RunFold, outcome: string, pending: PendingTransition): Partial<RunFold> {
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

function afterDecision(
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
function pendingOf(stage: Stage): PendingTransition | null {
  return stage.at === "escalating" || (stage.at === "routed" && stage.to === "@escalated")
    ? stage.pending
    : null;
}

function due(state: RunFold, status: "escalated" | Extract<Stage, { at: "ended" }>["status"]) {
  return { sealing: state.workflow.seals ? { status, failures: 0, notBeforeMs: null } : null };
}

function spend(state: RunFold, unit: string, amount: number): RunFold["budget"] {
  const current = state.budget[unit];
  if (current === undefined) return state.budget;
  return { ...state.budget, [unit]: { ...current, spent: current.spent + amount } };
}

function withLimits(budget: RunFold["budget"], limits: Record<string, number>): RunFold["budget"] {
  const changed: Record<string, { limit: number; spent: number; reserved: number }> = { ...budget };
  for (const [unit, limit] of Object.entries(limits)) {
    changed[unit] = { spent: 0, reserved: 0, ...budget[unit], limit };
  }
  return changed;
}

function counted(counts: Readonly<Record<string, number>>, key: string): Record<string, number> {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}

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

/** What the first event is folded onto. */
function emptyState(event: Event): OwnFold {
  return {
    run: event.run,
    title: "",
    parent: null,
    forkedFrom: null,
    createdAt: event.at,
    updatedAt: event.at,
    seq: 0,
    hash: "",
    lastId: "",
    lastActor: event.actor,
    workflow: { id: "none", version: "0.0.0", start: "none", phases: {}, seals: true },
    input: null,
    stage: { at: "accepted" },
    paused: false,
    cancelling: false,
    phase: "",
    visits: {},
    failures: 0,
    parks: 0,
    taken: {},
    outputs: {},
    effects: {},
    pending: {},
    lastDecision: null,
    feedback: null,
    failure: null,
    strategy: null,
    signals: [],
    approvals: [],
    escalation: null,
    budget: {},
    reservations: {},
    sealing: null,
    sealFailure: null,
    evidence: null,
  };
}
