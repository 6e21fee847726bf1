/**
 * A SQLite database of plain tables, written from first to last in the format of its pages
 * (https://www.sqlite.org/fileformat2.html, section 1). Each table is whole, and may be read, as soon as it is closed, while those
 * that follow are still written. SQLite reads it as any other database and copies rows out of it; it is never a user's own.
 */
import { putInteger, putVarint, SERIAL, serialOfInteger, sizeOfVarint } from "./sqlite_record.ts";

export const PAGE = 65_536;
const LEAF_HEAD = 8;
const INNER_HEAD = 12;
/** What a page is, as its first byte says. */
export const KIND = { TABLE_LEAF: 0x0d, TABLE_INNER: 0x05, INDEX_LEAF: 0x0a, INDEX_INNER: 0x02 } as const;
/** Pages that one inner page can name: a child, a row id of up to 5 bytes and its place, each. */
export const MOST_LEAVES = Math.floor((PAGE - INNER_HEAD) / 11);
/** Some terabytes. */
const MOST_PAGES = 2 ** 26;
/** Pages that are handed over at a time. */
const AT_ONCE = 8;

/** Where pages go: `number` counts from 1. */
export type PutPages = (number: number, bytes: Uint8Array) => void;

/** Takes the records of rows, one after the other. */
export interface RecordRoom {
  /** Where records are laid down. */
  readonly page: Uint8Array;
  readonly view: DataView;
  /** A longer record goes over several pages in this format, which is left to SQLite. */
  readonly mostRecord: number;
  /** Room for the record of the next row: `page` from the place that it gives on is the caller's to fill. */
  room(size: number): number;
}

export interface PageWriter extends RecordRoom {
  /** Ends the table under way; rows that follow are those of the next one. */
  endTable(): void;
  /** Ends the database, when all tables are whole, and gives how many pages it has. */
  end(): number;
}

/** The most tables of some columns whose definitions fit on the first page. */
export function mostTables(texts: readonly boolean[]): number {
  const size = definitionOf(1_000_000, texts).length + 100;
  return Math.floor((PAGE - 100 - LEAF_HEAD) / size);
}

/**
 * Tables are called t1, t2, …, their columns c0, c1, …; `texts` says which of them are TEXT. The others keep what they are given. Where
 * it is foreseen how many pages there will be at most, the database can be opened at once; else when it is ended.
 */
export function pageWriter(
  given: { readonly texts: readonly boolean[]; readonly tables: number; readonly pages?: number },
  put: PutPages,
): PageWriter {
  const { texts, tables, pages = MOST_PAGES } = given;
  if (given.pages !== undefined) put(1, firstPage(texts, tables, pages));
  const block = new Uint8Array(PAGE * AT_ONCE);
  const view = new DataView(block.buffer);
  /** Pages that wait in the block, the one that is filled not counted, and the number of the first of them. */
  let [waiting, first] = [0, 2 + tables];
  let [table, row] = [1, 0];
  let leaves: { readonly number: number; readonly last: number }[] = [];
  let [cells, top] = [0, PAGE];

  const flush = () => {
    if (waiting === 0) return;
    put(first, block.subarray(0, waiting * PAGE));
    first += waiting;
    if (first > pages) throw new Error("Cannot write pages: there are more of them than were foreseen");
    waiting = 0;
  };
  const sealLeaf = () => {
    const base = waiting * PAGE;
    headPage(view, base, KIND.TABLE_LEAF, cells, top);
    // What was there before lies between the places of the cells and the cells.
    block.fill(0, base + LEAF_HEAD + 2 * cells, base + top);
    [cells, top] = [0, PAGE];
  };
  const endLeaf = () => {
    sealLeaf();
    leaves.push({ number: first + waiting, last: row });
    if (++waiting === AT_ONCE) flush();
  };
  return {
    page: block,
    view,
    mostRecord: PAGE - 35,
    room(size) {
      const whole = size + sizeOfVarint(size) + sizeOfVarint(row + 1);
      if (cells > 0 && LEAF_HEAD + 2 * (cells + 1) + whole > top) endLeaf();
      top -= whole;
      const base = waiting * PAGE;
      view.setUint16(base + LEAF_HEAD + 2 * cells++, top);
      row++;
      return putVarint(block, putVarint(block, base + top, size), row);
    },
    endTable() {
      const root = 1 + table++;
      if (leaves.length === 0) {
        // A table of one page has no other root than that; nothing else waits in the block then.
        sealLeaf();
        put(root, block.subarray(0, PAGE));
      } else {
        endLeaf();
        flush();
        put(root, rootOf(leaves));
      }
      row = 0;
      leaves = [];
    },
    end() {
      put(1, firstPage(texts, tables, first - 1));
      return first - 1;
    },
  };
}

