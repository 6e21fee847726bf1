/**
 * Large loads whose rows need no look at each. A thread of its own turns the staged lines into tables of SQLite's own format
 * (sqlite_bulk_tables.ts), and SQLite copies those into the table of the load, one statement each, within the load's transaction. What
 * comes of it is what the way of all rows (sqlite_merge.ts, sqlite_append.ts) leaves, row ids included; whatever does not fit goes that
 * way from the beginning.
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatabaseSync } from "node:sqlite";
import type { StagedLoad } from "../data/sink_port.ts";
import { forgetOrigins, hasOrigins } from "./sqlite_append.ts";
import type { Made } from "./sqlite_bulk_pieces.ts";
import type { TablesOrder } from "./sqlite_bulk_tables.ts";
import type { Ready } from "./sqlite_ahead.ts";
import { bulkThread } from "./sqlite_bulk_thread.ts";
import { isText, quoted } from "./sqlite_columns.ts";
import { MOST_LEAVES, mostTables, PAGE } from "./sqlite_pages.ts";
import { isOurs, keyIndex, keyParts, type Place } from "./sqlite_table.ts";
import type { Counts } from "./sqlite_write.ts";

/** Fewer rows are written before a thread has begun. */
const FEWEST_ROWS = 20_000;
const TABLE_BYTES = 8 * 1024 * 1024;
const MOST_TABLES = 64;
const MOST_COLUMNS = 500;
const SCHEMA = "_forge_bulk";

export interface BulkOptions {
  readonly fewestRows?: number;
  readonly tableBytes?: number;
  /** Bytes of lines after which a thread follows them. */
  readonly worthBytes?: number;
  /** Hears what became of each load. */
  readonly told?: (outcome: Counts | Unfit, from: "lines" | "tables" | "warehouse") => void;
}

/** Why a load went the way of all rows. */
export interface Unfit {
  readonly unfit: string;
}

/** Writes the load, or leaves everything as it was and says why it could not. */
export async function writeInBulk(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
  abort: AbortSignal,
  /** What was made of it while it was staged. */
  ready: Ready | null,
  options: BulkOptions = {},
): Promise<Counts | Unfit> {
  const order = orderOf(db, load, place, options);
  if ("unfit" in order) {
    options.told?.(order, "lines");
    return order;
  }
  const outcome = await attempted(db, load, place, abort, ready === null ? makingOf(order) : wholeOf(ready));
  options.told?.(outcome, ready === null ? "lines" : "tables");
  return outcome;
}

async function attempted(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
  abort: AbortSignal,
  making: Making,
): Promise<Counts | Unfit> {
  db.exec("SAVEPOINT bulk");
  try {
    const counts = await copied(db, load, place, making, abort);
    db.exec("unfit" in counts ? "ROLLBACK TO bulk; RELEASE bulk" : "RELEASE bulk");
    return counts;
  } catch (error) {
    // Were it the warehouse that is not sound, the way of all rows would meet it as well.
    if (!(error instanceof Error) || !/disk image is malformed|not a database/.test(error.message)) {
      throw error;
    }
    db.exec("ROLLBACK TO bulk; RELEASE bulk");
    return { unfit: error.message };
  } finally {
    making.end();
    await Deno.remove(making.path).catch(() => {});
  }
}

/** Where tables come from. */
interface Making {
  readonly path: string;
  readonly columns: readonly string[];
  /** What a table is called there, and a column by its place. */
  table(number: number): string;
  column(at: number): string;
  /** Nothing more has to be waited for. */
  readonly isWhole: boolean;
  readonly tables: AsyncIterable<Made>;
  end(): void;
}

const NUMBERED = { table: (number: number) => `t${number}`, column: (at: number) => `c${at}` };

function makingOf(order: TablesOrder): Making {
  const thread = bulkThread();
  thread.ask({ make: order });
  return {
    path: order.path,
    columns: order.columns.map(({ name }) => name),
    ...NUMBERED,
    isWhole: false,
    tables: thread.words(),
    end: () => thread.end(),
  };
}

function wholeOf({ path, table, columns, made }: Ready): Making {
  const names = table === null
    ? NUMBERED
    : { table: () => quoted(table), column: (at: number) => quoted(columns[at] ?? "") };
  return { path, columns, ...names, isWhole: true, tables: wordsOf(made), end() {} };
}

async function* wordsOf(made: readonly Made[]): AsyncGenerator<Made, void, void> {
  for (const one of made) yield await Promise.resolve(one);
}

/** What is asked of the thread; or why the load is none of those. */
function orderOf(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
  options: BulkOptions,
): TablesOrder | Unfit {
  const unfit = whyUnfit(load, place, options) ??
    (isOurs(db, place.table) ? null : "the table was made by somebody else");
  if (unfit !== null) return { unfit };
  const columns = place.columns.map((name) => ({
    name,
    isText: isText(load.columns[name]?.type ?? "string"),
  }));
  const bytes = load.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const tables = Math.min(MOST_TABLES, mostTables(columns.map((column) => column.isText)));
  const tableBytes = Math.max(options.tableBytes ?? TABLE_BYTES, Math.ceil(bytes / (tables - 1)));
  // A table's pages hold less than its lines but for very short values.
  if (tables < 2 || tableBytes > MOST_LEAVES * PAGE / 8) return { unfit: "the load is too large" };
  return {
    path: join(dirname(load.segments[0]?.path ?? ""), `bulk-${crypto.randomUUID()}.db`),
    segments: load.segments.map(({ path, rows, bytes, digest }) => ({ path, rows, bytes, digest })),
    columns,
    key: load.primaryKey.map((name) => place.columns.indexOf(name)),
    tableBytes,
    tables,
  };
}

