/**
 * Pages of one table, and of the index over its key, behind those of a database that SQLite itself has just made with both empty
 * (https://www.sqlite.org/fileformat2.html, sections 1.3 to 1.6). Rows come in the order of their ids, entries of the index in the order
 * of the keys; both trees are whole when the writer is ended, not before.
 */
import {
  putInteger,
  putVarint,
  SERIAL,
  serialOfInteger,
  sizeOfSerial,
  sizeOfVarint,
} from "./sqlite_record.ts";
import { headPage, KIND, type PutPages, type RecordRoom } from "./sqlite_pages.ts";
import type { KeyedRow, KeyIndex } from "./sqlite_key_run.ts";

/** Where the trees begin. */
export interface Roots {
  readonly pageSize: number;
  /** Pages that there are. */
  readonly pages: number;
  readonly table: number;
  /** The root of the key's index; null where there is none. */
  readonly index: number | null;
}

/** An entry of the index is the key of the row that was laid down last. An index that is dropped stays empty, and its pages are free. */
export interface TreeWriter extends RecordRoom, KeyIndex {
  /** Ends both trees. */
  end(): { readonly isIndexed: boolean };
}

/** Bytes of the head of the file. */
export const HEAD_BYTES = 100;
const [LEAF_HEAD, INNER_HEAD] = [8, 12];
/** Pages that are handed over at a time. */
const AT_ONCE = 8;
/** Longer keys are left to SQLite: some of them are held until the end. */
const MOST_KEY = 200;
/** Places of the file's head: its pages, the first page of those that are free, and how many are. */
const [PAGES_AT, FREE_AT, FREE_COUNT_AT] = [28, 32, 36];

/** One level of a tree: pages, and what stands between each and the next one. */
interface Level {
  readonly children: number[];
  readonly between: Uint8Array[];
}

/** `head` is the file's own, which says how many pages there are. */
export function treeWriter(roots: Roots, head: Uint8Array, put: PutPages): TreeWriter {
  const { pageSize } = roots;
  const block = new Uint8Array(pageSize * AT_ONCE);
  let [next, waiting] = [roots.pages + 1, 0];
  const flush = () => {
    if (waiting > 0) put(next - waiting, block.subarray(0, waiting * pageSize));
    waiting = 0;
  };
  const append = (page: Uint8Array): number => {
    block.set(page, waiting++ * pageSize);
    const number = next++;
    if (waiting === AT_ONCE) flush();
    return number;
  };

  const leaf = new Uint8Array(pageSize);
  const view = new DataView(leaf.buffer);
  const rows: Level = { children: [], between: [] };
  let [row, cells, top] = [0, 0, pageSize];
  const seal = () => {
    headPage(view, 0, KIND.TABLE_LEAF, cells, top);
    leaf.fill(0, LEAF_HEAD + 2 * cells, top);
    [cells, top] = [0, pageSize];
  };

  let entries = roots.index === null ? null : entryPages(pageSize);
  let free: readonly number[] = [];
  const dropIndex = () => {
    free = entries?.level.children ?? free;
    entries = null;
  };

  return {
    page: leaf,
    view,
    mostRecord: pageSize - 35,
    room(size) {
      const whole = size + sizeOfVarint(size) + sizeOfVarint(row + 1);
      if (LEAF_HEAD + 2 * (cells + 1) + whole > top) {
        seal();
        rows.children.push(append(leaf));
        rows.between.push(varint(row));
      }
      top -= whole;
      view.setUint16(LEAF_HEAD + 2 * cells++, top);
      row++;
      return putVarint(leaf, putVarint(leaf, top, size), row);
    },
    entry(keyed, key, page, starts) {
      if (entries?.add(keyed, key, page, starts, row, append) === false) dropIndex();
    },
    dropIndex,
    end() {
      seal();
      if (rows.children.length === 0) put(roots.table, leaf);
      else {
        rows.children.push(append(leaf));
        put(roots.table, rootOf(rows, KIND.TABLE_INNER, pageSize, append));
      }
      if (entries !== null && roots.index !== null) {
        const last = entries.end();
        if (entries.level.children.length === 0) put(roots.index, last);
        else {
          entries.level.children.push(append(last));
          put(roots.index, rootOf(entries.level, KIND.INDEX_INNER, pageSize, append));
        }
      }
      flush();
      const first = new DataView(head.buffer, head.byteOffset, head.byteLength);
      first.setUint32(PAGES_AT, next - 1);
      first.setUint32(FREE_AT, putFree(free, pageSize, put));
      first.setUint32(FREE_COUNT_AT, free.length);
      put(1, head);
      return { isIndexed: entries !== null };
    },
  };
}

