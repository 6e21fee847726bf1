import {
  compareValues,
  err,
  instantOf,
  type Json,
  ok,
  type QualityRule,
  type QualityVerdict,
  type Result,
  type Row,
} from "../../specs/mod.ts";
import { dayOf, durationMs, periodOf } from "./calendar.ts";
import { keyOf } from "./decimal.ts";
import { compileExpression } from "./expression.ts";
import { distributionCheck } from "./distribution.ts";
import { nameOf } from "./row_rules.ts";
import { sumCheck } from "./sum.ts";
import type { Tally } from "./tally.ts";
import { isMissing } from "./value.ts";
import { countVerdict, figureVerdict } from "./verdict.ts";

/** A check of a set: rows go by one at a time, nothing is held but counts and what a tally keeps. */
export interface SetCheck {
  readonly name: string;
  /** Before the first row: what has to be fetched, such as the keys of another table. */
  begin?(): Promise<void>;
  add(row: Row): void;
  end(): QualityVerdict;
  /** What the next loads are compared with. */
  baseline?(): Json;
}

/** What a set rule may know beside the rows. */
export interface SetContext {
  readonly stream: string;
  /** Instant of the run, for freshness. */
  readonly at: string;
  /** Rows that were set aside and rows that were read, for the share of quarantine. */
  readonly counts: { readonly read: number; readonly quarantined: number; readonly accepted: number };
  /** Whether the load holds only what is new since an earlier one: that nothing is new is no fault then. */
  readonly isDelta?: boolean;
  /** Rows that the table has with this load; null when no rule asks for them. */
  readonly tableRows: number | null;
  /** Earlier loads, newest first: their rows and what each rule left behind. */
  readonly history: readonly { readonly rows: number; readonly baselines: Readonly<Record<string, Json>> }[];
  tally(name: string): Tally;
  /** Rows of another table. */
  reference(table: string): AsyncIterable<readonly Row[]>;
}

const SAMPLE = 10;

/** Compiles a rule over a set. */
export async function compileSetRule(
  rule: QualityRule,
  context: SetContext,
): Promise<Result<SetCheck, string>> {
  const made = bodyOf(rule, context);
  if (made === null) return err(`${rule.rule} is a rule over rows, not over the set`);
  const check: SetCheck = { name: nameOf(rule), ...made };
  if (rule.where === undefined) return ok(check);
  const where = await compileExpression(rule.where);
  if (!where.ok) return err(`where: ${where.error}`);
  return ok({
    ...check,
    add(row) {
      const selected = where.value(row);
      if (!selected.ok || selected.value !== false) check.add(row);
    },
  });
}

type Body = Omit<SetCheck, "name">;

function bodyOf(rule: QualityRule, context: SetContext): Body | null {
  const { stream } = context;
  switch (rule.rule) {
    case "unique":
      return repeated(rule, context, (row) => keyOf(row, rule.columns));
    case "duplicate-row":
      return repeated(
        rule,
        context,
        (row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1)),
      );
    case "foreign-key":
      return foreignKey(rule, context);
    case "row-count":
      return rowCount(rule, context);
    case "null-ratio": {
      let [missing, checked] = [0, 0];
      return {
        add(row) {
          checked++;
          if (isMissing(row[rule.column])) missing++;
        },
        end() {
          const share = checked === 0 ? 0 : missing / checked;
          return figureVerdict(stream, rule, {
            holds: share <= rule.max,
            checked,
            failed: missing,
            value: share,
            detail: `${missing} of ${checked} rows lack ${rule.column}; allowed is a share of ${rule.max}`,
          });
        },
      };
    }
    case "distinct-ratio": {
      const tally = context.tally(nameOf(rule));
      let checked = 0;
      return {
        add(row) {
          if (isMissing(row[rule.column])) return;
          checked++;
          tally.add(JSON.stringify(row[rule.column]));
        },
        end() {
          const share = checked === 0 ? 0 : tally.size / checked;
          tally.close();
          const holds = checked === 0 || (share >= (rule.min ?? 0) && share <= (rule.max ?? 1));
          const detail = `a share of ${
            share.toFixed(4)
          } of the values of ${rule.column} is distinct; allowed is ${rule.min ?? 0} to ${rule.max ?? 1}`;
          return figureVerdict(stream, rule, { holds, checked, value: share, detail });
        },
      };
    }
    case "sum":
      return sumCheck(rule, context);
    case "monotonic":
      return monotonic(rule, context);
    case "no-gaps":
      return noGaps(rule, context);
    case "distribution":
      return distributionCheck(rule, context);
    case "freshness":
      return freshness(rule, context);
    case "quarantine-ratio": {
      const { quarantined, read } = context.counts;
      const share = read === 0 ? 0 : quarantined / read;
      return {
        add() {},
        end: () =>
          figureVerdict(stream, rule, {
            holds: share <= rule.max,
            checked: read,
            failed: quarantined,
            value: share,
            detail: `${quarantined} of ${read} rows were set aside; allowed is a share of ${rule.max}`,
          }),
      };
    }
    default:
      return null;
  }
}

