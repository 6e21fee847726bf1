// Pages of plain CSV in linear memory: read into places, held against types and rules column by column, written as JSON lines.
//
// AssemblyScript, compiled by `deno task wasm` into the text of cells_wasm.ts, which a test holds against this file. It allocates
// nothing and keeps nothing but the page that `page` names: whoever calls (cell_memory.ts) says where everything lies. 64 bytes behind
// the page and behind the lines belong to them: blocks of 16 bytes are read and written beyond what is meant. Text that is no UTF-8,
// and a page whose last byte is no line feed, never come here.

const LF: i32 = 10;
const CR: i32 = 13;
const QUOTE: i32 = 34;
const MINUS: i32 = 45;
const POINT: i32 = 46;
const ZERO: i32 = 48;
const BACKSLASH: i32 = 92;

/** Bits of a mark, as `CELL` in cells.ts has them. */
const PAIRS: i32 = 1;
const ESCAPES: i32 = 2;
const WIDE: i32 = 4;

/** The page: bytes, places by value, and what is known of its rows. */
let bytes: usize = 0;
let starts: usize = 0;
let ends: usize = 0;
let marks: usize = 0;
let before: usize = 0;
let others: usize = 0;
let values: usize = 0;
let unsure: usize = 0;
let cuts: usize = 0;
let width: i32 = 0;
let rows: i32 = 0;

/** Of the page that was read last. */
export let consumed: i32 = 0;
export let lines: i32 = 0;
/** All marks of its values. */
export let marked: i32 = 0;

/** First free byte of the memory. */
export function base(): usize {
  return __heap_base;
}

/** Says where a page lies: places for so many values, and what is kept of so many rows. All of it begins at multiples of 16. */
export function page(
  atBytes: usize, atStarts: usize, atEnds: usize, atMarks: usize, atBefore: usize, atOthers: usize,
  atValues: usize, atUnsure: usize, atCuts: usize,
): void {
  bytes = atBytes;
  starts = atStarts;
  ends = atEnds;
  marks = atMarks;
  before = atBefore;
  others = atOthers;
  values = atValues;
  unsure = atUnsure;
  cuts = atCuts;
}

/** 16 bytes, one bit for each at which a reader may have to stop. */
@inline
function stops16(at: usize, delimiter: v128, quote: v128): u64 {
  const block = v128.load(at);
  // Signed: bytes of 128 and more are below 0.
  const low = i8x16.lt_s(block, i8x16.splat(32));
  const part = v128.or(i8x16.eq(block, delimiter), i8x16.eq(block, quote));
  const found = v128.or(v128.or(low, part), i8x16.eq(block, i8x16.splat(<i8> BACKSLASH)));
  return <u64> <u32> i8x16.bitmask(found);
}

@inline
function stops64(at: usize, delimiter: v128, quote: v128): u64 {
  return stops16(at, delimiter, quote) | (stops16(at + 16, delimiter, quote) << 16) |
    (stops16(at + 32, delimiter, quote) << 32) | (stops16(at + 48, delimiter, quote) << 48);
}

/**
 * Reads records of the right width with sound quoting and one kind of line end, up to the first that is anything else. Gives their
 * number. Bytes end with a line feed, so that there is always one more stop until the last of them has been read.
 */
