/**
 * Columns of cells held against their types and rules, one column after the other. A row with a value that is not plainly right is
 * only marked: whoever looks at the row says what it is.
 */
import { CELL, type Cells } from "../../connectors/data/cells.ts";
import { type ByteCheck, fitted, type ValueCheck } from "../../policies/quality/value_rules.ts";
import { isDay } from "../../specs/foundry/order.ts";
import type { Json } from "../../specs/mod.ts";
import type { PlainColumn } from "./contract.ts";

/** What one column is held against. */
export interface ColumnPlan {
  readonly type: PlainColumn["type"];
  readonly required: boolean;
  readonly checks: readonly Pick<ValueCheck, "holds" | "bytes">[];
}

/** Values of a column of numbers or booleans, by row; NaN where there is none. */
export type Values = Float64Array;

/** Decimal digits that every double keeps (IEEE 754 binary64). */
const EXACT_DIGITS = 15;
/** Smaller ones are written with an exponent (ECMA-262, Number::toString). */
const LEAST = 1e-6;
const [MINUS, ZERO] = [45, 48];
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, n) => 10 ** n);

/** Marks the rows in which the column is not plainly right. `values` is room to work in. */
export function holdColumn(
  cells: Cells,
  textOf: (n: number) => string | null,
  column: number,
  plan: ColumnPlan,
  others: Uint8Array,
  values: Values,
): void {
  const { type, checks } = plan;
  const takesNone = !plan.required && checks.every(({ holds }) => holds(null));
  if (!takesNone) markEmpty(cells, column, others);
  switch (type) {
    case "integer":
    case "decimal":
      numbersOf(cells, column, type === "decimal", others, values);
      for (const { holds } of checks) holdValues(cells.rows, values, others, holds);
      return;
    case "boolean":
      booleansOf(cells, textOf, column, others, values);
      for (const { holds } of checks) {
        holdValues(cells.rows, values, others, (value) => holds(value === 1));
      }
      return;
    case "date":
      holdDays(cells, column, others);
      break;
    case "datetime":
      holdTexts(cells, textOf, column, others, (text) => fitted("datetime", text) !== undefined);
      break;
    case "string":
    case "json":
  }
  for (const { holds, bytes = null } of checks) {
    if (bytes === null) holdTexts(cells, textOf, column, others, holds);
    else holdBytes(cells, textOf, column, others, bytes, holds);
  }
}

function markEmpty({ rows, columns, starts, ends }: Cells, column: number, others: Uint8Array): void {
  const width = columns.length;
  for (let row = 0, n = column; row < rows; row++, n += width) if (starts[n] === ends[n]) others[row] = 1;
}

function holdTexts(
  { rows, columns, starts, ends }: Cells,
  textOf: (n: number) => string | null,
  column: number,
  others: Uint8Array,
  holds: (text: string) => boolean,
): void {
  const width = columns.length;
  for (let row = 0, n = column; row < rows; row++, n += width) {
    if (starts[n] !== ends[n] && !holds(textOf(n) as string)) others[row] = 1;
  }
}

/** As texts are held, where most of them can be told by their bytes. */
function holdBytes(
  { rows, columns, bytes, starts, ends, marks }: Cells,
  textOf: (n: number) => string | null,
  column: number,
  others: Uint8Array,
  quick: ByteCheck,
  holds: (text: string) => boolean,
): void {
  const width = columns.length;
  for (let row = 0, n = column; row < rows; row++, n += width) {
    const [at, end] = [starts[n] as number, ends[n] as number];
    if (at === end) continue;
    if (((marks[n] as number) & (CELL.PAIRS | CELL.WIDE)) === 0 && quick(bytes, at, end)) continue;
    if (!holds(textOf(n) as string)) others[row] = 1;
  }
}

/** Days that exist in any month are told by their bytes, the others by their text. */
function holdDays({ rows, columns, bytes, starts, ends }: Cells, column: number, others: Uint8Array): void {
  const width = columns.length;
  for (let row = 0, n = column; row < rows; row++, n += width) {
    const at = starts[n] as number;
    const end = ends[n] as number;
    if (at !== end && (end - at !== 10 || !isDayAt(bytes, at))) others[row] = 1;
  }
}

/** `isDay` over bytes. */
function isDayAt(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false;
  const [month, day] = [twoDigits(bytes, at + 5), twoDigits(bytes, at + 8)];
  const century = twoDigits(bytes, at);
  const year = twoDigits(bytes, at + 2);
  if (!(century >= 0 && year >= 0 && month >= 1 && month <= 12 && day >= 1)) return false;
  return day <= 28 || isDay(String.fromCharCode(...bytes.subarray(at, at + 10)));
}

/** -1 when one of the two is no digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function holdValues(rows: number, values: Values, others: Uint8Array, holds: (value: Json) => boolean): void {
  for (let row = 0; row < rows; row++) {
    const value = values[row] as number;
    // What is no number is none at all, or is marked already.
    if (value === value && !holds(value)) others[row] = 1;
  }
}

function booleansOf(
  { rows, columns, starts, ends }: Cells,
  textOf: (n: number) => string | null,
  column: number,
  others: Uint8Array,
  values: Values,
): void {
  const width = columns.length;
  for (let row = 0, n = column; row < rows; row++, n += width) {
    values[row] = NaN;
    if (starts[n] === ends[n]) continue;
    const value = fitted("boolean", textOf(n) as string);
    if (value === undefined) others[row] = 1;
    else values[row] = value === true ? 1 : 0;
  }
}

/**
 * Numbers of up to 15 digits in their usual form: no sign in front but a minus, no zero in front of another digit, a digit on both
 * sides of the point. Their text without zeros at the end is how JSON writes them.
 */
function numbersOf(
  cells: Cells,
  column: number,
  fraction: boolean,
  others: Uint8Array,
  values: Values,
): void {
  const { rows, columns, bytes, starts, ends } = cells;
  const width = columns.length;
  for (let row = 0, n = column; row < rows; row++, n += width) {
    let at = starts[n] as number;
    const end = ends[n] as number;
    values[row] = NaN;
    if (at === end) continue;
    const isNegative = bytes[at] === 45;
    if (isNegative) at++;
    const first = at;
    let whole = 0;
    let point = -1;
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit >= 0 && digit <= 9) whole = whole * 10 + digit;
      else if (digit === -2 && fraction && point === -1) point = at;
      else break;
    }
    const before = (point === -1 ? end : point) - first;
    const isUsual = at === end && end - first <= EXACT_DIGITS && before > 0 && point !== end - 1 &&
      (before === 1 || bytes[first] !== 48);
    const value = isUsual && point !== -1 ? whole / (POWERS[end - 1 - point] as number) : whole;
    if (isUsual && (value >= LEAST || (value === 0 && !isNegative))) {
      values[row] = isNegative ? -value : value;
    } else others[row] = 1;
  }
}
