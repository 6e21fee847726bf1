/**
 * The columns of a staged load, tallied over all of its rows, or over blocks of them spread evenly where there are very many. Nothing is
 * imported but what tallies, so that a worker has it at once.
 */
import { join } from "node:path";
import type { PiiTreatment, PinnedSchema, Row, StreamProfile } from "../../specs/foundry/mod.ts";
import { type ColumnTally, columnTally } from "./profile_column.ts";
import type { SegmentMark } from "./staging.ts";

const MOST_ROWS = 20_000;
/** Values that are looked at, all columns together: what bounds time and memory of wide tables. */
const MOST_CELLS = 400_000;
const FEWEST_ROWS = 1_000;
const MOST_COLUMNS = 300;
const BLOCK_BYTES = 64 * 1024;
/** A row beyond this is passed over. */
const MOST_ROW_BYTES = 4 * 1024 * 1024;

/** What is profiled, as data. */
export interface Profiled {
  readonly stream: string;
  readonly dir: string;
  readonly segments: readonly SegmentMark[];
  readonly schema: PinnedSchema;
  readonly pii: Readonly<Record<string, PiiTreatment>>;
}

/** Profiles what is staged of one stream; texts that may not be told are still in it. The same segments give the same profile. */
export async function talliedColumns(given: Profiled): Promise<StreamProfile> {
  const { stream, dir, segments, schema } = given;
  const rows = segments.reduce((sum, mark) => sum + mark.rows, 0);
  const wanted = Math.min(
    MOST_ROWS,
    Math.max(FEWEST_ROWS, Math.floor(MOST_CELLS / Math.max(1, Object.keys(schema).length))),
  );
  const treatments = treatmentsOf(given.pii);
  const columns = new Map<string, ColumnTally>();
  const names = Object.keys(schema).slice(0, MOST_COLUMNS);
  for (const name of names) columns.set(name, columnTally(name, treatments(name)));
  const tallies = [...columns];
  let profiled = 0;
  for await (const batch of sampledRows(dir, segments, wanted)) {
    for (const row of batch) {
      profiled++;
      for (const [name, tally] of tallies) tally.add(Object.hasOwn(row, name) ? row[name] : undefined);
    }
  }
  return {
    stream,
    rows,
    profiled,
    columns: tallies.map(([name, tally]) => tally.end(profiled, schema[name]?.type ?? null)),
    more: Object.keys(schema).length - names.length,
  };
}

/** How a column's personal data is treated: by its name whatever the case, or by a path that leads into it. */
function treatmentsOf(pii: Readonly<Record<string, PiiTreatment>>): (column: string) => PiiTreatment | null {
  const known = new Map<string, PiiTreatment>();
  for (const [name, how] of Object.entries(pii)) {
    const folded = name.toLowerCase();
    known.set(folded, how);
    const [head = ""] = folded.split(".");
    if (!known.has(head)) known.set(head, how);
  }
  return (column) => known.get(column.toLowerCase()) ?? null;
}

/** All rows, or about so many as are wanted: every row that begins in one of the blocks at even distances. */
export async function* sampledRows(
  dir: string,
  segments: readonly SegmentMark[],
  wanted: number,
): AsyncGenerator<Row[]> {
  const rows = segments.reduce((sum, mark) => sum + mark.rows, 0);
  const bytes = segments.reduce((sum, mark) => sum + mark.bytes, 0);
  const blocks = Math.max(1, Math.ceil((wanted * (bytes / Math.max(1, rows))) / BLOCK_BYTES));
  const all = rows <= wanted || bytes <= blocks * BLOCK_BYTES;
  /** Where the next block begins, counted over all segments. */
  const distance = all ? BLOCK_BYTES : Math.floor(bytes / blocks);
  let before = 0;
  let next = 0;
  for (const mark of segments) {
    const file = await Deno.open(join(dir, mark.name), { read: true });
    try {
      while (next < before + mark.bytes) {
        const text = linesFrom(file, next - before, mark.bytes);
        if (text !== "") yield JSON.parse(`[${text.replaceAll("\n", ",")}]`) as Row[];
        next += distance;
      }
    } finally {
      file.close();
    }
    before += mark.bytes;
    // A block never goes across segments: one that would begin in the next takes what begins there.
    if (all) next = before;
  }
}

/** The lines that begin in a block, without a line end at the end. */
function linesFrom(file: Deno.FsFile, from: number, size: number): string {
  // One byte earlier: a line that begins exactly here has its predecessor's end there.
  const start = Math.max(0, from - 1);
  const end = Math.min(size, from + BLOCK_BYTES);
  let bytes = bytesAt(file, start, end);
  const first = from === 0 ? 0 : bytes.indexOf(0x0a) + 1;
  if (from !== 0 && (first === 0 || start + first >= end)) return "";
  // The last line may go on behind the block.
  let step = 4 * 1024;
  while (end < size && bytes[bytes.length - 1] !== 0x0a) {
    if (bytes.length > MOST_ROW_BYTES) {
      const cut = bytes.subarray(0, end - start).lastIndexOf(0x0a);
      return cut <= first ? "" : decoder.decode(bytes.subarray(first, cut));
    }
    const more = bytesAt(
      file,
      start + bytes.length,
      Math.min(size, start + bytes.length + step),
    );
    const at = more.indexOf(0x0a);
    const joined = new Uint8Array(bytes.length + (at < 0 ? more.length : at + 1));
    joined.set(bytes);
    joined.set(at < 0 ? more : more.subarray(0, at + 1), bytes.length);
    bytes = joined;
    step = Math.min(step * 2, MOST_ROW_BYTES);
    if (start + bytes.length >= size) break;
  }
  const last = bytes[bytes.length - 1] === 0x0a ? bytes.length - 1 : bytes.length;
  return last <= first ? "" : decoder.decode(bytes.subarray(first, last));
}

const decoder = new TextDecoder();

function bytesAt(file: Deno.FsFile, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  // Some hundred small reads of what was just written: each costs less than the way to another thread and back.
  file.seekSync(from, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) {
      throw new Error(`Cannot profile staged rows: the file ends ${bytes.length - at} bytes early`);
    }
    at += count;
  }
  return bytes;
}
