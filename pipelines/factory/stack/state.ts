import { z } from "zod";
import type { RunView } from "../../../kernel/mod.ts";
import { Denial, Digest, type Json, PullRequestRef } from "../../../specs/mod.ts";

/** Units that the runs of a plan share; time is shared by the clock. */
export const SHARED = ["tokens", "costMicroUsd", "repairs"] as const;

const Amounts = z.record(z.string(), z.number());

/** The run of a task, as the stack knows it. */
const TaskRun = z.strictObject({
  /** How often it was begun. */
  n: z.number().int().min(1),
  /** Of the effect that begins it. */
  key: z.string(),
  /** What it may spend: no longer the plan's own. */
  limits: Amounts,
  /** What of that was booked on the plan's budget. */
  booked: Amounts,
  /** Null until the run was seen. */
  run: z.string().nullable(),
  status: z.string(),
});
export type TaskRun = z.infer<typeof TaskRun>;

/** A task without a pull request that nobody works on. */
const Stopped = z.strictObject({
  task: z.string(),
  run: z.string().nullable(),
  status: z.string(),
  why: z.string(),
  denials: z.array(Denial),
});
export type Stopped = z.infer<typeof Stopped>;

export const StackedPull = PullRequestRef.extend({ task: z.string(), run: z.string() });
export type StackedPull = z.infer<typeof StackedPull>;

/** Where a plan's pull requests stand: the output of the phase, so that it outlives whoever works on it. */
export const StackState = z.strictObject({
  stack: z.literal(1),
  /** The plan that it was begun with, and its visit: another plan has another stack. */
  of: z.string(),
  /** Blob: the plan as it is now, with tasks that were split. */
  plan: Digest,
  /** Tasks of which a planner has made several, because their change was too large. */
  split: z.array(z.string()),
  /** The tasks as they are then, to be shown. */
  tasks: z.array(z.strictObject({ id: z.string(), title: z.string(), dependsOn: z.array(z.string()) }))
    .optional(),
  /** Blob: calls of models for that. */
  calls: Digest.optional(),
  runs: z.record(z.string(), TaskRun),
  pulls: z.array(StackedPull),
  stopped: z.array(Stopped),
  /** A split did not help, or could not be made: a human decides. */
  question: z.string().nullable(),
  over: z.boolean(),
  lookedAt: z.number(),
  /** Looks since something happened; the next one is later each time. */
  quiet: z.number().int(),
  waitsFor: z.string(),
});
export type StackState = z.infer<typeof StackState>;

/** What a run's stack is at, from the output of its phase; null where it has none. */
export function stackOf(view: Pick<RunView, "outputs">): StackState | null {
  const found = StackState.safeParse(view.outputs.implement);
  return found.success ? found.data : null;
}

/** A state as the ledger keeps it. */
export const stackJson = (state: StackState): Json => JSON.parse(JSON.stringify(state)) as Json;

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);
const MOVES: ReadonlySet<string> = new Set(["new", "queued", "running", "cancelling"]);

/** Ended, for good unless somebody retries it. */
export const isOver = (status: string): boolean => OVER.has(status);
/** Goes on without anybody doing anything. */
export const isMoving = (status: string): boolean => MOVES.has(status);
