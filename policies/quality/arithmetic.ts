/**
 * Arithmetic and comparison over whole and broken numbers together, and over numbers that a text file holds as text: a rule such as
 * `amount > 0` means the same on CSV and on JSON. Exact, or an error: a sum, difference or product whose digits no number of the
 * result holds is no result. Quotients are exact where they come out even, `7 / 2` is 3.5, and are else rounded to a double.
 */
import type { CelFunc } from "@bufbuild/cel";
import { compare, type Decimal, decimalOf, minus, plus, textOf, times } from "./decimal.ts";

type Cel = typeof import("@bufbuild/cel");
type Operand = bigint | number | string;

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
/** Doubles hold this many digits of every decimal: texts of no more compare as doubles as they do as decimals. */
const SHORT = /^-?\d{1,7}(?:\.\d{1,7})?$/;
const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
/** Digits of a quotient before it is rounded to the 17 of a double. */
const QUOTIENT_DIGITS = 25;

/** Functions of CEL over row values, besides and instead of its own. */
export function exactArithmetic({ celFunc, CelScalar }: Cel): CelFunc[] {
  const { INT, DOUBLE, STRING, BOOL, DYN } = CelScalar;
  const mixed = [[INT, DOUBLE], [DOUBLE, INT], [STRING, INT], [STRING, DOUBLE], [INT, STRING], [
    DOUBLE,
    STRING,
  ]] as const;
  const made: CelFunc[] = [];
  for (const [left, right] of mixed) {
    for (const [name, apply] of Object.entries(ARITHMETIC)) {
      made.push(celFunc(name, [left, right], DYN, (a, b) => apply(a, b)));
    }
    if (left !== STRING && right !== STRING) continue;
    for (const [name, holds] of Object.entries(COMPARISON)) {
      made.push(celFunc(name, [left, right], BOOL, (a, b) => holds(ordered(a, b))));
    }
  }
  for (const [name, apply] of Object.entries(ARITHMETIC)) {
    // Two texts are joined by `+`, as CEL says.
    if (name !== "_+_") made.push(celFunc(name, [STRING, STRING], DYN, (a, b) => apply(a, b)));
  }
  // CEL's own would cut 7 / 2 to 3, and only where both happen to be whole.
  made.push(celFunc("_/_", [INT, INT], DYN, (a, b) => quotient(a, b)));
  made.push(celFunc("_/_", [DOUBLE, DOUBLE], DYN, (a, b) => quotient(a, b)));
  return made;
}

const ARITHMETIC: Readonly<Record<string, (a: Operand, b: Operand) => bigint | number>> = {
  "_+_": (a, b) => result(plus(exactly(a), exactly(b)), a, b),
  "_-_": (a, b) => result(minus(exactly(a), exactly(b)), a, b),
  "_*_": (a, b) => result(times(exactly(a), exactly(b)), a, b),
  "_/_": quotient,
};

const COMPARISON: Readonly<Record<string, (order: number) => boolean>> = {
  "_<_": (order) => order < 0,
  "_<=_": (order) => order <= 0,
  "_>_": (order) => order > 0,
  "_>=_": (order) => order >= 0,
};

function ordered(a: Operand, b: Operand): number {
  return isShort(a) && isShort(b) ? Number(a) - Number(b) : compare(exactly(a), exactly(b));
}

const isShort = (value: Operand): boolean =>
  typeof value === "string"
    ? SHORT.test(value)
    : typeof value === "number"
    ? Number.isFinite(value)
    : isSafe(value);

const isSafe = (value: bigint): boolean => Number.isSafeInteger(Number(value));

function exactly(value: Operand): Decimal {
  if (typeof value === "bigint") return { digits: value, scale: 0 };
  const found = typeof value === "number" || NUMBER.test(value) ? decimalOf(value) : null;
  if (found !== null) return found;
  throw new Error(
    typeof value === "number"
      ? `${value} is no finite number`
      : `the text ${JSON.stringify(value.slice(0, 40))} is no number`,
  );
}

function quotient(a: Operand, b: Operand): bigint | number {
  const [over, under] = [exactly(a), exactly(b)];
  if (under.digits === 0n) throw new Error("divided by zero");
  const digits = over.digits * 10n ** BigInt(Math.max(0, under.scale - over.scale));
  const by = under.digits * 10n ** BigInt(Math.max(0, over.scale - under.scale));
  if (digits % by === 0n) return result({ digits: digits / by, scale: 0 }, a, b);
  const scale = Math.max(0, QUOTIENT_DIGITS + String(by).length - String(digits).length);
  return Number(textOf({ digits: digits * 10n ** BigInt(scale) / by, scale }));
}

/** The number with this value. Of doubles alone it is the nearest double, as ever; what a text or a long integer says is kept whole. */
function result(exact: Decimal, a: Operand, b: Operand): bigint | number {
  const text = textOf(exact);
  if (!text.includes(".")) {
    const whole = BigInt(text);
    if (whole >= INT_MIN && whole <= INT_MAX) return whole;
  }
  const nearest = Number(text);
  const isLoose = [a, b].every((one) => typeof one === "number" || (typeof one === "bigint" && isSafe(one)));
  const same = decimalOf(nearest);
  if (isLoose || (text.includes(".") && same !== null && compare(same, exact) === 0)) return nearest;
  throw new Error(
    `the result ${text.length > 60 ? `${text.slice(0, 60)}...` : text} has more digits than a number holds`,
  );
}
