import { err, ok, type Result } from "../../specs/mod.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { instantOf } from "../../specs/foundry/order.ts";
import { bytesLike } from "./byte_checks.ts";
import { compileExpression } from "./expression.ts";
import { isMissing, remembered, shown } from "./value.ts";
import {
  ofValue,
  quickPattern,
  type RuleBody,
  SHORT_TEXT,
  type ValueCheck,
  valueRule,
} from "./value_rules.ts";

/** A check of rows one by one, compiled once. */
export interface RowCheck {
  readonly name: string;
  /** `<rule>@<version>`, as quarantine names it. */
  readonly version: string;
  readonly rule: QualityRule;
  /** Whether the row holds; a row that the rule is not about holds. */
  holds(row: Row): boolean;
  /** Why a row does not hold, in a sentence. */
  reason(row: Row): string;
  /** The same where the rule looks at values one by one. */
  readonly values?: ValueCheck;
}

const ROW_RULES = new Set<QualityRule["rule"]>([
  "required",
  "type",
  "range",
  "regex",
  "enum",
  "length",
  "date-order",
  "expression",
]);

/** Whether a rule judges rows one by one; the others judge the set. */
export function isRowRule(rule: QualityRule): boolean {
  return ROW_RULES.has(rule.rule);
}

/** The rule's own id, or its kind and columns. */
export function nameOf(rule: QualityRule): string {
  if (rule.id !== undefined) return rule.id;
  const columns = "columns" in rule ? rule.columns : "column" in rule ? [rule.column] : [];
  return columns.length === 0 ? rule.rule : `${rule.rule}(${columns.join(", ")})`;
}

/** Compiles a rule over rows. The error says what of the rule cannot be used. */
export async function compileRowRule(rule: QualityRule): Promise<Result<RowCheck, string>> {
  const made = await bodyOf(rule);
  if (!made.ok) return made;
  const { holds, reason } = made.value;
  const base = { name: nameOf(rule), version: `${rule.rule}@1`, rule };
  if (rule.where === undefined) return ok({ ...base, ...made.value });
  const where = await compileExpression(rule.where);
  if (!where.ok) return err(`where: ${where.error}`);
  const selects = (row: Row): boolean => {
    const result = where.value(row);
    // What cannot be told apart is judged.
    return !result.ok || result.value !== false;
  };
  return ok({ ...base, holds: (row) => !selects(row) || holds(row), reason });
}

async function bodyOf(rule: QualityRule): Promise<Result<RuleBody, string>> {
  const plain = valueRule(rule);
  if (plain !== null) return ok(plain);
  switch (rule.rule) {
    case "regex":
      return await regexOf(rule);
    case "date-order": {
      const { columns } = rule;
      const instant = remembered(instantOf);
      return ok({
        holds: (row) => {
          let before: bigint | null = null;
          for (const column of columns) {
            const value = row[column];
            if (isMissing(value)) continue;
            const at = typeof value === "string" ? instant(value) : null;
            if (at === null || (before !== null && at < before)) return false;
            before = at;
          }
          return true;
        },
        reason: (row) =>
          `not in order of time: ${columns.map((column) => `${column} ${shown(row[column])}`).join(", ")}`,
      });
    }
    case "expression": {
      const compiled = await compileExpression(rule.expression);
      if (!compiled.ok) return err(`expression: ${compiled.error}`);
      return ok({
        holds: (row) => {
          const result = compiled.value(row);
          return result.ok && result.value === true;
        },
        reason: (row) => {
          const result = compiled.value(row);
          return result.ok ? `does not hold: ${rule.expression}` : `${rule.expression}: ${result.error}`;
        },
      });
    }
    default:
      return err(`${rule.rule} is a rule over the set, not over rows`);
  }
}

async function regexOf(rule: Extract<QualityRule, { rule: "regex" }>): Promise<Result<RuleBody, string>> {
  const { column, pattern } = rule;
  const { RE2JS } = await import("re2js");
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    return err(`pattern: ${error instanceof Error ? error.message.slice(0, 300) : "it does not compile"}`);
  }
  // Without groups a pattern cannot run away on a short text.
  const quick = quickPattern(pattern);
  return ok(ofValue(
    column,
    (value) => {
      if (isMissing(value)) return true;
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return quick === null || text.length > SHORT_TEXT ? compiled.matcher(text).find() : quick.test(text);
    },
    (row) => `${column} does not match ${pattern}: ${shown(row[column])}`,
    quick === null ? null : bytesLike(pattern),
  ));
}
