import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { PinnedSchema, type Row, StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure, type Published, type Sink, type StagedLoad } from "../data/port.ts";
import { sqliteQuery } from "../isolate/query.ts";
import { checkCounts, checkTurn } from "./commit_checks.ts";
import { quoted, readerOf } from "./sqlite_columns.ts";
import { beginWriting, type Busy, writingAlone } from "./sqlite_turn.ts";
import { aheadOf } from "./sqlite_ahead.ts";
import { type BulkOptions, writeInBulk } from "./sqlite_bulk.ts";
import { type Place, prepareTable } from "./sqlite_table.ts";
import { type Counts, writerOf } from "./sqlite_write.ts";

const BOOKS = `
CREATE TABLE IF NOT EXISTS _forge_state (
  pipeline TEXT NOT NULL, stream TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (pipeline, stream)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _forge_loads (
  key TEXT PRIMARY KEY, pipeline TEXT NOT NULL, stream TEXT NOT NULL, "table" TEXT NOT NULL, run TEXT NOT NULL,
  disposition TEXT NOT NULL, written INTEGER NOT NULL, deduped INTEGER NOT NULL, deleted INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS _forge_columns (
  "table" TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, nullable INTEGER NOT NULL,
  PRIMARY KEY ("table", name)) WITHOUT ROWID;
`;
const ORIGINS = `
CREATE TABLE IF NOT EXISTS _forge_origins (
  "table" TEXT NOT NULL, pipeline TEXT NOT NULL, stream TEXT NOT NULL, origin TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY ("table", first)) WITHOUT ROWID;
`;
const READ_ROWS = 2_000;
const MAX_STATE_BYTES = 60_000;

/**
 * The warehouse in one SQLite file: rows, the record of the load and the stream's state commit in one transaction. Readers see the
 * table as it was until then.
 */
export function sqliteSink(path: string, options: Busy & { readonly bulk?: BulkOptions } = {}): Sink {
  const { bulk, ...waits } = options;
  let reader: DatabaseSync | null = null;
  const open = async (): Promise<DatabaseSync> => {
    const { DatabaseSync } = await import("node:sqlite");
    await Deno.mkdir(dirname(path), { recursive: true });
    let db: DatabaseSync;
    try {
      db = new DatabaseSync(path);
      // Only a file that is new takes the size: large loads write fewer pages, and each is counted and copied by itself.
      db.exec(
        "PRAGMA busy_timeout = 10000; PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
      );
      db.exec(BOOKS + ORIGINS);
    } catch (error) {
      throw failureOf(error, path);
    }
    return db;
  };
  const books = async () => reader ??= await open();
  const alone = <T>(work: () => Promise<T>): Promise<T> => writingAlone(path, work);
  const found = (db: DatabaseSync, key: string): Published | null => {
    const load = db.prepare(`SELECT "table", written, deduped, deleted FROM _forge_loads WHERE key = ?`).get(
      key,
    );
    if (load === undefined) return null;
    const [written, deduped, deleted] = [Number(load.written), Number(load.deduped), Number(load.deleted)];
    return { written, deduped, deleted, existed: true, outputs: [outputOf(db, String(load.table))] };
  };
  const stateOf = (db: DatabaseSync, pipeline: string, stream: string): StreamState | null => {
    const row = db.prepare("SELECT state FROM _forge_state WHERE pipeline = ? AND stream = ?").get(
      pipeline,
      stream,
    );
    return row === undefined ? null : StreamState.parse(JSON.parse(String(row.state)));
  };
  const saveState = (db: DatabaseSync, pipeline: string, stream: string, state: StreamState) => {
    const text = JSON.stringify(state);
    if (new TextEncoder().encode(text).length > MAX_STATE_BYTES) {
      throw new DataFailure(
        "contract",
        `Cannot keep the state of ${stream}: it has more than ${MAX_STATE_BYTES} bytes`,
        "A connector must keep its state small: report this with the connector's name",
      );
    }
    db.prepare("INSERT OR REPLACE INTO _forge_state (pipeline, stream, state) VALUES (?, ?, ?)").run(
      pipeline,
      stream,
      text,
    );
  };
  return {
    kind: "sqlite",
    origins: true,
    location: path,
    async state(pipeline, stream) {
      return stateOf(await books(), pipeline, stream);
    },
    setState: (pipeline, stream, state) =>
      alone(async () => {
        const db = await books();
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
      return found(await books(), key);
    },
    linesAhead: (request) => aheadOf(request, bulk),
    publish: (load, abort) =>
      alone(async () => {
        // A connection of its own: what is under way is never seen by the one that reads.
        const db = await open();
        try {
          // Pages that do not fit wait in the write-ahead log: memory stays flat for any load.
          db.exec("PRAGMA cache_size = -16384; PRAGMA temp_store = FILE");
          await beginWriting(db, { ...waits, abort });
          const existing = found(db, load.key);
          if (existing !== null) {
            db.exec("ROLLBACK");
            return existing;
          }
          checkTurn(load, stateOf(db, load.pipeline, load.stream));
          const counts = await write(db, load, abort, bulk);
          checkCounts(load, counts);
          db.prepare(`INSERT INTO _forge_loads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
            load.key,
            load.pipeline,
            load.stream,
            load.table,
            load.run,
            load.disposition,
            counts.written,
            counts.deduped,
            counts.deleted,
            load.at,
          );
          if (!load.keepsState) {
            const rows = load.state.rows + counts.written;
            saveState(db, load.pipeline, load.stream, { ...load.state, rows });
          }
          if (abort.aborted) throw abort.reason;
          db.exec("COMMIT");
          return { ...counts, existed: false, outputs: [outputOf(db, load.table)] };
        } catch (error) {
          if (db.isTransaction) db.exec("ROLLBACK");
          throw failureOf(error, path);
        } finally {
          db.close();
        }
      }),
    async schema(table) {
      return schemaOf(await books(), table);
    },
    async *read(table) {
      const db = await books();
      const schema = schemaOf(db, table);
      if (schema === null) {
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
      const names = db.prepare(`SELECT DISTINCT "table" AS name FROM _forge_columns ORDER BY 1`).all();
      return names.map(({ name }) => ({ table: String(name), rows: rowsOf(db, String(name)) }));
    },
    query: (request) => sqliteQuery(path, request),
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
  abort: AbortSignal,
  bulk?: BulkOptions,
): Promise<Counts> {
  const place = prepareTable(db, load);
  const inBulk = await writeInBulk(db, load, place, abort, bulk);
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

function rowsOf(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT count(*) AS n FROM ${quoted(table)}`).get()?.n ?? 0);
}

function outputOf(db: DatabaseSync, table: string): Published["outputs"][number] {
  const there = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
  return { name: table, digest: null, bytes: null, rows: there === undefined ? 0 : rowsOf(db, table) };
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
