/**
 * Pages of plain CSV, read, held against rules and written in linear memory by the module of cells.as: one memory for each thread, made
 * at first use. Everything here is done with a page before the next one is read.
 */
import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { CELLS_WASM } from "./cells_wasm.ts";

/** What the module does with the page that was read last. Its columns and rows are told by number, tables by where they lie. */
interface CellCode {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly consumed: { readonly value: number };
  readonly lines: { readonly value: number };
  readonly marked: { readonly value: number };
  base(): number;
  page(...places: number[]): void;
  scan(length: number, delimiter: number, quote: number, columns: number, most: number): number;
  isOdd(length: number, code: number): number;
  begin(): void;
  empties(column: number): void;
  keyless(keys: number, count: number): void;
  numbers(column: number, isDecimal: number): void;
  within(low: number, high: number): void;
  booleans(column: number): void;
  days(column: number): void;
  among(column: number, groups: number): number;
  like(column: number, accepts: number, ...automaton: number[]): number;
  write(out: number, columns: number, quote: number): number;
}

/** How records look. */
export interface CellShape {
  readonly width: number;
  /** Codes of what parts values and of what encloses them. */
  readonly delimiter: number;
  readonly quote: number;
}

/** A page that was read, in memory that the next one overwrites. */
export interface ReadCells {
  readonly code: CellCode;
  readonly rows: number;
  readonly consumed: number;
  readonly lines: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Int32Array<ArrayBuffer>;
  readonly ends: Int32Array<ArrayBuffer>;
  readonly marks: Uint8Array<ArrayBuffer>;
  readonly before: Int32Array<ArrayBuffer>;
  /** Rows that somebody has to look at: 1. */
  readonly others: Uint8Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  readonly unsure: Int32Array<ArrayBuffer>;
  /** Writes the others' lines away; `perRow`: bytes of a row beside its values. Void once anything else is read. */
  write(columns: number, perRow: number): { bytes: Uint8Array<ArrayBuffer>; cuts: Int32Array<ArrayBuffer> };
}

/** Bytes behind a page and behind its lines that blocks may touch. */
const SLACK = 64;
/** Bytes that one of a value may become: `\u00xx`. */
const LONGEST = 6;
const JSON_QUOTE = 34;
const ESCAPES = 2;
const PAGE = 64 * 1024;
/** A memory that became larger than this for one page is not kept. */
const KEPT = 16 * 1024 * 1024;
/** Longer pages are left to whoever reads with care; places are numbers of 32 bits. */
const MOST_BYTES = 64 * 1024 * 1024;

interface Memory {
  readonly code: CellCode;
  tables: CellTables | null;
  /** Where pages begin: behind the tables. */
  from: number;
}

let compiled: WebAssembly.Module | null = null;
let memory: Memory | null = null;

function opened(needed: number): Memory {
  if (memory !== null && memory.code.memory.buffer.byteLength > KEPT && needed < KEPT) memory = null;
  if (memory === null) {
    compiled ??= new WebAssembly.Module(Buffer.from(CELLS_WASM, "base64"));
    const code = new WebAssembly.Instance(compiled).exports as unknown as CellCode;
    memory = { code, tables: null, from: aligned(code.base()) };
  }
  return memory;
}

const aligned = (at: number): number => (at + 15) & ~15;

/** Has the memory reach to a place. What was seen of it before may lie nowhere then. */
function reach({ memory }: CellCode, end: number): void {
  const { byteLength } = memory.buffer;
  // A quarter more, so that pages that are a little longer each time do not move it each time.
  if (byteLength < end) memory.grow(Math.ceil((end + end / 4 - byteLength) / PAGE));
}

/** Data that stays in memory while pages are held against it. */
export interface CellTables {
  /** Where it lies. */
  add(data: Uint8Array | Int32Array): number;
  readonly parts: readonly { readonly at: number; readonly data: Uint8Array }[];
  readonly length: number;
}

