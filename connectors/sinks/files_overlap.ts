/** Rows of an append that the table has already, where the load's window reaches back over earlier loads. */
import { createHash } from "node:crypto";
import { type Json } from "../../specs/mod.ts";
import { compareValues, type Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";

/** Most rows of the overlap that are held, by 16 bytes each. */
const MAX_ROWS = 5_000_000;

export interface Overlap {
  /** Takes one of the table's rows like this one out of the count; false when there is none left. */
  takes(row: Row): boolean;
}

/** Counts what the table has from the window's start on; null when nothing overlaps. */
export async function overlapWith(
  load: StagedLoad,
  before: AsyncIterable<readonly Row[]>,
): Promise<Overlap | null> {
  const { overlap } = load;
  if (overlap === undefined || overlap === null) return null;
  const columns = Object.keys(load.columns).sort();
  const nameOf = (row: Row): string => {
    const values = columns.map((column) => row[column] ?? null);
    return createHash("sha256").update(JSON.stringify(values)).digest("base64").slice(0, 22);
  };
  const left = new Map<string, number>();
  for await (const rows of before) {
    for (const row of rows) {
      const value: Json = row[overlap.column] ?? null;
      if (overlap.from !== null && value !== null && compareValues(value, overlap.from) < 0) continue;
      const name = nameOf(row);
      left.set(name, (left.get(name) ?? 0) + 1);
      if (left.size > MAX_ROWS) {
        throw new DataFailure(
          "limit",
          `More than ${MAX_ROWS} rows of ${load.table} lie in the window that is read again`,
          "Make the cursor's lag shorter, or write by merge with a primary key.",
        );
      }
    }
  }
  return {
    takes(row) {
      const name = nameOf(row);
      const count = left.get(name) ?? 0;
      if (count > 0) left.set(name, count - 1);
      return count > 0;
    },
  };
}