/** The leaves of an index. The last entry of each but the last one stands above it. */
function entryPages(pageSize: number) {
  const page = new Uint8Array(pageSize);
  const view = new DataView(page.buffer);
  const level: Level = { children: [], between: [] };
  let [cells, top, lastSize] = [0, pageSize, 0];
  const seal = () => {
    headPage(view, 0, KIND.INDEX_LEAF, cells, top);
    page.fill(0, LEAF_HEAD + 2 * cells, top);
  };
  return {
    level,
    /** False when the key is too long. */
    add(
      { serials, sizes, numbers }: KeyedRow,
      key: readonly number[],
      source: Uint8Array,
      starts: Int32Array,
      row: number,
      append: (page: Uint8Array) => number,
    ): boolean {
      const rowSerial = serialOfInteger(row);
      let header = 1 + sizeOfVarint(rowSerial);
      let body = sizeOfSerial(rowSerial);
      for (let n = 0; n < key.length; n++) {
        const serial = serials[key[n] as number] as number;
        header += sizeOfVarint(serial);
        body += sizes[key[n] as number] as number;
      }
      const size = header + body;
      // So short a header has its own size in one byte.
      if (size > MOST_KEY || header > 127) return false;
      const whole = size + sizeOfVarint(size);
      if (LEAF_HEAD + 2 * (cells + 1) + whole > top) {
        level.between.push(page.slice(top, top + lastSize));
        cells--;
        top += lastSize;
        seal();
        level.children.push(append(page));
        [cells, top] = [0, pageSize];
      }
      top -= whole;
      lastSize = whole;
      view.setUint16(LEAF_HEAD + 2 * cells++, top);
      let at = putVarint(page, top, size);
      page[at++] = header;
      for (let n = 0; n < key.length; n++) at = putVarint(page, at, serials[key[n] as number] as number);
      page[at++] = rowSerial;
      for (let n = 0; n < key.length; n++) {
        const column = key[n] as number;
        const serial = serials[column] as number;
        if (serial >= SERIAL.TEXT) {
          const from = starts[column] as number;
          const end = from + (sizes[column] as number);
          for (let place = from; place < end; place++) page[at++] = source[place] as number;
        } else if (serial < SERIAL.REAL) at = putInteger(page, at, numbers[column] as number, serial);
      }
      if (rowSerial < SERIAL.REAL) putInteger(page, at, row, rowSerial);
      return true;
    },
    end(): Uint8Array {
      seal();
      return page;
    },
  };
}

/** Pages above a level until one names all of them, which is the root. */
function rootOf(
  level: Level,
  kind: number,
  pageSize: number,
  append: (page: Uint8Array) => number,
): Uint8Array {
  const page = new Uint8Array(pageSize);
  const view = new DataView(page.buffer);
  const above: Level = { children: [], between: [] };
  const { children, between } = level;
  for (let at = 0; at < children.length;) {
    let [cells, top] = [0, pageSize];
    page.fill(0);
    // The last child of a page stands in its head.
    for (; at < between.length; at++) {
      const key = between[at] as Uint8Array;
      if (INNER_HEAD + 2 * (cells + 1) + 4 + key.length > top) break;
      top -= 4 + key.length;
      view.setUint32(top, children[at] as number);
      page.set(key, top + 4);
      view.setUint16(INNER_HEAD + 2 * cells++, top);
    }
    // No page has one child alone: the last one takes one from the page before.
    if (at + 2 === children.length) {
      at--;
      cells--;
      top += 4 + (between[at] as Uint8Array).length;
      page.fill(0, INNER_HEAD + 2 * cells, top);
    }
    headPage(view, 0, kind, cells, top);
    view.setUint32(8, children[at] as number);
    const key = between[at++];
    if (key === undefined && above.children.length === 0) return page;
    above.children.push(append(page));
    if (key !== undefined) above.between.push(key);
  }
  return rootOf(above, kind, pageSize, append);
}

/** Lists the pages that are free, on as many of them as it takes; gives the first one. */
function putFree(free: readonly number[], pageSize: number, put: PutPages): number {
  // SQLite leaves the last places of such a page empty.
  const most = pageSize / 4 - 8;
  let before = 0;
  for (let at = 0; at < free.length; at += most + 1) {
    const page = new Uint8Array(pageSize);
    const view = new DataView(page.buffer);
    const [trunk = 0, ...listed] = free.slice(at, at + most + 1);
    view.setUint32(0, before);
    view.setUint32(4, listed.length);
    listed.forEach((number, n) => view.setUint32(8 + 4 * n, number));
    put(trunk, page);
    before = trunk;
  }
  return before;
}

function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(sizeOfVarint(value));
  putVarint(bytes, 0, value);
  return bytes;
}
