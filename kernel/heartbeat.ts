import { type Active, appendTo, LeaseLost, renewLease } from "./active.ts";
import type { Core } from "./core.ts";
import { keys } from "./keys.ts";

/** A clock that goes back by more than this was set; what is due is looked at anew. */
const CLOCK_STEP_MS = 1_000;
const PROGRESS_FLUSH_MS = 500;

/** What a heartbeat tells the worker. */
export interface Pulse {
  /** The clock was set back. */
  clockSetBack(): void;
  /** Somebody else wrote to a run that this worker drives. */
  changed(mine: Active): void;
  failed(error: unknown, run: string | null): void;
}

/** Renews leases, sees to deadlines, notices what other processes did to our runs, and flushes progress, until the signal aborts. */
export async function heartbeat(
  core: Core,
  active: ReadonlyMap<string, Active>,
  pulse: Pulse,
  signal: AbortSignal,
): Promise<void> {
  const { clock, settings } = core;
  let lastMs = clock.now();
  while (!signal.aborted) {
    await clock.sleep(settings.renewMs, signal).catch(() => {});
    if (signal.aborted) return;
    const nowMs = clock.now();
    if (nowMs < lastMs - CLOCK_STEP_MS) pulse.clockSetBack();
    lastMs = nowMs;
    const old: Active[] = [];
    for (const mine of active.values()) {
      mine.step?.tick(nowMs);
      if (mine.released || mine.lost) continue;
      if (Math.abs(nowMs - mine.lease.renewedAtMs) >= settings.renewMs * 0.75) old.push(mine);
    }
    if (old.length === 0) continue;
    try {
      await Promise.all(old.map((mine) => renewed(core, mine, pulse)));
      await peek(core, old, pulse);
    } catch (error) {
      pulse.failed(error, null);
    }
  }
}

async function renewed(core: Core, mine: Active, pulse: Pulse): Promise<void> {
  await renewLease(core, mine);
  const waitsMs = core.clock.now() - mine.progressSinceMs;
  if (mine.progress.length === 0 || waitsMs < PROGRESS_FLUSH_MS || mine.released) return;
  void appendTo(core, mine, () => [], { settle: false }).catch((error) => {
    if (!(error instanceof LeaseLost)) pulse.failed(error, mine.lease.run);
  });
}

async function peek(core: Core, old: readonly Active[], pulse: Pulse): Promise<void> {
  const working = old.filter((mine) => !mine.released && !mine.lost && mine.step !== null);
  const heads = await core.store.getMany(working.map((mine) => keys.run(mine.lease.run)));
  heads.forEach((head, i) => {
    const mine = working[i];
    if (mine !== undefined && head !== null && head.version !== mine.record.version) pulse.changed(mine);
  });
}
