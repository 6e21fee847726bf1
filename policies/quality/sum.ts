import type { Json } from "../../specs/mod.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { type Decimal, decimalOf, isNear, keyOf, minus, plus, textOf, ZERO } from "./decimal.ts";
import { groupsOf } from "./groups.ts";
import type { SetCheck, SetContext } from "./set_rules.ts";
import { isMissing, shown } from "./value.ts";
import { countVerdict } from "./verdict.ts";

const SAMPLE = 10;

/** Exact sums of a group; texts, as they may be put away. */
export type Sums = { sum: string; other: string };

const added = (a: string, b: string): string => textOf(plus(decimalOf(a) ?? ZERO, decimalOf(b) ?? ZERO));

/** Joins parts of a group that was put away in between. */
export const joinSums = (a: Sums, b: Sums): Sums => ({
  sum: added(a.sum, b.sum),
  other: added(a.other, b.other),
});

/** The amount of a row: a missing one adds nothing, one that is no number is null. */
export function amountOf(row: Row, column: string): Decimal | null {
  const value = row[column];
  return isMissing(value) ? ZERO : decimalOf(value);
}

/** Reconciliation: the sum of a column is a number, or the sum of another column, by groups where asked. Exact, not in doubles. */
export function sumCheck(
  rule: Extract<QualityRule, { rule: "sum" }>,
  context: SetContext,
): Omit<SetCheck, "name"> {
  const expected = rule.equals === undefined ? null : decimalOf(rule.equals);
  const other = typeof rule.equals === "string" && expected === null ? rule.equals : null;
  const tolerance = decimalOf(rule.tolerance) ?? ZERO;
  const groups = groupsOf<Sums>(context.spool, { make: () => ({ sum: "0", other: "0" }), join: joinSums });
  // One group is the common case: no text is made of its sum from row to row.
  let whole: { sum: Decimal; other: Decimal } | null = null;
  const unreadable: string[] = [];
  let unread = 0;
  return {
    add(row) {
      const value = amountOf(row, rule.column);
      const against = other === null ? ZERO : amountOf(row, other);
      if (value === null || against === null) {
        unread++;
        const column = value === null ? rule.column : other ?? "";
        if (unreadable.length < SAMPLE) unreadable.push(`${column} is no number: ${shown(row[column])}`);
        return;
      }
      if (rule.by === undefined) {
        whole = whole === null
          ? { sum: value, other: against }
          : { sum: plus(whole.sum, value), other: plus(whole.other, against) };
        return;
      }
      const group = groups.at(keyOf(row, rule.by));
      group.sum = added(group.sum, textOf(value));
      if (other !== null) group.other = added(group.other, textOf(against));
    },
    end() {
      const sample: Json[] = [];
      let [failed, checked] = [unread, unread];
      let only: Decimal | null = null;
      const judge = (key: string, sum: Decimal, against: Decimal) => {
        checked++;
        only = checked === 1 ? sum : null;
        const wanted = other === null ? expected : against;
        if (wanted === null || isNear(sum, wanted, tolerance)) return;
        failed++;
        if (sample.length >= SAMPLE) return;
        sample.push({
          group: key,
          sum: textOf(sum),
          expected: textOf(wanted),
          difference: textOf(minus(sum, wanted)),
        });
      };
      if (whole !== null) judge("", whole.sum, whole.other);
      for (const [key, group] of groups.all()) {
        judge(key, decimalOf(group.sum) ?? ZERO, decimalOf(group.other) ?? ZERO);
      }
      groups.close();
      const sums = checked - unread;
      return countVerdict(context.stream, rule, {
        failed,
        checked,
        sample: [...sample, ...unreadable].slice(0, SAMPLE),
        value: only === null ? null : Number(textOf(only)),
        detail: checked === 0
          ? "no row to add up"
          : `${failed - unread} of ${sums} sums of ${rule.column} are not ${
            other ?? (expected === null ? "readable" : textOf(expected))
          }${unread > 0 ? `; ${unread} values are no number` : ""}`,
      });
    },
  };
}
