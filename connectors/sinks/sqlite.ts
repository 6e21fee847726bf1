import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { PinnedSchema, type Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, Sink, StagedLoad } from "../data/sink_port.ts";
import { sqliteQuery } from "../isolate/late.ts";
import { checkCounts, checkTurn } from "./commit_checks.ts";
import { quoted, readerOf } from "./sqlite_columns.ts";
import { beginWriting, type Busy, writingAlone } from "./sqlite_turn.ts";
import { aheadOf, type Ready, readyFor, remove } from "./sqlite_ahead.ts";
import {
  BOOKS,
  loadIn,
  outputOf,
  PAGE_SIZE,
  recordLoad,
  rowsOf,
  saveState,
  stateIn,
} from "./sqlite_books.ts";
import { type BulkOptions, writeInBulk } from "./sqlite_bulk.ts";
import { type FirstFault, publishFirst } from "./sqlite_first.ts";
import { type Place, prepareTable } from "./sqlite_table.ts";
import { type Counts, writerOf } from "./sqlite_write.ts";

const READ_ROWS = 2_000;

export interface SqliteOptions extends Busy {
  readonly bulk?: BulkOptions;
  readonly fault?: FirstFault;
}

/**
 * The warehouse in one SQLite file: rows, the record of the load and the stream's state commit in one transaction. Readers see the
 * table as it was until then.
 */
export function sqliteSink(path: string, options: SqliteOptions = {}): Sink {
  const { bulk, fault, ...waits } = options;
  let reader: DatabaseSync | null = null;
  const open = async (): Promise<DatabaseSync> => {
    const { DatabaseSync } = await import("node:sqlite");
    await Deno.mkdir(dirname(path), { recursive: true });
    let db: DatabaseSync;
    try {
      db = new DatabaseSync(path);
      // Only a file that is new takes the size: large loads write fewer pages, and each is counted and copied by itself.
      db.exec(
        `PRAGMA busy_timeout = 10000; PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`,
      );
      db.exec(BOOKS);
    } catch (error) {
      throw failureOf(error, path);
    }
    return db;
  };
  /** For whoever reads; null where there is no warehouse yet. */
  const books = async () => reader ??= await isMissing(path) ? null : await open();
  const alone = <T>(work: () => Promise<T>): Promise<T> => writingAlone(path, work);
  /** Into the warehouse that is there. */
  const within = async (load: StagedLoad, ready: Ready | null, abort: AbortSignal): Promise<Published> => {
    // A connection of its own: what is under way is never seen by the one that reads.
    const db = await open();
    try {
      // Pages that do not fit wait in the write-ahead log: memory stays flat for any load.
      db.exec("PRAGMA cache_size = -16384; PRAGMA temp_store = FILE");
      await beginWriting(db, { ...waits, abort });
      const existing = loadIn(db, load.key);
      if (existing !== null) {
        db.exec("ROLLBACK");
        return existing;
      }
      checkTurn(load, stateIn(db, load.pipeline, load.stream));
      const counts = await write(db, load, ready, abort, bulk);
      checkCounts(load, counts);
      recordLoad(db, load, counts);
      if (abort.aborted) throw abort.reason;
      db.exec("COMMIT");
      return { ...counts, existed: false, outputs: [outputOf(db, load.table)] };
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw failureOf(error, path);
    } finally {
      db.close();
    }
  };
  return {
    kind: "sqlite",
    origins: true,
    location: path,
    async state(pipeline, stream) {
      const db = await books();
      return db === null ? null : stateIn(db, pipeline, stream);
    },
    setState: (pipeline, stream, state) =>
      alone(async () => {
        const db = await books() ?? (reader = await open());
        try {
          await beginWriting(db, waits);
          if (state !== null) saveState(db, pipeline, stream, state);
          else db.prepare("DELETE FROM _forge_state WHERE pipeline = ? AND stream = ?").run(pipeline, stream);
          db.exec("COMMIT");
        } catch (error) {
          if (db.isTransaction) db.exec("ROLLBACK");
          throw failureOf(error, path);
        }
      }),
    async find(_pipeline, _stream, key) {
      const db = await books();
      return db === null ? null : loadIn(db, key);
    },
    linesAhead: (request) => aheadOf(request, path, bulk),
    publish: (load, abort) =>
      alone(async () => {
        const ready = await readyFor(load);
        try {
          const first = ready?.table == null
            ? null
            : await publishFirst(path, load, ready, abort, { ...bulk, fault });
          if (first !== null && "outputs" in first) return first;
          return await within(load, first?.isSpent ? null : ready, abort);
        } finally {
          if (ready !== null) remove(ready.path);
        }
      }),
    async schema(table) {
      const db = await books();
      return db === null ? null : schemaOf(db, table);
    },
    async *read(table) {
      const db = await books();
      const schema = db === null ? null : schemaOf(db, table);
      if (db === null || schema === null) {
        throw new DataFailure("not-found", `There is no table ${table} in ${path}`, "See: forge etl list");
      }
      const rowOf = readerOf(schema);
      let batch: Row[] = [];
      for (const row of db.prepare(`SELECT * FROM ${quoted(table)}`).iterate()) {
        batch.push(rowOf(row));
        if (batch.length < READ_ROWS) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
    async tables() {
      const db = await books();
      if (db === null) return [];
      const names = db.prepare(`SELECT DISTINCT "table" AS name FROM _forge_columns ORDER BY 1`).all();
      return names.map(({ name }) => ({ table: String(name), rows: rowsOf(db, String(name)) }));
    },
    async query(request) {
      // Of a warehouse that is not there it is said which of its tables is none.
      if (await books() === null) reader = await open();
      return await sqliteQuery(path, request);
    },
    close() {
      reader?.close();
      reader = null;
      return Promise.resolve();
    },
  };
}

async function write(
  db: DatabaseSync,
  load: StagedLoad,
  ready: Ready | null,
  abort: AbortSignal,
  bulk?: BulkOptions,
): Promise<Counts> {
  const place = prepareTable(db, load);
  const inBulk = await writeInBulk(db, load, place, abort, ready, bulk);
  const counts = "unfit" in inBulk ? await oneByOne(db, load, place, abort) : inBulk;
  place.finish();
  return counts;
}

async function oneByOne(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
  abort: AbortSignal,
): Promise<Counts> {
  const writer = writerOf(db, load, place);
  for await (const rows of load.rows()) {
    if (abort.aborted) throw abort.reason;
    writer.add(rows);
  }
  return writer.end();
}

function schemaOf(db: DatabaseSync, table: string): PinnedSchema | null {
  const columns = db.prepare(
    `SELECT name, type, nullable FROM _forge_columns WHERE "table" = ? ORDER BY position`,
  )
    .all(table);
  if (columns.length === 0) return null;
  return PinnedSchema.parse(
    Object.fromEntries(
      columns.map(({ name, type, nullable }) => [String(name), { type, nullable: nullable === 1 }]),
    ),
  );
}

/** Whether there is no warehouse yet, though one can be made: what stands in its way SQLite says itself. */
async function isMissing(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
  }
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true });
  const trial = join(folder, `.forge-${crypto.randomUUID()}`);
  try {
    Deno.openSync(trial, { write: true, createNew: true, mode: 0o600 }).close();
    Deno.removeSync(trial);
    return true;
  } catch {
    return false;
  }
}

