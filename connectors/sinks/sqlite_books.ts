/** What a warehouse keeps of its loads, streams and columns, beside the rows and in their transaction. */
import type { DatabaseSync } from "node:sqlite";
import { StreamState } from "../../specs/foundry/mod.ts";
import type { Published, StagedLoad } from "../data/sink_port.ts";
import { stateText } from "./commit_checks.ts";
import { quoted } from "./sqlite_columns.ts";
import type { Counts } from "./sqlite_write.ts";

/** Of a file that is new: large loads write fewer pages, and each is counted and copied by itself. */
export const PAGE_SIZE = 16_384;
export const BOOKS = `
CREATE TABLE IF NOT EXISTS _forge_state (
  pipeline TEXT NOT NULL, stream TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (pipeline, stream)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _forge_loads (
  key TEXT PRIMARY KEY, pipeline TEXT NOT NULL, stream TEXT NOT NULL, "table" TEXT NOT NULL, run TEXT NOT NULL,
  disposition TEXT NOT NULL, written INTEGER NOT NULL, deduped INTEGER NOT NULL, deleted INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS _forge_columns (
  "table" TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, nullable INTEGER NOT NULL,
  PRIMARY KEY ("table", name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _forge_origins (
  "table" TEXT NOT NULL, pipeline TEXT NOT NULL, stream TEXT NOT NULL, origin TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY ("table", first)) WITHOUT ROWID;
`;

/** What became of a load that was committed. */
export function loadIn(db: DatabaseSync, key: string): Published | null {
  const load = db.prepare(`SELECT "table", written, deduped, deleted FROM _forge_loads WHERE key = ?`).get(
    key,
  );
  if (load === undefined) return null;
  const [written, deduped, deleted] = [Number(load.written), Number(load.deduped), Number(load.deleted)];
  return { written, deduped, deleted, existed: true, outputs: [outputOf(db, String(load.table))] };
}

export function stateIn(db: DatabaseSync, pipeline: string, stream: string): StreamState | null {
  const row = db.prepare("SELECT state FROM _forge_state WHERE pipeline = ? AND stream = ?").get(
    pipeline,
    stream,
  );
  return row === undefined ? null : StreamState.parse(JSON.parse(String(row.state)));
}

export function saveState(db: DatabaseSync, pipeline: string, stream: string, state: StreamState): void {
  const text = stateText(stream, state);
  db.prepare("INSERT OR REPLACE INTO _forge_state (pipeline, stream, state) VALUES (?, ?, ?)").run(
    pipeline,
    stream,
    text,
  );
}

/** Writes down a load and where its stream is by now. */
export function recordLoad(db: DatabaseSync, load: StagedLoad, counts: Counts): void {
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
  if (load.keepsState) return;
  const rows = load.state.rows + counts.written;
  saveState(db, load.pipeline, load.stream, { ...load.state, rows });
}

export function rowsOf(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT count(*) AS n FROM ${quoted(table)}`).get()?.n ?? 0);
}

export function outputOf(db: DatabaseSync, table: string): Published["outputs"][number] {
  const there = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
  return { name: table, digest: null, bytes: null, rows: there === undefined ? 0 : rowsOf(db, table) };
}
