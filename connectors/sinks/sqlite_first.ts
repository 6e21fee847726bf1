/**
 * The first load of a warehouse that is not there yet. All of it was made aside while the rows were staged (sqlite_ahead.ts): rows, index
 * and books. Its name is the commit: a link that never takes the place of a file, made when all of it is on disk. Whoever was
 * faster has made the warehouse, and the load goes into that one.
 */
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DataFailure } from "../data/port.ts";
import type { LinesAheadRequest, Published, StagedLoad } from "../data/sink_port.ts";
import { checkCounts, checkTurn } from "./commit_checks.ts";
import { syncDirectory } from "./files_disk.ts";
import type { Ready } from "./sqlite_ahead.ts";
import { BOOKS, PAGE_SIZE, recordLoad, rowsOf } from "./sqlite_books.ts";
import { type BulkOptions, type Unfit, whyUnfit } from "./sqlite_bulk.ts";
import { keyIndex, keyIndexSql, prepareTable, tableSql } from "./sqlite_table.ts";
import type { NewWarehouse } from "./sqlite_warehouse.ts";

/** Stops tests at the points between which a process can die. */
export type FirstFault = (point: "first-made" | "first-synced" | "first-linked") => Promise<void> | void;

/** What SQLite is asked for before rows come. */
export function newWarehouse(request: LinesAheadRequest): NewWarehouse {
  const { table, columns, primaryKey } = request;
  const isKeyed = primaryKey.length > 0;
  const index = isKeyed ? `; ${keyIndexSql(table, request)}` : "";
  return { pageSize: PAGE_SIZE, sql: `${BOOKS} ${tableSql(table, columns)}${index}`, table, isKeyed };
}

/** Whether nothing has the name of the warehouse, nor one that SQLite would take for a part of it. */
export function isFree(path: string): boolean {
  return ["", "-wal", "-shm", "-journal"].every((end) => {
    try {
      Deno.lstatSync(`${path}${end}`);
      return false;
    } catch (error) {
      return error instanceof Deno.errors.NotFound;
    }
  });
}

/** Why a load has to go into a warehouse. */
interface Elsewhere extends Unfit {
  /** What was made of it is of no use there. */
  readonly isSpent: boolean;
}

const elsewhere = (unfit: string, isSpent = false): Elsewhere => ({ unfit, isSpent });

/** Publishes the load as the warehouse; or says why it has to go into one, and leaves nothing. */
export async function publishFirst(
  path: string,
  load: StagedLoad,
  ready: Ready,
  abort: AbortSignal,
  options: BulkOptions & { readonly fault?: FirstFault } = {},
): Promise<Published | Elsewhere> {
  if (load.table !== ready.table) return elsewhere("it was made for another table", true);
  await Deno.mkdir(dirname(path), { recursive: true });
  const [place, aside] = await Promise.all([Deno.stat(dirname(path)), Deno.stat(ready.path)]);
  if (place.dev !== aside.dev) return elsewhere("it was made on another disk");
  if (!isFree(path)) return elsewhere("the warehouse is there");
  checkTurn(load, null);
  let published: Published | Unfit;
  try {
    published = await completed(load, ready, options);
    if ("unfit" in published) return elsewhere(published.unfit, true);
    await options.fault?.("first-made");
    const file = await Deno.open(ready.path, { read: true, write: true });
    try {
      await file.sync();
    } finally {
      file.close();
    }
  } catch (error) {
    // What the disk refuses here it refuses there as well, in the words of the warehouse.
    if (error instanceof DataFailure || !(error instanceof Error)) throw error;
    return elsewhere(error.message, true);
  }
  await options.fault?.("first-synced");
  if (abort.aborted) throw abort.reason;
  try {
    await Deno.link(ready.path, path);
  } catch (error) {
    return elsewhere(error instanceof Error ? error.message : String(error), true);
  }
  await options.fault?.("first-linked");
  await syncDirectory(dirname(path));
  options.told?.(published, "warehouse");
  return published;
}

/** Adds what only the load knows, and looks whether all rows are there. */
async function completed(
  load: StagedLoad,
  ready: Ready,
  options: BulkOptions,
): Promise<Published | Unfit> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(ready.path);
  try {
    return complete(db, load, ready, options);
  } finally {
    db.close();
  }
}

function complete(
  db: DatabaseSync,
  load: StagedLoad,
  { made }: Ready,
  options: BulkOptions,
): Published | Unfit {
  // What is not whole yet has no name: nothing of it has to be undone.
  db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; BEGIN");
  // Nothing is swapped here: there is no table but this one.
  const place = prepareTable(db, { ...load, disposition: "append" });
  const unfit = whyUnfit(load, { ...place, fresh: true }, options);
  if (unfit !== null) return { unfit };
  if (load.primaryKey.length > 0) {
    try {
      keyIndex(db, load.table, load);
    } catch {
      return { unfit: "keys come more than once" };
    }
  }
  const rows = made.reduce((sum, one) => sum + one.rows, 0);
  if (rowsOf(db, load.table) !== rows) return { unfit: "the table has other rows than were written" };
  const counts = { written: rows, deduped: 0, deleted: 0 };
  checkCounts(load, counts);
  place.finish();
  recordLoad(db, load, counts);
  db.exec("COMMIT");
  const outputs = [{ name: load.table, digest: null, bytes: null, rows }];
  const [{ journal_mode: mode } = {}] = db.prepare("PRAGMA journal_mode = WAL").all();
  return mode === "wal"
    ? { ...counts, existed: false, outputs }
    : { unfit: "it cannot have a write-ahead log" };
}
