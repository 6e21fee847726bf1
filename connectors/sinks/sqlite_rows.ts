/** Rows as they are bound to statements, one by one and many at a time. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Json } from "../../specs/mod.ts";
import { compareValues, type Row } from "../../specs/foundry/mod.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { bound, isText, quoted } from "./sqlite_columns.ts";
import type { Place } from "./sqlite_table.ts";

/** One function that turns a row into what is bound, made once: the values in the order of the columns, from a place of a list on. */
export function bindingOf(
  load: StagedLoad,
  columns: readonly string[],
): (row: Row, into: SQLInputValue[], at: number) => void {
  const asText = columns.map((name) => isText(load.columns[name]?.type ?? "string"));
  const size = columns.length;
  return (row, into, at) => {
    for (let n = 0; n < size; n++) into[at + n] = bound(row[columns[n] as string], asText[n] as boolean);
  };
}

/** The same as a list of its own. */
export function boundRow(
  load: StagedLoad,
  columns: readonly string[],
): (row: Row) => SQLInputValue[] {
  const bind = bindingOf(load, columns);
  return (row) => {
    const values = new Array<SQLInputValue>(columns.length);
    bind(row, values, 0);
    return values;
  };
}

export function insertInto(place: Place, columns: readonly string[], tail = ""): string {
  if (columns.length === 0) return `INSERT INTO ${quoted(place.table)} DEFAULT VALUES`;
  const marks = columns.map(() => "?").join(", ");
  return `INSERT INTO ${quoted(place.table)} (${columns.map(quoted).join(", ")}) VALUES (${marks})${tail}`;
}

/** Whether a row may take the place of another one with its key. */
export function newerOf(load: StagedLoad): ((row: Json | undefined, there: Json) => boolean) | null {
  const sort = load.write.dedupSort;
  if (sort === undefined) return null;
  const sign = sort.order === "descending" ? 1 : -1;
  return (row, there) => compareValues(row, there) * sign >= 0;
}

/** A bound value as it is compared. */
export function plainValue(value: SQLInputValue | undefined): Json {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" || typeof value === "number" ? value : null;
}

/** Row ids that a load has met: a temporary table of this connection, so that memory stays flat. */
export function idsOf(db: DatabaseSync, name: string): StatementSync {
  db.exec(`CREATE TEMP TABLE ${name} (id INTEGER PRIMARY KEY)`);
  return db.prepare(`INSERT OR IGNORE INTO ${name} VALUES (?)`);
}
