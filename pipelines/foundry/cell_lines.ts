/** Cells as JSON lines, byte by byte as `JSON.stringify` writes the rows that they are. */
import { CELL, type Cells } from "../../connectors/data/cells.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";

/** How the values of a column are written. */
const [TEXT, INTEGER, DECIMAL, BOOLEAN] = [0, 1, 2, 3];
const encoder = new TextEncoder();
const [TAB, LF, CR, QUOTE, ZERO, POINT, BACKSLASH] = [9, 10, 13, 34, 48, 46, 92];
const [NULL, TRUE, FALSE] = ["null", "true", "false"].map((word) => encoder.encode(word)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
/** What follows the backslash of a control character; 0 for those that are written by their number. */
const SHORT = new Uint8Array(32);
SHORT[8] = 98;
SHORT[TAB] = 116;
SHORT[LF] = 110;
SHORT[12] = 102;
SHORT[CR] = 114;
const HEX = encoder.encode("0123456789abcdef");
/** Values that JSON writes otherwise than they lie there. */
const UNLIKE = CELL.PAIRS | CELL.ESCAPES;
/** `null` as a word. */
const NULL_WORD = 0x6e756c6c;
/** Bytes beyond what is read or written that a word may touch. */
const SLACK = 4;
/** Bytes that one of a value may become: `\u00xx`. */
const LONGEST = 6;

export interface WrittenLines {
  /** Valid until the next call that writes there. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the bytes of the rows in front of each row that is left out end. */
  readonly cuts: readonly number[];
  /** How many of the rows that were written have a value, by column. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** Makes the writer of rows with these columns; rows that are marked in `others` are left out. */
export function cellLines(
  columns: readonly string[],
  types: readonly ColumnType[],
): (cells: Cells, others: Uint8Array, room?: Uint8Array<ArrayBuffer>) => WrittenLines {
  const columnKinds = Uint8Array.from(
    types,
    (type) =>
      type === "decimal" ? DECIMAL : type === "integer" ? INTEGER : type === "boolean" ? BOOLEAN : TEXT,
  );
  const heads = columns.map((name, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  const bareHeads = heads.map(wordsOf);
  /** With the quote of a text. */
  const quotedHeads = heads.map((head) => wordsOf(`${head}"`));
  const perRow = heads.reduce((sum, head) => sum + encoder.encode(head).length + NULL.length, 2);
  let out = new Uint8Array(0);
  return (cells, others, room) => {
    const { rows, bytes, starts, ends, marks, quote } = cells;
    // Of its own: what is shared by several writers is looked up at every use.
    const [kinds, bare, quoted] = [columnKinds, bareHeads, quotedHeads];
    const width = kinds.length;
    const most = LONGEST * bytes.length + rows * perRow + SLACK;
    const isRoomy = room !== undefined && room.length >= most;
    if (!isRoomy && out.length < most) out = new Uint8Array(most);
    const into = isRoomy ? room : out;
    const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const to = new DataView(into.buffer, into.byteOffset, into.length);
    // Up to here a value can be read by words beyond its end.
    const wordsEnd = bytes.length - SLACK;
    // Of another quote it is not known which values have one that JSON writes otherwise.
    const isOther = quote !== QUOTE;
    const cuts: number[] = [];
    const values = new Float64Array(width);
    let o = 0;
    for (let row = 0, n = 0; row < rows; row++) {
      if (others[row] === 1) {
        cuts.push(o);
        n += width;
        continue;
      }
      for (let column = 0; column < width; column++, n++) {
        const kind = kinds[column] as number;
        let at = starts[n] as number;
        const end = ends[n] as number;
        const { words, length } = (kind === TEXT && at !== end ? quoted : bare)[column] as Words;
        for (let word = 0; word < words.length; word++) to.setInt32(o + 4 * word, words[word] as number);
        o += length;
        if (at === end) {
          to.setInt32(o, NULL_WORD);
          o += 4;
          values[column] = (values[column] as number) - 1;
        } else if (kind === DECIMAL) {
          let hasPoint = false;
          for (; at < end; at++) {
            const code = bytes[at] as number;
            if (code === POINT) hasPoint = true;
            into[o++] = code;
          }
          if (hasPoint) {
            while (into[o - 1] === ZERO) o--;
            if (into[o - 1] === POINT) o--;
          }
        } else if (kind === BOOLEAN) o = copied(isTrue(bytes, at) ? TRUE : FALSE, into, o);
        else {
          if (kind === TEXT && (isOther || ((marks[n] as number) & UNLIKE) !== 0)) {
            o = escaped(cells, n, into, o);
          } else if (end <= wordsEnd) {
            for (let next = o; at < end; at += 4, next += 4) to.setInt32(next, from.getInt32(at));
            o += end - (starts[n] as number);
          } else for (; at < end; at++) into[o++] = bytes[at] as number;
          if (kind === TEXT) into[o++] = QUOTE;
        }
      }
      into[o++] = 125;
      into[o++] = LF;
    }
    const written = rows - cuts.length;
    return { bytes: into.subarray(0, o), cuts, values: values.map((lacking) => written + lacking) };
  };
}

/** A text by words of four bytes, the last of them filled up: what is too much is written over. */
interface Words {
  readonly words: Int32Array;
  readonly length: number;
}

function wordsOf(text: string): Words {
  const bytes = encoder.encode(text);
  const filled = new DataView(new ArrayBuffer(bytes.length + SLACK));
  bytes.forEach((byte, at) => filled.setUint8(at, byte));
  const words = Int32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, at) => filled.getInt32(4 * at));
  return { words, length: bytes.length };
}

function copied(from: Uint8Array, into: Uint8Array, o: number): number {
  for (let at = 0; at < from.length; at++) into[o++] = from[at] as number;
  return o;
}

/** Of a text that was read as a boolean: `true`, `yes`, `1` in any case. */
function isTrue(bytes: Uint8Array, at: number): boolean {
  const first = (bytes[at] as number) | 0x20;
  return first === 116 || first === 121 || first === 49;
}

/** A value in which something is written otherwise than it lies there. */
function escaped(
  { bytes, starts, ends, marks, quote }: Cells,
  n: number,
  into: Uint8Array,
  o: number,
): number {
  const end = ends[n] as number;
  const hasPairs = ((marks[n] as number) & CELL.PAIRS) !== 0;
  for (let at = starts[n] as number; at < end; at++) {
    const code = bytes[at] as number;
    if (hasPairs && code === quote) at++;
    if (code >= 32 && code !== QUOTE && code !== BACKSLASH) {
      into[o++] = code;
      continue;
    }
    into[o++] = BACKSLASH;
    if (code >= 32) into[o++] = code;
    else if (SHORT[code] !== 0) into[o++] = SHORT[code] as number;
    else {
      into[o++] = 117;
      into[o++] = ZERO;
      into[o++] = ZERO;
      into[o++] = HEX[code >> 4] as number;
      into[o++] = HEX[code & 15] as number;
    }
  }
  return o;
}