export function scan(length: i32, delimiterCode: i32, quoteCode: i32, columns: i32, most: i32): i32 {
  const delimiter = i8x16.splat(<i8> delimiterCode);
  const quote = i8x16.splat(<i8> quoteCode);
  const from = bytes;
  const end = from + <usize> length;
  width = columns;
  consumed = 0;
  lines = 0;
  marked = 0;
  rows = 0;
  if (length === 0) return 0;
  let first = from;
  while (load<u8>(first) !== LF) first++;
  /** Whether lines end with CR LF: those of a page all do, or none. */
  const isCrlf = first > from && load<u8>(first - 1) === CR;
  const lineEnd = isCrlf ? CR : LF;
  let toStarts = starts;
  let toEnds = ends;
  let toMarks = marks;
  let block = from;
  let left = stops64(block, delimiter, quote);
  let at = from;
  let row: i32 = 0;
  let line: i32 = 0;
  let all: i32 = 0;
  let isPlain = true;
  while (at < end && row < most) {
    store<i32>(before + ((<usize> row) << 2), line);
    let breaks: i32 = 1;
    let column = columns;
    while (true) {
      while (left === 0) {
        block += 64;
        left = stops64(block, delimiter, quote);
      }
      let stop = block + <usize> ctz(left);
      left &= left - 1;
      let code: i32 = load<u8>(stop);
      let mark: i32 = 0;
      if (code === quoteCode && stop === at) {
        store<i32>(toStarts, <i32> (at + 1 - from));
        while (true) {
          while (left === 0) {
            block += 64;
            left = stops64(block, delimiter, quote);
          }
          stop = block + <usize> ctz(left);
          left &= left - 1;
          code = load<u8>(stop);
          if (code === quoteCode) {
            if (load<u8>(stop + 1) !== quoteCode) break;
            mark |= PAIRS;
            // The second of the two is the next stop.
            while (left === 0) {
              block += 64;
              left = stops64(block, delimiter, quote);
            }
            left &= left - 1;
          } else if (code >= 128) mark |= WIDE;
          else if (code < 32 || code === BACKSLASH) {
            // What has a NUL byte is no row: the careful reader says so.
            if (code === 0) {
              isPlain = false;
              break;
            }
            mark |= ESCAPES;
            if (code === LF) {
              // It goes on behind the page, or is never closed.
              if (stop + 1 === end) {
                isPlain = false;
                break;
              }
              breaks++;
            } else if (code === CR && load<u8>(stop + 1) !== LF) {
              isPlain = false;
              break;
            }
          }
        }
        if (!isPlain) break;
        store<i32>(toEnds, <i32> (stop - from));
        stop++;
        code = load<u8>(stop);
        // What may follow is a stop.
        while (left === 0) {
          block += 64;
          left = stops64(block, delimiter, quote);
        }
        left &= left - 1;
      } else {
        store<i32>(toStarts, <i32> (at - from));
        while (code !== delimiterCode && code !== LF && code !== CR && code !== quoteCode) {
          if (code === 0) {
            isPlain = false;
            break;
          }
          mark |= code >= 128 ? WIDE : ESCAPES;
          while (left === 0) {
            block += 64;
            left = stops64(block, delimiter, quote);
          }
          stop = block + <usize> ctz(left);
          left &= left - 1;
          code = load<u8>(stop);
        }
        if (!isPlain) break;
        store<i32>(toEnds, <i32> (stop - from));
      }
      store<u8>(toMarks, <u8> mark);
      all |= mark;
      toStarts += 4;
      toEnds += 4;
      toMarks++;
      at = stop + 1;
      if (--column > 0) {
        if (code === delimiterCode) continue;
        isPlain = false;
        break;
      }
      if (code !== lineEnd) isPlain = false;
      else if (isCrlf) {
        if (load<u8>(at) !== LF) isPlain = false;
        else {
          at++;
          while (left === 0) {
            block += 64;
            left = stops64(block, delimiter, quote);
          }
          left &= left - 1;
        }
      }
      break;
    }
    if (!isPlain) break;
    row++;
    line += breaks;
    consumed = <i32> (at - from);
  }
  rows = row;
  lines = line;
  marked = all;
  return row;
}

/** Whether the first so many bytes hold an odd number of these. */
export function isOdd(length: i32, code: i32): i32 {
  const wanted = i8x16.splat(<i8> code);
  let at = bytes;
  const end = at + <usize> length;
  let odd: i32 = 0;
  for (; at + 16 <= end; at += 16) odd ^= i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
  if (at < end) odd ^= i8x16.bitmask(i8x16.eq(v128.load(at), wanted)) & ((1 << <i32> (end - at)) - 1);
  return popcnt(odd) & 1;
}

@inline
function startOf(n: i32): i32 {
  return load<i32>(starts + (<usize> n << 2));
}

@inline
function endOf(n: i32): i32 {
  return load<i32>(ends + (<usize> n << 2));
}

/** Forgets what is known of the page's rows. */
export function begin(): void {
  memory.fill(others, 0, <usize> rows);
}

/** Marks rows without a value in the column. */
export function empties(column: i32): void {
  for (let row: i32 = 0, n = column; row < rows; row++, n += width) {
    if (startOf(n) === endOf(n)) store<u8>(others + <usize> row, 1);
  }
}

/** Marks rows without a value in each of these columns. */
export function keyless(keys: usize, count: i32): void {
  for (let row: i32 = 0, n: i32 = 0; row < rows; row++, n += width) {
    let part: i32 = 0;
    while (part < count) {
      const key = n + load<i32>(keys + (<usize> part << 2));
      if (startOf(key) !== endOf(key)) break;
      part++;
    }
    if (part === count) store<u8>(others + <usize> row, 1);
  }
}

