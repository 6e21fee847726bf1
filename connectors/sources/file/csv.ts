/** CSV and TSV: one chunk of the file, one batch of rows. All values stay text; an empty one is null. */
import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { type CellRooms, cellRows, emptyRow } from "../../data/cells.ts";
import { type BadRow, DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { ByteWindow } from "./bytes.ts";
import { type PlainBlock, plainForm, plainReader } from "./csv_cells.ts";
import { chunkParser, type LineEnds } from "./csv_parse.ts";
import { rowsOf } from "./csv_rows.ts";
import { type CsvParams, csvShape } from "./csv_sniff.ts";
import { csvStretches } from "./csv_stretches.ts";
import type { Batch, TextUnit } from "./unit.ts";

export interface CsvOptions extends CsvParams {
  /** Longest record in bytes; a longer one is refused. */
  readonly maxRecordBytes: number;
  /** Most records of one batch. */
  readonly batchRows: number;
  /** Rows may come as cells. */
  readonly cells?: boolean;
  /** Where they lie then; they overwrite each other unless told. */
  readonly rooms?: CellRooms;
  /** Some may be read elsewhere; whoever asks for it says what came of each (`Batch.stretch`). */
  readonly stretches?: boolean;
}

/** Where a record starts. */
export interface TextPlace {
  readonly at: number;
  readonly line: number;
}

const CHUNK = 128 * 1024;
const CHUNK_ROWS = 1_000;
/** Of cells that lie in rooms of their own. */
const ROOM_ROWS = 8_000;
/** Bytes that are read at a time. */
const WINDOW = 2 * 1024 * 1024;

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
    if (chunk.cells !== undefined || chunk.stretch !== undefined || chunk.halt === true) {
      if (page.last !== null) yield batchOf(page, page.last);
      page = emptyPage();
      yield chunk;
      continue;
    }
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
  const empty = emptyRow(shape.columns);
  // What was brought into UTF-8 tells by its letters what could not be read.
  const { rooms } = options;
  const form = options.cells === true && !shape.trailing && !unit.transcoded
    ? plainForm(shape.dialect, shape.columns, rooms === undefined ? options.batchRows : ROOM_ROWS)
    : null;
  const plain = form === null ? null : plainReader(form, rooms);
  const most = form === null ? CHUNK : rooms?.pageBytes ?? CHUNK;
  const input = await unit.open(start.at);
  try {
    const window = new ByteWindow(input, start.at, WINDOW);
    const place = { line: start.line };
    const isApart = options.stretches === true && window.returns;
    const stretches = form === null || rooms === undefined || !isApart
      ? null
      : csvStretches({ form, rooms, window, place, batch: cellBatch });
    let chunk = most;
    let maxLines = CHUNK_ROWS;
    for (;;) {
      await window.fill(chunk);
      const stretch = window.length === 0 || chunk > most ? null : stretches?.cut() ?? null;
      if (stretch !== null) {
        yield stretch;
        continue;
      }
      if (stretches?.isOpen === true) {
        yield HALT;
        continue;
      }
      if (window.length === 0) return;
      const block = plain === null || chunk > most ? null : plain(window.bytes.subarray(0, most));
      stretches?.seen(block);
      if (block !== null) {
        const first = place.line;
        window.consume(block.consumed);
        place.line += block.lines;
        const isLast = window.ended && window.length === 0;
        yield cellBatch(block, first, isLast ? null : { at: window.offset, line: place.line });
        if (isLast) return;
        continue;
      }
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
        if (isTooLong) throw tooLong(unit.name, place.line, window, options.maxRecordBytes);
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
        line: place.line,
        isBinary: isBinary === "broken",
        hasNul: bytes.indexOf(0) !== -1,
        isTranscoded: unit.transcoded,
      });
      window.consume(consumed);
      place.line += parsed.lines;
      const isLast = window.ended && window.length === 0;
      const next: TextPlace = { at: window.offset, line: place.line };
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
      chunk = most;
    }
  } finally {
    input.close();
  }
}

/** What was cut off before is to be read first. */
const HALT: Batch = { rows: [], bad: [], locate: () => "", next: null, halt: true };

/** Cells as a batch, whose rows are made where somebody asks for them. */
function cellBatch({ cells }: PlainBlock, line: number, next: TextPlace | null): Batch {
  let rows: Row[] | null = null;
  const made = (): Row[] => {
    const rowOf = cellRows(cells);
    return Array.from({ length: cells.rows }, (_, index) => rowOf(index));
  };
  return {
    cells,
    get rows() {
      return rows ??= made();
    },
    bad: [],
    locate: (index) => `line=${line + cells.linesBefore(index)}`,
    next: next as unknown as Json,
  };
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

function tooLong(name: string, line: number, window: ByteWindow, limit: number): DataFailure {
  return new DataFailure(
    "contract",
    `A record of ${name} does not end within ${limit} bytes: it starts at line ${line}, byte ${window.offset}`,
    "Raise `maxRecordBytes` if such a record is meant; otherwise the delimiter of lines or a quote is wrong.",
    { locator: `${name}#line=${line}` },
  );
}