export function cellTables(): CellTables {
  const parts: { at: number; data: Uint8Array }[] = [];
  const base = aligned(opened(0).code.base());
  let length = 0;
  return {
    parts,
    get length() {
      return length;
    },
    add(data) {
      const at = base + length;
      parts.push({ at, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
      length = aligned(length + data.byteLength + SLACK);
      return at;
    },
  };
}

function load({ code }: Memory, tables: CellTables): Memory {
  const from = aligned(code.base()) + tables.length;
  reach(code, from);
  const into = new Uint8Array(code.memory.buffer);
  for (const { at, data } of tables.parts) into.set(data, at);
  return memory = { code, tables, from };
}

/**
 * Reads at most so many plain records off the front of the bytes, up to the first that is anything else: those with the right number of
 * values, sound quoting and one kind of line end, in UTF-8. The bytes end with a line feed.
 */
export function readCells(
  bytes: Uint8Array<ArrayBuffer>,
  { width, delimiter, quote }: CellShape,
  most: number,
  tables: CellTables | null = null,
): ReadCells {
  const isText = bytes.length <= MOST_BYTES && (isAscii(bytes) || isUtf8(bytes));
  const length = isText ? bytes.length : 0;
  // No record is shorter than one byte for each of its values.
  const rowsMost = Math.min(most, Math.floor(length / width));
  const valuesMost = rowsMost * width;
  let there = opened(length + 9 * valuesMost + 21 * rowsMost + (tables?.length ?? 0));
  if (tables !== null && there.tables !== tables) there = load(there, tables);
  const { code, from } = there;
  let end = from;
  const place = (size: number) => {
    const at = end;
    end = aligned(end + size);
    return at;
  };
  const atBytes = place(length + SLACK);
  const [atStarts, atEnds, atMarks] = [place(4 * valuesMost), place(4 * valuesMost), place(valuesMost)];
  const [atBefore, atOthers, atValues] = [place(4 * rowsMost), place(rowsMost), place(8 * rowsMost)];
  const [atUnsure, atCuts] = [place(4 * rowsMost), place(4 * rowsMost)];
  reach(code, end);
  const { buffer } = code.memory;
  new Uint8Array(buffer, atBytes, length).set(length === 0 ? [] : bytes);
  code.page(atBytes, atStarts, atEnds, atMarks, atBefore, atOthers, atValues, atUnsure, atCuts);
  const rows = code.scan(length, delimiter, quote, width, rowsMost);
  const consumed = code.consumed.value;
  const values = rows * width;
  return {
    code,
    rows,
    consumed,
    lines: code.lines.value,
    bytes: new Uint8Array(buffer, atBytes, consumed),
    starts: new Int32Array(buffer, atStarts, values),
    ends: new Int32Array(buffer, atEnds, values),
    marks: new Uint8Array(buffer, atMarks, values),
    before: new Int32Array(buffer, atBefore, rows),
    others: new Uint8Array(buffer, atOthers, rows),
    values: new Float64Array(buffer, atValues, rows),
    unsure: new Int32Array(buffer, atUnsure, rows),
    write(columns, perRow) {
      // Of another quote it is not known what JSON writes otherwise.
      const isLike = quote === JSON_QUOTE && (code.marked.value & ESCAPES) === 0;
      reach(code, end + (isLike ? 1 : LONGEST) * consumed + rows * perRow + SLACK);
      const length = code.write(end, columns, quote);
      const { buffer } = code.memory;
      return { bytes: new Uint8Array(buffer, end, length), cuts: new Int32Array(buffer, atCuts, rows) };
    },
  };
}

/** Whether the bytes hold an odd number of these. */
export function isOddOf(bytes: Uint8Array, code: number): boolean {
  const { code: own, from } = opened(bytes.length);
  reach(own, from + bytes.length + SLACK);
  new Uint8Array(own.memory.buffer, from, bytes.length).set(bytes);
  own.page(from, ...NOWHERE);
  return own.isOdd(bytes.length, code) === 1;
}

const NOWHERE = new Array<number>(8).fill(0);
