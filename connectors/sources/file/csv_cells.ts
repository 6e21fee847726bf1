/**
 * Plain CSV to cells: records of the right width with sound quoting and one kind of line end, in bytes that are UTF-8. The first record
 * that is anything else is left to papaparse and the careful reader (csv_parse.ts), which decide what it is; what is taken here is what
 * they would have read.
 */
import { isAscii, isUtf8 } from "node:buffer";
import {
  CELL,
  type CellRoom,
  type CellRooms,
  type Cells,
  cellsOf,
  type Stretch,
  type StretchRead,
} from "../../data/cells.ts";
import type { Dialect } from "./csv_scan.ts";

export interface PlainBlock {
  readonly cells: Cells;
  readonly consumed: number;
  /** Physical lines that were consumed. */
  readonly lines: number;
  /** Lines in front of each row. */
  readonly before: Int32Array;
}

/**
 * Takes whole records off the front of the bytes; null when the first one is not plain. What it gives is overwritten by the next call,
 * or lies in a room of its own where there are rooms.
 */
export type PlainReader = (bytes: Uint8Array<ArrayBuffer>) => PlainBlock | null;

const LF = 10;
const CR = 13;
const BACKSLASH = 92;
/** Values of one block, so that a table of very many columns costs no more memory than any other. */
const MOST_CELLS = 64 * 1024;

/** What plain records look like, and how many of them a block has at most. */
export interface PlainForm {
  readonly columns: readonly string[];
  readonly delimiter: number;
  readonly quote: number;
  readonly rows: number;
  readonly scan: Scanner;
}

/** Null for dialects and tables that are not for it. A line of a table of one column may be no row at all. */
export function plainForm(
  { delimiter, quote, escape, comment }: Dialect,
  columns: readonly string[],
  maxRows: number,
): PlainForm | null {
  const width = columns.length;
  const rows = Math.min(maxRows, Math.floor(MOST_CELLS / width));
  const [delimiterCode, quoteCode] = [delimiter.charCodeAt(0), quote.charCodeAt(0)];
  const isPlain = comment === null && escape === quote && delimiter.length === 1 && quote.length === 1 &&
    delimiterCode < 128 && quoteCode < 128 && delimiterCode !== quoteCode &&
    [LF, CR, 0].every((code) => code !== delimiterCode && code !== quoteCode);
  if (!isPlain || width < 2 || rows < 1 || new Set(columns).size !== width) return null;
  const scan = scanner(delimiterCode, quoteCode, width);
  return { columns, delimiter: delimiterCode, quote: quoteCode, rows, scan };
}

/** Reads blocks of a form. */
export function plainReader(
  { columns, quote, rows: maxRows, scan }: PlainForm,
  rooms?: CellRooms,
): PlainReader {
  const values = maxRows * columns.length;
  const own = rooms === undefined ? placesFor(values, maxRows) : null;
  return (bytes) => {
    const whole = bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
    if (whole.length === 0) return null;
    if (!isAscii(whole) && !isUtf8(whole)) return null;
    const room = rooms?.take(bytes.length, values, maxRows);
    const places = room ?? own;
    if (places === null) throw new Error("Cannot read cells: there is no room for them");
    const { rows, consumed, lines } = scan(whole, places, maxRows);
    if (rows === 0) {
      if (room !== undefined) rooms?.give(room);
      return null;
    }
    const taken = whole.subarray(0, consumed);
    const { starts, ends, marks, before } = places;
    if (room === undefined) {
      return { cells: { columns, rows, bytes: taken, starts, ends, marks, quote }, consumed, lines, before };
    }
    room.bytes.set(taken);
    const cells = cellsOf({ columns, quote }, { rows, consumed }, room);
    // The room may go to another thread; where its rows stand is asked for here.
    return { cells, consumed, lines, before: before.slice(0, rows) };
  };
}

/** Makes a reader of stretches, which keeps what it has made for the form of the last one. */
export function stretchReader(): (stretch: Stretch) => StretchRead {
  let form: Pick<PlainForm, "columns" | "delimiter" | "quote" | "scan"> | null = null;
  return (stretch) => {
    const { columns, delimiter, quote } = stretch;
    const { length: width } = columns;
    if (form?.columns.length !== width || form.delimiter !== delimiter || form.quote !== quote) {
      form = { columns, delimiter, quote, scan: scanner(delimiter, quote, width) };
    }
    return readStretch(form, stretch);
  };
}

/** Reads a stretch of a form. */
export function readStretch(
  { columns: { length: width }, scan }: Pick<PlainForm, "columns" | "scan">,
  { room, length }: Stretch,
): StretchRead {
  const bytes = room.bytes.subarray(0, length);
  if (!isAscii(bytes) && !isUtf8(bytes)) return { rows: 0, consumed: 0, lines: 0 };
  return scan(bytes, room, Math.min(room.before.length, Math.floor(room.starts.length / width)));
}

/**
 * Where the last record of the bytes ends, as far as that can be told by counting quotes: at a line end with as many quotes in front of
 * it as open and close. 0 where there is none. Whoever reads the records finds out whether it is so.
 */
