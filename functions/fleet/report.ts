import {
  type Counters,
  earnedAutonomy,
  errorBudget,
  failureClasses,
  freezeFacts,
  gateFirstPass,
  grantedAutonomy,
  HOUR_MS,
  indicators,
  phaseLatency,
  SYSTEM_AUTONOMY,
  waysOut,
  WINDOW_HOURS,
} from "../../policies/mod.ts";
import { type FleetReport, FleetWindow, IntentType, Tier, type TierReport } from "../../specs/mod.ts";
import { places } from "./places.ts";
import { dailyCounters, type Reads, trustOf, windowCounters } from "./series.ts";
import type { Snapshot } from "./snapshot.ts";

const MAX_TRUSTS = 1000;
const MAX_HELD = 10_000;
const DAYS = 30;
const DAY_MS = 24 * HOUR_MS;

/** The fleet against its objectives: what `forge fleet stats` and `GET /v1/slo` tell. */
export async function fleetReport(
  store: Reads,
  found: Snapshot,
  nowMs: number,
  { windows = FleetWindow.options, tiers = Tier.options }: {
    windows?: readonly FleetWindow[];
    tiers?: readonly Tier[];
  },
): Promise<FleetReport> {
  const at = new Date(nowMs).toISOString();
  const reports: TierReport[] = [];
  const trend: FleetReport["trend"] = [];
  for (const tier of tiers) {
    for (const window of windows) {
      const counters = await windowCounters(store, tier, window, nowMs);
      reports.push(tierReport(tier, window, counters, nowMs));
    }
    for (const { day, counters } of await dailyCounters(store, tier, DAYS, nowMs)) {
      trend.push({
        day: new Date(day * DAY_MS).toISOString().slice(0, 10),
        tier,
        good: counters["outcome.good"] ?? 0,
        failed: counters["outcome.failed"] ?? 0,
        denied: counters["run.denied"] ?? 0,
      });
    }
  }
  const { mode, cause, why, since } = found.mode;
  const { open } = await freezeFacts([], found.freezes, at);
  return {
    at,
    mode,
    cause,
    why,
    since,
    held: (await store.list({ prefix: places.helds }, MAX_HELD)).length,
    series: found.head.digest,
    tiers: reports,
    trend: trend.sort((a, b) => a.day < b.day ? -1 : a.day > b.day ? 1 : 0),
    autonomy: await autonomyOf(store, found, tiers, at),
    freezes: found.freezes.map((freeze) => {
      const now = open.find(({ source }) => source === freeze.id);
      return {
        ...freeze,
        open: now !== undefined,
        ends: now === undefined ? null : new Date(now.endsMs).toISOString(),
      };
    }),
  };
}

function tierReport(tier: Tier, window: FleetWindow, counters: Counters, nowMs: number): TierReport {
  const last = Math.floor(nowMs / HOUR_MS);
  return {
    tier,
    window,
    from: new Date((last - WINDOW_HOURS[window]) * HOUR_MS).toISOString(),
    runs: waysOut(counters),
    indicators: indicators(tier, counters),
    budget: errorBudget(tier, counters),
    phases: phaseLatency(counters),
    gates: gateFirstPass(counters),
    failures: failureClasses(counters),
  };
}

async function autonomyOf(
  store: Reads,
  found: Snapshot,
  tiers: readonly Tier[],
  at: string,
): Promise<FleetReport["autonomy"]> {
  const entries = await store.list({ prefix: places.trusts }, MAX_TRUSTS);
  return entries.flatMap((entry) => {
    const trust = trustOf(entry);
    if (trust === null || !tiers.includes(trust.tier)) return [];
    const earned = earnedAutonomy(trust.entries, trust.intent, at);
    const intent = IntentType.safeParse(trust.intent);
    return [{
      repository: trust.repository,
      intent: trust.intent,
      tier: trust.tier,
      runs: trust.entries.length,
      completed: trust.entries.filter(({ result }) => result === "completed").length,
      earned,
      granted: grantedAutonomy({
        system: SYSTEM_AUTONOMY[found.mode.mode],
        environment: found.settings.autonomy,
        earned: earned.level,
      }, { intents: intent.success ? [intent.data] : [], editsPolicy: false }),
    }];
  }).sort((a, b) => a.repository < b.repository ? -1 : a.repository > b.repository ? 1 : 0);
}