/** Why the rows of a load are looked at one by one; null where they need not be. */
export function whyUnfit(
  load: StagedLoad,
  place: Pick<Place, "columns" | "fresh">,
  options: BulkOptions,
): string | null {
  const { disposition, primaryKey, write, segments } = load;
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  if (rows < (options.fewestRows ?? FEWEST_ROWS)) return "there are few rows";
  if (place.columns.length === 0 || place.columns.length > MOST_COLUMNS) return "of its columns";
  if (segments.some(({ path }) => path === "")) return "its segments are not on disk";
  if (write.deletes !== undefined || write.dedupSort !== undefined) return "rows are looked at one by one";
  if (!primaryKey.every((name) => place.columns.includes(name))) return "its key is no column";
  switch (disposition) {
    case "merge":
      return primaryKey.length === 0 ? "it has no key" : null;
    case "replace":
    case "append":
      if (primaryKey.length > 0 && disposition === "replace") return null;
      if (hasOrigins(load)) return "its rows belong to what may go";
      return !place.fresh && load.overlap != null ? "rows may be there already" : null;
    case "scd2":
      return "it keeps versions";
  }
}

async function copied(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
  making: Making,
  abort: AbortSignal,
): Promise<Counts | Unfit> {
  const counts: Counts = { written: 0, deduped: 0, deleted: 0 };
  const table = quoted(place.table);
  const names = place.columns.map(quoted).join(", ");
  const values = place.columns.map((name) => making.column(making.columns.indexOf(name))).join(", ");
  // An append goes by no key, whatever its stream declares.
  const isKeyed = load.primaryKey.length > 0 && load.disposition !== "append";
  if (load.disposition === "replace" && !isKeyed) forgetOrigins(db, load);
  /** Keys go into the index at the end, all at once, where that costs less: where they do not rise, and where no table is waited for. */
  let lastly = false;
  let first = true;
  for await (const made of making.tables) {
    if (abort.aborted) throw abort.reason;
    if ("unfit" in made) return made;
    if ("done" in made) break;
    if (first) {
      // A warehouse that is not in UTF-8 cannot have it beside it.
      const refused = attached(db, making.path);
      if (refused !== null) return refused;
      // An open file stays readable without a name (on Windows it cannot go before it is closed).
      if (Deno.build.os !== "windows") await Deno.remove(making.path);
      lastly = isKeyed && place.fresh && (making.isWhole || !made.rising);
      if (isKeyed && !lastly) keyIndex(db, place.table, load);
      first = false;
    }
    const from = `${SCHEMA}.${making.table(made.table)}`;
    if (!isKeyed || lastly) {
      db.exec(insertAll(db, place, making, values, from));
      counts.written += made.rows;
      continue;
    }
    if (place.fresh) {
      const { changes } = db.prepare(
        `INSERT INTO ${table} (${names}) SELECT ${values} FROM ${from} WHERE true ON CONFLICT DO NOTHING`,
      ).run();
      if (Number(changes) < made.rows) return { unfit: "keys come more than once" };
      counts.written += made.rows;
      continue;
    }
    // Only of keys that rise it is known that no row of the load meets another one of it.
    if (!made.rising) return { unfit: "keys may come more than once" };
    const { changes } = db.prepare(
      `INSERT INTO ${table} (${names}) SELECT ${values} FROM ${from} WHERE true ${onConflict(load, place)}`,
    ).run();
    counts.written += Number(changes);
    counts.deduped += made.rows - Number(changes);
  }
  if (lastly) {
    try {
      keyIndex(db, place.table, load);
    } catch {
      return { unfit: "keys come more than once" };
    }
  }
  return counts;
}

function attached(db: DatabaseSync, path: string): Unfit | null {
  try {
    db.exec(`ATTACH '${uriOf(path)}' AS ${SCHEMA}`);
    return null;
  } catch (error) {
    return { unfit: error instanceof Error ? error.message : String(error) };
  }
}

/** Where a table has the columns of the load and no others, in their order, SQLite copies records as they are. */
function insertAll(db: DatabaseSync, place: Place, making: Making, values: string, from: string): string {
  const into = quoted(place.table);
  const there = db.prepare(`PRAGMA table_info(${into})`).all().map(({ name }) => String(name));
  const { columns } = making;
  const isSame = there.length === columns.length && there.every((name, at) => name === columns[at]);
  return isSame
    ? `INSERT INTO ${into} SELECT * FROM ${from}`
    : `INSERT INTO ${into} (${place.columns.map(quoted).join(", ")}) SELECT ${values} FROM ${from}`;
}

/** A row whose key is there takes its place when anything differs. */
function onConflict(load: StagedLoad, place: Place): string {
  const others = place.columns.filter((name) => !load.primaryKey.includes(name)).map(quoted);
  const key = keyParts(load).join(", ");
  if (others.length === 0) return `ON CONFLICT (${key}) DO NOTHING`;
  const sets = others.map((name) => `${name} = excluded.${name}`).join(", ");
  const differs = others.map((name) => `${quoted(place.table)}.${name} IS NOT excluded.${name}`).join(" OR ");
  return `ON CONFLICT (${key}) DO UPDATE SET ${sets} WHERE ${differs}`;
}

/** Nothing changes the file while it is read: SQLite need not look for it. */
function uriOf(path: string): string {
  return `${pathToFileURL(path).href.replaceAll("'", "%27")}?mode=ro&immutable=1`;
}
