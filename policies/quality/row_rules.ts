import { err, type Json, ok, type Result } from "../../specs/mod.ts";
import {
  compareDecimals,
  compareValues,
  instantOf,
  orderOf,
  type QualityRule,
  type Row,
} from "../../specs/foundry/mod.ts";
import { compileExpression } from "./expression.ts";
import { fitted, isMissing, remembered, shown } from "./value.ts";

/** What a rule asks of single values: a row holds where each of these columns does. */
export interface ValueCheck {
  readonly columns: readonly string[];
  holds(value: Json | undefined): boolean;
}

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

type Body = Pick<RowCheck, "holds" | "reason" | "values">;

/** A rule about one column. */
function ofValue(column: string, holds: ValueCheck["holds"], reason: Body["reason"]): Body {
  return { holds: (row) => holds(row[column]), reason, values: { columns: [column], holds } };
}

async function bodyOf(rule: QualityRule): Promise<Result<Body, string>> {
  switch (rule.rule) {
    case "required": {
      const { columns } = rule;
      return ok({
        holds: (row) => {
          for (const column of columns) if (isMissing(row[column])) return false;
          return true;
        },
        reason: (row) => `${columns.filter((column) => isMissing(row[column])).join(", ")} is missing`,
        values: { columns, holds: (value) => !isMissing(value) },
      });
    }
    case "type": {
      const { column, type } = rule;
      return ok(ofValue(
        column,
        (value) => isMissing(value) || fitted(type, value as Json) !== undefined,
        (row) => `${column} is no ${type}: ${shown(row[column])}`,
      ));
    }
    case "range":
      return ok(rangeOf(rule));
    case "regex":
      return await regexOf(rule);
    case "enum": {
      const { column } = rule;
      // A source may tell as text what another one tells as number: both spellings of a plain value are allowed.
      const plain = new Set<Json>(rule.values.filter(isPlain).flatMap(spellings));
      const nested = new Set(
        rule.values.filter((value) => !isPlain(value)).map((value) => JSON.stringify(value)),
      );
      return ok(ofValue(
        column,
        (value) => {
          if (isMissing(value) || plain.has(value as Json)) return true;
          return nested.size > 0 && typeof value === "object" && nested.has(JSON.stringify(value));
        },
        (row) => `${column} is none of the ${rule.values.length} allowed values: ${shown(row[column])}`,
      ));
    }
    case "length": {
      const { column, min = 0, max = Infinity } = rule;
      const sizeOf = (value: Json | undefined) =>
        Array.isArray(value) ? value.length : characters(typeof value === "string" ? value : textIn(value));
      return ok(ofValue(
        column,
        (value) => {
          if (value === undefined || value === null) return true;
          // A character outside of the basic plane is two units: only then they have to be counted.
          if (typeof value === "string" && value.length <= max && value.length >= 2 * min) return true;
          const size = sizeOf(value);
          return size >= min && size <= max;
        },
        (row) => `${column} has the length ${sizeOf(row[column])}, not ${min} to ${max}`,
      ));
    }
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

/** A plain decimal whose double is told apart from every other one of its length. */
const SHORT_DECIMAL = /^[+-]?\d+(?:\.\d*)?$/;

function rangeOf(rule: Extract<QualityRule, { rule: "range" }>): Body {
  const { column, min, max } = rule;
  const bounds = `${min ?? "-"} to ${max ?? "-"}`;
  const plain = (min === undefined || typeof min === "number") &&
    (max === undefined || typeof max === "number");
  const [low, high] = [typeof min === "number" ? min : -Infinity, typeof max === "number" ? max : Infinity];
  const [above, below] = [min === undefined ? null : side(min, 1), max === undefined ? null : side(max, -1)];
  const isWithin = (value: Json): boolean => {
    if (plain) {
      if (typeof value === "number") return value >= low && value <= high;
      if (typeof value === "string" && value.length < 16 && SHORT_DECIMAL.test(value)) {
        const number = Number(value);
        return number >= low && number <= high;
      }
    }
    if (typeof value !== "string" && typeof value !== "number") return false;
    return (above === null || above(value)) && (below === null || below(value));
  };
  return ofValue(
    column,
    (value) => isMissing(value) || isWithin(value as Json),
    (row) => `${column} is outside ${bounds}: ${shown(row[column])}`,
  );
}

/** Numbers are compared exactly, instants by time, other texts by their characters. A value of another kind than the bound is outside. */
function side(bound: string | number, sign: 1 | -1): (value: string | number) => boolean {
  const text = String(bound);
  if (compareDecimals(text, "0") !== null) {
    return (value) => {
      const order = compareDecimals(String(value), text);
      return order !== null && order * sign >= 0;
    };
  }
  if (instantOf(text) === null) return (value) => compareValues(String(value), text) * sign >= 0;
  const order = orderOf("datetime");
  return (value) => {
    const found = order(value, text);
    return found !== null && found * sign >= 0;
  };
}

const isPlain = (value: Json): boolean => value === null || typeof value !== "object";

/** The value itself, as text, and as what its text says. */
function spellings(value: Json): Json[] {
  if (typeof value !== "string") return [value, String(value)];
  if (value === "true" || value === "false") return [value, value === "true"];
  const number = Number(value);
  return value !== "" && Number.isFinite(number) && String(number) === value ? [value, number] : [value];
}

const textIn = (value: Json | undefined): string =>
  typeof value === "object" ? JSON.stringify(value) : String(value);

/** Characters as people count them in code: one for each code point. */
function characters(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit <= 0xdbff && at + 1 < text.length) pairs++;
  }
  return text.length - pairs;
}

async function regexOf(rule: Extract<QualityRule, { rule: "regex" }>): Promise<Result<Body, string>> {
  const { column, pattern } = rule;
  const { RE2JS } = await import("re2js");
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    return err(`pattern: ${error instanceof Error ? error.message.slice(0, 300) : "it does not compile"}`);
  }
  // Without groups a pattern cannot run away on a short text, and the engine's own expressions are far faster.
  const quick = isHarmless(pattern) ? native(pattern) : null;
  return ok(ofValue(
    column,
    (value) => {
      if (isMissing(value)) return true;
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return quick === null || text.length > SHORT_TEXT ? compiled.matcher(text).find() : quick.test(text);
    },
    (row) => `${column} does not match ${pattern}: ${shown(row[column])}`,
  ));
}

const SHORT_TEXT = 256;

/**
 * No groups, no choices, none of the constructs in which the two engines differ, and so few repetitions that the worst text of 256
 * characters costs microseconds: two from a fixed start, else one.
 */
function isHarmless(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\[dw.\-+/@_ ]/g, "a").replaceAll(/\[\^?[^\]\\[]*\]/g, "a");
  if (/[()|\\[\]]/.test(plain)) return false;
  // `?` repeats as well: thirty of them in a row are a billion ways to fail.
  const repeats = (plain.match(/[*+?]|\{\d*,\d*\}/g) ?? []).length;
  return repeats <= (pattern.startsWith("^") ? 2 : 1);
}

function native(pattern: string): RegExp | null {
  try {
    // A dot is any character but a line feed, as RE2 has it.
    return new RegExp(
      pattern.replaceAll(/\\.|\[\^?[^\]]*\]|\./g, (part) => part === "." ? "[^\\n]" : part),
      "u",
    );
  } catch {
    return null;
  }
}
