import type { Event } from "../specs/mod.ts";
import type { Before } from "./event_line.ts";
import type { HeadBody } from "./head.ts";
import type { RunFold } from "./state.ts";

/** How a state is written: a snapshot of the events up to `before.seq`, in one value or more, and the lines of those since. */
export interface Written {
  readonly before: Before;
  readonly parts: number;
  readonly body: HeadBody;
}

/** A run as it stands in the store: the folded state, who owns it, and where it stands in the queue. */
export interface RunRecord {
  readonly state: RunFold;
  /** Version of the head; a commit holds it against the store, which fences off whoever has an older one. */
  readonly version: string | null;
  readonly owner: string | null;
  /** Counts claims. */
  readonly epoch: number;
  /** Where the run's key stands in the queue; of a leased run, the lease as it was claimed (renewals move on from there). */
  readonly dueMs: number | null;
  /** Claims after an owner that did not let go, since the last step that was committed. */
  readonly crashes: number;
  readonly written: Written;
}

/** What a commit does to the run's place in the queue. */
export type LeaseChange =
  /** Stays with its owner; of a run without one, the place follows from its state. */
  | { readonly kind: "keep" }
  /**
   * The owner lets go. `dueMs` is where its lease key stands; `notBeforeMs` puts the run off; `crashed` when driving it threw.
   */
  | {
    readonly kind: "release";
    readonly dueMs: number;
    readonly notBeforeMs?: number;
    readonly crashed?: boolean;
  }
  /** `worker` takes it until `untilMs` from its place `fromMs`; `crashed` when the owner before had not let go. */
  | {
    readonly kind: "claim";
    readonly worker: string;
    readonly fromMs: number | null;
    readonly untilMs: number;
    readonly crashed: boolean;
  };

/** Events that are to be appended together, with the state that they lead to. Grows by `extend`. */
export interface Draft {
  readonly base: RunRecord | null;
  state: RunFold;
  readonly events: Event[];
  /** The events as they are written. */
  readonly lines: string[];
}

/** Nothing yet on top of a run. */
export function draftOn(base: RunRecord): Draft {
  return { base, state: base.state, events: [], lines: [] };
}

export type AppendOutcome = { ok: true; record: RunRecord } | { ok: false };