export function recordsEnd(bytes: Uint8Array<ArrayBuffer>, length: number, quote: number): number {
  let end = length === 0 ? 0 : bytes.lastIndexOf(LF, length - 1) + 1;
  let isOdd = hasOddQuotes(bytes, end, quote);
  while (isOdd && end > 0) {
    const before = end < 2 ? 0 : bytes.lastIndexOf(LF, end - 2) + 1;
    for (let at = before; at < end; at++) if (bytes[at] === quote) isOdd = !isOdd;
    end = before;
  }
  return end;
}

/** Whether the first so many bytes hold an odd number of quotes. */
function hasOddQuotes(bytes: Uint8Array<ArrayBuffer>, length: number, quote: number): boolean {
  const isAligned = bytes.byteOffset % 4 === 0;
  const words = new Int32Array(bytes.buffer, isAligned ? bytes.byteOffset : 0, isAligned ? length >> 2 : 0);
  let odd = 0;
  for (let from = 0; from < words.length; from += WORDS) odd ^= oddOf(words, from, quote * 0x01010101);
  odd ^= odd >>> 16;
  odd ^= odd >>> 8;
  let isOdd = (odd & 1) !== 0;
  for (let at = 4 * words.length; at < length; at++) if (bytes[at] === quote) isOdd = !isOdd;
  return isOdd;
}

/** Looked at in one call: called often, it is compiled soon. */
const WORDS = 2048;

/** The low bit of each byte of some words: whether it was the wanted one an odd number of times. */
function oddOf(words: Int32Array, from: number, wanted: number): number {
  const end = Math.min(from + WORDS, words.length);
  let odd = 0;
  for (let at = from; at < end; at++) {
    let other = (words[at] as number) ^ wanted;
    // Into the low bit of a byte all of its bits: only a byte that is zero now was the wanted one.
    other |= other >>> 4;
    other |= other >>> 2;
    other |= other >>> 1;
    odd ^= ~other;
  }
  return odd & 0x01010101;
}

type Places = Pick<CellRoom, "starts" | "ends" | "marks" | "before">;

const placesFor = (values: number, rows: number): Places => ({
  starts: new Int32Array(values),
  ends: new Int32Array(values),
  marks: new Uint8Array(values),
  before: new Int32Array(rows),
});

type Scanner = (bytes: Uint8Array, places: Places, maxRows: number) => StretchRead;

/** Bytes end with a line feed: no loop over what is not quoted runs beyond it. */
function scanner(delimiterCode: number, quoteCode: number, columns: number): Scanner {
  const stops = new Uint8Array(256).fill(1, 0, 32).fill(1, 128);
  for (const code of [delimiterCode, quoteCode, BACKSLASH]) stops[code] = 1;
  return (bytes, { starts, ends, marks, before }, maxRows) => {
    // Of its own: what is shared by several scanners is looked up at every use.
    const [delimiter, quote, width, isStop] = [delimiterCode, quoteCode, columns, stops];
    const { PAIRS, ESCAPES, WIDE } = CELL;
    const { length } = bytes;
    /** Whether lines end with CR LF: those of a block all do, or none. */
    const isCrlf = bytes[bytes.indexOf(LF) - 1] === CR;
    const lineEnd = isCrlf ? CR : LF;
    let at = 0;
    let n = 0;
    let rows = 0;
    let lines = 0;
    let consumed = 0;
    reading: while (at < length && rows < maxRows) {
      before[rows] = lines;
      let breaks = 1;
      for (let left = width - 1;; left--) {
        let code = bytes[at] as number;
        let mark = 0;
        if (code === quote) {
          const start = ++at;
          for (;;) {
            code = bytes[at] as number;
            while (isStop[code] === 0) code = bytes[++at] as number;
            if (code === quote) {
              if (bytes[at + 1] !== quote) break;
              mark |= PAIRS;
              at += 2;
              continue;
            }
            if (code >= 128) mark |= WIDE;
            else if (code < 32 || code === BACKSLASH) {
              // What has a NUL byte is no row: the careful reader says so.
              if (code === 0) break reading;
              mark |= ESCAPES;
              if (code === LF) {
                // It goes on behind the block, or is never closed.
                if (at + 1 === length) break reading;
                breaks++;
              } else if (code === CR && bytes[at + 1] !== LF) break reading;
            }
            at++;
          }
          starts[n] = start;
          ends[n] = at;
          code = bytes[++at] as number;
        } else {
          starts[n] = at;
          for (;;) {
            while (isStop[code] === 0) code = bytes[++at] as number;
            if (code === delimiter || code === LF || code === CR || code === quote) break;
            if (code === 0) break reading;
            mark |= code >= 128 ? WIDE : ESCAPES;
            code = bytes[++at] as number;
          }
          ends[n] = at;
        }
        marks[n++] = mark;
        if (left > 0) {
          if (code !== delimiter) break reading;
          at++;
          continue;
        }
        if (code !== lineEnd || (isCrlf && bytes[++at] !== LF)) break reading;
        at++;
        break;
      }
      rows++;
      lines += breaks;
      consumed = at;
    }
    return { rows, consumed, lines };
  };
}
