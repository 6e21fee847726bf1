import type { Json } from "../base.ts";
import type { Cursor } from "./pipeline.ts";

/** A value that can be ordered, or null when the value is missing or not of its type. */
export type Ordered = string | number | bigint | null;

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,9}))?)?)\s?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$/i;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Nanoseconds since the epoch of a date or an instant; a time without a zone is UTC. Null when the text is none, also for days that
 * do not exist.
 */
export function instantOf(text: string): bigint | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, day = "", time, fraction, zone] = match;
  const clock = time === undefined ? "00:00:00" : time.length === 5 ? `${time}:00` : time.slice(0, 8);
  const offset = zone === undefined || zone.toUpperCase() === "Z"
    ? "Z"
    : zone.length === 3
    ? `${zone}:00`
    : zone.includes(":")
    ? zone
    : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${day}T${clock}${offset}`);
  if (Number.isNaN(ms) || !isDay(day)) return null;
  return BigInt(ms) * 1_000_000n + BigInt((fraction ?? "").padEnd(9, "0") || "0");
}

/** Whether a text is a day that exists, as `2026-02-28`. By its characters: columns of dates are checked value by value. */
export function isDay(text: string): boolean {
  if (text.length !== 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false;
  const century = twoDigits(text, 0);
  const year = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (!(century >= 0 && year >= 0 && month >= 1 && month <= 12 && day >= 1)) return false;
  if (day <= 28) return true;
  if (month !== 2) return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
  // Leap years, by Gregory's rule as ISO 8601 takes it for all years.
  return day === 29 && (year === 0 ? century % 4 === 0 : year % 4 === 0);
}

/** NaN when one of the two is no digit. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Sign of `a - b` of two decimals in text, exactly; null when one is none. */
export function compareDecimals(a: string, b: string): number | null {
  const [left, right] = [scaled(a), scaled(b)];
  if (left === null || right === null) return null;
  const scale = left.scale > right.scale ? left.scale : right.scale;
  const [x, y] = [left.digits * 10n ** (scale - left.scale), right.digits * 10n ** (scale - right.scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function scaled(text: string): { digits: bigint; scale: bigint } | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return null;
  const scale = BigInt(fraction.length) - BigInt(exponent);
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  return scale < 0n ? { digits: digits * 10n ** -scale, scale: 0n } : { digits, scale };
}

/** Compares two values of a cursor's type: negative, zero, positive; null when one of them is not of the type. */
export function orderOf(type: Cursor["type"]): (a: Json, b: Json) => number | null {
  switch (type) {
    case "string":
      return (a, b) => typeof a === "string" && typeof b === "string" ? byText(a, b) : null;
    case "integer":
    case "decimal":
      return (a, b) => {
        if (typeof a === "number" && typeof b === "number") return a - b;
        const [left, right] = [numeric(a), numeric(b)];
        return left === null || right === null ? null : compareDecimals(left, right);
      };
    case "date":
    case "datetime":
      return (a, b) => {
        const [left, right] = [instant(a), instant(b)];
        return left === null || right === null ? null : left < right ? -1 : left > right ? 1 : 0;
      };
  }
}

/** Whether a value is of a cursor's type at all. */
export function isOrdered(type: Cursor["type"], value: Json | undefined): value is string | number {
  if (type === "string") return typeof value === "string" && value !== "";
  if (type === "date" || type === "datetime") return instant(value) !== null;
  const text = numeric(value);
  return text !== null && (type === "decimal" || /^[+-]?\d+$/.test(text));
}

function instant(value: Json | undefined): bigint | null {
  if (typeof value === "string") return instantOf(value);
  // Sources with epoch times: seconds up to the year 5138, else milliseconds.
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  const ms = Math.abs(value) < 1e11 ? value * 1000 : value;
  return BigInt(Math.round(ms)) * 1_000_000n;
}

function numeric(value: Json | undefined): string | null {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : null;
  return typeof value === "string" && scaled(value) !== null ? value : null;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Which of two values of no declared type is the later one: numbers by size, instants by time, else by text. */
export function compareValues(a: Json | undefined, b: Json | undefined): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") {
    // Instants of one form sort like their texts.
    if (left.length === right.length && left.endsWith("Z") && right.endsWith("Z")) return byText(left, right);
  }
  for (const type of ["decimal", "datetime"] as const) {
    const order = orderOf(type)(left, right);
    if (order !== null) return order;
  }
  const text = (value: Json) => typeof value === "string" ? value : JSON.stringify(value);
  return byText(text(left), text(right));
}
