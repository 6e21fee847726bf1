import type { Store } from "../../kernel/mod.ts";
import {
  type Counters,
  errorBudget,
  FIRST_STANDING,
  HOUR_MS,
  type ModeNow,
  modeOf,
  type RecentEnd,
  type Standing,
} from "../../policies/mod.ts";
import { type InstalledFreeze, Tier } from "../../specs/mod.ts";
import { places } from "./places.ts";
import { endsOf, type Head, headOf, windowCounters } from "./series.ts";
import { FIRST_SETTINGS, type Settings } from "./standing.ts";

/** What the judge needs of the whole fleet at an instant. */
export interface Snapshot {
  readonly head: Head;
  readonly standing: Standing;
  readonly settings: Settings;
  readonly freezes: readonly InstalledFreeze[];
  readonly ends: readonly RecentEnd[];
  /** Counters of 30 days by tier. */
  readonly month: Readonly<Record<Tier, Counters>>;
  readonly mode: ModeNow;
}

/**
 * Reads the fleet's state: one read of four values, and the counters only when a run ended or an hour began since the last time.
 * What it costs does not grow with the ledger.
 */
export function snapshots(store: Pick<Store, "get" | "getMany" | "list" | "commit">) {
  let kept: { rev: number; hour: number; month: Snapshot["month"] } | null = null;
  return async (nowMs: number): Promise<Snapshot> => {
    const [head, standing, settings, freezes, ends] = await store.getMany([
      places.head,
      places.standing,
      places.settings,
      places.freezes,
      places.ends,
    ]);
    const at = headOf(head ?? null);
    const hour = Math.floor(nowMs / HOUR_MS);
    if (kept === null || kept.rev !== at.rev || kept.hour !== hour) {
      const [best, standard, critical] = await Promise.all(
        Tier.options.map((tier) => windowCounters(store, tier, "30d", nowMs)),
      );
      kept = {
        rev: at.rev,
        hour,
        month: { "best-effort": best ?? {}, standard: standard ?? {}, critical: critical ?? {} },
      };
    }
    const stands = standing?.value as unknown as Standing ?? FIRST_STANDING;
    const latest = endsOf(ends ?? null);
    return {
      head: at,
      standing: stands,
      settings: settings?.value as unknown as Settings ?? FIRST_SETTINGS,
      freezes: freezes?.value as unknown as InstalledFreeze[] ?? [],
      ends: latest,
      month: kept.month,
      mode: modeOf({
        standing: stands,
        critical: errorBudget("critical", kept.month.critical),
        ends: latest,
      }),
    };
  };
}