/** Decimal digits that every double keeps (IEEE 754 binary64), with the point. */
const EXACT_DIGITS: i32 = 15;
/** Smaller ones are written with an exponent (ECMA-262, Number::toString). */
const LEAST: f64 = 1e-6;
const POWERS = memory.data<f64>([1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]);

/**
 * Values of a column of numbers, NaN where there is none; rows are marked where one is not in its usual form: up to 15 digits, no sign
 * in front but a minus, no zero in front of another digit, a digit on both sides of the point. The text of such a number without zeros
 * at its end is how JSON writes it.
 */
export function numbers(column: i32, isDecimal: i32): void {
  for (let row: i32 = 0, n = column; row < rows; row++, n += width) {
    const start = startOf(n);
    const to = bytes + <usize> endOf(n);
    let at = bytes + <usize> start;
    const into = values + (<usize> row << 3);
    store<f64>(into, NaN);
    if (at === to) continue;
    const isNegative = load<u8>(at) === MINUS;
    if (isNegative) at++;
    const first = at;
    const length = <i32> (to - first);
    if (length > 0 && length <= EXACT_DIGITS && load<u8>(marks + <usize> n) === 0) {
      let whole: i64 = 0;
      let point: usize = 0;
      for (; at < to; at++) {
        const digit: u32 = <u32> load<u8>(at) - ZERO;
        if (digit <= 9) whole = whole * 10 + <i64> digit;
        else if (digit === <u32> (POINT - ZERO) && isDecimal && point === 0) point = at;
        else break;
      }
      const digits = <i32> ((point === 0 ? to : point) - first);
      if (at === to && digits > 0 && point !== to - 1 && (digits === 1 || load<u8>(first) !== ZERO)) {
        let value = <f64> whole;
        if (point !== 0) value /= load<f64>(POWERS + ((to - 1 - point) << 3));
        if (value >= LEAST || (value === 0 && !isNegative)) {
          store<f64>(into, isNegative ? -value : value);
          continue;
        }
      }
    }
    store<u8>(others + <usize> row, 1);
  }
}

/** Marks rows whose value, if it is a number, is not within these. */
export function within(low: f64, high: f64): void {
  for (let row: i32 = 0; row < rows; row++) {
    const value = load<f64>(values + (<usize> row << 3));
    if (value < low || value > high) store<u8>(others + <usize> row, 1);
  }
}

/** A word of up to eight letters in small ones. */
@inline
function isWord(word: u64, at: usize, length: i32): bool {
  const shift: u64 = <u64> (64 - (length << 3));
  return ((load<u64>(at) | 0x2020202020202020) << shift) === (word << shift);
}

/** Values of a column of booleans, 1 and 0, NaN where there is none; rows are marked where one is no word for either. */
export function booleans(column: i32): void {
  for (let row: i32 = 0, n = column; row < rows; row++, n += width) {
    const start = startOf(n);
    const length = endOf(n) - start;
    const at = bytes + <usize> start;
    let value: f64 = NaN;
    let isKnown = length === 0;
    if (length > 0 && load<u8>(marks + <usize> n) === 0) {
      if (length === 1) {
        const code = load<u8>(at);
        if (code === 49) value = 1;
        else if (code === ZERO) value = 0;
      } else if (length === 2) { if (isWord(0x6f6e, at, 2)) value = 0; }
      else if (length === 3) { if (isWord(0x736579, at, 3)) value = 1; }
      else if (length === 4) { if (isWord(0x65757274, at, 4)) value = 1; }
      else if (length === 5) { if (isWord(0x65736c6166, at, 5)) value = 0; }
      isKnown = value === value;
    }
    store<f64>(values + (<usize> row << 3), value);
    if (!isKnown) store<u8>(others + <usize> row, 1);
  }
}

/** Two digits as a number; more than 99 where one of them is none. */
@inline
function twoDigits(at: usize): u32 {
  const tens: u32 = <u32> load<u8>(at) - ZERO;
  const ones: u32 = <u32> load<u8>(at + 1) - ZERO;
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100;
}