function repeated(rule: QualityRule, context: SetContext, keyFrom: (row: Row) => string): Body {
  const tally = context.tally(nameOf(rule));
  const sample: Json[] = [];
  let [failed, checked] = [0, 0];
  return {
    add(row) {
      checked++;
      const key = keyFrom(row);
      if (tally.add(key) === 0) return;
      failed++;
      if (sample.length < SAMPLE) sample.push(key.slice(0, 300));
    },
    end() {
      tally.close();
      return countVerdict(context.stream, rule, {
        failed,
        checked,
        sample,
        detail: `${failed} of ${checked} rows repeat another one`,
      });
    },
  };
}

function foreignKey(rule: Extract<QualityRule, { rule: "foreign-key" }>, context: SetContext): Body {
  const tally = context.tally(nameOf(rule));
  const sample: Json[] = [];
  let [failed, checked] = [0, 0];
  // Both sides by text, so that the number 7 of one source meets the text "7" of another.
  const textKey = (row: Row, columns: readonly string[]) =>
    JSON.stringify(columns.map((name) => String(row[name] ?? "")));
  return {
    async begin() {
      for await (const rows of context.reference(rule.table)) {
        for (const row of rows) tally.add(textKey(row, rule.references));
      }
    },
    add(row) {
      if (rule.columns.some((column) => isMissing(row[column]))) return;
      checked++;
      if (tally.has(textKey(row, rule.columns))) return;
      failed++;
      if (sample.length < SAMPLE) sample.push(keyOf(row, rule.columns));
    },
    end() {
      tally.close();
      return countVerdict(context.stream, rule, {
        failed,
        checked,
        sample,
        detail: `${failed} of ${checked} rows name no row of ${rule.table}`,
      });
    },
  };
}

function rowCount(rule: Extract<QualityRule, { rule: "row-count" }>, context: SetContext): Body {
  let loaded = 0;
  return {
    add() {
      loaded++;
    },
    end() {
      if (loaded === 0 && context.isDelta === true && rule.of === "load") {
        return {
          ...figureVerdict(context.stream, rule, {
            holds: true,
            checked: 0,
            value: 0,
            detail: "nothing is new since the last load",
          }),
          verdict: "not_applicable",
        };
      }
      const count = rule.of === "table" ? context.tableRows ?? loaded : loaded;
      const findings: string[] = [];
      if (rule.min !== undefined && count < rule.min) findings.push(`fewer than ${rule.min}`);
      if (rule.max !== undefined && count > rule.max) findings.push(`more than ${rule.max}`);
      const earlier = context.history.slice(0, 30).map(({ rows }) => rows);
      const mean = earlier.length === 0
        ? null
        : earlier.reduce((sum, rows) => sum + rows, 0) / earlier.length;
      if (
        rule.drift !== undefined && mean !== null && Math.abs(loaded - mean) > rule.drift * Math.max(mean, 1)
      ) {
        findings.push(
          `further than ${rule.drift} from the mean of ${earlier.length} loads, ${mean.toFixed(1)}`,
        );
      }
      return figureVerdict(context.stream, rule, {
        holds: findings.length === 0,
        checked: count,
        value: count,
        detail: findings.length === 0 ? `${count} rows` : `${count} rows: ${findings.join(", ")}`,
      });
    },
  };
}

