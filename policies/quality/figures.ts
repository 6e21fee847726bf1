/** Rules that measure one figure of a load: how many, how much is missing, how old. */
import { instantOf, type QualityRule } from "../../specs/foundry/mod.ts";
import { durationMs } from "./calendar.ts";
import type { SetBody, SetContext } from "./set_rules.ts";
import { isMissing, remembered } from "./value.ts";
import { figureVerdict, notApplicable } from "./verdict.ts";

type Of<Name extends QualityRule["rule"]> = Extract<QualityRule, { rule: Name }>;

const LOADS = 30;

export function rowCount(rule: Of<"row-count">, context: SetContext): SetBody {
  let loaded = 0;
  return {
    add() {
      loaded++;
    },
    end() {
      if (loaded === 0 && context.isDelta === true && rule.of === "load") {
        return notApplicable(context.stream, rule, "nothing is new since the last load");
      }
      const count = rule.of === "table" ? context.tableRows ?? loaded : loaded;
      const earlier = context.history.slice(0, LOADS).map(({ rows }) => rows);
      const mean = earlier.length === 0
        ? null
        : earlier.reduce((sum, rows) => sum + rows, 0) / earlier.length;
      const measures = rule.drift !== undefined || rule.warnDrift !== undefined;
      if (mean === null && measures && rule.min === undefined && rule.max === undefined) {
        return {
          ...notApplicable(context.stream, rule, `${count} rows; no earlier load to compare with`),
          checked: count,
          value: count,
        };
      }
      const drift = mean === null ? null : Math.abs(loaded - mean) / Math.max(mean, 1);
      const against = mean === null ? "" : ` from the mean of ${earlier.length} loads, ${mean.toFixed(1)}`;
      const findings: string[] = [];
      if (rule.min !== undefined && count < rule.min) findings.push(`fewer than ${rule.min}`);
      if (rule.max !== undefined && count > rule.max) findings.push(`more than ${rule.max}`);
      if (drift !== null && drift > (rule.drift ?? Infinity)) {
        findings.push(`further than ${rule.drift}${against}`);
      }
      const holds = findings.length === 0;
      const warns = drift !== null && drift > (rule.warnDrift ?? Infinity);
      if (holds && warns) findings.push(`further than ${rule.warnDrift}${against}`);
      return figureVerdict(context.stream, rule, {
        holds,
        warns,
        checked: count,
        value: count,
        detail: `${count} rows${findings.length === 0 ? "" : `: ${findings.join(", ")}`}${
          measures && mean === null ? "; no earlier load to compare with" : ""
        }`,
      });
    },
  };
}

/** The two bounds of a share, in words. */
const allowed = ({ max, warnAbove }: { max: number; warnAbove?: number | undefined }): string =>
  `allowed is a share of ${max}${warnAbove === undefined ? "" : `, and ${warnAbove} without a warning`}`;

export function nullRatio(rule: Of<"null-ratio">, { stream }: SetContext): SetBody {
  let [missing, checked] = [0, 0];
  return {
    add(row) {
      checked++;
      if (isMissing(row[rule.column])) missing++;
    },
    end() {
      if (checked === 0) return notApplicable(stream, rule, "no row to judge");
      const share = missing / checked;
      return figureVerdict(stream, rule, {
        holds: share <= rule.max,
        warns: share > (rule.warnAbove ?? Infinity),
        checked,
        failed: missing,
        value: share,
        detail: `${missing} of ${checked} rows lack ${rule.column}; ${allowed(rule)}`,
      });
    },
  };
}

export function quarantineRatio(rule: Of<"quarantine-ratio">, { stream, counts }: SetContext): SetBody {
  const { quarantined, read } = counts;
  return {
    add() {},
    end() {
      if (read === 0) return notApplicable(stream, rule, "no row was read");
      const share = quarantined / read;
      return figureVerdict(stream, rule, {
        holds: share <= rule.max,
        warns: share > (rule.warnAbove ?? Infinity),
        checked: read,
        failed: quarantined,
        value: share,
        detail: `${quarantined} of ${read} rows were set aside; ${allowed(rule)}`,
      });
    },
  };
}

/** Clocks and time zones differ; what lies further ahead is no age of this data. */
const AHEAD_NS = 86_400_000_000_000n;

export function freshness(rule: Of<"freshness">, context: SetContext): SetBody {
  const now = instantOf(context.at) ?? 0n;
  const instant = remembered(instantOf);
  let newest: bigint | null = null;
  let [checked, ahead] = [0, 0];
  return {
    add(row) {
      const value = row[rule.column];
      const at = typeof value === "string" ? instant(value) : null;
      if (at === null) return;
      if (at > now + AHEAD_NS) {
        ahead++;
        return;
      }
      checked++;
      if (newest === null || at > newest) newest = at;
    },
    end() {
      // Nothing new in a load says nothing about its age: an empty one is judged by row-count.
      if (context.counts.accepted === 0) return notApplicable(context.stream, rule, "the load has no rows");
      const ageMs = newest === null ? null : Number((now - newest) / 1_000_000n);
      const told = ageMs === null
        ? `no row has an instant in ${rule.column}`
        : `the newest row is ${(ageMs / 3_600_000).toFixed(1)} hours old; allowed is ${rule.maxAge}`;
      return figureVerdict(context.stream, rule, {
        holds: ageMs !== null && ageMs <= durationMs(rule.maxAge),
        warns: ageMs !== null && rule.warnAge !== undefined && ageMs > durationMs(rule.warnAge),
        checked,
        value: ageMs === null ? null : ageMs / 1000,
        detail: ahead === 0 ? told : `${told}; ${ahead} rows lie more than a day ahead and do not count`,
      });
    },
  };
}
