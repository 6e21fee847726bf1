import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { FoundryRecords } from "../pipelines/foundry/mod.ts";
import type { Json } from "../specs/mod.ts";
import type { QuarantinedRow } from "../specs/foundry/mod.ts";

const TABLES = `
CREATE TABLE IF NOT EXISTS quarantine (
  key TEXT PRIMARY KEY, pipeline TEXT NOT NULL, stream TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL, rule TEXT NOT NULL,
  reason TEXT NOT NULL, locator TEXT NOT NULL, row TEXT NOT NULL, replayed_by TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quarantine_stream ON quarantine (pipeline, stream, replayed_by, key);
CREATE TABLE IF NOT EXISTS loads (
  pipeline TEXT NOT NULL, stream TEXT NOT NULL, key TEXT NOT NULL, at TEXT NOT NULL, rows INTEGER NOT NULL, baselines TEXT NOT NULL,
  PRIMARY KEY (pipeline, stream, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS loads_at ON loads (pipeline, stream, at);
CREATE TABLE IF NOT EXISTS raw (
  pipeline TEXT NOT NULL, stream TEXT NOT NULL, key TEXT NOT NULL, at TEXT NOT NULL, mode TEXT NOT NULL, inputs TEXT NOT NULL,
  PRIMARY KEY (pipeline, stream, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tables (
  pipeline TEXT NOT NULL, stream TEXT NOT NULL, "table" TEXT NOT NULL, sink TEXT NOT NULL, environment TEXT NOT NULL,
  folder TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (pipeline, stream)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
  pipeline TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (pipeline, run)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_at ON runs (pipeline, at, run);
CREATE INDEX IF NOT EXISTS quarantine_run ON quarantine (run, stream);
CREATE TABLE IF NOT EXISTS backfill (
  pipeline TEXT NOT NULL, stream TEXT NOT NULL, ledger TEXT NOT NULL, range TEXT NOT NULL, key TEXT NOT NULL,
  PRIMARY KEY (pipeline, stream, ledger, range)) WITHOUT ROWID;
`;

/** Rows that are set aside go into the file several a statement: each statement costs about what its rows do. */
const ROWS_A_STATEMENT = 20;
const ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)";

/** Rows of which reasons are counted. */
const COUNTED = 100_000;

/** With 32 bits of a key before it, the place of a row still fits into a number. */
const PLACES = 2 ** 21;

/**
 * Rows in about the order of their keys, which lie anywhere: neighbours go into the same pages of the file. The first eight digits of a
 * digest tell nearly all of them apart, and numbers are put in order in a fraction of the time that texts take.
 */
function neighbours(rows: readonly QuarantinedRow[]): readonly QuarantinedRow[] {
  if (rows.length > PLACES) return rows;
  const order = new Float64Array(rows.length);
  rows.forEach(({ key }, at) => {
    const digits = key.indexOf(":") + 1;
    order[at] = (parseInt(key.slice(digits, digits + 8), 16) >>> 0) * PLACES + at;
  });
  return Array.from(order.sort(), (one) => rows[one % PLACES] as QuarantinedRow);
}

