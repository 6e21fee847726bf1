/** Sums and keys of rows, exactly: no value goes through a double. */
import { compareDecimals, type Row } from "../../specs/mod.ts";

/** Values of columns as one text, for grouping. */
export const keyOf = (row: Row, columns: readonly string[]) =>
  JSON.stringify(columns.map((column) => row[column] ?? null));

/** The sum of decimals in text, exactly. */
export function addDecimals(a: string, b: string): string {
  const scaleOf = (text: string) => text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const big = (text: string) => BigInt(text.replace(".", "") + "0".repeat(scale - scaleOf(text)));
  const sum = big(a) + big(b);
  if (scale === 0) return sum.toString();
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, "0");
  return `${sum < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Whether two decimals lie within a tolerance of each other. */
export function isNear(a: string, b: string, tolerance: number): boolean {
  const negated = b.startsWith("-") ? b.slice(1) : `-${b}`;
  const difference = addDecimals(a, negated).replace("-", "");
  return (compareDecimals(difference, String(tolerance)) ?? 1) <= 0;
}
