/** Whether the keys of rows rise one after the other, as those of a table read in its own order do: then no two of them are the same. */
import { SERIAL } from "./sqlite_record.ts";

/** What is looked at of a row: its serial types, the bytes that values take in the record, and numbers. */
export interface KeyedRow {
  readonly serials: Int32Array;
  readonly sizes: Int32Array;
  readonly numbers: Float64Array;
}

/** Hears of each key that rises, and of the first that does not: after that no more. */
export interface KeyIndex {
  /** The key's texts begin at `starts` of the page. */
  entry(row: KeyedRow, key: readonly number[], page: Uint8Array, starts: Int32Array): void;
  dropIndex(): void;
}

export interface KeyRun {
  readonly rising: boolean;
  /** The next row; its record's body begins at `body` of the page. */
  see(row: KeyedRow, page: Uint8Array, body: number): void;
}

const MOST_BYTES = 4096;

/**
 * Whole numbers rise by value and texts by their bytes; of several columns the first that differs decides. Any other value, and a
 * column in which both kinds come, ends the run: it is not said of such keys how they compare.
 */
export function keyRun(key: readonly number[], index: KeyIndex | null = null): KeyRun {
  const last = Math.max(-1, ...key);
  const numbers = new Float64Array(key.length);
  const texts = key.map(() => new Uint8Array(MOST_BYTES));
  /** Bytes of the text before; -1 where it was a number, -2 before the first row. */
  const sizes = new Int32Array(key.length).fill(-2);
  const starts = new Int32Array(last + 1);
  let rising = key.length > 0;
  const fall = () => {
    rising = false;
    index?.dropIndex();
  };

  return {
    get rising() {
      return rising;
    },
    see(row, page, body) {
      for (let column = 0, at = body; column <= last; column++) {
        starts[column] = at;
        at += row.sizes[column] as number;
      }
      let order = 0;
      for (let n = 0; n < key.length; n++) {
        const column = key[n] as number;
        const serial = row.serials[column] as number;
        const before = sizes[n] as number;
        if (serial >= SERIAL.TEXT) {
          const size = row.sizes[column] as number;
          const from = starts[column] as number;
          if (before === -1 || size > MOST_BYTES) return fall();
          const text = texts[n] as Uint8Array;
          if (before >= 0 && order === 0) order = compared(page, from, size, text, before);
          for (let at = 0; at < size; at++) text[at] = page[from + at] as number;
          sizes[n] = size;
        } else if (serial !== SERIAL.NULL && serial !== SERIAL.REAL) {
          if (before >= 0) return fall();
          const value = row.numbers[column] as number;
          if (before === -1 && order === 0) order = Math.sign(value - (numbers[n] as number));
          numbers[n] = value;
          sizes[n] = -1;
        } else return fall();
        if (before === -2) order = 1;
      }
      if (order <= 0) return fall();
      index?.entry(row, key, page, starts);
    },
  };
}

function compared(page: Uint8Array, from: number, size: number, text: Uint8Array, before: number): number {
  const both = Math.min(size, before);
  for (let at = 0; at < both; at++) {
    const difference = (page[from + at] as number) - (text[at] as number);
    if (difference !== 0) return difference;
  }
  return size - before;
}
