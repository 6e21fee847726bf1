/** The tables that lines become while they are still written: a thread reads behind the writer what is there by then. */
import type { Segment } from "../data/sink_port.ts";
import { LF, type Made, type MakingOrder, putter, READ_BYTES, widened } from "./sqlite_bulk_pieces.ts";
import { type LineRecords, lineRecords, UnfitLine } from "./sqlite_lines.ts";
import { PAGE, pageWriter } from "./sqlite_pages.ts";
import { HEAD_BYTES, type Roots, treeWriter } from "./sqlite_trees.ts";

/** One that follows lines while they are written: what it has read of a segment is what was there at that time. */
export interface Follower {
  /** So many bytes of a segment are there by now. */
  grown(path: string, bytes: number): void;
  /** All is there: makes the tables whole when that is what it has read. */
  end(segments: readonly Pick<Segment, "path" | "rows" | "bytes">[]): Made[];
}

/** What the records of lines are put into. */
interface Making {
  readonly records: LineRecords;
  /** Bytes of lines after which a table ends. */
  readonly tableBytes: number;
  /** So many rows are a table. */
  table(rows: number): void;
  /** All tables are whole. */
  end(): Made[];
}

/** Makes some tables in a database of its own while lines come. Throws where something does not fit. */
export function followLines({ path, columns, key, tables, tableBytes }: MakingOrder): Follower {
  const out = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const pages = pageWriter({ texts: columns.map(({ isText }) => isText), tables }, putter(out));
  const records = lineRecords(columns, key, pages);
  const made: Made[] = [];
  return following({
    records,
    get tableBytes() {
      return made.length + 1 < tables ? tableBytes : Infinity;
    },
    table(rows) {
      pages.endTable();
      made.push({ table: made.length + 1, rows, rising: records.rising });
    },
    end() {
      out.truncateSync(pages.end() * PAGE);
      out.close();
      return made;
    },
  });
}

/** The disk takes so much at a time while more is made: whoever gives the file its name has little to wait for then. */
const SYNCED_BYTES = 8 * 1024 * 1024;

/** The same for the one table of a database that SQLite has made, with the index over its key, or without it where keys do not rise. */
export function followIntoWarehouse(
  { path, columns, key }: MakingOrder,
  roots: Roots,
  withoutIndex: () => void,
): Follower {
  const out = Deno.openSync(path, { read: true, write: true });
  const head = new Uint8Array(HEAD_BYTES);
  if (out.readSync(head) !== HEAD_BYTES) throw new UnfitLine("a new database has no head");
  const put = putter(out, roots.pageSize);
  let unsynced = 0;
  const trees = treeWriter(roots, head, (number, bytes) => {
    put(number, bytes);
    unsynced += bytes.length;
    if (unsynced < SYNCED_BYTES) return;
    out.syncDataSync();
    unsynced = 0;
  });
  const records = lineRecords(columns, key, trees, roots.index === null ? null : trees);
  let made = 0;
  return following({
    records,
    tableBytes: Infinity,
    table: (rows) => void (made = rows),
    end() {
      const { isIndexed } = trees.end();
      out.syncDataSync();
      out.close();
      if (roots.index !== null && !isIndexed) withoutIndex();
      return [{ table: 1, rows: made, rising: records.rising }];
    },
  });
}

function following(making: Making): Follower {
  const { records } = making;
  const read: { path: string; rows: number; bytes: number }[] = [];
  let source: Deno.FsFile | null = null;
  let buffer = new Uint8Array(READ_BYTES);
  let [kept, rows, bytes] = [0, 0, 0];
  const end = () => {
    making.table(rows);
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
        if (bytes >= making.tableBytes) end();
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
      source?.close();
      return making.end();
    },
  };
}
