import type {
  Actor,
  Decision,
  EffectIntent,
  Escalation,
  FailureRecord,
  FailureStrategy,
  Json,
  RunStatus,
  WorkflowDefinition,
} from "../specs/mod.ts";
import type { RunState } from "./port.ts";

/**
 * A value that stands in the ledger: the event that holds it, that event's size, and the value itself. A snapshot leaves big ones
 * out and finds them again by `seq`, so that a step never rewrites the outputs of the steps before it.
 */
export interface Slot<T = Json> {
  readonly seq: number;
  readonly bytes: number;
  readonly value: T;
}

/** A transition that waits for a human: what an approval lets the judge look at again. */
export interface PendingTransition {
  readonly outcome: string;
  readonly asked: Slot<readonly EffectIntent[]> | null;
}

/** Where a run stands. Closed: what comes next is a function of this. */
export type Stage =
  /** Nothing has begun. */
  | { readonly at: "accepted" }
  /** On its way into a phase or out of the workflow. */
  | { readonly at: "routed"; readonly to: string; readonly pending: PendingTransition | null }
  /** A phase is to be carried out, or is being carried out. */
  | { readonly at: "running"; readonly notBeforeMs: number | null }
  /** A phase waits for an instant or a signal later than event `seen`. */
  | {
    readonly at: "parked";
    readonly untilMs: number | null;
    readonly signal: string | null;
    readonly seen: number;
    readonly timer: string | null;
  }
  /** A phase is done and its gated transition is to be judged. */
  | { readonly at: "finished"; readonly pending: PendingTransition }
  /** The transition may be taken once its effects are done. */
  | { readonly at: "allowed"; readonly to: string; readonly asked: Slot<readonly EffectIntent[]> | null }
  /** The judge asks for a human; the question is not yet recorded. */
  | { readonly at: "escalating"; readonly pending: PendingTransition }
  /** A failure that no retry mends. */
  | { readonly at: "broken"; readonly strategy: "fail" | "escalate" | "re-plan" }
  | { readonly at: "escalated"; readonly pending: PendingTransition | null }
  | { readonly at: "ended"; readonly status: RunStatus };

export interface PendingEffect {
  readonly kind: string;
  readonly args: Slot;
  readonly failures: number;
  readonly notBeforeMs: number | null;
}

export interface KeptSignal {
  readonly id: string;
  readonly name: string;
  readonly payload: Slot;
}

export interface RecordedApproval {
  readonly by: Actor;
  readonly subject?: string;
  readonly at: string;
  readonly selfApproved: boolean;
  /** Digest of the signed answer. */
  readonly envelope?: string;
}

/** The state of a run: the fold of its events, nothing else. */
export interface RunFold {
  readonly run: string;
  readonly title: string;
  readonly parent: string | null;
  readonly forkedFrom: { readonly run: string; readonly phase: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly seq: number;
  readonly hash: string;
  readonly lastId: string;
  readonly lastActor: Actor;

  readonly workflow: WorkflowDefinition;
  readonly input: Json;

  readonly stage: Stage;
  readonly paused: boolean;
  readonly cancelling: boolean;
  readonly phase: string;
  readonly visits: Readonly<Record<string, number>>;
  /** Tries of the present visit that failed. */
  readonly failures: number;
  /** How often the present visit was parked. */
  readonly parks: number;
  /** How often each transition, and each denied route (with a `!`), was taken. */
  readonly taken: Readonly<Record<string, number>>;

  readonly outputs: Readonly<Record<string, Slot>>;
  readonly effects: Readonly<Record<string, Slot>>;
  readonly pending: Readonly<Record<string, PendingEffect>>;
  readonly lastDecision: Slot<Decision> | null;
  readonly feedback: Slot | null;
  readonly failure: FailureRecord | null;
  readonly strategy: FailureStrategy | null;
  readonly signals: readonly KeptSignal[];
  readonly approvals: readonly RecordedApproval[];
  readonly escalation: Escalation | null;

  readonly budget: Readonly<Record<string, { limit: number; spent: number; reserved: number }>>;
  readonly reservations: Readonly<Record<string, { unit: string; amount: number }>>;

  /** Evidence that is still to be sealed: set on every way out, unless the workflow does not seal. */
  readonly sealing: {
    readonly status: RunStatus;
    readonly failures: number;
    readonly notBeforeMs: number | null;
  } | null;
  /** Why evidence could not be sealed after every try; the run counts as failed while this stands. */
  readonly sealFailure: FailureRecord | null;
  readonly evidence: { id: string; digest: string; path: string; status: string } | null;
}

/** The one status that people see. */
export function statusOf(state: RunFold): RunState {
  if (state.sealFailure !== null) return "failed";
  if (state.stage.at === "ended") {
    const { status } = state.stage;
    // A run never ends as escalated or parked: those are read from the stage.
    return status === "escalated" || status === "parked" ? "failed" : status;
  }
  if (state.cancelling) return "cancelling";
  if (state.stage.at === "escalated") return "escalated";
  if (state.paused) return "paused";
  if (state.stage.at === "parked" || waitsLong(state)) return "parked";
  return state.stage.at === "accepted" ? "queued" : "running";
}

/** Whether nothing more happens by itself soon: ended, escalated or parked, with the evidence that is due sealed. */
export function isSettled(state: RunFold): boolean {
  if (state.stage.at === "ended" || state.stage.at === "escalated") return state.sealing === null;
  return (state.stage.at === "parked" || waitsLong(state)) && !state.cancelling && !state.paused;
}

/** Longer than any back-off of ours between two tries of an effect. */
const LONG_MS = 60_000;

/** Whether an effect was told to wait for so long, such as for the end of a rate limit, that nobody should wait in front of it. */
function waitsLong(state: RunFold): boolean {
  if (state.stage.at !== "allowed") return false;
  const notBeforeMs = Object.values(state.pending)[0]?.notBeforeMs ?? null;
  return notBeforeMs !== null && notBeforeMs - Date.parse(state.updatedAt) > LONG_MS;
}

/** Whether the last event of the run has been written, as far as anyone can tell now. */
export function isFinal(state: RunFold): boolean {
  return state.stage.at === "ended" && state.sealing === null;
}

/** Which entry of the present phase this is, from 1. */
export function visitOf(state: RunFold): number {
  return state.visits[state.phase] ?? 1;
}

/** A state that its holder may fold events into; other holders of the one that it was made from see nothing of that. */
export type OwnFold = { -readonly [K in keyof RunFold]: RunFold[K] };

/** What the first event is folded onto. */
export function emptyState(event: { run: string; at: string; actor: Actor }): OwnFold {
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
