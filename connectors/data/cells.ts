/** Rows of a page that are still text: values as places in bytes, for whoever judges and writes many rows without an object for each. */
import { Buffer } from "node:buffer";
import type { Row } from "../../specs/foundry/mod.ts";
import { type ReadCells, readCells } from "./wasm/cell_memory.ts";

/** Bits of `Cells.marks`. */
export const CELL = {
  /** A doubled quote in it stands for one. */
  PAIRS: 1,
  /** It has a control character or a backslash, which JSON writes otherwise. */
  ESCAPES: 2,
  /** It is not ASCII. */
  WIDE: 4,
} as const;

/** How plain records of a table look. */
export interface CellForm {
  readonly columns: readonly string[];
  /** Codes of what parts values and of what encloses them. */
  readonly delimiter: number;
  readonly quote: number;
}

/**
 * Whole records, as they lie in UTF-8 bytes, and where their values lie in them, in the order of rows and columns: the one of row r and
 * column c is `bytes[starts[n]..ends[n]]`, n = r * columns.length + c. An empty one is null. Valid until the next page is asked for.
 * Places are found where somebody asks for the first of them.
 */
export interface Cells extends CellForm {
  readonly rows: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Bits of `CELL`. */
  readonly marks: Uint8Array;
  /** Lines in front of a row. */
  linesBefore(row: number): number;
  /** Where the page lies in memory of its own (`ReadRequest.rooms`): it is valid until that is given back, whatever is asked for. */
  readonly room?: Uint8Array<ArrayBuffer>;
}

/** Bytes that are whole records for all that can be told without reading them, at the front of a room. Data that any thread can read. */
export interface Stretch extends CellForm {
  readonly room: Uint8Array<ArrayBuffer>;
  readonly length: number;
  /** Records that are read of it at most. */
  readonly most: number;
}

/** What was read of a stretch: all of it, or as far as its records are plain. */
export interface StretchRead {
  readonly rows: number;
  readonly consumed: number;
  /** Physical lines that were consumed. */
  readonly lines: number;
  /** Lines in front of rows that are likely to be asked for. */
  readonly before?: ReadonlyMap<number, number>;
}

/** The cells of what was read before, in the bytes that were consumed. */
export function cellsOf(
  { columns, delimiter, quote }: CellForm,
  { rows, lines, before }: Omit<StretchRead, "consumed">,
  bytes: Uint8Array<ArrayBuffer>,
  room?: Uint8Array<ArrayBuffer>,
): Cells {
  let found: Pick<ReadCells, "starts" | "ends" | "marks" | "before"> | null = null;
  const places = () => {
    if (found !== null) return found;
    const read = readCells(bytes, { width: columns.length, delimiter, quote }, rows);
    if (read.rows !== rows) throw new Error("Cannot read cells: their bytes are not what they were");
    const { starts, ends, marks, before } = read;
    return found = {
      starts: starts.slice(),
      ends: ends.slice(),
      marks: marks.slice(),
      before: before.slice(),
    };
  };
  return {
    columns,
    delimiter,
    quote,
    rows,
    bytes,
    get starts() {
      return places().starts;
    },
    get ends() {
      return places().ends;
    },
    get marks() {
      return places().marks;
    },
    linesBefore(row) {
      if (lines === rows) return row;
      return before?.get(row) ?? places().before[row] as number;
    },
    ...(room === undefined ? {} : { room }),
  };
}

/** Memory of pages that is used again and again: what is new has to be cleared first. */
export interface CellRooms {
  /** Bytes of a page at most. */
  readonly pageBytes: number;
  take(bytes: number): Uint8Array<ArrayBuffer>;
  /** Whoever gives a room back looks at no page of it any more. */
  give(room: Uint8Array<ArrayBuffer>): void;
}

/** Keeps at most so many rooms that nobody uses. */
export function cellRooms(most: number, pageBytes: number): CellRooms {
  const free: Uint8Array<ArrayBuffer>[] = [];
  return {
    pageBytes,
    take(bytes) {
      // The last one that came back: it may still lie in a cache.
      const at = free.findLastIndex(({ length }) => length >= bytes);
      const found = free[at];
      // Where none is large enough one goes: its place is for the one that is made.
      free.splice(Math.max(at, 0), 1);
      return found ?? new Uint8Array(bytes);
    },
    give(room) {
      if (free.length < most) free.push(room);
    },
  };
}

/** Rows whose texts are made row by row, before all values of a page are made into one text. */
const SINGLE = 200;

/** Of as many rows as there are places. */
type PlacedCells = Pick<Cells, "columns" | "quote" | "bytes" | "starts" | "ends" | "marks">;

/** Gives the text of a value by its place `n`; null for an empty one. */
export function cellTexts(cells: PlacedCells): (n: number) => string | null {
  const { bytes, starts, ends, marks } = cells;
  const width = cells.columns.length;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quote = String.fromCharCode(cells.quote);
  // One text for all values that are ASCII: a piece of a text costs less than a text of its own. Of the whole page where many rows are
  // asked for, of a row otherwise.
  let [text, from, to, rows] = ["", 0, 0, 0];
  return (n) => {
    const [start, end, mark] = [starts[n] as number, ends[n] as number, marks[n] as number];
    if (start === end) return null;
    let value: string;
    if ((mark & CELL.WIDE) !== 0) value = buffer.toString("utf8", start, end);
    else {
      if (start < from || end > to) {
        const first = n - n % width;
        [from, to] = ++rows > SINGLE
          ? [0, bytes.length]
          : [starts[first] as number, ends[first + width - 1] as number];
        text = buffer.toString("latin1", from, to);
      }
      value = text.slice(start - from, end - from);
    }
    return (mark & CELL.PAIRS) === 0 ? value : value.replaceAll(quote + quote, quote);
  };
}

/** Makes single rows of cells, as the source would have given them. */
export function cellRows(
  cells: PlacedCells,
  textOf: (n: number) => string | null = cellTexts(cells),
  empty: Row = emptyRow(cells.columns),
): (index: number) => Row {
  const { columns } = cells;
  const width = columns.length;
  return (index) => {
    const row: Row = { ...empty };
    for (let column = 0; column < width; column++) {
      row[columns[column] as string] = textOf(index * width + column);
    }
    return row;
  };
}

/** A row with all columns and nothing in them. By the JSON reader, which makes room for all of them in the object itself. */
export function emptyRow(columns: readonly string[]): Row {
  return JSON.parse(`{${columns.map((name) => `${JSON.stringify(name)}:null`).join(",")}}`) as Row;
}
