/**
 * What an endpoint has acknowledged, in a SQLite file of this machine: states, loads, and of the load under way each answer as it came.
 * An answer is durable before the next batch is sent, so that a process that dies goes on at the first batch without one.
 */
import type { DatabaseSync } from "node:sqlite";
import { dirname } from "node:path";
import { type Json } from "../../specs/mod.ts";
import { PinnedSchema, StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { DeadRow, Published, StagedLoad } from "../data/sink_port.ts";
import { stateText } from "./commit_checks.ts";

const TABLES = `
CREATE TABLE IF NOT EXISTS states (stream TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY, columns TEXT NOT NULL, rows INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS loads (
  number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, stream TEXT NOT NULL, "table" TEXT NOT NULL, run TEXT NOT NULL,
  base TEXT NOT NULL, written INTEGER NOT NULL, deduped INTEGER NOT NULL, bytes INTEGER NOT NULL, at TEXT NOT NULL, UNIQUE (key, stream));
CREATE TABLE IF NOT EXISTS attempts (
  stream TEXT NOT NULL, scope TEXT NOT NULL, base TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (stream, scope)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  base TEXT NOT NULL, batch INTEGER NOT NULL, first INTEGER NOT NULL, rows INTEGER NOT NULL, digest TEXT NOT NULL,
  outcome TEXT NOT NULL, PRIMARY KEY (base, batch, first, rows)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead (
  base TEXT NOT NULL, batch INTEGER NOT NULL, row INTEGER NOT NULL, reason TEXT NOT NULL, content TEXT NOT NULL,
  PRIMARY KEY (base, batch, row)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (
  stream TEXT NOT NULL, hash TEXT NOT NULL, value TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (stream, hash)) WITHOUT ROWID;
CREATE TEMP TABLE fresh (hash TEXT PRIMARY KEY, value TEXT NOT NULL, times INTEGER NOT NULL) WITHOUT ROWID;
`;
/** Loads of a stream that are remembered by key; what is older is told apart by the state that a load began from. */
const MAX_LOADS = 1_000;

/** A piece of a batch: rows from `first` on. */
export interface Piece {
  readonly batch: number;
  readonly first: number;
  readonly rows: number;
  /** Of the body. */
  readonly digest: string;
}

/** `split`: refused as a whole, so its halves are sent. */
export type Outcome = "taken" | "split" | "dead";

export interface HttpLedger {
  state(stream: string): StreamState | null;
  setState(stream: string, state: StreamState | null): void;
  find(stream: string, key: string): Published | null;
  columns(table: string): PinnedSchema | null;
  tables(): { table: string; rows: number }[];
  /** Gives the key under which the load's answers are kept: that of the first try at it. */
  begin(stream: string, load: StagedLoad): string;
  /** What the endpoint said to this very piece; null when it was not asked, or its answer is not known. */
  answer(base: string, piece: Piece): Outcome | null;
  record(
    base: string,
    piece: Piece,
    outcome: Outcome,
    dead: readonly { row: number; reason: string; content: Json }[],
  ): void;
  dead(base: string): { rows: DeadRow[]; count: number };
  /** How often a row was sent with an earlier load. */
  sent(stream: string, hash: string): number;
  remember(hash: string, value: string): void;
  commit(
    stream: string,
    load: StagedLoad,
    base: string,
    made: { written: number; deduped: number; bytes: number },
    /** Whether a remembered value lies before what the next load can bring again. */
    isOver: ((value: Json) => boolean) | null,
  ): Published;
  close(): void;
}

export async function httpLedger(path: string): Promise<HttpLedger> {
  const { DatabaseSync } = await import("node:sqlite");
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const db = opened(path, () => new DatabaseSync(path));
  return ledgerOver(db);
}

function opened(path: string, open: () => DatabaseSync): DatabaseSync {
  try {
    const db = open();
    db.exec("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.exec(TABLES);
    return db;
  } catch (error) {
    throw new DataFailure(
      "invalid",
      `${path} cannot hold what an endpoint acknowledged: ${(error as Error).message}`,
      "Check `state` of the sink in the env file: a file of its own that this user may write.",
      { cause: error },
    );
  }
}

function ledgerOver(db: DatabaseSync): HttpLedger {
  const together = <T>(work: () => T): T => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  const putState = (stream: string, state: StreamState) => {
    const text = stateText(stream, state);
    db.prepare("INSERT OR REPLACE INTO states VALUES (?, ?)").run(stream, text);
  };
  const sentTimes = db.prepare("SELECT times FROM sent WHERE stream = ? AND hash = ?");
  const makeFresh = db.prepare(
    "INSERT INTO fresh VALUES (?, ?, 1) ON CONFLICT (hash) DO UPDATE SET times = times + 1",
  );
  const found = db.prepare(
    "SELECT outcome FROM answers WHERE base = ? AND batch = ? AND first = ? AND rows = ? AND digest = ?",
  );
  const deadRows = (base: string): DeadRow[] =>
    db.prepare("SELECT batch, row, reason, content FROM dead WHERE base = ? ORDER BY batch, row").all(base)
      .map(({ batch, row, reason, content }) => ({
        reason: String(reason),
        locator: `load ${base.slice(0, 12)}, batch ${batch}, row ${row}`,
        row: JSON.parse(String(content)) as Json,
      }));
  const find = (stream: string, key: string): Published | null => {
    const load = db.prepare(`SELECT * FROM loads WHERE key = ? AND stream = ?`).get(key, stream);
    if (load === undefined) return null;
    const [written, bytes] = [Number(load.written), Number(load.bytes)];
    const dead = deadRows(String(load.base));
    return {
      written,
      deduped: Number(load.deduped),
      deleted: 0,
      existed: true,
      outputs: [{ name: String(load.table), digest: null, bytes, rows: written }],
      ...(dead.length === 0 ? {} : { dead }),
    };
  };
  return {
    state(stream) {
      const row = db.prepare("SELECT state FROM states WHERE stream = ?").get(stream);
      return row === undefined ? null : StreamState.parse(JSON.parse(String(row.state)));
    },
    setState(stream, state) {
      together(() => {
        if (state === null) db.prepare("DELETE FROM states WHERE stream = ?").run(stream);
        else putState(stream, state);
      });
    },
    find,
    columns(table) {
      const row = db.prepare("SELECT columns FROM tables WHERE name = ?").get(table);
      return row === undefined ? null : PinnedSchema.parse(JSON.parse(String(row.columns)));
    },
    tables: () =>
      db.prepare("SELECT name, rows FROM tables ORDER BY name").all().map(({ name, rows }) => ({
        table: String(name),
        rows: Number(rows),
      })),
    begin: (stream, load) =>
      together(() => {
        const scope = load.keepsState ? "range" : `after ${load.after ?? ""}`;
        const before = db.prepare("SELECT base, key FROM attempts WHERE stream = ? AND scope = ?").get(
          stream,
          scope,
        );
        const base = before === undefined ? load.key : String(before.base);
        if (before === undefined || before.key !== load.key) {
          // Another run tries again: what was refused may have been mended.
          db.prepare("DELETE FROM answers WHERE base = ? AND outcome <> 'taken'").run(base);
          db.prepare("DELETE FROM dead WHERE base = ?").run(base);
          db.prepare("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)").run(
            stream,
            scope,
            base,
            load.key,
          );
        }
        db.exec("DELETE FROM fresh");
        return base;
      }),
    answer(base, { batch, first, rows, digest }) {
      const row = found.get(base, batch, first, rows, digest);
      return row === undefined ? null : String(row.outcome) as Outcome;
    },
    record(base, { batch, first, rows, digest }, outcome, dead) {
      together(() => {
        db.prepare("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)")
          .run(base, batch, first, rows, digest, outcome);
        const put = db.prepare("INSERT OR REPLACE INTO dead VALUES (?, ?, ?, ?, ?)");
        for (const { row, reason, content } of dead) {
          put.run(base, batch, row, reason, JSON.stringify(content));
        }
      });
    },
    dead(base) {
      const rows = deadRows(base);
      return { rows, count: rows.length };
    },
    sent: (stream, hash) => Number(sentTimes.get(stream, hash)?.times ?? 0),
    remember: (hash, value) => void makeFresh.run(hash, value),
    commit(stream, load, base, made, isOver) {
      together(() => {
        db.prepare(
          `INSERT INTO loads (key, stream, "table", run, base, written, deduped, bytes, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ).run(load.key, stream, load.table, load.run, base, made.written, made.deduped, made.bytes, load.at);
        const there = db.prepare("SELECT rows, columns FROM tables WHERE name = ?").get(load.table);
        const columns = { ...JSON.parse(String(there?.columns ?? "{}")), ...load.columns };
        db.prepare("INSERT OR REPLACE INTO tables VALUES (?, ?, ?)")
          .run(load.table, JSON.stringify(columns), Number(there?.rows ?? 0) + made.written);
        if (!load.keepsState) {
          putState(stream, { ...load.state, rows: load.state.rows + made.written });
          forgetSent(db, stream, isOver);
          db.prepare(
            "INSERT INTO sent SELECT ?, hash, value, times FROM fresh WHERE true ON CONFLICT (stream, hash) DO UPDATE SET times = max(times, excluded.times)",
          ).run(stream);
        }
        db.prepare("DELETE FROM attempts WHERE stream = ? AND base = ?").run(stream, base);
        db.prepare("DELETE FROM answers WHERE base = ?").run(base);
        forgetLoads(db, stream);
      });
      const published = find(stream, load.key);
      if (published === null) throw new Error(`The load ${load.key} was committed and is not there`);
      return { ...published, existed: false };
    },
    close: () => db.close(),
  };
}

/** Rows that no later load brings again. */
function forgetSent(db: DatabaseSync, stream: string, isOver: ((value: Json) => boolean) | null): void {
  if (isOver === null) {
    db.prepare("DELETE FROM sent WHERE stream = ?").run(stream);
    return;
  }
  const over: string[] = [];
  for (const { hash, value } of db.prepare("SELECT hash, value FROM sent WHERE stream = ?").iterate(stream)) {
    if (isOver(JSON.parse(String(value)) as Json)) over.push(String(hash));
  }
  const forget = db.prepare("DELETE FROM sent WHERE stream = ? AND hash = ?");
  for (const hash of over) forget.run(stream, hash);
}

function forgetLoads(db: DatabaseSync, stream: string): void {
  const old = db.prepare(
    "SELECT number, base FROM loads WHERE stream = ? ORDER BY number DESC LIMIT -1 OFFSET ?",
  )
    .all(stream, MAX_LOADS);
  for (const { number, base } of old) {
    db.prepare("DELETE FROM loads WHERE number = ?").run(number ?? null);
    db.prepare("DELETE FROM dead WHERE base = ?").run(base ?? null);
  }
}