/** The head of a page whose cells begin at `top`. */
export function headPage(view: DataView, base: number, kind: number, cells: number, top: number): void {
  view.setUint8(base, kind);
  view.setUint16(base + 1, 0);
  view.setUint16(base + 3, cells);
  // The largest page's own size is written as 0.
  view.setUint16(base + 5, top % PAGE);
  view.setUint8(base + 7, 0);
}

/** The page that names the leaves of a table. */
function rootOf(leaves: readonly { readonly number: number; readonly last: number }[]): Uint8Array {
  if (leaves.length > MOST_LEAVES) throw new Error("Cannot write pages: a table has too many of them");
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  let top = PAGE;
  const [last, ...before] = [...leaves].reverse();
  before.reverse().forEach((leaf, at) => {
    top -= 4 + sizeOfVarint(leaf.last);
    view.setUint32(top, leaf.number);
    putVarint(page, top + 4, leaf.last);
    view.setUint16(INNER_HEAD + 2 * at, top);
  });
  headPage(view, 0, KIND.TABLE_INNER, before.length, top);
  view.setUint32(8, last?.number ?? 0);
  return page;
}

const definitionOf = (table: number, texts: readonly boolean[]): string =>
  `CREATE TABLE t${table}(${texts.map((isText, at) => `c${at}${isText ? " TEXT" : ""}`).join(",")})`;

/** Head of the file and the list of its tables, whose roots are the pages that follow. */
function firstPage(texts: readonly boolean[], tables: number, pages: number): Uint8Array {
  const encoder = new TextEncoder();
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  page.set(encoder.encode("SQLite format 3\0"));
  view.setUint16(16, 1);
  page.set([1, 1, 0, 64, 32, 32], 18);
  view.setUint32(24, 1);
  view.setUint32(28, pages);
  view.setUint32(40, 1);
  view.setUint32(44, 4);
  view.setUint32(56, 1);
  view.setUint32(92, 1);
  view.setUint32(96, 3_045_000);
  let top = PAGE;
  for (let table = 1; table <= tables; table++) {
    const [kind, name, sql] = ["table", `t${table}`, definitionOf(table, texts)].map((text) =>
      encoder.encode(text)
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const root = serialOfInteger(1 + table);
    const serials = [kind, name, name, null, sql].map((text) =>
      text === null ? root : SERIAL.TEXT + 2 * text.length
    );
    const header = 1 + serials.reduce((sum, serial) => sum + sizeOfVarint(serial), 0);
    const record = new Uint8Array(header + 16 + kind.length + 2 * name.length + sql.length);
    let at = putVarint(record, 0, header);
    for (const serial of serials) at = putVarint(record, at, serial);
    for (const text of [kind, name, name]) {
      record.set(text, at);
      at += text.length;
    }
    at = putInteger(record, at, 1 + table, root);
    record.set(sql, at);
    at += sql.length;
    top -= at + sizeOfVarint(at) + sizeOfVarint(table);
    if (top < 100 + LEAF_HEAD + 2 * tables) throw new Error("Cannot write pages: there are too many tables");
    page.set(record.subarray(0, at), putVarint(page, putVarint(page, top, at), table));
    view.setUint16(100 + LEAF_HEAD + 2 * (table - 1), top);
  }
  headPage(view, 100, KIND.TABLE_LEAF, tables, top);
  return page;
}
