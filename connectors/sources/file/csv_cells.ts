/**
 * Plain CSV to cells: records of the right width with sound quoting and one kind of line end, in bytes that are UTF-8. The first record
 * that is anything else is left to papaparse and the careful reader (csv_parse.ts), which decide what it is; what is taken here is what
 * they would have read.
 */
import {
  type CellForm,
  type CellRooms,
  type Cells,
  cellsOf,
  type Stretch,
  type StretchRead,
} from "../../data/cells.ts";
import { isOddOf, readCells } from "../../data/wasm/cell_memory.ts";
import type { Dialect } from "./csv_scan.ts";

export interface PlainBlock {
  readonly cells: Cells;
  readonly consumed: number;
  /** Physical lines that were consumed. */
  readonly lines: number;
}

/**
 * Takes whole records off the front of the bytes; null when the first one is not plain. What it gives is overwritten with the bytes, or
 * lies in a room of its own where there are rooms.
 */
export type PlainReader = (bytes: Uint8Array<ArrayBuffer>) => PlainBlock | null;

const LF = 10;
const CR = 13;
/** Values of one block, so that a table of very many columns costs no more memory than any other. */
const MOST_CELLS = 64 * 1024;
/** Characters of names in the rows of one block, which are written with each of them. */
const MOST_NAMES = 32 * 1024 * 1024;

/** What plain records look like, and how many of them a block has at most. */
export interface PlainForm extends CellForm {
  readonly rows: number;
}

/** Null for dialects and tables that are not for it. A line of a table of one column may be no row at all. */
export function plainForm(
  { delimiter, quote, escape, comment }: Dialect,
  columns: readonly string[],
  maxRows: number,
): PlainForm | null {
  const width = columns.length;
  const names = columns.reduce((sum, { length }) => sum + length, 1);
  const rows = Math.min(maxRows, Math.floor(MOST_CELLS / width), Math.floor(MOST_NAMES / names));
  const [delimiterCode, quoteCode] = [delimiter.charCodeAt(0), quote.charCodeAt(0)];
  const isPlain = comment === null && escape === quote && delimiter.length === 1 && quote.length === 1 &&
    delimiterCode < 128 && quoteCode < 128 && delimiterCode !== quoteCode &&
    [LF, CR, 0].every((code) => code !== delimiterCode && code !== quoteCode);
  if (!isPlain || width < 2 || rows < 1 || new Set(columns).size !== width) return null;
  return { columns, delimiter: delimiterCode, quote: quoteCode, rows };
}

/** Reads blocks of a form. */
export function plainReader(form: PlainForm, rooms?: CellRooms): PlainReader {
  return (bytes) => {
    const whole = bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
    const { rows, consumed, lines } = readCells(whole, shapeOf(form), form.rows);
    if (rows === 0) return null;
    const read = { rows, lines };
    const taken = whole.subarray(0, consumed);
    const room = rooms?.take(bytes.length);
    if (room === undefined) return { cells: cellsOf(form, read, taken), consumed, lines };
    room.set(taken);
    return { cells: cellsOf(form, read, room.subarray(0, consumed), room), consumed, lines };
  };
}

/** Reads a stretch. */
export function readStretch(stretch: Stretch): StretchRead {
  const { rows, consumed, lines } = readCells(
    stretch.room.subarray(0, stretch.length),
    shapeOf(stretch),
    stretch.most,
  );
  return { rows, consumed, lines };
}

const shapeOf = ({ columns: { length: width }, delimiter, quote }: CellForm) => ({ width, delimiter, quote });

/**
 * Where the last record of the bytes ends, as far as that can be told by counting quotes: at a line end with as many quotes in front of
 * it as open and close. 0 where there is none. Whoever reads the records finds out whether it is so.
 */
export function recordsEnd(bytes: Uint8Array<ArrayBuffer>, length: number, quote: number): number {
  let end = length === 0 ? 0 : bytes.lastIndexOf(LF, length - 1) + 1;
  let isOdd = isOddOf(bytes.subarray(0, end), quote);
  while (isOdd && end > 0) {
    const before = end < 2 ? 0 : bytes.lastIndexOf(LF, end - 2) + 1;
    for (let at = before; at < end; at++) if (bytes[at] === quote) isOdd = !isOdd;
    end = before;
  }
  return end;
}
