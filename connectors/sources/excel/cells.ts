/** A sheet as rows of cells, whichever reader they come from. */

/** What a cell holds. An error (`#N/A`) or a formula without a value is no value at all, and is told as such. */
export type Cell = string | number | boolean | { readonly error: string };

export interface SheetRow {
  /** 1-based, as people see it. */
  readonly index: number;
  /** By 0-based column; holes are empty cells. */
  readonly cells: (Cell | undefined)[];
  readonly isHidden: boolean;
}

export interface Merge {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export interface Sheet {
  readonly name: string;
  /** 0-based columns that are hidden; known before the first row is given. */
  readonly hiddenColumns: ReadonlySet<number>;
  /** Merged areas, when they were asked for. */
  readonly merges: readonly Merge[];
  rows(): AsyncGenerator<SheetRow[]>;
}

export interface SheetName {
  readonly name: string;
  readonly isHidden: boolean;
}

export interface Workbook {
  readonly sheets: readonly SheetName[];
  readonly notes: readonly string[];
  sheet(index: number, withMerges: boolean): Promise<Sheet>;
  close(): void;
}

/** Widest sheet that spreadsheet programs make. */
export const MAX_COLUMNS = 16_384;
export const MAX_ROWS = 1_048_576;

/** 0-based column of letters, -1 for none. */
export function columnIndex(letters: string): number {
  let index = 0;
  for (let i = 0; i < letters.length; i++) {
    const code = letters.charCodeAt(i) & 0xdf;
    if (code < 65 || code > 90) return -1;
    index = index * 26 + code - 64;
  }
  return index - 1;
}

/** Letters of a 0-based column. */
export function columnLetters(index: number): string {
  let letters = "";
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
  }
  return letters;
}

/** An area such as `B2:F100`, `B:F` or `B2`; bounds that are left out are open. Null when it is none. */
export function areaOf(text: string): Merge | null {
  const parts = /^\$?([A-Za-z]{1,3})?\$?(\d{1,7})?(?::\$?([A-Za-z]{1,3})?\$?(\d{1,7})?)?$/.exec(text.trim());
  if (parts === null || text.trim() === "") return null;
  const [, left, top, right, bottom] = parts;
  const isOne = !text.includes(":");
  const area = {
    left: left === undefined ? 0 : columnIndex(left),
    top: top === undefined ? 1 : Number(top),
    right: right !== undefined
      ? columnIndex(right)
      : isOne && left !== undefined
      ? columnIndex(left)
      : MAX_COLUMNS - 1,
    bottom: bottom !== undefined ? Number(bottom) : isOne && top !== undefined ? Number(top) : MAX_ROWS,
  };
  const isRight = area.left <= area.right && area.top >= 1 && area.top <= area.bottom &&
    area.right < MAX_COLUMNS;
  return isRight ? area : null;
}
