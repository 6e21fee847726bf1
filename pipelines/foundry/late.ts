/** Rows that came too late for every incremental run: a read of the whole source tells of them. */
import { join } from "node:path";
import type { Sink } from "../../connectors/data/mod.ts";
import { keyOf } from "../../policies/mod.ts";
import { type Json } from "../../specs/mod.ts";
import { orderOf, type Row, type Stream } from "../../specs/foundry/mod.ts";
import type { Unit } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import { pathReader, windowOf } from "./window.ts";

/**
 * Counts keys from before the window of the next incremental run (last cursor minus lag) that the table does not have: no such run
 * would have read them. None are told by a load that did not read the whole source, that nothing was loaded before, or that has
 * no key to know a row by. Rows from before `cursor.initial` were never wanted, and are not late.
 */
export async function lateRows(given: {
  ports: FoundryPorts;
  unit: Unit;
  stream: Stream;
  sink: Sink;
  /** Directory of the load, for what does not fit into memory. */
  dir: string;
  staged: AsyncIterable<readonly Row[]>;
}): Promise<number> {
  const { ports, unit, stream } = given;
  const { cursor, primaryKey } = stream;
  const before = unit.state?.cursor ?? null;
  // What takes the place of its table is read whole each time: nothing can come too late for it.
  const isWhole = unit.window.from === null && !unit.keepsState && stream.write.disposition !== "replace";
  const hasTable = unit.exists && given.sink.readable !== false;
  if (cursor === undefined || primaryKey === undefined || before === null || !isWhole || !hasTable) return 0;
  // Moving the window needs no time of day: only its beginning is asked for.
  const { from } = windowOf(cursor, "incremental", { from: null, to: null }, before, "1970-01-01T00:00:00Z");
  const order = orderOf(cursor.type);
  const value = pathReader(cursor.path);
  const initial: Json = cursor.initial ?? null;
  const isBefore = (row: Row): boolean => {
    const at = value(row);
    if (at === undefined || at === null || (order(at, from) ?? 0) >= 0) return false;
    return initial === null || (order(at, initial) ?? -1) >= 0;
  };
  const room = join(given.dir, "late");
  await Deno.mkdir(room, { recursive: true, mode: 0o700 });
  const known = ports.tally(room)("keys");
  let late = 0;
  try {
    for await (const rows of given.sink.read(unit.table)) {
      for (const row of rows) known.add(keyOf(row, primaryKey));
    }
    for await (const rows of given.staged) {
      for (const row of rows) if (isBefore(row) && known.add(keyOf(row, primaryKey)) === 0) late++;
    }
  } finally {
    known.close();
    await Deno.remove(room, { recursive: true });
  }
  return late;
}
