/**
 * Pages of cells judged and written as bytes: which rows are plainly right, and those as JSON lines. Nothing here knows of a run, and
 * nothing is imported but what works on bytes, so that a worker starts with this file within milliseconds (page_worker.ts).
 */
import { type Cells, cellTexts, type StretchRead } from "../../connectors/data/cells.ts";
import { cellTables, type ReadCells, readCells } from "../../connectors/data/wasm/cell_memory.ts";
import type { ValueCheck } from "../../policies/quality/value_rules.ts";
import { columnHold } from "./cell_columns.ts";
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
  /** Lines of the rows that passed, with their ends, at the front of their memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Rows that somebody has to look at, in order. */
  readonly left: readonly number[];
  /** Where their values lie, row after row. */
  readonly places: Pick<Cells, "starts" | "ends" | "marks">;
  /** Where the lines of the rows in front of each of them end. */
  readonly cuts: readonly number[];
  /** How many of those that passed have a value, by column. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** A page, or what is still to become one: at most so many rows are read of the bytes. */
export interface PageBytes extends Pick<Cells, "bytes" | "delimiter" | "quote"> {
  readonly most: number;
}

/** Reads and judges pages of one plan. `into` is memory for the lines; where it is too small, they get memory of their own. */
export type PageJudge = (
  page: PageBytes,
  into: Uint8Array<ArrayBuffer>,
) => { readonly read: StretchRead; readonly judged: JudgedCells };

export function pageJudge(plan: PagePlan, checks: readonly ValueCheck[]): PageJudge {
  const { columns, agreed, keys } = plan;
  const width = columns.length;
  const tables = cellTables();
  const holds = columns.map((name, at) =>
    columnHold(tables, width, at, {
      ...agreed[at] as PlainColumn,
      checks: checks.filter((check) => check.columns.includes(name)),
    })
  );
  const atKeys = tables.add(Int32Array.from(keys));
  const write = cellLines(tables, columns, agreed.map(({ type }) => type));
  return ({ bytes, delimiter, quote, most }, into) => {
    const page = readCells(bytes, { width, delimiter, quote }, most, tables);
    const { code, rows, consumed, lines, others, before } = page;
    code.begin();
    // Texts are made where a column asks for the first of them.
    let made: ((n: number) => string | null) | null = null;
    const textOf = (n: number) => (made ??= cellTexts({ ...page, columns, quote }))(n);
    for (const hold of holds) hold(page, textOf);
    if (keys.length > 0) code.keyless(atKeys, keys.length);
    const left: number[] = [];
    for (let row = others.indexOf(1); row !== -1; row = others.indexOf(1, row + 1)) left.push(row);
    const told = lines === rows ? {} : { before: new Map(left.map((row) => [row, before[row] as number])) };
    // Copied before the lines are written, for which the memory may have to grow.
    const places = placesOf(page, left, width);
    const judged = { ...write(page, left.length, into), left, places };
    return { read: { rows, consumed, lines, ...told }, judged };
  };
}

/** Copies of the places of some rows. */
function placesOf(
  { starts, ends, marks }: ReadCells,
  rows: readonly number[],
  width: number,
): JudgedCells["places"] {
  const size = rows.length * width;
  const places = { starts: new Int32Array(size), ends: new Int32Array(size), marks: new Uint8Array(size) };
  rows.forEach((row, at) => {
    const [from, to, into] = [row * width, (row + 1) * width, at * width];
    places.starts.set(starts.subarray(from, to), into);
    places.ends.set(ends.subarray(from, to), into);
    places.marks.set(marks.subarray(from, to), into);
  });
  return places;
}
