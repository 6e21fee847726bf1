/** What the kernel asks of the outside, and what it gives to the floors above. */
import type {
  Actor,
  Decision,
  EffectIntent,
  Event,
  FailureRecord,
  Json,
  WorkflowDefinition,
} from "../specs/mod.ts";

/** Milliseconds since the epoch, and a way to wait that tests can fake. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  /** A new UUIDv7. */
  uuid(): string;
  /** A new id with a prefix, such as `run_0f3k...`: time-ordered, lower-case base 32. */
  make(prefix: string): string;
}

/** Content-addressed bytes. Names are `sha256:<hex>`; writing the same bytes twice is one blob. */
export interface Blobs {
  put(bytes: Uint8Array | string): Promise<string>;
  /** The bytes, or null when absent. Throws when the stored bytes do not hash to the name. */
  get(digest: string): Promise<Uint8Array | null>;
  has(digest: string): Promise<boolean>;
}

/** What a phase handler sees. Everything durable comes in; everything that it wants durable goes out by its result. */
export interface PhaseContext {
  readonly run: string;
  readonly phase: string;
  /** Counts entries of this phase, from 1. */
  readonly visit: number;
  /** Counts tries of this visit, from 1. */
  readonly attempt: number;
  /** Counts how often this visit was parked, by itself or by the table of failures. */
  readonly parks?: number;
  /** Stable over crashes and retries of this visit: run/phase/visit. */
  readonly idempotencyKey: string;
  readonly input: Json;
  /** The last committed output of each phase. */
  readonly outputs: Readonly<Record<string, Json>>;
  /** Signals kept for the run and not yet consumed, oldest first. */
  readonly signals: readonly { id: string; name: string; payload: Json }[];
  /** Findings of the denial or failure that sent the run back here, if one did. */
  readonly feedback: Json;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly abort: AbortSignal;
  readonly budget: BudgetMeter;
  /** Tells the watchers; durable, in order, cheap (rides with the next commit). */
  progress(message: string, data?: Json): void;
}

/** Reserve the worst case before, commit the actual after. */
export interface BudgetMeter {
  /** Durable before it returns. Refused (false) when the unit has a limit that would be passed, or no limit is known. */
  reserve(unit: string, amount: number): Promise<{ ok: true; id: string } | { ok: false; left: number }>;
  commit(id: string, actual: number): Promise<void>;
  left(unit: string): number;
}

export type PhaseResult =
  /** The phase did its work; the workflow decides where `outcome` leads. */
  | { kind: "done"; outcome: string; output: Json; effects?: EffectIntent[]; consumed?: string[] }
  /** It could not be judged or done; the failure table decides: retry, wait, escalate, fail. */
  | { kind: "failed"; failure: FailureRecord }
  /** It waits, holding no worker, for an instant (ms since epoch) or a signal. */
  | { kind: "park"; reason: string; untilMs?: number; signal?: string };

export type PhaseHandler = (ctx: PhaseContext) => Promise<PhaseResult>;

/** What the judge may read about a transition. Deterministic: the instant is an input. */
export interface TransitionInput {
  readonly run: string;
  readonly workflow: WorkflowDefinition;
  readonly from: string;
  readonly to: string;
  readonly outcome: string;
  readonly input: Json;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly budget: Readonly<Record<string, { limit: number; spent: number; reserved: number }>>;
  readonly approvals: readonly {
    by: Actor;
    subject?: string;
    at: string;
    selfApproved: boolean;
    /** Digest of the signed answer, a blob. */
    envelope?: string;
  }[];
  readonly at: string;
}

/** One function for every gated transition of every workflow. A throw is a denial. */
export type Judge = (input: TransitionInput) => Promise<Decision>;

/** An effect: look for it first; act only when it is not there. Called after the intent is durable. */
export interface EffectHandler {
  look(key: string, args: Json, run: string): Promise<{ found: true; outcome: Json } | { found: false }>;
  act(key: string, args: Json, run: string, abort: AbortSignal): Promise<Json>;
}

export type RunState =
  | "queued"
  | "running"
  | "parked"
  | "paused"
  | "escalated"
  | "cancelling"
  | "completed"
  | "denied"
  | "failed"
  | "cancelled";

/** The folded state of a run: what `step` returns and what the snapshot beside the head keeps. */
export interface RunView {
  readonly run: string;
  readonly status: RunState;
  readonly title: string;
  readonly workflow: WorkflowDefinition;
  readonly phase: string;
  readonly visits: Readonly<Record<string, number>>;
  readonly input: Json;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly effects: Readonly<Record<string, Json>>;
  readonly lastDecision: Decision | null;
  readonly failure: FailureRecord | null;
  readonly escalation: { reason: string; question: string; subject?: string; options: string[] } | null;
  readonly evidence: { id: string; digest: string; path: string; status: string } | null;
  readonly budget: Readonly<Record<string, { limit: number; spent: number; reserved: number }>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly head: { seq: number; hash: string };
  readonly forkedFrom: { run: string; phase: string } | null;
  readonly parent?: string | null;
}

