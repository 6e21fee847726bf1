/**
 * Rules that look at values one by one, made without any library: a worker that judges pages of cells starts with this file, its own
 * few imports and no schema.
 */
import type { Json } from "../../specs/mod.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { compareDecimals, compareValues, instantOf, orderOf } from "../../specs/foundry/order.ts";
import { type ByteCheck, bytesAmong, bytesLike } from "./byte_checks.ts";
import { fitted, isMissing, shown } from "./value.ts";

export { type ByteCheck, fitted, isMissing };

/** What a rule asks of single values: a row holds where each of these columns does. */
export interface ValueCheck {
  readonly columns: readonly string[];
  holds(value: Json | undefined): boolean;
  /** What can be told of it by bytes. */
  readonly bytes?: ByteCheck | null;
}

/** What a rule says of a row. */
export interface RuleBody {
  holds(row: Row): boolean;
  reason(row: Row): string;
  readonly values?: ValueCheck;
}

/** A rule about one column. */
export function ofValue(
  column: string,
  holds: ValueCheck["holds"],
  reason: RuleBody["reason"],
  bytes: ByteCheck | null = null,
): RuleBody {
  return { holds: (row) => holds(row[column]), reason, values: { columns: [column], holds, bytes } };
}

/** A rule over values that needs nothing but itself; null for every other one. */
export function valueRule(rule: QualityRule): RuleBody | null {
  switch (rule.rule) {
    case "required": {
      const { columns } = rule;
      return {
        holds: (row) => {
          for (const column of columns) if (isMissing(row[column])) return false;
          return true;
        },
        reason: (row) => `${columns.filter((column) => isMissing(row[column])).join(", ")} is missing`,
        // Of a value that is there nothing else is asked.
        values: { columns, holds: (value) => !isMissing(value), bytes: { kind: "any" } },
      };
    }
    case "type": {
      const { column, type } = rule;
      return ofValue(
        column,
        (value) => isMissing(value) || fitted(type, value as Json) !== undefined,
        (row) => `${column} is no ${type}: ${shown(row[column])}`,
      );
    }
    case "range":
      return rangeOf(rule);
    case "enum": {
      const { column } = rule;
      // A source may tell as text what another one tells as number: both spellings of a plain value are allowed.
      const plain = new Set<Json>(rule.values.filter(isPlain).flatMap(spellings));
      const nested = new Set(
        rule.values.filter((value) => !isPlain(value)).map((value) => JSON.stringify(value)),
      );
      return ofValue(
        column,
        (value) => {
          if (isMissing(value) || plain.has(value as Json)) return true;
          return nested.size > 0 && typeof value === "object" && nested.has(JSON.stringify(value));
        },
        (row) => `${column} is none of the ${rule.values.length} allowed values: ${shown(row[column])}`,
        bytesAmong([...plain].filter((value) => typeof value === "string")),
      );
    }
    case "length": {
      const { column, min = 0, max = Infinity } = rule;
      const sizeOf = (value: Json | undefined) =>
        Array.isArray(value) ? value.length : characters(typeof value === "string" ? value : textIn(value));
      return ofValue(
        column,
        (value) => {
          if (value === undefined || value === null) return true;
          // A character outside of the basic plane is two units: only then they have to be counted.
          if (typeof value === "string" && value.length <= max && value.length >= 2 * min) return true;
          const size = sizeOf(value);
          return size >= min && size <= max;
        },
        (row) => `${column} has the length ${sizeOf(row[column])}, not ${min} to ${max}`,
      );
    }
    default:
      return null;
  }
}

/**
 * What a value is held against where nobody can be asked: true where the rule holds for certain. A pattern is one of RE2, which
 * compiles it before; null where no such check is to be had.
 */
export function certainCheck(rule: QualityRule): ValueCheck | null {
  if (rule.where !== undefined) return null;
  if (rule.rule !== "regex") return valueRule(rule)?.values ?? null;
  const quick = quickPattern(rule.pattern);
  if (quick === null) return null;
  const holds = (value: Json | undefined) =>
    isMissing(value) || (typeof value === "string" && value.length <= SHORT_TEXT && quick.test(value));
  return { columns: [rule.column], holds, bytes: bytesLike(rule.pattern) };
}

/** A plain decimal whose double is told apart from every other one of its length. */
const SHORT_DECIMAL = /^[+-]?\d+(?:\.\d*)?$/;

function rangeOf(rule: Extract<QualityRule, { rule: "range" }>): RuleBody {
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
    plain ? { kind: "within", low, high } : null,
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

/** A pattern as the engine's own expression, for texts of at most SHORT_TEXT characters: those are far faster. */
export const quickPattern = (pattern: string): RegExp | null => isHarmless(pattern) ? native(pattern) : null;

export const SHORT_TEXT = 256;

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
