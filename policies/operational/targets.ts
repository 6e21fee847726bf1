import type { Autonomy, FleetWindow, Tier } from "../../specs/mod.ts";

/** What a tier is held to. Null: it has no objective. */
export interface Objectives {
  runSuccess: number;
  convergence: number;
  toolSuccess: number;
  unknownShare: number;
  heldOutGap: number;
  changeFailures: number;
}

/** Objectives by tier; runs of the tier best-effort have none. */
export const OBJECTIVES: Readonly<Record<Tier, Objectives | null>> = {
  "best-effort": null,
  standard: {
    runSuccess: 0.85,
    convergence: 0.90,
    toolSuccess: 0.95,
    unknownShare: 0.10,
    heldOutGap: 0.15,
    changeFailures: 0.30,
  },
  critical: {
    runSuccess: 0.95,
    convergence: 0.95,
    toolSuccess: 0.99,
    unknownShare: 0.02,
    heldOutGap: 0.05,
    changeFailures: 0.15,
  },
};

/**
 * Samples below which a rate says nothing: so many that a tier's objective leaves room for three failures. A fresh installation
 * is never shut by its first mishap.
 */
export const MINIMUM_RUNS: Readonly<Record<Tier, number>> = {
  "best-effort": 20,
  standard: 20,
  critical: 60,
};
export const MINIMUM_SAMPLES = 20;

/** Left of the budget of the tier critical, below which the fleet is degraded. */
export const DEGRADED_BELOW = 0.25;
/** Failures in a row that nobody can name, after which the fleet stands still. */
export const UNKNOWN_IN_A_ROW = 3;
/** The latest ends of runs that are kept in order, for what depends on order. */
export const RECENT_ENDS = 64;

export const HOUR_MS = 3_600_000;
export const WINDOW_HOURS: Readonly<Record<FleetWindow, number>> = { "1h": 1, "7d": 168, "30d": 720 };

/** What the mode leaves of autonomy. */
export const SYSTEM_AUTONOMY: Readonly<Record<"nominal" | "degraded" | "safe-mode", Autonomy>> = {
  nominal: "A4",
  degraded: "A3",
  "safe-mode": "A0",
};

/** How A4 is earned and lost: for one repository, intent and tier. */
export const TRUST = {
  /** Where everybody begins. */
  start: "A3",
  /** A demotion does not go below it: a draft pull request that a human merges is always possible. */
  floor: "A2",
  /** Completed runs since the last demotion, for A4. */
  completed: 50,
  /** Of these and the failed ones, at most this share failed; none of the last ten. */
  failedShare: 0.02,
  clean: 10,
  /** Runs count for so long. */
  days: 90,
  /** Without a completed run for so long A4 lapses. */
  idleDays: 30,
  /** Back from A2: so many completed runs, or so long without a hit. */
  regainRuns: 5,
  regainDays: 14,
  /** Runs that are kept for each of them. */
  kept: 200,
} as const;
