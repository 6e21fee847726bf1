/** CSV and TSV: one chunk of the file, one batch of rows. All values stay text; an empty one is null. */
import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { type BadRow, DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { ByteWindow } from "./bytes.ts";
import { chunkParser, type LineEnds, type ParsedChunk } from "./csv_parse.ts";
import { type CsvParams, csvShape } from "./csv_sniff.ts";
import type { Batch, TextUnit } from "./unit.ts";

export interface CsvOptions extends CsvParams {
  /** Longest record in bytes; a longer one is refused. */
  readonly maxRecordBytes: number;
  /** Most records of one batch. */
  readonly batchRows: number;
}

/** Where a record starts. */
export interface TextPlace {
  readonly at: number;
  readonly line: number;
}

const CHUNK = 128 * 1024;
const CHUNK_ROWS = 1_000;
/** Bytes that are read at a time. */
const WINDOW = 2 * 1024 * 1024;
/** Text kept of a line that is set aside. */
const KEPT = 10_000;

/** Reads a unit from a place on, or from its beginning. */
export async function* readCsv(
  unit: TextUnit,
  options: CsvOptions,
  from: TextPlace | null,
  note: (message: string) => void,
): AsyncGenerator<Batch> {
  // Small chunks leave little garbage; a page has several.
  let page = emptyPage();
  for await (const chunk of chunksOf(unit, options, from, note)) {
    page.parts.push({ from: page.rows.length, locate: chunk.locate });
    for (const row of chunk.rows) page.rows.push(row);
    for (const row of chunk.bad) page.bad.push(row);
    page.last = chunk;
    if (page.rows.length + page.bad.length < options.batchRows) continue;
    yield batchOf(page, chunk);
    page = emptyPage();
  }
  if (page.last !== null) yield batchOf(page, page.last);
}

interface OpenPage {
  readonly rows: Row[];
  readonly bad: BadRow[];
  readonly parts: { readonly from: number; locate(index: number): string }[];
  last: Batch | null;
}

const emptyPage = (): OpenPage => ({ rows: [], bad: [], parts: [], last: null });

/** Chunks as one batch; where to go on is told by the last of them. */
function batchOf({ rows, bad, parts }: OpenPage, last: Batch): Batch {
  return {
    ...last,
    rows,
    bad,
    locate(index) {
      const part = parts.findLast((part) => part.from <= index);
      return part === undefined ? "" : part.locate(index - part.from);
    },
  };
}

async function* chunksOf(
  unit: TextUnit,
  options: CsvOptions,
  from: TextPlace | null,
  note: (message: string) => void,
): AsyncGenerator<Batch> {
  const head = unit.head;
  if (
    from === null && head.bytes.length === 0 && !Array.isArray(options.header) && options.header !== false
  ) {
    throw new DataFailure(
      "contract",
      `${unit.name} is empty: it has not even a header`,
      "A table without rows still has a header; say `header: false` when the file has none.",
    );
  }
  // The head may end within a letter; nobody looks at its last record then.
  const shape = csvShape(Buffer.from(head.bytes).toString("utf8"), options, head.whole, unit.name);
  if (from === null) { for (const text of shape.notes) note(`${unit.name}: ${text}`); }
  const start = from ?? {
    at: Buffer.byteLength(validPrefix(head.bytes, shape.skip.characters)),
    line: shape.skip.lines + 1,
  };
  const parse = await chunkParser(shape.dialect);
  // By the JSON reader, which makes room for all columns in the object itself.
  const names = shape.columns.map((name) => `${JSON.stringify(name)}:null`);
  const empty = JSON.parse(`{${names.join(",")}}`) as Row;
  const input = await unit.open(start.at);
  try {
    const window = new ByteWindow(input, start.at, WINDOW);
    let line = start.line;
    let chunk = CHUNK;
    let maxLines = CHUNK_ROWS;
    for (;;) {
      await window.fill(chunk);
      if (window.length === 0) return;
      const cut = cutAt(window.bytes, maxLines, window.ended);
      const bytes = window.bytes.subarray(0, cut.length);
      const final = window.ended && cut.length === window.length;
      const isTooLong = !final && window.length >= options.maxRecordBytes;
      const { text, isBinary } = textOf(bytes);
      const parsed = parse(text, cut, {
        final,
        giveUp: isTooLong && cut.lf + cut.cr > 0,
        maxRecords: maxLines,
      });
      if (parsed.consumed === 0 && !final) {
        if (isTooLong) throw tooLong(unit.name, line, window, options.maxRecordBytes);
        // The record goes on beyond the chunk: look at twice as much.
        chunk = Math.min(Math.max(chunk, window.length) * 2, options.maxRecordBytes);
        maxLines *= 2;
        continue;
      }
      const consumed = isBinary === "utf8"
        ? bytes.length - byteLengthAfter(text, parsed.consumed)
        : parsed.consumed;
      const batch = rowsOf(parsed, {
        columns: shape.columns,
        empty,
        width: shape.columns.length + (shape.trailing ? 1 : 0),
        name: unit.name,
        line,
        isBinary: isBinary === "broken",
        hasNul: bytes.indexOf(0) !== -1,
        isTranscoded: unit.transcoded,
      });
      window.consume(consumed);
      line += parsed.lines;
      const isLast = window.ended && window.length === 0;
      const next: TextPlace = { at: window.offset, line };
      const isOpen = isLast && !/[\r\n]$/.test(text);
      const unterminated = !isOpen ? undefined : batch.lastIsBad ? "bad" as const : "rows" as const;
      yield {
        rows: batch.rows,
        bad: batch.bad,
        locate: batch.locate,
        next: isLast ? null : next as unknown as Json,
        ...(unterminated === undefined ? {} : { unterminated }),
      };
      if (isLast) return;
      maxLines = CHUNK_ROWS;
      chunk = CHUNK;
    }
  } finally {
    input.close();
  }
}

/** Characters of the head, given as text again, so that its bytes can be counted. */
function validPrefix(head: Uint8Array, characters: number): string {
  return Buffer.from(head).toString("utf8").slice(0, characters);
}

const byteLengthAfter = (text: string, consumed: number): number =>
  consumed === text.length ? 0 : Buffer.byteLength(text.slice(consumed));

/** ASCII and broken bytes are read one to one, so that places in text and bytes are the same; `broken` is decoded value by value. */
function textOf(bytes: Uint8Array<ArrayBuffer>): { text: string; isBinary: "ascii" | "utf8" | "broken" } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(bytes)) return { text: buffer.toString("latin1"), isBinary: "ascii" };
  if (isUtf8(bytes)) return { text: buffer.toString("utf8"), isBinary: "utf8" };
  return { text: buffer.toString("latin1"), isBinary: "broken" };
}