/** Whether ten bytes are a day that exists, as `isDay` has it. */
@inline
function isDay(at: usize): bool {
  if (load<u8>(at + 4) !== MINUS || load<u8>(at + 7) !== MINUS) return false;
  const century = twoDigits(at);
  const year = twoDigits(at + 2);
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  if (century > 99 || year > 99 || month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  if (month !== 2) return day <= <u32> (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
  return day === 29 && (year === 0 ? century % 4 === 0 : year % 4 === 0);
}

/** Marks rows whose value in the column is no day. */
export function days(column: i32): void {
  for (let row: i32 = 0, n = column; row < rows; row++, n += width) {
    const start = startOf(n);
    const length = endOf(n) - start;
    if (length === 0) continue;
    if (length !== 10 || load<u8>(marks + <usize> n) !== 0 || !isDay(bytes + <usize> start)) {
      store<u8>(others + <usize> row, 1);
    }
  }
}

/**
 * Rows of values that are none of some texts, as numbers in `unsure`; gives how many. The texts by length: from `groups` on 257 pairs of
 * where those of a length begin and how many they are, each filled up with zeros to a multiple of eight bytes.
 */
export function among(column: i32, groups: usize): i32 {
  let count: i32 = 0;
  for (let row: i32 = 0, n = column; row < rows; row++, n += width) {
    const start = startOf(n);
    const length = endOf(n) - start;
    if (length === 0) continue;
    let isThere = false;
    if (length <= 256 && (load<u8>(marks + <usize> n) & (PAIRS | WIDE)) === 0) {
      const group = groups + (<usize> length << 3);
      const at = bytes + <usize> start;
      const words = (length - 1) >> 3;
      const shift: u64 = <u64> ((8 - (length - (words << 3))) << 3);
      const last = at + (<usize> words << 3);
      const tail = load<u64>(last) << shift;
      let text = load<u32>(group) as usize;
      for (let left = load<i32>(group, 4); left > 0; left--) {
        if (load<u64>(text + (<usize> words << 3)) << shift === tail) {
          let word: i32 = 0;
          while (word < words && load<u64>(at + (<usize> word << 3)) === load<u64>(text + (<usize> word << 3))) word++;
          if (word === words) {
            isThere = true;
            break;
          }
        }
        text += (<usize> words + 1) << 3;
      }
    }
    if (isThere) continue;
    store<i32>(unsure + ((<usize> count) << 2), row);
    count++;
  }
  return count;
}

/**
 * Rows of values that do not match a pattern for certain, as numbers in `unsure`; gives how many. A bit of a number for each atom of the
 * pattern (Baeza-Yates and Gonnet 1992): `accepts` has those that take a letter, for 128 letters.
 */
export function like(
  column: i32, accepts: usize, loops: u32, skips: u32, all: u32, first: u32, last: u32, isFromStart: i32, isToEnd: i32,
): i32 {
  const again: u32 = isFromStart ? 0 : first;
  let count: i32 = 0;
  for (let row: i32 = 0, n = column; row < rows; row++, n += width) {
    let at = bytes + <usize> startOf(n);
    const end = bytes + <usize> endOf(n);
    if (at === end) continue;
    let state: u32 = 0;
    /** All that were met, after any letter. */
    let met: u32 = 0;
    if ((load<u8>(marks + <usize> n) & (PAIRS | WIDE)) === 0) {
      let begins = first;
      if (skips === 0) {
        // Most patterns: nothing is asked of a letter but what takes it.
        for (; at < end; at++) {
          state = ((state << 1) | (state & loops) | begins) & load<u32>(accepts + (<usize> load<u8>(at) << 2));
          met |= state;
          begins = again;
        }
      } else {
        for (; at < end; at++) {
          // What may come behind those that may be left out may come as well.
          let next = (state << 1) & all;
          let more = next & skips;
          while (more !== 0) {
            const wider = next | ((more << 1) & all);
            more = wider & skips & ~next;
            next = wider;
          }
          state = (next | (state & loops) | begins) & load<u32>(accepts + (<usize> load<u8>(at) << 2));
          met |= state;
          begins = again;
        }
      }
    }
    const isFound = ((isToEnd ? state : met) & last) !== 0;
    if (isFound) continue;
    store<i32>(unsure + ((<usize> count) << 2), row);
    count++;
  }
  return count;
}

/** How values of a column are written. */
const TEXT: i32 = 0;
const DECIMAL: i32 = 2;
const BOOLEAN: i32 = 3;
/** `null` as a word. */
const NULL_WORD: u32 = 0x6c6c756e;
const TRUE_WORD: u32 = 0x65757274;
const FALSE_WORD: u32 = 0x736c6166;

/** Copies so many bytes, and up to 15 behind them. */
@inline
function copied(from: usize, to: usize, length: usize): usize {
  v128.store(to, v128.load(from));
  for (let at: usize = 16; at < length; at += 16) v128.store(to + at, v128.load(from + at));
  return to + length;
}

/**
 * Writes the rows that are not marked as JSON lines, and for each one that is marked where those in front of it end. Of each column 32
 * bytes: how it is written, where its head lies and how long it is, and the head with the quote of a text; then how many of the rows
 * lack a value is written there. Gives how many bytes were written.
 */
export function write(out: usize, columns: usize, quoteCode: i32): i32 {
  // Of another quote it is not known which values have one that JSON writes otherwise.
  const unlike: i32 = quoteCode === QUOTE ? PAIRS | ESCAPES : 255;
  const isOther = quoteCode !== QUOTE;
  let o = out;
  let cut = cuts;
  const behind = columns + (<usize> width << 5);
  for (let column = columns; column < behind; column += 32) store<i32>(column, 0, 20);
  let toStarts = starts;
  let toEnds = ends;
  let toMarks = marks;
  for (let row: i32 = 0; row < rows; row++) {
    if (load<u8>(others + <usize> row) !== 0) {
      store<i32>(cut, <i32> (o - out));
      cut += 4;
      toStarts += <usize> width << 2;
      toEnds += <usize> width << 2;
      toMarks += <usize> width;
      continue;
    }
    for (let column = columns; column < behind; column += 32) {
      const at = bytes + <usize> load<i32>(toStarts);
      const end = bytes + <usize> load<i32>(toEnds);
      const mark: i32 = load<u8>(toMarks);
      toStarts += 4;
      toEnds += 4;
      toMarks++;
      const kind = load<i32>(column);
      if (at === end) {
        o = copied(<usize> load<u32>(column, 4), o, <usize> load<u32>(column, 8));
        store<u32>(o, NULL_WORD);
        o += 4;
        store<i32>(column, load<i32>(column, 20) + 1, 20);
      } else if (kind === TEXT) {
        o = copied(<usize> load<u32>(column, 12), o, <usize> load<u32>(column, 16));
        o = isOther || (mark & unlike) !== 0 ? escaped(at, end, mark, quoteCode, o) : copied(at, o, end - at);
        store<u8>(o++, <u8> QUOTE);
      } else {
        o = copied(<usize> load<u32>(column, 4), o, <usize> load<u32>(column, 8));
        if (kind === BOOLEAN) {
          const letter: i32 = load<u8>(at) | 0x20;
          if (letter === 116 || letter === 121 || letter === 49) {
            store<u32>(o, TRUE_WORD);
            o += 4;
          } else {
            store<u32>(o, FALSE_WORD);
            store<u8>(o, 101, 4);
            o += 5;
          }
        } else {
          const from = o;
          o = copied(at, o, end - at);
          if (kind === DECIMAL && load<u8>(o - 1) === ZERO) {
            let point = from;
            while (point < o && load<u8>(point) !== POINT) point++;
            if (point < o) {
              while (load<u8>(o - 1) === ZERO) o--;
              if (load<u8>(o - 1) === POINT) o--;
            }
          }
        }
      }
    }
    store<u16>(o, 0x0a7d);
    o += 2;
  }
  return <i32> (o - out);
}

@inline
function hexOf(digit: i32): u8 {
  return <u8> (digit < 10 ? ZERO + digit : 87 + digit);
}

/** A value in which something is written otherwise than it lies there. */
function escaped(start: usize, end: usize, mark: i32, quoteCode: i32, out: usize): usize {
  const hasPairs = (mark & PAIRS) !== 0;
  let o = out;
  for (let at = start; at < end; at++) {
    const code: i32 = load<u8>(at);
    if (hasPairs && code === quoteCode) at++;
    if (code >= 32 && code !== QUOTE && code !== BACKSLASH) {
      store<u8>(o++, <u8> code);
      continue;
    }
    store<u8>(o++, <u8> BACKSLASH);
    let letter: i32 = 0;
    if (code >= 32) letter = code;
    else if (code === 8) letter = 98;
    else if (code === 9) letter = 116;
    else if (code === LF) letter = 110;
    else if (code === 12) letter = 102;
    else if (code === CR) letter = 114;
    if (letter !== 0) {
      store<u8>(o++, <u8> letter);
      continue;
    }
    // u00xx
    store<u16>(o, 0x3075);
    store<u8>(o, <u8> ZERO, 2);
    store<u8>(o, hexOf(code >> 4), 3);
    store<u8>(o, hexOf(code & 15), 4);
    o += 5;
  }
  return o;
}
