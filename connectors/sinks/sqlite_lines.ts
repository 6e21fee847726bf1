/**
 * Staged lines as SQLite's records, byte by byte: the values that `bound` makes of what `JSON.parse` reads, without either. A line
 * that is not written in the usual way (all columns in order, no nested value, no number out of the ordinary) is read as JSON.
 */
import type { Json } from "../../specs/mod.ts";
import { bound } from "./sqlite_columns.ts";
import type { RecordRoom } from "./sqlite_pages.ts";
import {
  putInteger,
  putVarint,
  SERIAL,
  serialOfInteger,
  sizeOfSerial,
  sizeOfVarint,
} from "./sqlite_record.ts";
import { type KeyIndex, type KeyRun, keyRun } from "./sqlite_key_run.ts";

const [QUOTE, COMMA, MINUS, POINT, ZERO, BACKSLASH, LF] = [34, 44, 45, 46, 48, 92, 10];
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [123, 125, 91, 93];
const [LETTER_F, LETTER_N, LETTER_T] = [102, 110, 116];
/** Decimal digits that every double keeps (IEEE 754 binary64). */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, n) => 10 ** n);
/** What the character behind a backslash stands for; 0 for `u` and what is none. */
const PLAIN = new Uint8Array(256);
for (
  const [code, stands] of [['"', 34], ["\\", 92], ["/", 47], ["b", 8], ["f", 12], ["n", 10], ["r", 13], [
    "t",
    9,
  ]]
) {
  PLAIN[String(code).charCodeAt(0)] = Number(stands);
}
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A line that cannot become a record here: the load goes the way of all rows. */
export class UnfitLine extends Error {}

export interface LineRecords {
  /** Takes whole lines, each with its end, and gives how many they were. */
  add(bytes: Uint8Array): number;
  /** Whether every key so far was greater than the one before: no two rows have the same one. */
  readonly rising: boolean;
  /** Whether any row had a value for which there is no column. */
  readonly missed: boolean;
}

/** How a line lays out its row: what stands in front of each value, and the column that it is of. */
interface Shape {
  readonly columns: Int32Array;
  /** What stands in front of each value, one behind the other, and where each begins. */
  readonly heads: Uint8Array;
  readonly view: DataView;
  readonly starts: Int32Array;
}

/** Four bytes that are all the same. */
const [QUOTES, BACKSLASHES] = [0x22222222, 0x5c5c5c5c];
/** Whether any of four bytes is zero. */
const holds = (word: number): boolean => ((word - 0x01010101) & ~word & 0x80808080) !== 0;
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

function shapeFrom(each: readonly Uint8Array[], columns: Int32Array): Shape {
  const starts = new Int32Array(each.length + 1);
  each.forEach((head, at) => starts[at + 1] = (starts[at] as number) + head.length);
  const heads = new Uint8Array(starts[each.length] as number);
  each.forEach((head, at) => heads.set(head, starts[at]));
  return { columns, heads, view: viewOf(heads), starts };
}

/** Lines that did not have the shape, one after the other, after which theirs is taken. */
const OTHERS = 16;

