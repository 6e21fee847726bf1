/**
 * Pages of cells judged and written as bytes: which rows are plainly right, and those as JSON lines. Nothing here knows of a run, and
 * nothing is imported but what works on bytes, so that a worker starts with this file within milliseconds (page_worker.ts).
 *
 * Whoever wants typed values instead of lines takes them from the same cells: the value of row r and column c lies in
 * `bytes[starts[n]..ends[n]]`, n = r * columns.length + c; `marks[n]` says whether it is those bytes as they are (0), and `left` names
 * the rows whose values are not plainly of their column's type. In all others a number is decimal digits with at most one point and
 * a minus (15 digits, so that a double holds it), a date is `YYYY-MM-DD`, a boolean one of the words of `fitted`.
 */
import { type Cells, cellTexts } from "../../connectors/data/cells.ts";
import type { ValueCheck } from "../../policies/quality/value_rules.ts";
import { type ColumnPlan, holdColumn } from "./cell_columns.ts";
import { cellLines } from "./cell_lines.ts";
import type { PlainColumn } from "./contract.ts";

/** What rows are held against, as data. */
export interface PagePlan {
  readonly columns: readonly string[];
  readonly agreed: readonly PlainColumn[];
  /** Places of the key's columns that the file has; not all of them may be missing. Empty: there is no key. */
  readonly keys: readonly number[];
}

/** What became of a page. */
export interface JudgedCells {
  /** Lines of the rows that passed, with their ends. Valid until the next page is judged into the same memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Rows that somebody has to look at, in order. */
  readonly left: readonly number[];
  /** Where the lines of the rows in front of each of them end. */
  readonly cuts: readonly number[];
  /** How many of those that passed have a value, by column. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** Judges pages of one plan. `into` is memory for the lines; memory of its own, used again for the next page, where it is too small. */
export type PageJudge = (cells: Cells, into?: Uint8Array<ArrayBuffer>) => JudgedCells;

export function pageJudge(plan: PagePlan, checks: readonly ValueCheck[]): PageJudge {
  const { columns, agreed, keys } = plan;
  const held = columns.map((name, at): ColumnPlan => ({
    ...agreed[at] as PlainColumn,
    checks: checks.filter((check) => check.columns.includes(name)),
  }));
  const write = cellLines(columns, agreed.map(({ type }) => type));
  let others = new Uint8Array(0);
  let values = new Float64Array(0);
  return (cells, into) => {
    const { rows } = cells;
    if (others.length < rows) [others, values] = [new Uint8Array(rows), new Float64Array(rows)];
    others.fill(0, 0, rows);
    const textOf = lazily(cells);
    held.forEach((one, column) => holdColumn(cells, textOf, column, one, others, values));
    if (keys.length > 0) markKeyless(cells, keys, others);
    const lines = write(cells, others, into);
    const left: number[] = [];
    for (let row = others.indexOf(1); row !== -1 && row < rows; row = others.indexOf(1, row + 1)) {
      left.push(row);
    }
    return { ...lines, left };
  };
}

/** Texts are made where a column asks for the first of them. */
function lazily(cells: Cells): (n: number) => string | null {
  let textOf: ((n: number) => string | null) | null = null;
  return (n) => (textOf ??= cellTexts(cells))(n);
}

/** A part of a key may be missing; not all of it. */
function markKeyless(
  { rows, columns, starts, ends }: Cells,
  keys: readonly number[],
  others: Uint8Array,
): void {
  const width = columns.length;
  for (let row = 0, n = 0; row < rows; row++, n += width) {
    let part = 0;
    while (part < keys.length && starts[n + (keys[part] as number)] === ends[n + (keys[part] as number)]) {
      part++;
    }
    if (part === keys.length) others[row] = 1;
  }
}
