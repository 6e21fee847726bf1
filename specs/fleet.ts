/** How the fleet of runs does against what it is held to: the operational record that the judge reads, and what the doors show. */
import { z } from "zod";
import { Digest, Instant } from "./base.ts";
import { FailureClass } from "./failure.ts";
import { Autonomy, IntentType, Tier } from "./terms.ts";

/** Nominal works as granted; degraded grants no more than A3; safe-mode holds every run where it stands (A0). */
export const FleetMode = z.enum(["nominal", "degraded", "safe-mode"]);
export type FleetMode = z.infer<typeof FleetMode>;

export const SafeModeCause = z.enum(["manual", "emergency-stop", "budget-exhausted", "unknown-failures"]);
export type SafeModeCause = z.infer<typeof SafeModeCause>;

/** The spans that figures are told for, in whole clock hours up to the one under way. */
export const FleetWindow = z.enum(["1h", "7d", "30d"]);
export type FleetWindow = z.infer<typeof FleetWindow>;

/** What a freeze window lets through: changes of these tiers, or whose intents are all among these. */
export const FreezeException = z.strictObject({
  intents: z.array(IntentType).max(10).default([]),
  tiers: z.array(Tier).max(3).default([]),
});
export type FreezeException = z.infer<typeof FreezeException>;

const WALL = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?$/;
const isWhen = (text: string) => WALL.test(text) || Instant.safeParse(text).success;

/**
 * When nothing is published: once (`from`, `to`: the zone's own clock, or UTC with a Z) or again and again (`cron` begins it, and
 * it lasts `hours` or until the next time of the expression `until`).
 */
export const FreezeWindow = z.strictObject({
  reason: z.string().min(1).max(500),
  tz: z.string().min(1).max(100).default("UTC").describe("IANA time zone, such as Europe/Berlin"),
  from: z.string().refine(isWhen, "must be a date, 2026-12-20T18:00, or an instant with Z").optional(),
  to: z.string().refine(isWhen, "must be a date, 2026-12-20T18:00, or an instant with Z").optional(),
  cron: z.string().min(9).max(100).optional().describe("five fields: when it begins"),
  until: z.string().min(9).max(100).optional().describe("five fields: when it ends"),
  hours: z.number().positive().max(8784).optional(),
  then: z.enum(["wait", "deny"]).default("wait").describe(
    "what a change meets before it is published: it waits for the end, or is denied",
  ),
  except: FreezeException.prefault({}),
}).superRefine((window, ctx) => {
  const once = window.from !== undefined && window.to !== undefined;
  const again = window.cron !== undefined && (window.hours === undefined) !== (window.until === undefined);
  const mixed = (window.from ?? window.to) !== undefined &&
    (window.cron ?? window.until ?? window.hours) !== undefined;
  if (mixed || once === again) {
    ctx.addIssue({
      code: "custom",
      message: "must have from and to, or cron with either hours or until",
    });
  }
});
export type FreezeWindow = z.infer<typeof FreezeWindow>;

/** A freeze window of the installation, as it was declared. */
export const InstalledFreeze = z.strictObject({
  id: z.string().min(1).max(60),
  window: FreezeWindow,
  by: z.string().min(1).max(200),
  at: Instant,
});
export type InstalledFreeze = z.infer<typeof InstalledFreeze>;

/** What is left of the errors that a tier may make in the 30 days' window. */
export const ErrorBudget = z.strictObject({
  target: z.number().nullable().describe("success that the tier is held to; null: it has no objective"),
  runs: z.number().int().min(0),
  failed: z.number().int().min(0).describe("that the factory, a provider or the platform answers for"),
  minimum: z.number().int().min(0).describe("runs below which nothing is said"),
  remaining: z.number().nullable().describe("1: untouched, 0 or less: used up; null: not applicable"),
  burn: z.number().nullable().describe("1: would be used up exactly at the end of the window"),
});
export type ErrorBudget = z.infer<typeof ErrorBudget>;

/** A share that is counted over runs. */
export const FleetShare = z.strictObject({ of: z.number().int().min(0), hits: z.number().int().min(0) });
export type FleetShare = z.infer<typeof FleetShare>;

/** The level that was earned for a repository, an intent and a tier, and why it is not another. */
export const EarnedAutonomy = z.strictObject({
  level: Autonomy,
  because: z.string().max(1000),
  lost: z.strictObject({
    from: Autonomy,
    at: Instant,
    run: z.string(),
    rule: z.string(),
    regain: z.string().max(500),
  }).nullable().describe("the last demotion that still counts"),
});
export type EarnedAutonomy = z.infer<typeof EarnedAutonomy>;