/** What the foundry remembers, in one SQLite file of the data directory (0600). Opened at first use. */
export function foundryRecords(data: string): FoundryRecords & { close(): void } {
  let opened: DatabaseSync | null = null;
  const open = async (): Promise<DatabaseSync> => {
    if (opened !== null) return opened;
    const { DatabaseSync } = await import("node:sqlite");
    // Commands that only read make nothing: without a data directory there is nothing to remember.
    const isThere = await Deno.stat(data).then(() => true, () => false);
    const path = isThere ? join(data, "foundry.db") : ":memory:";
    const db = new DatabaseSync(path);
    db.exec("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    // Many rows that are set aside at once go through the log into the file one time (32 MB), not once each 4 MB.
    db.exec("PRAGMA wal_autocheckpoint = 8000");
    db.exec(TABLES);
    if (isThere && Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
    return opened ??= db;
  };
  const together = (db: DatabaseSync, work: () => void) => {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  return {
    quarantine: {
      async put(pipeline, rows) {
        const db = await open();
        const sorted = neighbours(rows);
        const valuesOf = (
          { key, stream, run, at, rule, reason, locator, row }: QuarantinedRow,
        ) => [key, pipeline, stream, run, at, rule, reason, locator, JSON.stringify(row)];
        const adding = (count: number) =>
          db.prepare(`INSERT OR IGNORE INTO quarantine VALUES ${Array(count).fill(ROW).join(", ")}`);
        const whole = sorted.length - sorted.length % ROWS_A_STATEMENT;
        together(db, () => {
          if (whole > 0) {
            const add = adding(ROWS_A_STATEMENT);
            for (let at = 0; at < whole; at += ROWS_A_STATEMENT) {
              add.run(...sorted.slice(at, at + ROWS_A_STATEMENT).flatMap(valuesOf));
            }
          }
          const one = adding(1);
          for (const row of sorted.slice(whole)) one.run(...valuesOf(row));
        });
      },
      async list({ pipeline, stream, run, limit = 1000, after = "", replayed }) {
        const db = await open();
        const state = replayed === undefined
          ? ""
          : replayed
          ? " AND replayed_by IS NOT NULL"
          : " AND replayed_by IS NULL";
        const found = db.prepare(
          `SELECT * FROM quarantine WHERE key > ?1 AND (?2 IS NULL OR pipeline = ?2) AND (?3 IS NULL OR stream = ?3)
           AND (?4 IS NULL OR run = ?4)${state} ORDER BY key LIMIT ?5`,
        ).all(after, pipeline ?? null, stream ?? null, run ?? null, limit);
        return found.map((one) => ({
          pipeline: String(one.pipeline),
          stream: String(one.stream),
          reason: String(one.reason),
          rule: String(one.rule),
          locator: String(one.locator),
          row: JSON.parse(String(one.row)) as Json,
          run: String(one.run) as QuarantinedRow["run"],
          at: String(one.at),
          key: String(one.key),
          replayedBy: one.replayed_by === null || one.replayed_by === undefined
            ? null
            : String(one.replayed_by),
        }));
      },
      async reasons(pipeline, run) {
        const which = run === undefined ? "?1 IS NULL" : "run = ?1";
        const found = (await open()).prepare(
          `SELECT stream, rule, count(*) AS rows, sum(replayed_by IS NULL) AS open, min(key), reason, locator FROM
             (SELECT key, stream, rule, reason, locator, replayed_by FROM quarantine WHERE ${which} AND pipeline = ?2 LIMIT ?3)
           GROUP BY stream, rule ORDER BY count(*) DESC, stream, rule`,
        ).all(run ?? null, pipeline, COUNTED);
        return found.map((one) => ({
          stream: String(one.stream),
          rule: String(one.rule),
          rows: Number(one.rows),
          open: Number(one.open),
          reason: String(one.reason),
          locator: String(one.locator),
        }));
      },
      async replayed(keys, run) {
        const db = await open();
        const mark = db.prepare(
          "UPDATE quarantine SET replayed_by = ? WHERE key = ? AND replayed_by IS NULL",
        );
        together(db, () => keys.forEach((key) => mark.run(run, key)));
      },
    },
    loads: {
      async put(pipeline, stream, { key, at, rows, baselines }) {
        (await open()).prepare("INSERT OR IGNORE INTO loads VALUES (?, ?, ?, ?, ?, ?)").run(
          pipeline,
          stream,
          key,
          at,
          rows,
          JSON.stringify(baselines),
        );
      },
      async list(pipeline, stream, limit) {
        const found = (await open()).prepare(
          "SELECT * FROM loads WHERE pipeline = ? AND stream = ? ORDER BY at DESC LIMIT ?",
        ).all(pipeline, stream, limit);
        return found.map(({ key, at, rows, baselines }) => ({
          key: String(key),
          at: String(at),
          rows: Number(rows),
          baselines: JSON.parse(String(baselines)) as Record<string, Json>,
        }));
      },
    },
    raw: {
      async put(pipeline, stream, { key, at, mode, inputs }) {
        (await open()).prepare("INSERT OR IGNORE INTO raw VALUES (?, ?, ?, ?, ?, ?)").run(
          pipeline,
          stream,
          key,
          at,
          mode,
          inputs,
        );
      },
      async list(pipeline, stream) {
        const found = (await open()).prepare(
          "SELECT * FROM raw WHERE pipeline = ? AND stream = ? ORDER BY at",
        ).all(pipeline, stream);
        return found.map(({ key, at, mode, inputs }) => ({
          key: String(key),
          at: String(at),
          mode: String(mode),
          inputs: String(inputs),
        }));
      },
    },
    backfill: {
      async done(pipeline, stream, ledger) {
        const found = (await open()).prepare(
          "SELECT range FROM backfill WHERE pipeline = ? AND stream = ? AND ledger = ?",
        ).all(pipeline, stream, ledger);
        return new Set(found.map(({ range }) => String(range)));
      },
      async put(pipeline, stream, ledger, range, key) {
        (await open()).prepare("INSERT OR REPLACE INTO backfill VALUES (?, ?, ?, ?, ?)").run(
          pipeline,
          stream,
          ledger,
          range,
          key,
        );
      },
      async clear(pipeline, stream, ledger) {
        (await open()).prepare("DELETE FROM backfill WHERE pipeline = ? AND stream = ? AND ledger = ?").run(
          pipeline,
          stream,
          ledger,
        );
      },
    },
    runs: {
      async put(pipeline, run, at) {
        (await open()).prepare("INSERT OR IGNORE INTO runs VALUES (?, ?, ?)").run(pipeline, run, at);
      },
      async list(pipeline, limit, until) {
        const found = (await open()).prepare(
          `SELECT run, at FROM runs WHERE pipeline = ?1 AND (?3 IS NULL OR (at, run) <=
             (SELECT at, run FROM runs WHERE pipeline = ?1 AND run = ?3))
           ORDER BY at DESC, run DESC LIMIT ?2`,
        ).all(pipeline, limit, until ?? null);
        return found.map(({ run, at }) => ({ run: String(run), at: String(at) }));
      },
    },
    tables: {
      async put({ pipeline, stream, table, sink, environment, folder, run, at }) {
        (await open()).prepare("INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
          pipeline,
          stream,
          table,
          sink,
          environment,
          folder,
          run,
          at,
        );
      },
      async list() {
        const found = (await open()).prepare("SELECT * FROM tables ORDER BY pipeline, stream").all();
        return found.map((one) => ({
          pipeline: String(one.pipeline),
          stream: String(one.stream),
          table: String(one.table),
          sink: String(one.sink),
          environment: String(one.environment),
          folder: String(one.folder),
          run: String(one.run),
          at: String(one.at),
        }));
      },
    },
    close() {
      opened?.close();
      opened = null;
    },
  };
}
