/**
 * Tables that are made of lines while those are still staged, for the load that this very process will publish of them. What is made
 * is a copy of what the segments hold: a load that it is not made for, or that another process takes up, is read from its segments.
 */
import { dirname, join } from "node:path";
import type { LinesAhead, LinesAheadRequest, Segment, StagedLoad } from "../data/sink_port.ts";
import type { Made } from "./sqlite_bulk_pieces.ts";
import { stateOf } from "./files_disk.ts";
import { type BulkThread, bulkThread } from "./sqlite_bulk_thread.ts";
import { isText } from "./sqlite_columns.ts";
import { isFree, newWarehouse } from "./sqlite_first.ts";
import { mostTables } from "./sqlite_pages.ts";

/** Tables that are whole, in a file that nobody has touched since. */
export interface Ready {
  readonly path: string;
  readonly columns: readonly string[];
  readonly made: readonly Extract<Made, { table: number }>[];
  /** Name of the load's table, where the file is made to be the warehouse. */
  readonly table: string | null;
}

interface Kept {
  readonly request: LinesAheadRequest;
  readonly path: string;
  readonly table: string | null;
  readonly segments: readonly Segment[];
  readonly made: Promise<{ readonly made: Ready["made"]; readonly state: string } | null>;
}

/** A load of fewer bytes is over before a thread has begun. */
const WORTH_BYTES = 4 * 1024 * 1024;
const TABLE_BYTES = 32 * 1024 * 1024;
const MOST_TABLES = 64;
/** Loads that were staged and are not published yet: of those that never will be the oldest go. */
const MOST_KEPT = 16;

/** By the directory of the segments. */
const kept = new Map<string, Kept>();

export interface AheadOptions {
  readonly worthBytes?: number;
  readonly tableBytes?: number;
}

/** Follows the lines of a load for a warehouse. Its thread begins when they are worth it. */
export function aheadOf(
  request: LinesAheadRequest,
  warehouse: string,
  { worthBytes = WORTH_BYTES, tableBytes = TABLE_BYTES }: AheadOptions = {},
): LinesAhead | null {
  const { dir, columns, primaryKey, write, disposition } = request;
  const names = Object.keys(columns);
  const isLookedAt = write.deletes !== undefined || write.dedupSort !== undefined || disposition === "scd2";
  if (isLookedAt || names.length === 0 || primaryKey.some((name) => !names.includes(name))) return null;
  const shapes = names.map((name) => ({ name, isText: isText(columns[name]?.type ?? "string") }));
  const tables = Math.min(MOST_TABLES, mostTables(shapes.map((one) => one.isText)));
  if (tables < 2) return null;
  const key = primaryKey.map((name) => names.indexOf(name));
  const path = join(dir, `bulk-${crypto.randomUUID()}.db`);
  // Where no warehouse is, the tables are made to be one.
  const whole = isFree(warehouse) ? newWarehouse(request) : null;
  let thread: BulkThread | null = null;
  let known: { path: string; bytes: number }[] = [];
  let total = 0;
  void forget(dir);
  return {
    grown(segment, bytes) {
      total += bytes - (known.at(-1)?.path === segment ? known.at(-1)?.bytes ?? 0 : 0);
      if (known.at(-1)?.path === segment) known.pop();
      known.push({ path: segment, bytes });
      if (thread === null) {
        if (total < worthBytes) return;
        thread = bulkThread();
        thread.ask({ follow: { path, columns: shapes, key, tables, tableBytes }, warehouse: whole });
      }
      for (const grown of known) thread.ask({ grown });
      known = known.slice(-1);
    },
    ended(segments) {
      if (thread === null) return;
      thread.ask({ end: segments.map(({ path, rows, bytes }) => ({ path, rows, bytes })) });
      kept.set(dir, { request, path, table: whole?.table ?? null, segments, made: wholeOf(thread, path) });
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) void forget(oldest);
    },
    dropped() {
      thread?.end();
      if (thread !== null) remove(path);
    },
  };
}

async function wholeOf(thread: BulkThread, path: string): Promise<Awaited<Kept["made"]>> {
  const made: Extract<Made, { table: number }>[] = [];
  try {
    for await (const word of thread.words()) {
      if ("table" in word) made.push(word);
      else if ("unfit" in word) return null;
    }
    return { made, state: stateOf(await Deno.stat(path)) };
  } catch {
    return null;
  } finally {
    thread.end();
  }
}

/** The tables that were made of the very segments of the load, with the columns that it has; null when there are none. */
export async function readyFor(load: StagedLoad): Promise<Ready | null> {
  const dir = dirname(load.segments[0]?.path ?? "");
  const found = kept.get(dir);
  if (found === undefined) return null;
  kept.delete(dir);
  const whole = await found.made;
  const { request, path, table, segments } = found;
  const names = Object.keys(request.columns);
  const same = (name: string) =>
    request.columns[name] !== undefined && load.columns[name] !== undefined &&
    isText(request.columns[name].type) === isText(load.columns[name].type);
  const isSame = whole !== null && load.segments.length === segments.length &&
    load.segments.every((one, at) => one.path === segments[at]?.path && one.digest === segments[at].digest) &&
    Object.keys(load.columns).length === names.length && names.every(same) &&
    load.disposition === request.disposition &&
    JSON.stringify(load.primaryKey) === JSON.stringify(request.primaryKey) &&
    await Deno.stat(path).then(stateOf, () => null) === whole.state;
  if (isSame) return { path, table, columns: names, made: whole.made };
  remove(path);
  return null;
}

async function forget(dir: string): Promise<void> {
  const found = kept.get(dir);
  if (found === undefined) return;
  kept.delete(dir);
  await found.made;
  remove(found.path);
}

/** Takes away what was made, wherever it went. */
export function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Nothing was made yet, or somebody has tidied up. What is left goes with the directory of the segments.
  }
}
