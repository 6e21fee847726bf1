import type { EventType } from "../specs/mod.ts";
import type { Draft, LeaseChange } from "./run_record.ts";
import { next } from "./machine.ts";
import type { RunFold } from "./state.ts";

/** Who owns a run and where it stands in the queue after a commit. */
export interface Place {
  readonly owner: string | null;
  readonly epoch: number;
  readonly dueMs: number | null;
  readonly oldDueMs: number | null;
  readonly crashes: number;
  /** What the queue entry says: the owner, `READY`, or `WAITING` for an instant that the run itself asks for. */
  readonly mark: string;
}

/** Queue entries of runs without an owner. A worker's name is neither. */
export const READY = "";
export const WAITING = "~";

/** Steps that show that a run gets on: a claim after them is not one more crash of the same step. */
const PROGRESS: ReadonlySet<EventType> = new Set([
  "phase.finished",
  "phase.failed",
  "effect.done",
  "effect.failed",
  "evidence.sealed",
  "evidence.failed",
]);

export function placeAfter(draft: Draft, lease: LeaseChange, nowMs: number): Place {
  const { base, state } = draft;
  const epoch = base?.epoch ?? 0;
  const crashes = draft.events.some((event) => PROGRESS.has(event.type)) ? 0 : base?.crashes ?? 0;
  const oldDueMs = base?.dueMs ?? null;
  switch (lease.kind) {
    case "claim":
      return {
        owner: lease.worker,
        epoch: epoch + 1,
        dueMs: lease.untilMs,
        oldDueMs: lease.fromMs,
        crashes: lease.crashed ? crashes + 1 : crashes,
        mark: lease.worker,
      };
    case "release": {
      const dueMs = queueDue(state, nowMs);
      return {
        owner: null,
        epoch,
        dueMs: later(dueMs, lease.notBeforeMs),
        oldDueMs: lease.dueMs,
        crashes: lease.crashed === true ? crashes + 1 : crashes,
        mark: dueMs !== null && dueMs > nowMs ? WAITING : READY,
      };
    }
    case "keep": {
      const owner = base?.owner ?? null;
      if (owner !== null) return { owner, epoch, dueMs: oldDueMs, oldDueMs, crashes, mark: owner };
      const dueMs = queueDue(state, nowMs);
      const mark = dueMs !== null && dueMs > nowMs ? WAITING : READY;
      return { owner, epoch, dueMs, oldDueMs, crashes, mark };
    }
  }
}

/** When a run is to be driven next: now, at an instant, or not before somebody acts (null). */
export function queueDue(state: RunFold, nowMs: number): number | null {
  const command = next(state, nowMs);
  switch (command.do) {
    case "append":
    case "judge":
    case "run":
    case "perform":
    case "seal":
      return nowMs;
    case "wait":
      return command.untilMs;
    case "idle":
      return null;
  }
}

function later(dueMs: number | null, notBeforeMs: number | undefined): number | null {
  return dueMs === null || notBeforeMs === undefined ? dueMs : Math.max(dueMs, notBeforeMs);
}