/** SQLite's own errors in the words of the port; whatever else is thrown stays as it is. */
function failureOf(error: unknown, path: string): unknown {
  if (error instanceof DataFailure || !(error instanceof Error)) return error;
  const code = "errcode" in error ? Number(error.errcode) & 0xff : codeIn(error.message);
  const more = { cause: error };
  switch (code) {
    case 5:
    case 6:
      return new DataFailure(
        "conflict",
        `The warehouse ${path} is locked by another writer`,
        "Try again when it has ended",
        more,
      );
    case 13:
      return new DataFailure(
        "conflict",
        `The disk of the warehouse ${path} is full`,
        "Make room, then run the pipeline again",
        more,
      );
    case 8:
    case 14:
      return new DataFailure(
        "refused",
        `The warehouse ${path} cannot be written: ${error.message}`,
        "Check the path and who may write there",
        more,
      );
    case 11:
    case 26:
      return new DataFailure(
        "invalid",
        `${path} is not a sound SQLite database: ${error.message}`,
        "Name another file, or restore this one",
        more,
      );
    default:
      return error;
  }
}

/** The runtime does not always hand SQLite's code over; its texts are stable. */
function codeIn(message: string): number | null {
  if (/database (table )?is locked/.test(message)) return 5;
  if (/database or disk is full/.test(message)) return 13;
  if (/attempt to write a readonly database/.test(message)) return 8;
  if (/unable to open database file/.test(message)) return 14;
  if (/disk image is malformed/.test(message)) return 11;
  return /file is not a database/.test(message) ? 26 : null;
}
