/** Rules over keys: rows that repeat others, rows that name none. */
import type { Json } from "../../specs/mod.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { keyOf } from "./decimal.ts";
import type { SetBody, SetContext } from "./set_rules.ts";
import { isMissing } from "./value.ts";
import { countVerdict, figureVerdict, notApplicable } from "./verdict.ts";

type Of<Name extends QualityRule["rule"]> = Extract<QualityRule, { rule: Name }>;

const SAMPLE = 10;

export function repeatedKey(rule: Of<"unique">, context: SetContext): SetBody {
  const { columns } = rule;
  return repeated(
    rule,
    context,
    // A key that is missing as a whole is nobody's: `required` is the rule for that.
    (row) => columns.every((column) => isMissing(row[column])) ? null : keyOf(row, columns),
  );
}

export function repeatedRow(rule: Of<"duplicate-row">, context: SetContext): SetBody {
  return repeated(rule, context, (row) => JSON.stringify(ordered(row)));
}

/** The same text for the same row: names in order, and what is missing left out. */
function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  return Object.entries(value).filter(([, inner]) => inner !== null)
    .sort(([a], [b]) => a < b ? -1 : 1).map(([name, inner]) => [name, ordered(inner)]);
}

function repeated(rule: QualityRule, context: SetContext, keyFrom: (row: Row) => string | null): SetBody {
  const tally = context.tally(rule.rule);
  const sample: Json[] = [];
  let [failed, checked, skipped] = [0, 0, 0];
  return {
    add(row) {
      const key = keyFrom(row);
      if (key === null) {
        skipped++;
        return;
      }
      checked++;
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
        ...(skipped === 0 ? {} : { skipped }),
        detail: checked === 0
          ? "no row to judge"
          : `${failed} of ${checked} rows repeat another one${skipped > 0 ? `; ${skipped} have no key` : ""}`,
      });
    },
  };
}

export function foreignKey(rule: Of<"foreign-key">, context: SetContext): SetBody {
  const tally = context.tally(rule.rule);
  const sample: Json[] = [];
  let [failed, checked, skipped] = [0, 0, 0];
  return {
    async begin() {
      for await (const rows of context.reference(rule.table)) {
        for (const row of rows) {
          if (rule.references.some((column) => isMissing(row[column]))) continue;
          tally.add(textKey(row, rule.references));
        }
      }
    },
    add(row) {
      if (rule.columns.some((column) => isMissing(row[column]))) {
        skipped++;
        return;
      }
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
        ...(skipped === 0 ? {} : { skipped }),
        detail: checked === 0
          ? "no row names another one"
          : `${failed} of ${checked} rows name no row of ${rule.table}`,
      });
    },
  };
}

/** Both sides by text, so that the number 7 of one source meets the text "7" of another. */
export function textKey(row: Row, columns: readonly string[]): string {
  return JSON.stringify(columns.map((name) => {
    const value = row[name] ?? "";
    return typeof value === "object" ? JSON.stringify(ordered(value)) : String(value);
  }));
}

export function distinctRatio(rule: Of<"distinct-ratio">, context: SetContext): SetBody {
  const tally = context.tally(rule.rule);
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
      if (checked === 0) return notApplicable(context.stream, rule, `no row has a value in ${rule.column}`);
      const holds = share >= (rule.min ?? 0) && share <= (rule.max ?? 1);
      const warns = share < (rule.warnBelow ?? 0) || share > (rule.warnAbove ?? 1);
      const detail = `a share of ${
        share.toFixed(4)
      } of the values of ${rule.column} is distinct; allowed is ${rule.min ?? 0} to ${rule.max ?? 1}`;
      return figureVerdict(context.stream, rule, { holds, warns, checked, value: share, detail });
    },
  };
}
