/** The tables that staged segments become: lines go in, pages of SQLite's format come out, some megabytes a table. */
import { createHash } from "node:crypto";
import type { Segment } from "../data/sink_port.ts";
import { LF, type Made, type MakingOrder, putter, READ_BYTES, widened } from "./sqlite_bulk_pieces.ts";
import { lineRecords, UnfitLine } from "./sqlite_lines.ts";
import { PAGE, pageWriter } from "./sqlite_pages.ts";

/** Lines that lie there. */
export interface TablesOrder extends MakingOrder {
  readonly segments: readonly Pick<Segment, "path" | "rows" | "bytes" | "digest">[];
}

/** Most pages that so many lines can become: of a line's bytes none becomes two but numbers of few digits, which take up to 8. */
export function pagesFor({ segments, columns, tables }: TablesOrder): number {
  const [rows, bytes] = segments.reduce(([r, b], one) => [r + one.rows, b + one.bytes], [0, 0]);
  // Half of a page may stay empty where rows are large.
  return 2 + 2 * tables + Math.ceil(2 * (bytes + rows * (9 * columns.length + 16)) / PAGE);
}

/** Makes all tables in order and says of each when it is whole. Throws where something does not fit. */
export function makeTables(order: TablesOrder, tell: (made: Made) => void): void {
  const { segments, columns, tables, tableBytes } = order;
  const out = Deno.openSync(order.path, { write: true, createNew: true, mode: 0o600 });
  try {
    const most = pagesFor(order);
    out.truncateSync(most * PAGE);
    const texts = columns.map(({ isText }) => isText);
    const pages = pageWriter({ texts, tables, pages: most }, putter(out));
    const records = lineRecords(columns, order.key, pages);
    let [table, rows, bytes] = [1, 0, 0];
    const end = () => {
      pages.endTable();
      tell({ table: table++, rows, rising: records.rising });
      [rows, bytes] = [0, 0];
    };
    for (const segment of segments) {
      let found = 0;
      for (const lines of linesOf(segment)) {
        const count = records.add(lines);
        found += count;
        rows += count;
        bytes += lines.length;
        if (bytes >= tableBytes && table < tables) end();
      }
      if (found !== segment.rows) throw new UnfitLine("a segment has other rows than its mark");
    }
    if (rows > 0) end();
    tell({ done: true });
  } finally {
    out.close();
  }
}

/** Whole lines of a segment, some at a time, each piece valid until the next one. Throws at the end when they are not what was marked. */
function* linesOf(segment: Pick<Segment, "path" | "bytes" | "digest">): Generator<Uint8Array> {
  const hash = createHash("sha256");
  const file = Deno.openSync(segment.path, { read: true });
  try {
    let buffer = new Uint8Array(READ_BYTES);
    let kept = 0;
    for (let left = segment.bytes; left > 0;) {
      if (kept === buffer.length) buffer = widened(buffer);
      const count = file.readSync(buffer.subarray(kept, Math.min(buffer.length, kept + left)));
      if (count === null) throw new UnfitLine("a segment ends early");
      hash.update(buffer.subarray(kept, kept + count));
      left -= count;
      const filled = kept + count;
      const end = buffer.lastIndexOf(LF, filled - 1) + 1;
      if (end > 0) yield buffer.subarray(0, end);
      buffer.copyWithin(0, end, filled);
      kept = filled - end;
    }
    if (kept > 0) throw new UnfitLine("a segment ends within a line");
    if (`sha256:${hash.digest("hex")}` !== segment.digest) {
      throw new UnfitLine("a segment is not what was marked");
    }
  } finally {
    file.close();
  }
}
