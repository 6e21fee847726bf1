import { type Attendance, attendance } from "./attendance.ts";
import type { Actor } from "../specs/mod.ts";
import { type Counters, newCounters } from "./counters.ts";
import { FAILURE_TABLE, type FailureTable } from "./failure_table.ts";
import { type Ledger, ledger } from "./ledger.ts";
import type { Blobs, Clock, EngineOptions, Ids } from "./port.ts";
import type { Store } from "./store/port.ts";

/** What the parts of an engine share. */
export interface Core {
  readonly options: EngineOptions;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly ledger: Ledger;
  readonly worker: string;
  readonly actor: Actor;
  readonly bound: ReadonlySet<string>;
  readonly settings: Settings;
  readonly counters: Counters;
  /** Who in this process waits for which run. */
  readonly attendance: Attendance;
}

export interface Settings {
  concurrency: number;
  leaseMs: number;
  renewMs: number;
  sweepMs: number;
  judgeTimeoutMs: number;
  abortGraceMs: number;
  effectAttempts: number;
  sealAttempts: number;
  maxCrashes: number;
  failureTable: FailureTable;
  random: () => number;
}

/** Leases are short, so that a run never waits long for a worker that is gone. */
export const MAX_LEASE_MS = 4_000;

export function createCore(options: EngineOptions): Core {
  const { store, blobs, clock, ids } = options;
  const worker = options.worker ?? ids.make("wkr");
  const leaseMs = positive("leaseMs", options.leaseMs ?? MAX_LEASE_MS);
  if (leaseMs > MAX_LEASE_MS) {
    throw new RangeError(
      `Cannot create an engine as leaseMs must be at most ${MAX_LEASE_MS}: current value is ${leaseMs}`,
    );
  }
  return {
    options,
    store,
    blobs,
    clock,
    ids,
    ledger: ledger({
      store,
      clock,
      ids,
      ...(options.boundary === undefined ? {} : { boundary: options.boundary }),
    }),
    worker,
    actor: { kind: "engine", id: worker },
    bound: new Set(Object.keys(options.handlers)),
    settings: {
      concurrency: positive("concurrency", options.concurrency ?? 16),
      leaseMs,
      renewMs: leaseMs / 4,
      sweepMs: positive("sweepMs", options.sweepMs ?? 1_000),
      judgeTimeoutMs: positive("judgeTimeoutMs", options.judgeTimeoutMs ?? 60_000),
      abortGraceMs: options.abortGraceMs ?? 2_000,
      effectAttempts: positive("effectAttempts", options.effectAttempts ?? 5),
      sealAttempts: positive("sealAttempts", options.sealAttempts ?? 5),
      maxCrashes: positive("maxCrashes", options.maxCrashes ?? 20),
      failureTable: options.failureTable ?? FAILURE_TABLE,
      random: options.random ?? Math.random,
    },
    counters: newCounters(),
    attendance: attendance(clock),
  };
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(
    `Cannot create an engine as ${name} must be a positive number: current value is ${value}`,
  );
}
