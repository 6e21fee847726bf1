/** Rules over the order of time: values that never go back, periods without gaps, parts that meet. */
import { type Json } from "../../specs/mod.ts";
import { compareValues, instantOf, type QualityRule } from "../../specs/foundry/mod.ts";
import { calendarOf, periodOf } from "./calendar.ts";
import { keyOf } from "./decimal.ts";
import { groupsOf } from "./groups.ts";
import type { SetBody, SetContext } from "./set_rules.ts";
import { isMissing, remembered, shown } from "./value.ts";
import { countVerdict } from "./verdict.ts";

type Of<Name extends QualityRule["rule"]> = Extract<QualityRule, { rule: Name }>;

const SAMPLE = 10;

export function monotonic(rule: Of<"monotonic">, context: SetContext): SetBody {
  const sample: Json[] = [];
  let [failed, checked] = [0, 0];
  const goesBack = (before: Json, value: Json): boolean => {
    const order = compareValues(value, before);
    if (order > 0 || (order === 0 && !rule.strictly)) return false;
    failed++;
    if (sample.length < SAMPLE) sample.push([before, value]);
    return true;
  };
  // Of a group that was put away in between, the last value of each part is held against the first one of the next.
  const groups = groupsOf<{ first: Json; last: Json }>(context.spool, {
    make: () => ({ first: null, last: null }),
    join: (earlier, later) => {
      goesBack(earlier.last, later.first);
      return {
        first: earlier.first,
        last: compareValues(later.last, earlier.last) > 0 ? later.last : earlier.last,
      };
    },
  });
  return {
    add(row) {
      const value = row[rule.column] ?? null;
      if (isMissing(value)) return;
      checked++;
      const group = groups.at(rule.by === undefined ? "" : keyOf(row, rule.by));
      if (group.last === null) {
        group.first = value;
        group.last = value;
      } else if (!goesBack(group.last, value)) group.last = value;
    },
    end() {
      for (const _joined of groups.all());
      groups.close();
      return countVerdict(context.stream, rule, {
        failed,
        checked,
        sample,
        detail: checked === 0
          ? `no row has a value in ${rule.column}`
          : `${failed} of ${checked} values of ${rule.column} go back${rule.strictly ? " or stay" : ""}`,
      });
    },
  };
}

export function noGaps(rule: Of<"no-gaps">, context: SetContext): SetBody {
  const calendar = calendarOf(rule.weekend, rule.holidays);
  const groups = groupsOf<{ [period: string]: 1 }>(context.spool, {
    make: () => ({}),
    join: (earlier, later) => Object.assign(earlier, later),
  });
  const periods = remembered((text) => periodOf(text, rule.every, calendar));
  const unreadable: Json[] = [];
  let [unread, off] = [0, 0];
  return {
    add(row) {
      const value = row[rule.column];
      if (isMissing(value)) return;
      const period = typeof value === "string" ? periods(value) : null;
      if (period === null) {
        unread++;
        if (unreadable.length < SAMPLE) unreadable.push(`no date: ${shown(value)}`);
        return;
      }
      if (period === "off") {
        off++;
        return;
      }
      const group = groups.at(rule.by === undefined ? "" : keyOf(row, rule.by));
      if (group[period] !== undefined) return;
      group[period] = 1;
      groups.grew();
    },
    end() {
      const sample: Json[] = [];
      let [gaps, expected] = [0, 0];
      for (const [key, group] of groups.all()) {
        let [first, last, seen] = [Infinity, -Infinity, 0];
        for (const name in group) {
          const period = Number(name);
          seen++;
          if (period < first) first = period;
          if (period > last) last = period;
        }
        const missing = last - first + 1 - seen;
        expected += last - first + 1;
        gaps += missing;
        if (missing > 0 && sample.length < SAMPLE) sample.push(key === "" ? missing : [key, missing]);
      }
      groups.close();
      return countVerdict(context.stream, rule, {
        failed: gaps + unread,
        checked: expected + unread,
        sample: [...sample, ...unreadable].slice(0, SAMPLE),
        detail: expected + unread === 0
          ? `no row has a date in ${rule.column}`
          : `${gaps} of ${expected} expected periods (${rule.every}) of ${rule.column} are not there${
            unread > 0 ? `, ${unread} values are no date` : ""
          }${off > 0 ? `, ${off} lie on days off` : ""}`,
      });
    },
  };
}

const DAY_NS = 86_400_000_000_000n;
/** Instants as texts that sort by time. */
const SHIFT = 10n ** 20n;
const sortable = (at: bigint): string => (at + SHIFT).toString().padStart(22, "0");

/** Parts of a series meet: each starts where the one before it ends. The same part told by many rows is one part. */
export function temporalContinuity(rule: Of<"temporal-continuity">, context: SetContext): SetBody {
  const step = rule.boundary === "closed" ? DAY_NS : 0n;
  const parts = groupsOf<null[]>(context.spool, { make: () => [], join: (first) => first });
  const faulty: Json[] = [];
  let [wrong, skipped] = [0, 0];
  return {
    add(row) {
      const [start, end] = [row[rule.start], row[rule.end]];
      if (isMissing(start) || isMissing(end)) {
        skipped++;
        return;
      }
      const [from, to] = [
        typeof start === "string" ? instantOf(start) : null,
        typeof end === "string" ? instantOf(end) : null,
      ];
      if (from === null || to === null || to < from) {
        wrong++;
        if (faulty.length < SAMPLE) {
          faulty.push(
            `${from === null || to === null ? "no dates" : "ends before it starts"}: ${
              shown([start ?? null, end ?? null])
            }`,
          );
        }
        return;
      }
      const series = rule.by === undefined ? "" : keyOf(row, rule.by);
      parts.at(JSON.stringify([series, sortable(from), sortable(to), start ?? null, end ?? null]));
    },
    end() {
      const sample: Json[] = [];
      let [gaps, overlaps, seams] = [0, 0, 0];
      let before: { series: string; until: bigint; end: Json } | null = null;
      for (const [key] of parts.all()) {
        const [series, from, to, start, end] = JSON.parse(key) as [string, string, string, Json, Json];
        const [at, until] = [BigInt(from), BigInt(to)];
        if (before !== null && before.series === series) {
          seams++;
          const wanted = before.until + step;
          if (at !== wanted) {
            if (at > wanted) gaps++;
            else overlaps++;
            if (sample.length < SAMPLE) {
              sample.push({
                series,
                ends: before.end,
                starts: start,
                is: at > wanted ? "a gap" : "an overlap",
              });
            }
          }
          if (until > before.until) before = { series, until, end };
        } else before = { series, until, end };
      }
      parts.close();
      const failed = gaps + overlaps + wrong;
      return countVerdict(context.stream, rule, {
        failed,
        checked: seams + wrong,
        sample: [...sample, ...faulty].slice(0, SAMPLE),
        ...(skipped === 0 ? {} : { skipped }),
        detail: seams + wrong === 0
          ? "no two parts of one series to compare"
          : `${gaps} gaps and ${overlaps} overlaps between ${seams} neighbouring parts${
            wrong > 0 ? `; ${wrong} parts have no dates that can be read, or end before they start` : ""
          }`,
      });
    },
  };
}