export interface Submission {
  workflow: WorkflowDefinition;
  input: Json;
  title?: string;
  actor: Actor;
  idempotencyKey?: string;
  parent?: string;
  limits?: Record<string, number>;
}

export type ControlAction =
  | { action: "cancel" | "pause" | "resume"; why?: string }
  | { action: "retry"; phase?: string; why?: string }
  | { action: "fork"; phase: string }
  | {
    action: "answer";
    choice: "approve" | "reject" | "retry" | "retry-from" | "change-budget" | "re-plan" | "cancel";
    comment?: string;
    subject?: string;
    phase?: string;
    budget?: Record<string, number>;
    selfApproved?: boolean;
    /** DSSE envelope over the answer, signed by the principal's key; kept as it is. */
    envelope?: Json;
    /** The same, kept as a blob before. */
    envelopeDigest?: string;
  };

export type ControlOutcome = { ok: true; run: string } | {
  ok: false;
  code: "not-found" | "conflict" | "invalid";
  message: string;
  remedy: string;
};

/** The engine: the one thing that moves runs. */
export interface Engine {
  /** Boot scan, workers, sweeper. */
  start(): Promise<void>;
  /** Lets steps in flight finish within `graceMs`, then releases leases. Does not close the store. */
  stop(graceMs?: number): Promise<void>;
  /** Durable when it returns. The same idempotency key gives the same run. */
  submit(submission: Submission): Promise<{ run: string; existed: boolean }>;
  /** The run that was submitted with this idempotency key; null when none was. */
  asked?(idempotencyKey: string): Promise<string | null>;
  control(run: string, action: ControlAction, actor: Actor): Promise<ControlOutcome>;
  /** Kept when it comes before anyone waits for it. The same id is kept once. */
  signal(run: string, name: string, payload: Json, actor: Actor, id?: string): Promise<ControlOutcome>;
  view(run: string): Promise<RunView | null>;
  events(run: string, options?: { after?: number; limit?: number }): Promise<Event[]>;
  /** Events after `after` as they are committed, ends after the terminal one (evidence sealed) or on abort. */
  watch(run: string, options?: { after?: number; signal?: AbortSignal }): AsyncIterable<Event>;
  list(
    options?: { cursor?: string; limit?: number; status?: string },
  ): Promise<{ runs: RunView[]; cursor: string | null }>;
  /** Resolves when the run has ended, is escalated, or is parked, and its evidence is sealed. */
  settled(run: string, signal?: AbortSignal): Promise<RunView>;
  /** One look at the queue, for hosts where timers do not run between requests. */
  sweep?(): Promise<void>;
  /** Queue depth, leases, commits: for /metrics. Counters, never scans. */
  metrics(): Record<string, number>;
}

export interface EngineOptions {
  store: import("./store/port.ts").Store;
  blobs: Blobs;
  clock: Clock;
  ids: Ids;
  handlers: Readonly<Record<string, PhaseHandler>>;
  effects: Readonly<Record<string, EffectHandler>>;
  judge: Judge;
  /** Seals evidence on every way out; the returned record goes into the ledger. Idempotent by run and head. */
  seal?: (view: RunView, status: string) => Promise<{ id: string; digest: string; path: string }>;
  /**
   * Asked before a phase begins, before a transition is judged and before an effect acts: a reason pauses the run there, until
   * somebody resumes it. What is found done is recorded, and a run that is being cancelled ends without the effect.
   */
  hold?: (run: string) => Promise<string | null>;
  /** What every event passes before it is written. */
  boundary?: import("./ledger.ts").WriteBoundary;
  /** Blobs of one run, by its input; those of all unless told. */
  blobsOf?: (input: Json) => Blobs;
  /** Runs that are driven at the same time, 16 unless told. */
  concurrency?: number;
  /** How long a run stays with a worker that does not answer, 4000 at most; renewed every quarter of it. */
  leaseMs?: number;
  /** Name of this worker, unique over time; made up unless told. A worker that holds a lock passes the lock's name. */
  worker?: string;
  /** Whether a worker is known to be dead, so that its leases need not run out. Absent or false: wait for the lease. */
  isOwnerGone?: (worker: string) => Promise<boolean>;
  /** How often the queue is looked at for what nobody woke us for, 1000 unless told. */
  sweepMs?: number;
  /** How long the judge may take, 60000 unless told; later is a denial. */
  judgeTimeoutMs?: number;
  /** How long a handler may go on after it was told to stop, before its step is given up, 2000 unless told. */
  abortGraceMs?: number;
  /** Tries of an effect, and of sealing, before they have failed, 5 unless told. */
  effectAttempts?: number;
  sealAttempts?: number;
  /** Claims after crashes without one committed step in between, before a run is a dead letter, 20 unless told. */
  maxCrashes?: number;
  /** What to do about each class of failure; the kernel's own table unless told. */
  failureTable?: import("./failure_table.ts").FailureTable;
  /** Told about what should not happen: a driver that threw, a store that does not answer. The run is taken up again by itself. */
  onError?: (error: unknown, run: string | null) => void;
  /** In [0, 1): spreads waits. Tests give a seeded one. */
  random?: () => number;
}