function monotonic(rule: Extract<QualityRule, { rule: "monotonic" }>, context: SetContext): Body {
  const last = new Map<string, Json>();
  const sample: Json[] = [];
  let [failed, checked] = [0, 0];
  return {
    add(row) {
      const value = row[rule.column] ?? null;
      if (isMissing(value)) return;
      checked++;
      const group = rule.by === undefined ? "" : keyOf(row, rule.by);
      const before = last.get(group);
      const order = before === undefined ? 1 : compareValues(value, before);
      if (order < 0 || (order === 0 && rule.strictly)) {
        failed++;
        if (sample.length < SAMPLE) sample.push([before ?? null, value]);
      } else last.set(group, value);
    },
    end: () =>
      countVerdict(context.stream, rule, {
        failed,
        checked,
        sample,
        detail: `${failed} of ${checked} values of ${rule.column} go back`,
      }),
  };
}

function noGaps(rule: Extract<QualityRule, { rule: "no-gaps" }>, context: SetContext): Body {
  const holidays = new Set(rule.holidays.flatMap((day) => dayOf(day) ?? []));
  const groups = new Map<string, Set<number>>();
  let unreadable = 0;
  return {
    add(row) {
      const value = row[rule.column];
      if (isMissing(value)) return;
      const day = typeof value === "string" ? dayOf(value) : null;
      if (day === null) {
        unreadable++;
        return;
      }
      const period = periodOf(day, rule.every, holidays);
      if (period === null) return;
      const group = rule.by === undefined ? "" : keyOf(row, rule.by);
      const seen = groups.get(group);
      if (seen === undefined) groups.set(group, new Set([period]));
      else seen.add(period);
    },
    end() {
      const sample: Json[] = [];
      let [gaps, expected] = [0, 0];
      for (const [group, seen] of groups) {
        const sorted = [...seen].sort((a, b) => a - b);
        const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
        expected += last - first + 1;
        const missing = last - first + 1 - sorted.length;
        gaps += missing;
        if (missing > 0 && sample.length < SAMPLE) sample.push(group === "" ? missing : [group, missing]);
      }
      return countVerdict(context.stream, rule, {
        failed: gaps + unreadable,
        checked: expected + unreadable,
        sample,
        detail: `${gaps} of ${expected} expected periods (${rule.every}) of ${rule.column} are not there${
          unreadable > 0 ? `, ${unreadable} values are no date` : ""
        }`,
      });
    },
  };
}

function freshness(rule: Extract<QualityRule, { rule: "freshness" }>, context: SetContext): Body {
  let newest: bigint | null = null;
  let checked = 0;
  return {
    add(row) {
      const value = row[rule.column];
      const at = typeof value === "string" ? instantOf(value) : null;
      if (at === null) return;
      checked++;
      if (newest === null || at > newest) newest = at;
    },
    end() {
      const now = instantOf(context.at) ?? 0n;
      const ageMs = newest === null ? null : Number((now - newest) / 1_000_000n);
      // Nothing new in a load says nothing about its age: an empty one is judged by row-count.
      const holds = checked === 0
        ? context.counts.accepted === 0
        : (ageMs ?? Infinity) <= durationMs(rule.maxAge);
      const detail = ageMs === null
        ? `no row has an instant in ${rule.column}`
        : `the newest row is ${(ageMs / 3_600_000).toFixed(1)} hours old; allowed is ${rule.maxAge}`;
      return figureVerdict(context.stream, rule, {
        holds,
        checked,
        value: ageMs === null ? null : ageMs / 1000,
        detail,
      });
    },
  };
}
