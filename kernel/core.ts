import type { Actor } from "../specs/mod.ts";
import { FAILURE_TABLE, type FailureTable } from "./failure_table.ts";
import { type Ledger, ledger } from "./ledger.ts";
import type { Blobs, Clock, EngineOptions, Ids } from "./port.ts";
import type { RunFold } from "./state.ts";
import type { Store } from "./store/port.ts";
import { type Topics, topics } from "./store/topics.ts";

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
  /** Listeners in this process: `run:<id>` after each commit to a run. */
  readonly changes: Topics;
  /** Tells this process about a commit. */
  changed(state: RunFold): void;
  /** The last state that this process committed or read of a run with listeners. */
  latest(run: string): RunFold | undefined;
  /** Somebody in this process waits for a run: its states are kept until the function that is returned is called. */
  attend(run: string): () => void;
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

export interface Counters {
  submitted: number;
  claimed: number;
  crashedClaims: number;
  deadLetters: number;
  leasesLost: number;
  conflicts: number;
  commits: number;
  events: number;
  steps: number;
  failures: number;
  denials: number;
  escalations: number;
  effects: number;
  effectsFound: number;
  sealed: number;
  sealFailures: number;
  ended: number;
  errors: number;
}

/** How often others' commits are looked for. */
const POLL_MS = 500;
const NOBODY = new Error("nobody waits");
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
  const changes = topics();
  const attended = new Map<string, { count: number; state: RunFold | undefined }>();
  let polling = false;
  let nap = new AbortController();

  /** While somebody waits for a run, has all who wait look from time to time: other processes do not tell us. */
  async function poll(): Promise<void> {
    polling = true;
    while (attended.size > 0) {
      nap = new AbortController();
      const slept = await clock.sleep(POLL_MS, nap.signal).then(() => true, () => false);
      if (!slept) continue;
      for (const [run, kept] of [...attended]) {
        // What we know of it may be old by now: whoever waits reads again.
        kept.state = undefined;
        changes.wake(run);
      }
    }
    polling = false;
  }

  return {
    options,
    store,
    blobs,
    clock,
    ids,
    ledger: ledger({ store, clock, ids }),
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
    counters: {
      submitted: 0,
      claimed: 0,
      crashedClaims: 0,
      deadLetters: 0,
      leasesLost: 0,
      conflicts: 0,
      commits: 0,
      events: 0,
      steps: 0,
      failures: 0,
      denials: 0,
      escalations: 0,
      effects: 0,
      effectsFound: 0,
      sealed: 0,
      sealFailures: 0,
      ended: 0,
      errors: 0,
    },
    changes,
    changed(state) {
      const kept = attended.get(state.run);
      if (kept === undefined) return;
      kept.state = state;
      changes.wake(state.run);
    },
    latest: (run) => attended.get(run)?.state,
    attend(run) {
      const kept = attended.get(run) ?? { count: 0, state: undefined };
      kept.count++;
      attended.set(run, kept);
      if (!polling) void poll();
      return () => {
        if (--kept.count === 0) attended.delete(run);
        if (attended.size === 0) nap.abort(NOBODY);
      };
    },
  };
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(
    `Cannot create an engine as ${name} must be a positive number: current value is ${value}`,
  );
}
