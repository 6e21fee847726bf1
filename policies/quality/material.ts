/** Rules over single accounts: never below zero, and no leap from one period to the next. */
import type { Json } from "../../specs/mod.ts";
import type { QualityRule } from "../../specs/foundry/mod.ts";
import {
  absolute,
  compare,
  type Decimal,
  decimalOf,
  decimalText,
  isNegative,
  keyOf,
  minus,
  textOf,
  times,
  ZERO,
} from "./decimal.ts";
import { groupsOf } from "./groups.ts";
import type { SetBody, SetContext } from "./set_rules.ts";
import { isMissing, shown } from "./value.ts";
import { countVerdict } from "./verdict.ts";

type Of<Name extends QualityRule["rule"]> = Extract<QualityRule, { rule: Name }>;

const SAMPLE = 10;

/** The amounts of a row that a rule is about, by account. */
function amounts(
  rule: { item?: string | undefined; value: string; items: readonly string[] },
  { accounts }: SetContext,
) {
  const wanted = new Set(rule.items);
  const known = new Map<string, string | null>();
  const accountOf = (name: string): string | null => {
    let account = known.get(name);
    if (account === undefined) {
      account = accounts === undefined ? name : accounts.find(name)?.account ?? null;
      if (account !== null && !wanted.has(account)) account = null;
      if (known.size < 100_000) known.set(name, account);
    }
    return account;
  };
  return function* (row: { [column: string]: Json }): Generator<[name: string, value: Json]> {
    if (rule.item !== undefined) {
      const name = row[rule.item];
      const value = row[rule.value] ?? null;
      if (typeof name === "string" && accountOf(name) !== null && !isMissing(value)) yield [name, value];
      return;
    }
    for (const name in row) {
      const value = row[name] ?? null;
      if (accountOf(name) !== null && !isMissing(value)) yield [name, value];
    }
  };
}

/** Inventory is never below zero; a negative zero is zero. */
export function nonNegative(rule: Of<"inventory-non-negative">, context: SetContext): SetBody {
  const found = amounts(rule, context);
  const sample: Json[] = [];
  let [failed, checked] = [0, 0];
  return {
    add(row) {
      for (const [name, value] of found(row)) {
        checked++;
        const amount = decimalOf(value);
        if (amount !== null && !isNegative(amount)) continue;
        failed++;
        if (sample.length < SAMPLE) {
          sample.push(`${name} is ${amount === null ? `no number: ${shown(value)}` : textOf(amount)}`);
        }
      }
    },
    end: () =>
      countVerdict(context.stream, rule, {
        failed,
        checked,
        sample,
        detail: checked === 0
          ? `no row has an amount of ${rule.items.join(", ")}`
          : `${failed} of ${checked} amounts are below zero${sample.length === 0 ? "" : `: ${sample[0]}`}`,
      }),
  };
}

/** Accounts do not leap from one period to the next. Two amounts of one period: the one that came last counts. */
export function materialAccount(rule: Of<"material-account">, context: SetContext): SetBody {
  const found = amounts(rule, context);
  const most = decimalOf(rule.max) ?? ZERO;
  const material = decimalOf(rule.material) ?? ZERO;
  const series = groupsOf<{ amount: string | null }>(context.spool, {
    make: () => ({ amount: null }),
    join: (_earlier, later) => later,
  });
  const sample: Json[] = [];
  let [unread, skipped] = [0, 0];
  return {
    add(row) {
      const period = row[rule.period] ?? null;
      for (const [name, value] of found(row)) {
        if (isMissing(period)) {
          skipped++;
          continue;
        }
        const amount = decimalText(value);
        if (amount === null) {
          unread++;
          if (sample.length < SAMPLE) sample.push(`${name} is no number: ${shown(value)}`);
          continue;
        }
        const group = series.at(
          JSON.stringify([rule.by === undefined ? "" : keyOf(row, rule.by), name, sortable(period), period]),
        );
        group.amount = amount;
      }
    },
    end() {
      let [failed, checked] = [unread, unread];
      let before: { series: string; amount: Decimal; period: Json } | null = null;
      for (const [key, { amount }] of series.all()) {
        const [by, name, , period] = JSON.parse(key) as [string, string, string, Json];
        const now = decimalOf(amount) ?? ZERO;
        const of = JSON.stringify([by, name]);
        if (before !== null && before.series === of) {
          const change = absolute(minus(now, before.amount));
          const base = absolute(before.amount);
          // From nothing there is no share of a change.
          if (base.digits === 0n) skipped++;
          else {
            checked++;
            if (compare(change, material) > 0 && compare(change, times(base, most)) > 0) {
              failed++;
              if (sample.length < SAMPLE) {
                sample.push({
                  series: by,
                  account: name,
                  from: [before.period, textOf(before.amount)],
                  to: [period, textOf(now)],
                });
              }
            }
          }
        }
        before = { series: of, amount: now, period };
      }
      series.close();
      return countVerdict(context.stream, rule, {
        failed,
        checked,
        sample: sample.slice(0, SAMPLE),
        skipped,
        detail: checked === 0
          ? `no account of ${rule.items.join(", ")} has two periods to compare`
          : `${failed - unread} of ${
            checked - unread
          } changes from period to period exceed a share of ${rule.max}${
            unread > 0 ? `; ${unread} amounts are no number` : ""
          }`,
      });
    },
  };
}

/** Periods in order as texts: dates as they are, numbers by size. */
function sortable(period: Json): string {
  return typeof period === "number" ? (period + 1e15).toFixed(6).padStart(24, "0") : String(period);
}
