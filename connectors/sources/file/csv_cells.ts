/**
 * Plain CSV to cells: records of the right width with sound quoting and one kind of line end, in bytes that are UTF-8. The first record
 * that is anything else is left to papaparse and the careful reader (csv_parse.ts), which decide what it is; what is taken here is what
 * they would have read.
 */
import { isAscii, isUtf8 } from "node:buffer";
import { CELL, type CellRoom, type CellRooms, type Cells } from "../../data/cells.ts";
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

/** Null for dialects and tables that are not for it. A line of a table of one column may be no row at all. */
export function plainReader(
  { delimiter, quote, escape, comment }: Dialect,
  columns: readonly string[],
  maxRows: number,
  rooms?: CellRooms,
): PlainReader | null {
  const width = columns.length;
  const rows = Math.min(maxRows, Math.floor(MOST_CELLS / width));
  const [delimiterCode, quoteCode] = [delimiter.charCodeAt(0), quote.charCodeAt(0)];
  const isPlain = comment === null && escape === quote && delimiter.length === 1 && quote.length === 1 &&
    delimiterCode < 128 && quoteCode < 128 && delimiterCode !== quoteCode &&
    [LF, CR, 0].every((code) => code !== delimiterCode && code !== quoteCode);
  if (!isPlain || width < 2 || rows < 1 || new Set(columns).size !== width) return null;
  const scan = scanner(delimiterCode, quoteCode, width, rows);
  const values = rows * width;
  const own = rooms === undefined ? placesFor(values) : null;
  return (bytes) => {
    const whole = bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
    if (whole.length === 0) return null;
    if (!isAscii(whole) && !isUtf8(whole)) return null;
    const room = rooms?.take(bytes.length, values);
    const places = room ?? own;
    if (places === null) throw new Error("Cannot read cells: there is no room for them");
    const { rows, consumed, lines, before } = scan(whole, places);
    if (rows === 0) {
      if (room !== undefined) rooms?.give(room);
      return null;
    }
    const taken = whole.subarray(0, consumed);
    room?.bytes.set(taken);
    const { starts, ends, marks } = places;
    return {
      cells: {
        columns,
        rows,
        bytes: room === undefined ? taken : room.bytes.subarray(0, consumed),
        starts,
        ends,
        marks,
        quote: quoteCode,
        ...(room === undefined ? {} : { room }),
      },
      consumed,
      lines,
      before: room === undefined ? before : before.slice(0, rows),
    };
  };
}

type Places = Pick<CellRoom, "starts" | "ends" | "marks">;

const placesFor = (values: number): Places => ({
  starts: new Int32Array(values),
  ends: new Int32Array(values),
  marks: new Uint8Array(values),
});

type Scanned = Pick<Cells, "rows"> & Omit<PlainBlock, "cells">;

/** Bytes end with a line feed: no loop over what is not quoted runs beyond it. */
function scanner(
  delimiter: number,
  quote: number,
  width: number,
  maxRows: number,
): (bytes: Uint8Array, places: Places) => Scanned {
  const before = new Int32Array(maxRows);
  const isStop = new Uint8Array(256).fill(1, 0, 32).fill(1, 128);
  for (const code of [delimiter, quote, BACKSLASH]) isStop[code] = 1;
  const { PAIRS, ESCAPES, WIDE } = CELL;
  return (bytes, { starts, ends, marks }) => {
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
    return { rows, consumed, lines, before };
  };
}