interface Cut extends LineEnds {
  readonly length: number;
}

/** At most so many whole lines of the window, and the line ends in them. All of it when it is the end, or has no line end. */
function cutAt(bytes: Uint8Array, maxLines: number, ended: boolean): Cut {
  let lf = 0;
  let crlf = 0;
  let cr = 0;
  let last = 0;
  let before = 0;
  const length = bytes.length;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte === 10) {
      lf++;
      if (before === 13) crlf++;
      last = i + 1;
      if (lf >= maxLines) break;
    } else if (byte === 13) cr++;
    before = byte;
  }
  if (lf >= maxLines) return { length: last, lf, crlf, cr };
  // CR alone ends lines too, in files of old systems: the careful reader finds them in the whole window.
  if (ended || last === 0 || cr > crlf) return { length, lf, crlf, cr };
  return { length: last, lf, crlf, cr };
}

interface RowSettings {
  readonly columns: readonly string[];
  /** A row with all columns, and nothing in them. */
  readonly empty: Row;
  readonly width: number;
  readonly name: string;
  readonly line: number;
  readonly isBinary: boolean;
  readonly hasNul: boolean;
  readonly isTranscoded: boolean;
}

function rowsOf(
  parsed: ParsedChunk,
  settings: RowSettings,
): Omit<Batch, "next"> & { lastIsBad: boolean } {
  const { columns, width, name } = settings;
  const isSuspect = settings.isBinary || settings.hasNul || settings.isTranscoded;
  const rows: Row[] = [];
  const bad: BadRow[] = [];
  /** Record of each row, once a record is no row. */
  let records: number[] | null = null;
  let lastBad = -1;
  const lineOf = (record: number) => settings.line + parsed.lineOf(record) - 1;
  const setAside = (record: number, rule: string, reason: string, row: Json) => {
    records ??= rows.map((_, index) => index);
    lastBad = record;
    bad.push({ rule, reason, row, locator: `${name}#line=${lineOf(record)}` });
  };
  for (let record = 0; record < parsed.cells.length; record++) {
    let cells = parsed.cells[record] as readonly string[];
    const problem = parsed.problems?.get(record);
    if (problem !== undefined) {
      setAside(record, "parse", problem, { line: shown(cells[0] ?? "", settings.isBinary) });
      continue;
    }
    if (cells.length === 1 && (cells[0] === "" || (width > 1 && cells[0]?.trim() === ""))) {
      records ??= rows.map((_, index) => index);
      continue;
    }
    if (isSuspect) {
      const looked = settings.isBinary ? decoded(cells) : cells;
      if (looked === null || (settings.isTranscoded && cells.some((cell) => cell.includes("\ufffd")))) {
        const text = cells.map((cell) => shown(cell, settings.isBinary));
        setAside(record, "encoding", "it has bytes that are no text in the file's encoding", text);
        continue;
      }
      cells = looked;
      if (settings.hasNul && cells.some((cell) => cell.includes("\0"))) {
        setAside(record, "nul-byte", "it has a NUL byte", cells.map((cell) => shown(cell, false)));
        continue;
      }
    }
    if (cells.length !== width) {
      const reason = `it has ${cells.length} values, and the header has ${columns.length} names`;
      setAside(record, "ragged", reason, cells.slice(0, 1000).map((cell) => shown(cell, false)));
      continue;
    }
    if (width > columns.length && cells[width - 1] !== "") {
      const reason = `it has a value behind the last column, ${
        JSON.stringify((cells[width - 1] ?? "").slice(0, 100))
      }`;
      setAside(record, "ragged", reason, cells.map((cell) => shown(cell, false)));
      continue;
    }
    // A copy has the form of all rows from the start; one that grows column by column takes twice as long.
    const row: Row = { ...settings.empty };
    for (let column = 0; column < columns.length; column++) {
      const cell = cells[column] as string;
      row[columns[column] as string] = cell === "" ? null : cell;
    }
    records?.push(record);
    rows.push(row);
  }
  const places: readonly number[] | null = records;
  return {
    rows,
    bad,
    locate: (index) => `line=${lineOf(places === null ? index : places[index] ?? 0)}`,
    lastIsBad: lastBad === parsed.cells.length - 1,
  };
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** Values of a chunk that was read byte by byte; null when one of them is no UTF-8. */
function decoded(cells: readonly string[]): string[] | null {
  try {
    return cells.map((cell) => strict.decode(Buffer.from(cell, "latin1")));
  } catch {
    return null;
  }
}

/** Text for whoever looks at what was set aside, bounded. */
function shown(cell: string, isBinary: boolean): string {
  const text = isBinary ? Buffer.from(cell, "latin1").toString("utf8") : cell;
  return text.length > KEPT ? `${text.slice(0, KEPT)}... (${text.length} characters)` : text;
}

function tooLong(name: string, line: number, window: ByteWindow, limit: number): DataFailure {
  return new DataFailure(
    "contract",
    `A record of ${name} does not end within ${limit} bytes: it starts at line ${line}, byte ${window.offset}`,
    "Raise `maxRecordBytes` if such a record is meant; otherwise the delimiter of lines or a quote is wrong.",
    { locator: `${name}#line=${line}` },
  );
}
