/** Amounts exactly: no value goes through a double. */
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";

/** `digits` times ten to the power of minus `scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

export const ZERO: Decimal = { digits: 0n, scale: 0 };

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
/** Amounts have no more digits than this before or after the point; what has is no amount. */
const MAX_DIGITS = 400;

/** Values of columns as one text, for grouping. */
export const keyOf = (row: Row, columns: readonly string[]) =>
  JSON.stringify(columns.map((column) => row[column] ?? null));

/** The exact decimal of a number, or of a text that is one; null for everything else, such as `NaN` and `1,000`. */
export function decimalOf(value: Json | undefined): Decimal | null {
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  if (text.length > 2 * MAX_DIGITS) return null;
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return null;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > MAX_DIGITS) return null;
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

const PLAIN = /^-?\d+(?:\.\d+)?$/;

/** A text from which the decimal can be made once it is needed; null where there is none. */
export function decimalText(value: Json | undefined): string | null {
  if (typeof value === "string" && value.length <= MAX_DIGITS && PLAIN.test(value)) return value;
  const amount = decimalOf(value);
  return amount === null ? null : textOf(amount);
}

export function plus(a: Decimal, b: Decimal): Decimal {
  if (a.scale === b.scale) return { digits: a.digits + b.digits, scale: a.scale };
  const scale = Math.max(a.scale, b.scale);
  return { digits: at(a, scale) + at(b, scale), scale };
}

export const negated = (a: Decimal): Decimal => ({ digits: -a.digits, scale: a.scale });

export const minus = (a: Decimal, b: Decimal): Decimal => plus(a, negated(b));

export const times = (a: Decimal, b: Decimal): Decimal => ({
  digits: a.digits * b.digits,
  scale: a.scale + b.scale,
});

export const absolute = (a: Decimal): Decimal => a.digits < 0n ? negated(a) : a;

/** Negative, zero or positive, as a is below, equal to or above b. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [at(a, scale), at(b, scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

export const isNegative = (a: Decimal): boolean => a.digits < 0n;

/** Whether two amounts lie within a tolerance of each other. */
export function isNear(a: Decimal, b: Decimal, tolerance: Decimal): boolean {
  return compare(absolute(minus(a, b)), tolerance) <= 0;
}

/** Plain text without an exponent and without zeros at the end: `-0` is `0`. */
export function textOf({ digits, scale }: Decimal): string {
  const plain = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = scale === 0 ? plain : plain.slice(0, -scale);
  const fraction = scale === 0 ? "" : plain.slice(-scale).replace(/0+$/, "");
  return `${digits < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

const at = ({ digits, scale }: Decimal, wanted: number): bigint =>
  wanted === scale ? digits : digits * 10n ** BigInt(wanted - scale);
