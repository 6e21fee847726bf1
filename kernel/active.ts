import type { EventBody } from "../specs/mod.ts";
import type { Core } from "./core.ts";
import { countEvents } from "./counters.ts";
import { fitDecision } from "./decision_size.ts";
import { decide } from "./judge.ts";
import { type Lease, renew } from "./lease_queue.ts";
import { type AppendOutcome, type Draft, draftOn, type RunRecord } from "./run_record.ts";
import { type Command, next } from "./machine.ts";
import { type Mutex, mutex } from "./mutex.ts";
import { valuesOf } from "./projection.ts";
import type { RunFold } from "./state.ts";
import type { Step } from "./step.ts";

/** A run that this process drives. */
export interface Active {
  record: RunRecord;
  readonly lease: Lease;
  /** One commit to the run at a time from here; others are met as conflicts. */
  readonly lock: Mutex;
  /** Progress that rides with the next commit. */
  progress: EventBody[];
  progressSinceMs: number;
  /** The handler at work, if one is. */
  step: Step | null;
  /** Somebody wrote to the run: look before a step begins. */
  touched: boolean;
  /** Somebody else has the run: nothing may be committed any more. */
  lost: boolean;
  /** The lease is given back. */
  released: boolean;
  /** Called once the lease is given back, before anybody hears of the commit that did it. */
  readonly onReleased: () => void;
}

/** Progress events in one commit. */
const MAX_PROGRESS = 60;

/** The run belongs to another worker now. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export function activeOf(record: RunRecord, lease: Lease, onReleased: () => void): Active {
  return {
    record,
    lease,
    lock: mutex(),
    progress: [],
    progressSinceMs: 0,
    step: null,
    touched: false,
    lost: false,
    released: false,
    onReleased,
  };
}

export interface AppendOptions {
  /** Follow up with what the machine appends and judges, in the same commit. */
  settle: boolean;
  /** Give the run back whatever comes next, not before this instant when one is given. */
  release?: { notBeforeMs?: number; crashed?: boolean };
}

/**
 * Appends to a run that this process drives and returns what comes next. `make` is called with the state at hand, again after a
 * conflict, so that it never writes on a state that it has not seen.
 *
 * @throws {LeaseLost} when the run is somebody else's by now
 */
export async function appendTo(
  core: Core,
  active: Active,
  make: (state: RunFold) => readonly EventBody[],
  options: AppendOptions,
): Promise<Command> {
  const turn = active.lock.take();
  try {
    if (turn !== null) await turn;
    for (;;) {
      if (active.lost) throw new LeaseLost(`${active.lease.run} is driven by another worker`);
      const append = drafted(core, active, make);
      if (options.settle && !append.flood) {
        const settled = settle(core, append.draft, append.command);
        append.command = settled instanceof Promise ? await settled : settled;
      }
      const lease = leaseAfter(append, active, options);
      if (lease === null) return append.command;
      if (lease.kind === "release") {
        active.released = true;
        // A renewal on its way would move the key that this commit is to delete.
        if (active.lease.renewing !== null) {
          await active.lease.renewing.catch(() => false);
          if (active.lost) continue;
          lease.dueMs = active.lease.dueMs;
        }
      }
      if (!appended(core, active, append, await core.ledger.commit(append.draft, lease))) {
        await refresh(core, active);
      } else if (!append.flood) return append.command;
    }
  } finally {
    active.lock.giveBack();
  }
}

/** What is about to be appended. */
interface Append {
  readonly draft: Draft;
  /** Progress events that ride along. */
  readonly carried: number;
  /** So many that they go ahead in a commit of their own: one commit has its limits. */
  readonly flood: boolean;
  command: Command;
}

function drafted(core: Core, active: Active, make: (state: RunFold) => readonly EventBody[]): Append {
  const { progress, record } = active;
  const flood = progress.length > MAX_PROGRESS;
  const carried = flood ? MAX_PROGRESS : progress.length;
  const draft = draftOn(record);
  if (carried > 0) core.ledger.extend(draft, progress.slice(0, carried), core.actor);
  if (!flood) core.ledger.extend(draft, make(record.state), core.actor);
  return { draft, carried, flood, command: next(draft.state, core.clock.now()) };
}

const KEEP = { kind: "keep" } as const;
type Release = { kind: "release"; dueMs: number; notBeforeMs?: number; crashed?: boolean };

/** What an append does to the lease; null when there is nothing to write. */
function leaseAfter(
  { draft, flood, command }: Append,
  active: Active,
  { settle, release }: AppendOptions,
): typeof KEEP | Release | null {
  const idle = command.do === "wait" || command.do === "idle";
  if (!flood && ((settle && idle) || release !== undefined)) {
    return { kind: "release", dueMs: active.lease.dueMs, ...release };
  }
  return draft.events.length === 0 ? null : KEEP;
}

