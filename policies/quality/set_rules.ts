import { err, type Json, ok, type Result } from "../../specs/mod.ts";
import { type QualityRule, type QualityVerdict, type Row } from "../../specs/foundry/mod.ts";
import type { AccountBook } from "./accounts.ts";
import { crossTableSum } from "./cross_table.ts";
import { distributionCheck } from "./distribution.ts";
import { compileExpression } from "./expression.ts";
import { freshness, nullRatio, quarantineRatio, rowCount } from "./figures.ts";
import type { Spool } from "./groups.ts";
import { distinctRatio, foreignKey, repeatedKey, repeatedRow } from "./keys.ts";
import { materialAccount } from "./material.ts";
import { compileRowRule, isRowRule, nameOf, type RowCheck } from "./row_rules.ts";
import { statementCheck } from "./statement_rules.ts";
import { sumCheck } from "./sum.ts";
import type { Tally } from "./tally.ts";
import { monotonic, noGaps, temporalContinuity } from "./times.ts";
import { countVerdict } from "./verdict.ts";

/** A check of a set: rows go by one at a time, nothing is held but counts and what a tally or a spool keeps. */
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
  /** Where aggregates of groups go when they are too many for memory. */
  spool(): Spool;
  /** Rows of another table. */
  reference(table: string): AsyncIterable<readonly Row[]>;
  /** For a load of what is new: the rows that the table has already, and the key by which new ones take their place. */
  readonly own?: { readonly key: readonly string[]; rows(): AsyncIterable<readonly Row[]> };
  /** Other names of accounts, where rules of a pack do not know those of the data. */
  readonly accounts?: AccountBook;
}

/** A check without its name. */
export type SetBody = Omit<SetCheck, "name">;

const SAMPLE = 10;

/** Compiles a rule over a set. A rule over rows becomes one that counts the rows of the set that do not hold. */
export async function compileSetRule(
  rule: QualityRule,
  context: SetContext,
): Promise<Result<SetCheck, string>> {
  if (isRowRule(rule)) {
    const row = await compileRowRule(rule);
    return row.ok ? ok(countingRows(row.value, context)) : row;
  }
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

function bodyOf(rule: QualityRule, context: SetContext): SetBody | null {
  switch (rule.rule) {
    case "unique":
      return repeatedKey(rule, context);
    case "duplicate-row":
      return repeatedRow(rule, context);
    case "foreign-key":
      return foreignKey(rule, context);
    case "row-count":
      return rowCount(rule, context);
    case "null-ratio":
      return nullRatio(rule, context);
    case "distinct-ratio":
      return distinctRatio(rule, context);
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
    case "quarantine-ratio":
      return quarantineRatio(rule, context);
    case "accounting-equation":
    case "gaap-receivables":
    case "derivation-chain":
    case "inventory-non-negative":
      return statementCheck(rule, context);
    case "material-account":
      return materialAccount(rule, context);
    case "cross-table-sum":
      return crossTableSum(rule, context);
    case "temporal-continuity":
      return temporalContinuity(rule, context);
    default:
      return null;
  }
}

function countingRows(row: RowCheck, context: SetContext): SetCheck {
  const sample: Json[] = [];
  let [failed, checked] = [0, 0];
  return {
    name: row.name,
    add(given) {
      checked++;
      if (row.holds(given)) return;
      failed++;
      if (sample.length < SAMPLE) sample.push(row.reason(given).slice(0, 200));
    },
    end: () =>
      countVerdict(context.stream, row.rule, {
        failed,
        checked,
        sample,
        detail: `${failed} of ${checked} rows do not hold`,
      }),
  };
}
