import type { ErrorBudget, FleetMode, SafeModeCause, Tier } from "../../specs/mod.ts";
import { DEGRADED_BELOW, RECENT_ENDS, UNKNOWN_IN_A_ROW } from "./targets.ts";

/** One of the latest ends of runs. */
export interface RecentEnd {
  readonly run: string;
  readonly at: string;
  readonly tier: Tier;
  readonly outcome: "good" | "failed" | "none";
  readonly unknown: boolean;
}

/** What people, or the engine, decided about the mode; durable. */
export interface Standing {
  /** Safe-mode stays until an operator leaves it. */
  readonly safeMode: { cause: SafeModeCause; by: string; at: string; reason: string } | null;
  /** Who left it last: what led to it before does not lead to it again. */
  readonly released: { by: string; at: string; reason: string } | null;
}

export const FIRST_STANDING: Standing = { safeMode: null, released: null };

export interface ModeNow {
  readonly mode: FleetMode;
  readonly cause: SafeModeCause | null;
  readonly why: string;
  /** Since when, where that is recorded. */
  readonly since: string | null;
}

/** The latest ends with one more: in the order in which they were, whatever the order in which they are told; a run stands in it once. */
export function withEnd(ends: readonly RecentEnd[], end: RecentEnd): RecentEnd[] {
  return [...ends.filter(({ run }) => run !== end.run), end]
    .sort((a, b) => a.at === b.at ? (a.run < b.run ? -1 : 1) : a.at < b.at ? -1 : 1)
    .slice(-RECENT_ENDS);
}

/** The mode that follows from what is known. A cause of safe-mode counts from the last time that an operator left it. */
export function modeOf(
  given: { standing: Standing; critical: ErrorBudget; ends: readonly RecentEnd[] },
): ModeNow {
  const { standing, critical } = given;
  if (standing.safeMode !== null) {
    const { cause, by, at, reason } = standing.safeMode;
    return { mode: "safe-mode", cause, why: `${WORDS[cause]}: ${reason} (${by})`, since: at };
  }
  const after = standing.released?.at ?? "";
  const ends = given.ends.filter(({ at }) => at > after);
  const row = ends.slice(-UNKNOWN_IN_A_ROW);
  if (row.length === UNKNOWN_IN_A_ROW && row.every(({ unknown }) => unknown)) {
    return {
      mode: "safe-mode",
      cause: "unknown-failures",
      why: `the last ${UNKNOWN_IN_A_ROW} runs failed and nobody could say why: ${
        row.map(({ run }) => run).join(", ")
      }`,
      since: row.at(-1)?.at ?? null,
    };
  }
  const { remaining, runs, failed } = critical;
  if (remaining === null) {
    return {
      mode: "nominal",
      cause: null,
      why: `the tier critical has ${runs} runs in 30 days; nothing is said below ${critical.minimum}`,
      since: null,
    };
  }
  const spent = ends.findLast(({ tier, outcome }) => tier === "critical" && outcome === "failed");
  const left = `${failed} of ${runs} critical runs failed, ${
    percent(remaining)
  } of their error budget is left`;
  if (remaining <= 0 && spent !== undefined) {
    return { mode: "safe-mode", cause: "budget-exhausted", why: left, since: spent.at };
  }
  return remaining < DEGRADED_BELOW
    ? { mode: "degraded", cause: null, why: left, since: null }
    : { mode: "nominal", cause: null, why: left, since: null };
}

const WORDS: Readonly<Record<SafeModeCause, string>> = {
  "manual": "entered by hand",
  "emergency-stop": "emergency stop",
  "budget-exhausted": "the error budget of the tier critical is used up",
  "unknown-failures": "failures in a row that nobody can name",
};

const percent = (share: number) => `${Math.round(Math.max(0, share) * 100)} %`;