/** What the judge knows of the fleet at a transition. Recorded with its input, so that the decision can be judged again. */
export const OperationRecord = z.strictObject({
  mode: FleetMode,
  cause: SafeModeCause.nullable(),
  /** Digest of the series that the figures come from. */
  series: Digest,
  tier: Tier,
  intents: z.array(IntentType).max(20).default([]),
  budget: ErrorBudget,
  critical: ErrorBudget.describe("of the tier critical, by which the mode goes"),
  changes: FleetShare.describe("changes that reached release, and those of them that failed after it"),
  heldOut: FleetShare.describe("runs whose visible tests passed, and those whose held-out checks failed"),
  released: z.strictObject({ by: z.string(), at: Instant, reason: z.string() }).nullable().describe(
    "who left safe-mode last, and why",
  ),
  freezes: z.array(InstalledFreeze).max(200),
  autonomy: z.strictObject({
    system: Autonomy.describe("what the mode leaves"),
    environment: Autonomy.describe("what the installation's operator allows"),
    earned: EarnedAutonomy,
  }),
});
export type OperationRecord = z.infer<typeof OperationRecord>;

/** A figure against its objective; below the minimum of samples nothing is said. */
export const FleetVerdict = z.enum(["met", "missed", "not_applicable"]);
export type FleetVerdict = z.infer<typeof FleetVerdict>;

export const FleetIndicator = z.strictObject({
  sli: z.enum([
    "run-success",
    "phase-latency",
    "convergence",
    "gate-first-pass",
    "tool-success",
    "unknown-failures",
    "context-age",
    "held-out-gap",
    "change-failures",
  ]),
  value: z.number().nullable().describe("a share, or milliseconds at the 95th percentile"),
  samples: z.number().int().min(0),
  objective: z.strictObject({ atLeast: z.number().optional(), atMost: z.number().optional() }).nullable(),
  verdict: FleetVerdict,
});
export type FleetIndicator = z.infer<typeof FleetIndicator>;

export const Percentiles = z.strictObject({
  count: z.number().int().min(0),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
});
export type Percentiles = z.infer<typeof Percentiles>;

/** One tier over one window. */
export const TierReport = z.strictObject({
  tier: Tier,
  window: FleetWindow,
  from: Instant,
  runs: z.record(z.enum(["completed", "denied", "failed", "escalated", "cancelled"]), z.number().int()),
  indicators: z.array(FleetIndicator),
  budget: ErrorBudget,
  phases: z.record(z.string(), Percentiles),
  gates: z.array(z.strictObject({ gate: z.string(), judged: z.number().int(), passed: z.number().int() })),
  failures: z.partialRecord(FailureClass, z.number().int()),
});
export type TierReport = z.infer<typeof TierReport>;

/** What `GET /v1/slo` answers and `forge fleet stats --json` prints. */
export const FleetReport = z.strictObject({
  at: Instant,
  mode: FleetMode,
  cause: SafeModeCause.nullable(),
  why: z.string(),
  since: Instant.nullable(),
  held: z.number().int().min(0).describe("runs that wait for the end of safe-mode"),
  series: Digest,
  tiers: z.array(TierReport),
  trend: z.array(z.strictObject({
    day: z.string(),
    tier: Tier,
    good: z.number().int(),
    failed: z.number().int(),
    denied: z.number().int(),
  })).describe("the last 30 days, oldest first; days without runs are left out"),
  autonomy: z.array(z.strictObject({
    repository: z.string(),
    intent: z.string(),
    tier: Tier,
    runs: z.number().int(),
    completed: z.number().int(),
    earned: EarnedAutonomy,
    granted: Autonomy.describe("the lowest of mode, environment and what was earned"),
  })),
  freezes: z.array(InstalledFreeze.extend({
    open: z.boolean(),
    ends: Instant.nullable(),
  })),
});
export type FleetReport = z.infer<typeof FleetReport>;

/** One line of the fleet's own log: what somebody, or the engine, did to all runs at once. */
export const FleetEntry = z.strictObject({
  seq: z.number().int().min(1),
  at: Instant,
  by: z.strictObject({ kind: z.string(), id: z.string() }),
  what: z.enum([
    "safe-mode.entered",
    "safe-mode.exited",
    "mode.changed",
    "freeze.declared",
    "freeze.lifted",
    "autonomy.ceiling",
    "autonomy.demoted",
    "autonomy.earned",
  ]),
  reason: z.string().max(2000),
  detail: z.record(z.string(), z.string()),
  prevHash: z.string(),
  hash: z.string(),
});
export type FleetEntry = z.infer<typeof FleetEntry>;

/** `GET /v1/slo`. */
export const SloQuery = z.strictObject({
  window: FleetWindow.optional().describe("only this window; all of them otherwise"),
  tier: Tier.optional().describe("only this tier"),
});
