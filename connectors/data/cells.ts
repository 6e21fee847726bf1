/** Rows of a page that are still text: values as places in bytes, for whoever judges and writes many rows without an object for each. */
import { Buffer } from "node:buffer";
import type { Row } from "../../specs/foundry/mod.ts";

/** Bits of `Cells.marks`. */
export const CELL = {
  /** A doubled quote in it stands for one. */
  PAIRS: 1,
  /** It has a control character or a backslash, which JSON writes otherwise. */
  ESCAPES: 2,
  /** It is not ASCII. */
  WIDE: 4,
} as const;

/**
 * Values in the order of rows and columns: the one of row r and column c is `bytes[starts[n]..ends[n]]`, n = r * columns.length + c,
 * as UTF-8. An empty one is null. Valid until the next page is asked for.
 */
export interface Cells {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly marks: Uint8Array;
  /** Code of the quote that PAIRS is about. */
  readonly quote: number;
  /** Where the page lies in memory of its own (`ReadRequest.rooms`): it is valid until that is given back, whatever is asked for. */
  readonly room?: CellRoom;
}

/** Memory of one page of cells. What it holds may be more than a page needs. */
export interface CellRoom {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
  readonly marks: Uint8Array<ArrayBuffer>;
  /** Lines in front of each row. */
  readonly before: Int32Array<ArrayBuffer>;
}

/** Bytes that are whole records for all that can be told without reading them, at the front of a room. Data that any thread can read. */
export interface Stretch {
  readonly columns: readonly string[];
  readonly room: CellRoom;
  readonly length: number;
  /** Codes of what parts values and of what encloses them. */
  readonly delimiter: number;
  readonly quote: number;
}

/** What was read of a stretch: all of it, or as far as its records are plain. */
export interface StretchRead {
  readonly rows: number;
  readonly consumed: number;
  /** Physical lines that were consumed. */
  readonly lines: number;
}

/** The cells that were read of a stretch, in the room where it lies by now. */
export function cellsOf(
  { columns, quote }: Pick<Stretch, "columns" | "quote">,
  { rows, consumed }: Pick<StretchRead, "rows" | "consumed">,
  room: CellRoom,
): Cells {
  const { starts, ends, marks } = room;
  return { columns, rows, bytes: room.bytes.subarray(0, consumed), starts, ends, marks, quote, room };
}

/** Rooms that are used again and again: memory that is new has to be cleared first. */
export interface CellRooms {
  /** Bytes of a page at most. */
  readonly pageBytes: number;
  take(bytes: number, values: number, rows: number): CellRoom;
  /** Whoever gives a room back looks at no page of it any more. */
  give(room: CellRoom): void;
}

/** Keeps at most so many rooms that nobody uses. */
export function cellRooms(most: number, pageBytes: number): CellRooms {
  const free: CellRoom[] = [];
  return {
    pageBytes,
    take(bytes, values, rows) {
      // The last one that came back: it may still lie in a cache.
      const at = free.findLastIndex((room) =>
        room.bytes.length >= bytes && room.starts.length >= values && room.before.length >= rows
      );
      const found = free[at];
      // Where none is large enough one goes: its place is for the one that is made.
      free.splice(Math.max(at, 0), 1);
      return found ?? {
        bytes: new Uint8Array(bytes),
        starts: new Int32Array(values),
        ends: new Int32Array(values),
        marks: new Uint8Array(values),
        before: new Int32Array(rows),
      };
    },
    give(room) {
      if (free.length < most) free.push(room);
    },
  };
}

/** Rows whose texts are made row by row, before all values of a page are made into one text. */
const SINGLE = 200;

/** Gives the text of a value by its place `n`; null for an empty one. */
export function cellTexts(cells: Cells): (n: number) => string | null {
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
  cells: Cells,
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
