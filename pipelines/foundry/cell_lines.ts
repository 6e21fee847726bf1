/** Cells as JSON lines, byte by byte as `JSON.stringify` writes the rows that they are. */
import { CELL, type Cells } from "../../connectors/data/mod.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";

/** How the values of a column are written. */
const [TEXT, NUMBER, BOOLEAN] = [0, 1, 2];
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
/** Bytes that one of a value may become: `\u00xx`. */
const LONGEST = 6;

export interface WrittenLines {
  /** Valid until the next call. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the bytes of the rows in front of each row that is left out end. */
  readonly cuts: readonly number[];
}

/** Makes the writer of rows with these columns; rows that are marked in `others` are left out. */
export function cellLines(
  columns: readonly string[],
  types: readonly ColumnType[],
): (cells: Cells, others: Uint8Array) => WrittenLines {
  const width = columns.length;
  const heads = columns.map((name, at) => encoder.encode(`${at === 0 ? "{" : ","}${JSON.stringify(name)}:`));
  const written = Uint8Array.from(
    types,
    (type) => type === "integer" || type === "decimal" ? NUMBER : type === "boolean" ? BOOLEAN : TEXT,
  );
  const perRow = heads.reduce((sum, head) => sum + head.length + NULL.length, 2);
  let out = new Uint8Array(0);
  return (cells, others) => {
    const { rows, bytes, starts, ends, marks, quote } = cells;
    const most = LONGEST * bytes.length + rows * perRow;
    if (out.length < most) out = new Uint8Array(most);
    const into = out;
    const cuts: number[] = [];
    let o = 0;
    for (let row = 0, n = 0; row < rows; row++) {
      if (others[row] === 1) {
        cuts.push(o);
        n += width;
        continue;
      }
      for (let column = 0; column < width; column++, n++) {
        const head = heads[column] as Uint8Array;
        for (let at = 0; at < head.length; at++) into[o++] = head[at] as number;
        const end = ends[n] as number;
        let at = starts[n] as number;
        if (at === end) o = copied(NULL, into, o);
        else if (written[column] === TEXT) {
          into[o++] = QUOTE;
          if (((marks[n] as number) & (CELL.PAIRS | CELL.ESCAPES)) === 0 && quote === QUOTE) {
            for (; at < end; at++) into[o++] = bytes[at] as number;
          } else o = escaped(cells, n, into, o);
          into[o++] = QUOTE;
        } else if (written[column] === NUMBER) {
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
        } else o = copied(isTrue(bytes, at) ? TRUE : FALSE, into, o);
      }
      into[o++] = 125;
      into[o++] = LF;
    }
    return { bytes: into.subarray(0, o), cuts };
  };
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
