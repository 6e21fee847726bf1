import { type Active, activeOf, appendTo, refreshNow } from "./active.ts";
import type { Core } from "./core.ts";
import { deadLetter } from "./dead_letter.ts";
import { drive, isLeaseLost } from "./drive.ts";
import { heartbeat, type Pulse } from "./heartbeat.ts";
import { keys, lastText } from "./keys.ts";
import { bringForward, claim, dropStray, dueEntries, dueOf, leaseOf } from "./lease_queue.ts";
import { StoreFailed } from "./ledger.ts";
import { draftOn, type RunRecord } from "./run_record.ts";
import { next } from "./machine.ts";
import type { RunFold } from "./state.ts";
import type { Entry } from "./store/port.ts";

/** The hands of an engine: takes runs off the queue and drives them, a bounded number at a time. */
export interface Worker {
  start(): Promise<void>;
  stop(graceMs: number): Promise<void>;
  /** A place for a run that is being submitted, when there is one: then the submission may claim it in its own commit. */
  reserve(): Reservation | null;
  /** Something is due now, or at an instant. */
  wake(dueMs?: number): void;
  /** Looks at the queue once. */
  sweep(): Promise<void>;
  /** The run changed: the handler at work may have to stop. */
  touched(run: string): void;
  activeRuns(): number;
  /** The state of a run that is driven here. */
  stateOf(run: string): RunFold | undefined;
}

export interface Reservation {
  readonly untilMs: number;
  /** Drives the run that was claimed in its place. */
  adopt(record: RunRecord): void;
  cancel(): void;
}

/** A topic of the store that wakes workers, here and where the backend can elsewhere. */
export const WORK_TOPIC = "kernel/work";

/** A phase without a handler here is left to a worker that has it: looked at again after this long. */
const UNBOUND_RETRY_MS = 5_000;
/** A run that cannot be read or claimed is looked at again after this long, and stands in nobody's way meanwhile. */
const FAILED_RETRY_MS = 2_000;

