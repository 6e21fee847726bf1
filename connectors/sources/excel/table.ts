/** A sheet's cells as a table: where its header stands, what its columns are called, which rows are rows. */
import { type BadRow, DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { unique } from "../file/csv_sniff.ts";
import {
  areaOf,
  type Cell,
  columnLetters,
  MAX_COLUMNS,
  MAX_ROWS,
  type Merge,
  type Sheet,
  type SheetRow,
} from "./cells.ts";

export interface TableOptions {
  /** 1-based row of the names; a pair for names over several rows; 0: there is none. Found when it is left out. */
  readonly headerRow?: number | readonly [number, number];
  readonly range?: string;
  readonly visibleOnly: boolean;
  /** What becomes of a row with an error cell, or a formula without a value. */
  readonly errors: "quarantine" | "null";
  /** Whether cells of a merged area all have its value. */
  readonly fillMerged: boolean;
}

export interface TableBatch {
  readonly rows: Row[];
  readonly bad: BadRow[];
  /** Sheet row of each row. */
  readonly lines: number[];
  /** Sheet row of the last row that was looked at. */
  readonly last: number;
}

/** Rows among which a header is looked for. */
const LOOK = 50;

/** Rows of the table behind sheet row `after`. */
export async function* tableRows(
  sheet: Sheet,
  name: string,
  options: TableOptions,
  after: number,
  note: (message: string) => void,
): AsyncGenerator<TableBatch> {
  const area = areaFor(options.range);
  const locator = `${name}#${sheet.name}!`;
  let columns: Column[] | null = null;
  let waiting: SheetRow[] = [];
  const start = async function* (rows: SheetRow[], isEnd: boolean): AsyncGenerator<SheetRow[]> {
    waiting.push(...rows);
    for (const row of rows) {
      for (const merge of sheet.merges) if (row.index === merge.top) held.set(merge, row.cells[merge.left]);
    }
    if (columns === null) {
      const header = headerOf(waiting, sheet, area, options, isEnd);
      if (header === null) return;
      columns = header.columns;
      if (after === 0) { for (const text of header.notes) note(`${name}: ${text}`); }
      waiting = waiting.filter((row) => row.index > header.last);
    }
    yield waiting;
    waiting = [];
  };
  const batchOf = (rows: readonly SheetRow[]) => {
    const batch: TableBatch = { rows: [], bad: [], lines: [], last: 0 };
    let last = 0;
    for (const row of rows) {
      last = row.index;
      if (row.index <= after || row.index < area.top || row.index > area.bottom) continue;
      if (options.visibleOnly && row.isHidden) continue;
      take(row, columns as Column[], area, sheet, options, locator, batch);
    }
    return { ...batch, last };
  };
  for await (const rows of sheet.rows()) {
    for await (const ready of start(rows, false)) yield batchOf(ready);
    if ((rows.at(-1)?.index ?? 0) >= area.bottom) break;
  }
  for await (const ready of start([], true)) if (ready.length > 0) yield batchOf(ready);
}

interface Column {
  readonly index: number;
  readonly name: string;
}

function areaFor(range: string | undefined): Merge {
  const area = range === undefined
    ? { top: 1, left: 0, bottom: MAX_ROWS, right: MAX_COLUMNS - 1 }
    : areaOf(range);
  if (area === null) {
    throw new DataFailure(
      "invalid",
      `${JSON.stringify(range)} is no area of a sheet`,
      "Such as B2:F100, or B:F.",
    );
  }
  return area;
}

/** Cells of a row within the area; those of merged areas filled in when that is wanted. */
function cellsOf(
  row: SheetRow,
  sheet: Sheet,
  area: Merge,
  options: TableOptions,
  fill: boolean,
): (Cell | undefined)[] {
  const cells = row.cells.slice(0, area.right + 1);
  if (fill) {
    for (const merge of sheet.merges) {
      if (row.index < merge.top || row.index > merge.bottom) continue;
      for (let column = merge.left; column <= merge.right; column++) cells[column] ??= held.get(merge);
    }
  }
  for (let column = 0; column < Math.min(area.left, cells.length); column++) cells[column] = undefined;
  if (options.visibleOnly) {
    for (const column of sheet.hiddenColumns) if (column < cells.length) cells[column] = undefined;
  }
  return cells;
}

/** Value of a merged area, from its first row on. */
const held = new WeakMap<Merge, Cell | undefined>();

const isEmpty = (cell: Cell | undefined): boolean => cell === undefined || cell === "";

function headerOf(
  rows: readonly SheetRow[],
  sheet: Sheet,
  area: Merge,
  options: TableOptions,
  isEnd: boolean,
): { columns: Column[]; last: number; notes: string[] } | null {
  const inside = rows.filter((row) =>
    row.index >= area.top && row.index <= area.bottom && !(options.visibleOnly && row.isHidden)
  );
  const fixed = options.headerRow;
  if (fixed !== undefined && fixed !== 0) {
    const [first, last] = typeof fixed === "number" ? [fixed, fixed] : fixed;
    if (!isEnd && (rows.at(-1)?.index ?? 0) <= last) return null;
    const names = rows.filter((row) => row.index >= first && row.index <= last);
    if (names.every((row) => row.cells.every(isEmpty))) {
      throw new DataFailure(
        "contract",
        `Row ${first} of the sheet ${sheet.name} is blank, and the names of the columns should stand there`,
        "Say the right `headerRow`, or leave it out.",
      );
    }
    return named(names, sheet, area, options, last);
  }
  if (!isEnd && inside.length < LOOK) return null;
  const looked = inside.slice(0, LOOK);
  const counts = looked.map((row) =>
    cellsOf(row, sheet, area, options, false).filter((cell) => !isEmpty(cell)).length
  );
  const widest = Math.max(0, ...counts);
  // Titles and dates stand above a table; its names are in the first row that is about as wide as the table. No wide row is passed over.
  const at = counts.findIndex((count) => count >= Math.max(widest > 1 ? 2 : 1, widest * 0.6));
  const row = looked[at];
  const hasNames = row !== undefined && fixed !== 0 &&
    cellsOf(row, sheet, area, options, false).some((cell) => isLabel(cell));
  if (row === undefined || !hasNames) {
    const width = Math.max(0, ...looked.map((row) => cellsOf(row, sheet, area, options, false).length));
    const columns = Array.from({ length: Math.max(0, width - area.left) }, (_, at) => ({
      index: area.left + at,
      name: `column_${at + 1}`,
    }));
    const notes = fixed === 0 || row === undefined ? [] : [
      `row ${row.index} of ${sheet.name} has numbers only: the table is read without names; say \`headerRow\` if they are`,
    ];
    return { columns, last: 0, notes };
  }
  const found = named([row], sheet, area, options, row.index);
  if (at > counts.findIndex((count) => count > 0)) {
    found.notes.push(`the names of the columns are taken from row ${row.index} of ${sheet.name}`);
  }
  return found;
}

/** A text that is no date, or a year: what may be a column's name. */
const isLabel = (cell: Cell | undefined): boolean =>
  typeof cell === "string"
    ? cell !== "" && !/^\d{4}-\d\d-\d\d/.test(cell)
    : typeof cell === "number" && Number.isInteger(cell) && cell >= 1900 && cell <= 2100;

function named(
  rows: readonly SheetRow[],
  sheet: Sheet,
  area: Merge,
  options: TableOptions,
  last: number,
): { columns: Column[]; last: number; notes: string[] } {
  const lines = rows.map((row) => cellsOf(row, sheet, area, options, rows.length > 1 || options.fillMerged));
  const width = Math.max(0, ...lines.map((cells) => cells.findLastIndex((cell) => !isEmpty(cell)) + 1));
  const labels: string[] = [];
  const places: number[] = [];
  for (let column = area.left; column < width; column++) {
    if (options.visibleOnly && sheet.hiddenColumns.has(column)) continue;
    const parts = lines.map((cells) => cells[column]).filter((cell) => !isEmpty(cell)).map(labelOf);
    labels.push(parts.filter((part, index) => part !== parts[index - 1]).join(" "));
    places.push(column);
  }
  const { columns, notes } = unique(labels);
  return { columns: columns.map((name, at) => ({ index: places[at] as number, name })), last, notes };
}

const labelOf = (cell: Cell | undefined): string =>
  cell === undefined
    ? ""
    : (typeof cell === "object" ? cell.error : String(cell)).replace(/\s+/g, " ").trim();

function take(
  row: SheetRow,
  columns: readonly Column[],
  area: Merge,
  sheet: Sheet,
  options: TableOptions,
  locator: string,
  batch: TableBatch,
): void {
  const cells = cellsOf(row, sheet, area, options, options.fillMerged);
  if (cells.every(isEmpty)) return;
  const made: Row = {};
  let broken: { column: number; error: string } | null = null;
  for (const { index, name } of columns) {
    const cell = cells[index];
    if (cell !== undefined && typeof cell === "object") {
      broken ??= { column: index, error: cell.error };
      made[name] = options.errors === "null" ? null : cell.error;
    } else made[name] = cell === undefined || cell === "" ? null : cell;
  }
  const lastColumn = columns.at(-1)?.index ?? -1;
  const stray = cells.findIndex((cell, index) => index > lastColumn && !isEmpty(cell));
  if (broken !== null && options.errors === "quarantine") {
    const place = `${columnLetters(broken.column)}${row.index}`;
    batch.bad.push({
      rule: "cell-error",
      reason: `${place} is ${broken.error}`,
      locator: locator + place,
      row: made,
    });
  } else if (stray !== -1) {
    const place = `${columnLetters(stray)}${row.index}`;
    batch.bad.push({
      rule: "ragged",
      reason: `${place} has a value, and no name stands above it`,
      locator: locator + place,
      row: { ...made, [`${columnLetters(stray)}`]: shown(cells[stray]) },
    });
  } else {
    batch.rows.push(made);
    batch.lines.push(row.index);
  }
}

const shown = (cell: Cell | undefined): Json =>
  cell === undefined ? null : typeof cell === "object" ? cell.error : cell;
