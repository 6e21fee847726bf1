import { type Core, MAX_LEASE_MS } from "./core.ts";
import { keys, lastText } from "./keys.ts";
import { draftOn, type RunRecord } from "./run_record.ts";
import { READY, WAITING } from "./place.ts";
import type { Entry } from "./store/port.ts";

/** A run that is leased to this worker. */
export interface Lease {
  readonly run: string;
  /** Where the lease key stands now, and its version: a renewal holds both against the store. */
  dueMs: number;
  version: string;
  renewedAtMs: number;
  /** A renewal on its way; letting go waits for it. */
  renewing: Promise<boolean> | null;
}

export function leaseOf(record: RunRecord, nowMs: number): Lease {
  if (record.dueMs === null || record.version === null) {
    throw new Error(`Cannot hold ${record.state.run} as it was not claimed`);
  }
  return {
    run: record.state.run,
    dueMs: record.dueMs,
    version: record.version,
    renewedAtMs: nowMs,
    renewing: null,
  };
}

/** Queue entries that are due at an instant: runs to be driven, and leases that ran out. */
export function dueEntries(core: Core, nowMs: number, limit: number): Promise<Entry[]> {
  return core.store.list(
    { start: keys.queue(Number.MIN_SAFE_INTEGER, ""), end: keys.queueAfter(nowMs) },
    limit,
  );
}

/**
 * Takes a run off the queue for this worker. The head's version and the queue entry's are both held against the store: of two who
 * try, one gets it, and whoever owned it before can commit nothing more.
 */
export async function claim(core: Core, entry: Entry, record: RunRecord): Promise<RunRecord | null> {
  const nowMs = core.clock.now();
  const crashed = record.owner !== null;
  const outcome = await core.ledger.commit(
    draftOn(record),
    {
      kind: "claim",
      worker: core.worker,
      fromMs: dueOf(entry),
      untilMs: nowMs + core.settings.leaseMs,
      crashed,
    },
    { checks: [{ key: entry.key, version: entry.version }] },
  );
  if (!outcome.ok) {
    core.counters.conflicts++;
    return null;
  }
  core.counters.claimed++;
  if (crashed) core.counters.crashedClaims++;
  return outcome.record;
}

/** Moves a lease on to now + lease. False when it is not ours any more. */
export async function renew(core: Core, lease: Lease): Promise<boolean> {
  const nowMs = core.clock.now();
  const dueMs = nowMs + core.settings.leaseMs;
  const to = keys.queue(dueMs, lease.run);
  const from = keys.queue(lease.dueMs, lease.run);
  try {
    const outcome = await core.store.commit({
      checks: [{ key: from, version: lease.version }],
      sets: [{ key: to, value: core.worker }],
      deletes: [from],
    });
    if (!outcome.ok) return false;
    lease.version = outcome.version;
  } catch (error) {
    // Whether it moved is unknown: look.
    const [moved, stayed] = await core.store.getMany([to, from]);
    const there = moved?.value === core.worker ? moved : null;
    if (there === null) {
      if (stayed == null || stayed.version !== lease.version) return false;
      core.options.onError?.(error, lease.run);
      return true;
    }
    lease.version = there.version;
  }
  lease.dueMs = dueMs;
  lease.renewedAtMs = nowMs;
  return true;
}

/** Drops a queue entry that belongs to no run, or is not where its run says it stands. */
export async function dropStray(core: Core, entry: Entry): Promise<void> {
  await core.store.commit({ checks: [{ key: entry.key, version: entry.version }], deletes: [entry.key] });
}

const PAGE = 500;

/**
 * At boot, and when the clock was set back: brings forward what stands in the future without a reason. That is leases of workers
 * that are known to be dead, leases that reach further than a lease can, and runs that were ready at an instant that is now to
 * come. The leases of workers that may be alive, though stopped, are left to run out.
 */
export async function bringForward(core: Core): Promise<number> {
  const gone = new Map<string, Promise<boolean>>();
  const nowMs = core.clock.now();
  let brought = 0;
  let from = keys.queueAfter(nowMs);
  for (;;) {
    const entries = await core.store.list(
      { start: from, end: keys.queue(Number.MAX_SAFE_INTEGER, "") },
      PAGE,
    );
    await Promise.all(entries.map(async (entry) => {
      if (await isMisplaced(core, entry, nowMs, gone) && await moved(core, entry, nowMs)) brought++;
    }));
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return brought;
    from = [...last.key, ""];
  }
}

async function isMisplaced(
  core: Core,
  entry: Entry,
  nowMs: number,
  gone: Map<string, Promise<boolean>>,
): Promise<boolean> {
  const mark = entry.value;
  if (mark === READY) return true;
  if (typeof mark !== "string" || mark === WAITING || mark === core.worker) return false;
  // No lease is that long: it was written before the clock went back. Its owner, if it lives, is fenced by the claim.
  if (dueOf(entry) > nowMs + MAX_LEASE_MS * 2) return true;
  const { isOwnerGone } = core.options;
  if (isOwnerGone === undefined) return false;
  const known = gone.get(mark) ?? isOwnerGone(mark);
  gone.set(mark, known);
  return await known;
}

/** Moves an entry to now; the run's head is told where, unless the entry is a lease. */
async function moved(core: Core, entry: Entry, nowMs: number): Promise<boolean> {
  const checks = [{ key: entry.key, version: entry.version }];
  const run = lastText(entry.key);
  if (entry.value !== READY) {
    const to = { key: keys.queue(nowMs, run), value: entry.value };
    return (await core.store.commit({ checks, sets: [to], deletes: [entry.key] })).ok;
  }
  const record = await core.ledger.load(run);
  if (record === null || record.owner !== null) return false;
  const draft = draftOn(record);
  return (await core.ledger.commit(draft, { kind: "release", dueMs: dueOf(entry) }, { checks })).ok;
}

/** The instant at which a queue entry stands. */
export function dueOf(entry: Entry): number {
  const due = entry.key[2];
  if (typeof due !== "number") throw new Error(`Cannot read the queue entry ${JSON.stringify(entry.key)}`);
  return due;
}
