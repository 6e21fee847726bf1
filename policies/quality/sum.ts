import type { Json, QualityRule } from "../../specs/mod.ts";
import { addDecimals, isNear, keyOf } from "./decimal.ts";
import type { SetCheck, SetContext } from "./set_rules.ts";
import { isMissing } from "./value.ts";
import { countVerdict } from "./verdict.ts";

const SAMPLE = 10;

/** Plain decimal text of a value, or null when it is no number. */
function decimalText(value: Json | undefined): string | null {
  if (isMissing(value)) return "0";
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return text.replace("+", "");
  const number = Number(text);
  return text === "" || !Number.isFinite(number) ? null : number.toFixed(12);
}

/** Reconciliation: the sum of a column is a number, or the sum of another column, by groups where asked. Exact, not in doubles. */
export function sumCheck(
  rule: Extract<QualityRule, { rule: "sum" }>,
  context: SetContext,
): Omit<SetCheck, "name"> {
  const groups = new Map<string, { sum: string; other: string }>();
  const other = typeof rule.equals === "string" && decimalText(rule.equals) === null ? rule.equals : null;
  const expected = other === null && rule.equals !== undefined ? decimalText(rule.equals) : null;
  let unreadable = 0;
  return {
    add(row) {
      const value = decimalText(row[rule.column]);
      const against = other === null ? "0" : decimalText(row[other]);
      if (value === null || against === null) {
        unreadable++;
        return;
      }
      const key = rule.by === undefined ? "" : keyOf(row, rule.by);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { sum: value, other: against });
      else {
        group.sum = addDecimals(group.sum, value);
        group.other = addDecimals(group.other, against);
      }
    },
    end() {
      const sample: Json[] = [];
      let failed = unreadable;
      for (const [key, group] of groups) {
        const wanted = other === null ? expected : group.other;
        if (wanted === null || isNear(group.sum, wanted, rule.tolerance)) continue;
        failed++;
        if (sample.length < SAMPLE) sample.push({ group: key, sum: group.sum, expected: wanted });
      }
      const only = groups.size === 1 ? [...groups.values()][0] : undefined;
      return countVerdict(context.stream, rule, {
        failed,
        checked: groups.size + unreadable,
        sample,
        value: only === undefined ? null : Number(only.sum),
        detail: `${failed} of ${groups.size} sums of ${rule.column} are not ${
          other ?? expected ?? "readable"
        }${unreadable > 0 ? `; ${unreadable} values are no number` : ""}`,
      });
    },
  };
}
