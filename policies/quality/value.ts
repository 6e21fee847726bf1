import type { Json } from "../../specs/mod.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";
import { compareDecimals, instantOf, isDay } from "../../specs/foundry/order.ts";

/** Missing for a rule: null, not there, or an empty text, which is what an empty cell is. */
export function isMissing(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "";
}

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;

/**
 * The value as its type wants it, or undefined when it does not fit. Texts of numbers become numbers only where nothing is lost:
 * integers beyond 2^53 and decimals that a double would change stay text.
 */
export function fitted(type: ColumnType, value: Json): Json | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? value : typeof value === "object" ? undefined : String(value);
    case "integer":
      if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
      if (typeof value !== "string") return undefined;
      return shortNumber(value, false) ?? (INTEGER.test(value) ? numberOrText(value) : undefined);
    case "decimal":
      if (typeof value === "number") return value;
      if (typeof value !== "string") return undefined;
      return shortNumber(value, true) ?? (DECIMAL.test(value) ? numberOrText(value) : undefined);
    case "boolean":
      if (typeof value === "boolean") return value;
      if (value === 1 || value === 0) return value === 1;
      return typeof value === "string" ? BOOLEANS.get(value.toLowerCase()) : undefined;
    case "date":
      return typeof value === "string" && isDay(value) ? value : undefined;
    case "datetime":
      return typeof value === "string" && instantOf(value) !== null ? value : undefined;
    case "json":
      return value;
  }
}

/** Significant digits of a decimal that every double of usual size keeps (IEEE 754 binary64). */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, n) => 10 ** n);

/**
 * The number of a short text without an exponent, read digit by digit; null for every other text. Both parts of the quotient are
 * exact, so that it is the double next to the text, and a double says up to 15 digits as they are: nothing is lost.
 */
function shortNumber(text: string, fraction: boolean): number | null {
  const { length } = text;
  if (length === 0 || length > EXACT_DIGITS) return null;
  const first = text.charCodeAt(0);
  const isSigned = first === 45 || first === 43;
  let point = -1;
  let whole = 0;
  for (let at = isSigned ? 1 : 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) whole = whole * 10 + code - 48;
    else if (code === 46 && fraction && point === -1) point = at;
    else return null;
  }
  if (length - (isSigned ? 1 : 0) - (point === -1 ? 0 : 1) === 0) return null;
  const number = point === -1 ? whole : whole / (POWERS[length - 1 - point] as number);
  return first === 45 ? -number : number;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["yes", true],
  ["no", false],
  ["1", true],
  ["0", false],
]);

/** A number when the double says exactly what the text says. */
function numberOrText(text: string): Json {
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) return text;
  return String(number) === text || compareDecimals(String(number), text) === 0 ? number : text;
}

/** A number from a value, for statistics; null when it is none. */
export function numeric(value: Json | undefined): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !DECIMAL.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A value for a message: short, one line. */
export function shown(value: Json | undefined): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const REMEMBERED = 4096;

/** What a function makes of a text, for texts that come again and again, as dates do. */
export function remembered<T>(make: (text: string) => T): (text: string) => T {
  let known = new Map<string, T>();
  return (text) => {
    const there = known.get(text);
    if (there !== undefined || known.has(text)) return there as T;
    const made = make(text);
    if (known.size >= REMEMBERED) known = new Map();
    known.set(text, made);
    return made;
  };
}