export function createWorker(core: Core): Worker {
  const { clock, settings, store } = core;
  const active = new Map<string, Active>();
  /** Runs that could not be read or claimed, and until when they are left alone. */
  const putOff = new Map<string, number>();
  let reserved = 0;
  let running = false;
  let stopping = false;
  let pumping: Promise<void> | null = null;
  let again = false;
  let more = false;
  let nextDueMs = Infinity;
  let life = new AbortController();
  let nap = new AbortController();
  let loops: Promise<unknown> = Promise.resolve();
  let unsubscribe: () => void = () => {};
  let drained: () => void = () => {};

  const free = () => settings.concurrency - active.size - reserved;

  function take(record: RunRecord): void {
    const { run } = record.state;
    // Its place is free as soon as the run is let go: whoever hears of its end may submit the next one at once.
    const mine = activeOf(record, leaseOf(record, clock.now()), () => leave(run, mine));
    active.set(run, mine);
    void driven(mine);
  }

  function leave(run: string, mine: Active): void {
    if (active.get(run) === mine) active.delete(run);
  }

  async function driven(mine: Active): Promise<void> {
    const { run } = mine.lease;
    try {
      if (mine.record.crashes > settings.maxCrashes) await buryIt(mine);
      await drive(core, mine, () => stopping);
    } catch (error) {
      if (!isLeaseLost(error)) {
        failed(error, run);
        await letGo(mine, !(error instanceof StoreFailed));
      }
    } finally {
      leave(run, mine);
      const { dueMs } = mine.record;
      if (mine.released && dueMs !== null) wake(dueMs);
      if (stopping) {
        if (active.size === 0) drained();
      } else if (more) void pump();
    }
  }

  /**
   * After an error: the run is put off a little instead of being left to its lease. A bug counts like a crash, so that a run that
   * cannot be driven ends up as a dead letter; a store that does not answer is not the run's fault.
   */
  async function letGo(mine: Active, crashed: boolean): Promise<void> {
    if (mine.lost || mine.released) return;
    try {
      const notBeforeMs = clock.now() + settings.sweepMs;
      await appendTo(core, mine, () => [], { settle: false, release: { notBeforeMs, crashed } });
    } catch {
      // The store does not answer; the lease runs out by itself.
    }
  }

  /** A run that took its worker down too often is not tried again: it fails, visibly. */
  async function buryIt(mine: Active): Promise<void> {
    core.counters.deadLetters++;
    const times = mine.record.crashes;
    await appendTo(core, mine, (state) => deadLetter(state, times), { settle: false });
    await store.commit({
      sets: [{ key: keys.dead(mine.lease.run), value: { at: clock.now(), crashes: times } }],
    });
  }

  /** Looks at the queue, and again when somebody asked meanwhile. Never rejects. */
  async function pump(): Promise<void> {
    if (!running || stopping) return;
    again = true;
    pumping ??= pumpAll().finally(() => {
      pumping = null;
      // Asked for after the last look and before this.
      if (again) void pump();
    });
    await pumping;
  }

  async function pumpAll(): Promise<void> {
    while (again && running && !stopping) {
      again = false;
      try {
        if (await pumpOnce()) again = true;
      } catch (error) {
        failed(error, null);
      }
    }
  }

  /** Takes what is due, as far as there are places. Returns whether there may be more for the places that are left. */
  async function pumpOnce(): Promise<boolean> {
    const places = free();
    if (places <= 0) {
      more = true;
      return false;
    }
    const nowMs = clock.now();
    for (const [run, untilMs] of putOff) {
      if (untilMs <= nowMs || untilMs > nowMs + FAILED_RETRY_MS) putOff.delete(run);
    }
    const limit = places + active.size + putOff.size;
    const entries = await dueEntries(core, nowMs, limit);
    more = entries.length >= limit;
    const waiting = entries.filter(({ key }) => !active.has(lastText(key)) && !putOff.has(lastText(key)))
      .slice(0, places);
    reserved += waiting.length;
    let taken = 0;
    await Promise.all(waiting.map(async (entry) => {
      let record: RunRecord | null = null;
      try {
        record = await claimed(entry);
      } catch (error) {
        putOff.set(lastText(entry.key), clock.now() + FAILED_RETRY_MS);
        again = true;
        failed(error, lastText(entry.key));
      } finally {
        reserved--;
      }
      if (record === null) return;
      taken++;
      take(record);
    }));
    return more && taken > 0 && free() > 0;
  }

  function failed(error: unknown, run: string | null): void {
    core.counters.errors++;
    core.options.onError?.(error, run);
  }

  async function claimed(entry: Entry): Promise<RunRecord | null> {
    const record = await core.ledger.load(lastText(entry.key));
    if (record === null || (record.owner === null && record.dueMs !== dueOf(entry))) {
      // Written only by a commit that moved the run elsewhere meanwhile; the check of its version makes sure.
      await dropStray(core, entry);
      return null;
    }
    const command = next(record.state, clock.now());
    const phase = command.do === "run" ? record.state.workflow.phases[command.phase] : undefined;
    if (command.do === "run" && (phase === undefined || !core.bound.has(phase.handler))) {
      await core.ledger.commit(
        draftOn(record),
        { kind: "release", dueMs: dueOf(entry), notBeforeMs: clock.now() + UNBOUND_RETRY_MS },
        { checks: [{ key: entry.key, version: entry.version }] },
      );
      return null;
    }
    return stopping ? null : await claim(core, entry, record);
  }

  function wake(dueMs?: number): void {
    if (!running || stopping) return;
    if (dueMs === undefined || dueMs <= clock.now()) {
      void pump();
    } else if (dueMs < nextDueMs) {
      nextDueMs = dueMs;
      nap.abort();
    }
  }

  /** Looks at the queue when something known is due, and every `sweepMs` for what nobody woke us for. */
  async function sweep(): Promise<void> {
    while (!life.signal.aborted) {
      const wait = Math.min(settings.sweepMs, Math.max(nextDueMs - clock.now(), 0));
      nap = new AbortController();
      await clock.sleep(wait, nap.signal).catch(() => {});
      if (life.signal.aborted) return;
      if (nap.signal.aborted) continue;
      nextDueMs = Infinity;
      await pump();
    }
  }

  const pulse: Pulse = {
    clockSetBack: () => void bringForward(core).then(() => wake(), (error) => failed(error, null)),
    changed: touch,
    failed,
  };

  function touch(mine: Active): void {
    void refreshNow(core, mine).catch((error) => failed(error, mine.lease.run));
  }

  return {
    async start() {
      if (running) return;
      running = true;
      stopping = false;
      life = new AbortController();
      unsubscribe = store.subscribe(WORK_TOPIC, () => wake());
      // Without it the leases of the dead run out by themselves.
      await bringForward(core).catch((error) => failed(error, null));
      await pump();
      loops = Promise.all([sweep(), heartbeat(core, active, pulse, life.signal)]);
    },
    async stop(graceMs) {
      if (!running) return;
      stopping = true;
      unsubscribe();
      await pumping;
      if (active.size > 0) {
        const empty = new Promise<void>((resolve) => drained = resolve);
        const late = new AbortController();
        const grace = clock.sleep(graceMs, late.signal).then(() => {
          for (const mine of active.values()) mine.step?.stop("stopping");
        }, () => {});
        await empty;
        late.abort();
        await grace;
      }
      running = false;
      life.abort();
      nap.abort();
      await loops;
    },
    reserve() {
      if (!running || stopping || free() <= 0) return null;
      reserved++;
      let open = true;
      const close = () => {
        if (open) reserved--;
        open = false;
      };
      return {
        untilMs: clock.now() + settings.leaseMs,
        adopt(record) {
          close();
          take(record);
        },
        cancel: close,
      };
    },
    wake,
    sweep: pump,
    touched(run) {
      const mine = active.get(run);
      if (mine === undefined) return;
      mine.touched = true;
      touch(mine);
    },
    activeRuns: () => active.size,
    stateOf: (run) => active.get(run)?.record.state,
  };
}
