/** The tables that lines become while they are still written: a thread reads behind the writer what is there by then. */
import type { Segment } from "../data/port.ts";
import { LF, type Made, type MakingOrder, putter, READ_BYTES, widened } from "./sqlite_bulk_pieces.ts";
import { lineRecords, UnfitLine } from "./sqlite_lines.ts";
import { PAGE, pageWriter } from "./sqlite_pages.ts";

/** One that follows lines while they are written: what it has read of a segment is what was there at that time. */
export interface Follower {
  /** So many bytes of a segment are there by now. */
  grown(path: string, bytes: number): void;
  /** All is there: makes the tables whole when that is what it has read. */
  end(segments: readonly Pick<Segment, "path" | "rows" | "bytes">[]): Made[];
}

/** Makes the tables while lines come. Throws where something does not fit. */
export function followLines({ path, columns, key, tables, tableBytes }: MakingOrder): Follower {
  const out = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const pages = pageWriter({ texts: columns.map(({ isText }) => isText), tables }, putter(out));
  const records = lineRecords(columns, key, pages);
  const made: Made[] = [];
  const read: { path: string; rows: number; bytes: number }[] = [];
  let source: Deno.FsFile | null = null;
  let buffer = new Uint8Array(READ_BYTES);
  let [kept, rows, bytes] = [0, 0, 0];
  const end = () => {
    pages.endTable();
    made.push({ table: made.length + 1, rows, rising: records.rising });
    [rows, bytes] = [0, 0];
  };
  return {
    grown(path, size) {
      let segment = read.at(-1);
      if (segment?.path !== path) {
        if (kept > 0) throw new UnfitLine("a segment ends within a line");
        source?.close();
        source = Deno.openSync(path, { read: true });
        segment = { path, rows: 0, bytes: 0 };
        read.push(segment);
      }
      if (source === null) throw new UnfitLine("a segment is not open");
      while (segment.bytes < size) {
        if (kept === buffer.length) buffer = widened(buffer);
        const most = Math.min(buffer.length, kept + size - segment.bytes);
        const count = source.readSync(buffer.subarray(kept, most));
        if (count === null) throw new UnfitLine("a segment ends early");
        segment.bytes += count;
        const filled = kept + count;
        const whole = buffer.lastIndexOf(LF, filled - 1) + 1;
        const found = records.add(buffer.subarray(0, whole));
        segment.rows += found;
        rows += found;
        bytes += whole;
        buffer.copyWithin(0, whole, filled);
        kept = filled - whole;
        if (bytes >= tableBytes && made.length + 1 < tables) end();
      }
    },
    end(segments) {
      const isWhole = kept === 0 && segments.length === read.length &&
        segments.every((one, at) =>
          one.path === read[at]?.path && one.rows === read[at].rows && one.bytes === read[at].bytes
        );
      if (!isWhole) throw new UnfitLine("what was read is not what was marked");
      if (records.missed) throw new UnfitLine("a row has a column that was not foreseen");
      if (rows > 0) end();
      out.truncateSync(pages.end() * PAGE);
      out.close();
      source?.close();
      return made;
    },
  };
}
