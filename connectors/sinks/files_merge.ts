/**
 * Merge, scd2 and keyed replace over files: the table is rebuilt in a temporary SQLite file, where the warehouse's own writer applies
 * the load, and its rows are written out again. Memory stays flat; the work is that of the whole table.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { PinnedSchema, Row } from "../../specs/foundry/mod.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { sqliteSink } from "./sqlite.ts";
import { bound, isText, quoted } from "./sqlite_columns.ts";

export interface Merged {
  readonly counts: { written: number; deduped: number; deleted: number };
  /** Rows of the table after the load, columns of our own among them. */
  rows(): AsyncIterable<readonly Row[]>;
  readonly marks: readonly string[];
}

/** Applies a load to rows that are there. `path`: a file that does not exist yet, in a directory that the caller removes. */
export async function mergeFiles(
  path: string,
  load: StagedLoad,
  columns: PinnedSchema,
  marks: readonly string[],
  before: AsyncIterable<readonly Row[]> | null,
  abort: AbortSignal,
): Promise<Merged> {
  const sink = sqliteSink(path);
  const none = async function* () {};
  const base = { ...load, after: null, keepsState: true, columns };
  try {
    if (before !== null && load.disposition !== "replace") {
      // An empty load makes the table with its columns and its key.
      await sink.publish(
        { ...base, key: `${load.key}/before`, segments: [], rows: none, census: false },
        abort,
      );
      await insertAll(path, load.table, columns, marks, before, abort);
    }
    const { written, deduped, deleted } = await sink.publish(base, abort);
    return {
      counts: { written, deduped, deleted },
      marks: await marksIn(path, load.table, columns),
      rows: () => rowsAndClose(sink, load.table),
    };
  } catch (error) {
    await sink.close();
    throw error;
  }
}

async function* rowsAndClose(
  sink: ReturnType<typeof sqliteSink>,
  table: string,
): AsyncGenerator<readonly Row[]> {
  try {
    // Nothing was ever read, so that there is no column and no row.
    if (await sink.schema(table) !== null) yield* sink.read(table);
  } finally {
    await sink.close();
  }
}

async function insertAll(
  path: string,
  table: string,
  columns: PinnedSchema,
  marks: readonly string[],
  rows: AsyncIterable<readonly Row[]>,
  abort: AbortSignal,
): Promise<void> {
  const db = new DatabaseSync(path);
  try {
    const there = new Set(
      db.prepare(`PRAGMA table_info(${quoted(table)})`).all().map(({ name }) => String(name)),
    );
    for (const mark of marks) {
      if (!there.has(mark)) db.exec(`ALTER TABLE ${quoted(table)} ADD COLUMN ${quoted(mark)} TEXT`);
    }
    const names = [...Object.keys(columns), ...marks];
    const asText = names.map((name) => isText(columns[name]?.type ?? "string"));
    db.exec("PRAGMA synchronous = OFF; BEGIN");
    const insert = db.prepare(
      `INSERT INTO ${quoted(table)} (${names.map(quoted).join(", ")}) VALUES (${
        names.map(() => "?").join(", ")
      })`,
    );
    for await (const batch of rows) {
      if (abort.aborted) throw abort.reason;
      for (const row of batch) {
        insert.run(...names.map((name, at): SQLInputValue => bound(row[name], asText[at] === true)));
      }
    }
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}

function marksIn(path: string, table: string, columns: PinnedSchema): Promise<string[]> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const names = db.prepare(`PRAGMA table_info(${quoted(table)})`).all().map(({ name }) => String(name));
    return Promise.resolve(names.filter((name) => columns[name] === undefined));
  } finally {
    db.close();
  }
}