/** Puts lines as records into the table under way. */
export function lineRecords(
  columns: readonly { readonly name: string; readonly isText: boolean }[],
  key: readonly number[],
  pages: RecordRoom,
  index: KeyIndex | null = null,
): LineRecords {
  const width = columns.length;
  const places = new Map(columns.map(({ name }, at) => [name, at]));
  // One place more, for what is of no column.
  const texts = Uint8Array.from([...columns.map(({ isText }) => isText ? 1 : 0), 0]);
  const serials = new Int32Array(width + 1);
  const sizes = new Int32Array(width + 1);
  const numbers = new Float64Array(width + 1);
  const starts = new Int32Array(width + 1);
  const ends = new Int32Array(width + 1);
  const held = { serials, sizes, numbers };
  const run: KeyRun = keyRun(key, index);
  let shape: Shape = shapeFrom([], new Int32Array(0));
  const { page, view, mostRecord } = pages;
  let others = OTHERS;
  let missed = false;

  const shapeOf = (row: Readonly<Record<string, unknown>>): Shape => {
    const names = Object.keys(row);
    return shapeFrom(
      names.map((name, at) => encoder.encode(`${at === 0 ? "{" : ","}${JSON.stringify(name)}:`)),
      Int32Array.from(names, (name) => places.get(name) ?? width),
    );
  };

  /** Reads a line of the shape from `at` on; gives the place behind its end, or -1. */
  const read = (bytes: Uint8Array, words: DataView, from: number): number => {
    const { heads, view: headWords, starts: headStarts, columns: order } = shape;
    const size = order.length;
    const length = bytes.length;
    if (size < width) {
      serials.fill(SERIAL.NULL);
      sizes.fill(0);
    }
    let at = from;
    for (let n = 0; n < size; n++) {
      const headEnd = headStarts[n + 1] as number;
      let head = headStarts[n] as number;
      if (at + headEnd - head > length) return -1;
      for (; head + 4 <= headEnd; head += 4, at += 4) {
        if (words.getInt32(at, true) !== headWords.getInt32(head, true)) return -1;
      }
      for (; head < headEnd; head++) if (bytes[at++] !== heads[head]) return -1;
      const column = order[n] as number;
      const code = bytes[at] as number;
      if (code === QUOTE) {
        const start = ++at;
        let less = 0;
        for (; at + 4 <= length; at += 4) {
          const word = words.getInt32(at, true);
          if (holds(word ^ QUOTES) || holds(word ^ BACKSLASHES)) break;
        }
        let byte = bytes[at];
        while (byte !== QUOTE) {
          if (byte === BACKSLASH) {
            if (PLAIN[bytes[at + 1] as number] === 0) return -1;
            less++;
            at++;
          } else if (byte === undefined) return -1;
          byte = bytes[++at];
        }
        starts[column] = start;
        const textBytes = at - start - less;
        ends[column] = at++;
        sizes[column] = textBytes;
        serials[column] = SERIAL.TEXT + 2 * textBytes;
      } else if (code === LETTER_N) {
        serials[column] = SERIAL.NULL;
        sizes[column] = 0;
        at += 4;
      } else if (code === OPEN || code === OPEN_LIST) {
        const end = nestedEnd(bytes, at);
        if (end < 0) return -1;
        starts[column] = at;
        ends[column] = end;
        sizes[column] = end - at;
        serials[column] = SERIAL.TEXT + 2 * (end - at);
        at = end;
      } else if (texts[column] === 1) return -1;
      else if (code === LETTER_T) {
        serials[column] = SERIAL.ONE;
        sizes[column] = 0;
        numbers[column] = 1;
        at += 4;
      } else if (code === LETTER_F) {
        serials[column] = SERIAL.ZERO;
        sizes[column] = 0;
        numbers[column] = 0;
        at += 5;
      } else {
        const isNegative = code === MINUS;
        if (isNegative) at++;
        const first = at;
        let whole = 0;
        let point = -1;
        for (;; at++) {
          const digit = (bytes[at] as number) - ZERO;
          if (digit >= 0 && digit <= 9) whole = whole * 10 + digit;
          else if (digit === POINT - ZERO && point === -1) point = at;
          else break;
        }
        const digits = at - first - (point === -1 ? 0 : 1);
        // What follows decides: an exponent is none of the ends.
        const end = bytes[at];
        if (digits === 0 || digits > EXACT_DIGITS || (end !== COMMA && end !== CLOSE)) return -1;
        // Both are exact, so that their quotient is the double which the digits are nearest to.
        const size = point === -1 ? whole : whole / (POWERS[at - 1 - point] as number);
        const value = isNegative && size !== 0 ? -size : size;
        numbers[column] = value;
        const serial = Number.isInteger(value) ? serialOfInteger(value) : SERIAL.REAL;
        serials[column] = serial;
        sizes[column] = sizeOfSerial(serial);
      }
    }
    return bytes[at] === CLOSE && bytes[at + 1] === LF ? at + 2 : -1;
  };

  const put = (source: Uint8Array, words: DataView) => {
    let types = 0;
    let body = 0;
    for (let column = 0; column < width; column++) {
      const serial = serials[column] as number;
      types += serial < 128 ? 1 : sizeOfVarint(serial);
      body += sizes[column] as number;
    }
    // The header's size counts itself.
    const header = types + (types < 127 ? 1 : types < 16382 ? 2 : 3);
    if (header + body > mostRecord) throw new UnfitLine("a row is longer than a page");
    const from = pages.room(header + body);
    let at = putVarint(page, from, header);
    for (let column = 0; column < width; column++) {
      const serial = serials[column] as number;
      if (serial < 128) page[at++] = serial;
      else at = putVarint(page, at, serial);
    }
    for (let column = 0; column < width; column++) {
      const serial = serials[column] as number;
      if (serial >= SERIAL.TEXT) {
        const end = ends[column] as number;
        let place = starts[column] as number;
        if (sizes[column] === end - place) {
          for (; place + 4 <= end; place += 4, at += 4) view.setInt32(at, words.getInt32(place, true), true);
          while (place < end) page[at++] = source[place++] as number;
        } else {
          while (place < end) {
            const byte = source[place++] as number;
            page[at++] = byte === BACKSLASH ? PLAIN[source[place++] as number] as number : byte;
          }
        }
      } else if (serial === SERIAL.REAL) {
        view.setFloat64(at, numbers[column] as number);
        at += 8;
      } else if (serial > 0 && serial < SERIAL.REAL) {
        at = putInteger(page, at, numbers[column] as number, serial);
      }
    }
    if (run.rising) run.see(held, page, from + header);
  };

  /** A line as JSON reads it; gives the bytes of its texts. */
  const readSlowly = (line: Uint8Array): Uint8Array => {
    const row: unknown = JSON.parse(decoder.decode(line));
    if (row === null || typeof row !== "object" || Array.isArray(row)) {
      throw new UnfitLine("a line is no row");
    }
    const given = row as Record<string, Json>;
    missed ||= Object.keys(given).some((name) => !places.has(name));
    if (++others >= OTHERS) {
      shape = shapeOf(given);
      others = 0;
    }
    let text = "";
    let size = 0;
    for (let column = 0; column < width; column++) {
      const { name, isText } = columns[column] as typeof columns[number];
      const value = bound(given[name], isText);
      if (value === null) {
        serials[column] = SERIAL.NULL;
        sizes[column] = 0;
      } else if (typeof value === "string") {
        starts[column] = size;
        size += utf8Length(value);
        text += value;
        ends[column] = size;
        sizes[column] = size - (starts[column] as number);
        serials[column] = SERIAL.TEXT + 2 * (sizes[column] as number);
      } else {
        const number = Number(value);
        numbers[column] = number;
        const serial = typeof value === "bigint" ? serialOfInteger(number) : SERIAL.REAL;
        serials[column] = serial;
        sizes[column] = sizeOfSerial(serial);
      }
    }
    return encoder.encode(text);
  };

  return {
    add(bytes) {
      const words = viewOf(bytes);
      let rows = 0;
      for (let at = 0; at < bytes.length; rows++) {
        const next = read(bytes, words, at);
        if (next >= 0) {
          put(bytes, words);
          at = next;
          others = 0;
          continue;
        }
        const end = bytes.indexOf(LF, at);
        if (end < 0) throw new UnfitLine("a line has no end");
        const texts = readSlowly(bytes.subarray(at, end));
        put(texts, viewOf(texts));
        at = end + 1;
      }
      return rows;
    },
    get rising() {
      return run.rising;
    },
    get missed() {
      return missed;
    },
  };
}

/** The end of a nested value, whose text is kept: the writer of lines has written it as `JSON.stringify` does. -1 when it has none. */
function nestedEnd(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const code = bytes[at];
    if (code === OPEN || code === OPEN_LIST) depth++;
    else if (code === CLOSE || code === CLOSE_LIST) {
      if (--depth === 0) return at + 1;
    } else if (code === QUOTE) {
      while (bytes[++at] !== QUOTE) {
        if (bytes[at] === BACKSLASH) at++;
        if (at >= bytes.length) return -1;
      }
    } else if (code === LF) return -1;
  }
  return -1;
}

/** Bytes of a text in UTF-8. Half of a pair of surrogates is none. */
function utf8Length(text: string): number {
  let size = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code < 0x800) size++;
    else if (code < 0xd800 || code > 0xdfff) size += 2;
    else {
      const next = text.charCodeAt(++at);
      if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) {
        throw new UnfitLine("a text is not well formed");
      }
      size += 2;
    }
  }
  return size;
}