/** Takes note of a commit; false when somebody else was first. */
function appended(core: Core, active: Active, { draft, carried }: Append, outcome: AppendOutcome): boolean {
  if (!outcome.ok) {
    active.released = false;
    core.counters.conflicts++;
    return false;
  }
  active.record = outcome.record;
  if (carried > 0) active.progress = active.progress.slice(carried);
  countEvents(core.counters, draft.events);
  if (active.released) active.onReleased();
  core.attendance.tell(draft.state);
  return true;
}

/**
 * Makes sure, before a step begins, that the run is still ours and nobody has cancelled it meanwhile, as far as there is a reason
 * to doubt it: the lease ran out while this process slept, the clock was set, or somebody in this process wrote to the run.
 */
export function assured(core: Core, active: Active): true | Promise<boolean> {
  return !active.touched && isCurrent(core, active) ? true : reassured(core, active);
}

async function reassured(core: Core, active: Active): Promise<boolean> {
  const { seq } = active.record.state;
  while (!active.lost && (active.touched || !isCurrent(core, active))) {
    if (active.touched) {
      active.touched = false;
      await refreshNow(core, active);
    } else {
      // Not a look but a renewal: an answer may come so late that it is old again.
      await renewLease(core, active);
      // The store did not answer: a little later it may.
      if (!active.lost && !isCurrent(core, active)) await core.clock.sleep(core.settings.renewMs / 4);
    }
  }
  return !active.lost && active.record.state.seq === seq;
}

function isCurrent(core: Core, active: Active): boolean {
  const nowMs = core.clock.now();
  const { dueMs } = active.lease;
  // A lease that reaches further than a lease can was taken before the clock went back.
  return nowMs < dueMs && dueMs <= nowMs + core.settings.leaseMs;
}

/** Renews the lease, once at a time; a run whose lease went elsewhere is lost. */
export async function renewLease(core: Core, active: Active): Promise<void> {
  const { lease } = active;
  if (lease.renewing === null) {
    lease.renewing = renew(core, lease).then((held) => {
      if (!held && !active.released) lose(core, active);
      return held;
    }).finally(() => lease.renewing = null);
  }
  await lease.renewing;
}

/** Reads the run again after somebody else wrote to it, and passes a cancel on to the handler at work. */
async function refresh(core: Core, active: Active): Promise<void> {
  const record = await core.ledger.load(active.lease.run);
  if (record === null || record.owner !== core.worker || record.epoch !== active.record.epoch) {
    lose(core, active);
    return;
  }
  active.record = record;
  core.attendance.tell(record.state);
  if (record.state.cancelling) active.step?.stop("cancelled");
}

/** Refreshes outside of a commit, when the head is known to have moved. */
export async function refreshNow(core: Core, active: Active): Promise<void> {
  const turn = active.lock.take();
  try {
    if (turn !== null) await turn;
    if (!active.lost && !active.released) await refresh(core, active);
  } finally {
    active.lock.giveBack();
  }
}

/** The run is somebody else's: the handler is told, and nothing is committed any more. */
export function lose(core: Core, active: Active): void {
  if (active.lost) return;
  active.lost = true;
  core.counters.leasesLost++;
  active.step?.stop("lost");
}

/** Adds what the machine appends and judges by itself, and gives what comes after it; at once when nobody is to be asked. */
function settle(core: Core, draft: Draft, command: Command): Command | Promise<Command> {
  while (command.do === "append") {
    core.ledger.extend(draft, command.bodies, core.actor);
    command = next(draft.state, core.clock.now());
  }
  return command.do === "judge" ? judged(core, draft, command) : command;
}

/** A run that is kept from going on says why. */
export function heldBack(why: string): EventBody {
  return { type: "run.paused", v: 1, payload: { why: why.slice(0, 2000) } };
}

async function judged(
  core: Core,
  draft: Draft,
  command: Extract<Command, { do: "judge" }>,
): Promise<Command> {
  const { state } = draft;
  const { hold } = core.options;
  const why = hold === undefined ? null : await hold(state.run);
  if (why !== null) {
    core.ledger.extend(draft, [heldBack(why)], core.actor);
    return next(draft.state, core.clock.now());
  }
  const decision = await decide(
    core.options.judge,
    {
      run: state.run,
      workflow: state.workflow,
      from: state.phase,
      to: command.transition.to,
      outcome: command.outcome,
      input: state.input,
      outputs: valuesOf(state.outputs),
      budget: state.budget,
      approvals: state.approvals,
      at: new Date(core.clock.now()).toISOString(),
    },
    core.clock,
    core.settings.judgeTimeoutMs,
  );
  const fitting = await fitDecision(decision, core.options.blobsOf?.(state.input) ?? core.blobs);
  core.ledger.extend(
    draft,
    [{ type: "transition.decided", v: 1, payload: { decision: fitting } }],
    core.actor,
  );
  return await settle(core, draft, next(draft.state, core.clock.now()));
}
