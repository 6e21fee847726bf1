import type { DatabaseSync } from "node:sqlite";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { declaredType, quoted } from "./sqlite_columns.ts";

/** Where the rows of a load are written, and what makes it the table. */
export interface Place {
  /** Name of the table that takes the rows: the table itself, or the one that will take its place. */
  readonly table: string;
  /** All columns that a row of the load has, in order. */
  readonly columns: readonly string[];
  /** Whether the table had no row before. */
  readonly fresh: boolean;
  /** Swaps and records the columns. */
  finish(): void;
}

const MARKS: Readonly<Record<string, string>> = {
  _forge_deleted_at: "TEXT",
  _forge_valid_from: "TEXT",
  _forge_valid_to: "TEXT",
};

/** Columns of our own that a load's table has beside the source's. */
export function marksOf(load: StagedLoad): string[] {
  return [
    ...(load.disposition === "scd2" ? ["_forge_valid_from", "_forge_valid_to"] : []),
    ...(load.write.deletes !== undefined && load.disposition !== "append" ? ["_forge_deleted_at"] : []),
  ];
}

/** What makes a table of some columns, and of marks of our own. */
export function tableSql(
  table: string,
  columns: StagedLoad["columns"],
  marks: readonly string[] = [],
): string {
  const defined = [
    ...Object.entries(columns).map(([name, { type }]) => `${quoted(name)} ${declaredType(type)}`.trim()),
    ...marks.map((name) => `${name} ${MARKS[name]}`),
  ];
  // A load without any column yet (nothing was ever read) still makes its table.
  return `CREATE TABLE ${quoted(table)} (${defined.length > 0 ? defined.join(", ") : "_forge_empty TEXT"})`;
}

/** Makes the table, or adds the columns that it lacks. Part of the load's transaction. */
export function prepareTable(db: DatabaseSync, load: StagedLoad): Place {
  const columns = Object.keys(load.columns);
  checkNames(load.table, columns);
  const exists =
    db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(load.table) !==
      undefined;
  const swaps = load.disposition === "replace";
  const table = swaps ? `_forge_new_${load.table}` : load.table;
  if (swaps) db.exec(`DROP TABLE IF EXISTS ${quoted(table)}`);
  const marks = marksOf(load);
  let known: string[] = [];
  if (swaps || !exists) {
    db.exec(tableSql(table, load.columns, marks));
  } else {
    known = db.prepare(`PRAGMA table_info(${quoted(table)})`).all().map(({ name }) => String(name));
    const there = new Set(known.map((name) => name.toLowerCase()));
    for (const name of columns) {
      if (there.has(name.toLowerCase())) continue;
      db.exec(
        `ALTER TABLE ${quoted(table)} ADD COLUMN ${quoted(name)} ${
          declaredType(load.columns[name]?.type ?? "string")
        }`,
      );
    }
    for (const name of marks) {
      if (!there.has(name)) db.exec(`ALTER TABLE ${quoted(table)} ADD COLUMN ${name} ${MARKS[name]}`);
    }
  }
  const fresh = swaps || !exists || db.prepare(`SELECT 1 FROM ${quoted(table)} LIMIT 1`).get() === undefined;
  return {
    table,
    columns,
    fresh,
    finish() {
      if (swaps) {
        db.exec(
          `DROP TABLE IF EXISTS ${quoted(load.table)}; ALTER TABLE ${quoted(table)} RENAME TO ${
            quoted(load.table)
          }`,
        );
        db.prepare(`DELETE FROM _forge_columns WHERE "table" = ?`).run(load.table);
      }
      const put = db.prepare("INSERT OR REPLACE INTO _forge_columns VALUES (?, ?, ?, ?, ?)");
      columns.forEach((name, position) => {
        const { type, nullable } = load.columns[name] ?? { type: "string", nullable: true };
        put.run(load.table, position, name, type, nullable ? 1 : 0);
      });
    },
  };
}

/** What tells how a key is written. */
type Keyed = Pick<StagedLoad, "primaryKey" | "columns">;

/**
 * Columns of a key that a row may lack, such as the start of a balance that holds at an instant: lacking it is a value as any other.
 * A key of one column is never missing.
 */
export function openKey(load: Keyed): ReadonlySet<string> {
  const { primaryKey } = load;
  return new Set(
    primaryKey.length < 2 ? [] : primaryKey.filter((name) => load.columns[name]?.nullable !== false),
  );
}

/** As an index takes two NULLs for two values, it stands over this: what no row has, where a row has nothing. */
const filled = (expression: string) => `ifnull(${expression}, x'')`;

/** The condition that a row has a key; `at` gives the parameter of a column. Its index is the one of `keyIndex`. */
export function sameKey(load: StagedLoad, at: (name: string, index: number) => string): string {
  const open = openKey(load);
  return load.primaryKey.map((name, index) =>
    open.has(name)
      ? `${filled(quoted(name))} = ${filled(at(name, index))}`
      : `${quoted(name)} = ${at(name, index)}`
  ).join(" AND ");
}

/** What the key's index stands over. */
export function keyParts(load: Keyed): string[] {
  const open = openKey(load);
  return load.primaryKey.map((name) => open.has(name) ? filled(quoted(name)) : quoted(name));
}

/** What makes the index over the key. */
export function keyIndexSql(table: string, load: Keyed, where = ""): string {
  // A table that takes another's place brings its own index while the other's is still there.
  const name = `_forge_key_${table}_${crypto.randomUUID().slice(0, 8)}`;
  return `CREATE UNIQUE INDEX ${quoted(name)} ON ${quoted(table)} (${keyParts(load).join(", ")})${where}`;
}

/** Makes sure that the key has its index, which also says when two rows are one. */
export function keyIndex(db: DatabaseSync, table: string, load: StagedLoad, where = ""): void {
  const { primaryKey: key } = load;
  const sql = keyIndexSql(table, load, where);
  const there = db.prepare(
    "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name LIKE '\\_forge\\_key\\_%' ESCAPE '\\'",
  )
    .get(table);
  if (there !== undefined && bare(String(there.sql)) === bare(sql)) return;
  const old = db.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name LIKE '\\_forge\\_key\\_%' ESCAPE '\\'",
  ).all(table);
  for (const { name } of old) db.exec(`DROP INDEX ${quoted(String(name))}`);
  try {
    db.exec(sql);
  } catch (error) {
    throw new DataFailure(
      "contract",
      `Cannot merge into ${table}: rows that are there already share one key (${key.join(", ")})`,
      "Choose a key that is unique, or load the table again: forge etl run --mode full",
      { cause: error },
    );
  }
}

/** The same index under the name of the table that it was made for. */
const bare = (sql: string) => sql.slice(sql.indexOf("("));

function checkNames(table: string, columns: readonly string[]): void {
  if (/^(_forge_|sqlite_)/i.test(table)) {
    throw new DataFailure(
      "invalid",
      `Cannot write to the table ${table}: the name is reserved`,
      "Choose another name in write.table",
    );
  }
  const seen = new Map<string, string>();
  for (const name of columns) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) {
      throw new DataFailure(
        "contract",
        `Cannot write ${table}: the columns ${other} and ${name} differ in case only, which SQLite does not tell apart`,
        "Rename one of them: transforms: [{ op: rename, columns: ... }]",
      );
    }
    if (name.toLowerCase().startsWith("_forge_")) {
      throw new DataFailure(
        "contract",
        `Cannot write ${table}: the column name ${name} is reserved`,
        "Rename it in transforms",
      );
    }
    seen.set(folded, name);
  }
}

/** Whether the table's columns are as this sink makes them: no collation or constraint of somebody else says how values compare. */
export function isOurs(db: DatabaseSync, table: string): boolean {
  const there = db.prepare("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
  const bareWords = String(there?.sql ?? "").replaceAll(/"(?:[^"]|"")*"/g, "q");
  return /^CREATE TABLE q \((?:(?:q|_forge_\w+)(?: TEXT)?(?:, )?)+\)$/.test(bareWords);
}
