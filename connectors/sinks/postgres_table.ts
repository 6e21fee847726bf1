import { createHash } from "node:crypto";
import type { PinnedSchema } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import type { Session } from "./postgres_session.ts";
import {
  isPhysical,
  literal,
  nameRefusal,
  type Physical,
  physicalOf,
  quoted,
  wider,
} from "./postgres_values.ts";

/** A table as the server has it: columns in order with their declared types. */
export type TableColumns = ReadonlyMap<string, string>;

export const DELETED = "_forge_deleted_at";
export const VALID_FROM = "_forge_valid_from";
export const VALID_TO = "_forge_valid_to";
export const ORIGIN = "_forge_origin";

const books = (schema: string): string => {
  const s = quoted(schema);
  return `
CREATE TABLE IF NOT EXISTS ${s}._forge_state (
  pipeline text NOT NULL, stream text NOT NULL, state text NOT NULL, PRIMARY KEY (pipeline, stream));
CREATE TABLE IF NOT EXISTS ${s}._forge_loads (
  key text PRIMARY KEY, pipeline text NOT NULL, stream text NOT NULL, "table" text NOT NULL, run text NOT NULL,
  disposition text NOT NULL, written bigint NOT NULL, deduped bigint NOT NULL, deleted bigint NOT NULL, at text NOT NULL);
CREATE TABLE IF NOT EXISTS ${s}._forge_columns (
  "table" text NOT NULL, position integer NOT NULL, name text NOT NULL, type text NOT NULL, nullable boolean NOT NULL,
  PRIMARY KEY ("table", name));
CREATE TABLE IF NOT EXISTS ${s}._forge_origins (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "table" text NOT NULL, pipeline text NOT NULL, stream text NOT NULL,
  origin text NOT NULL, UNIQUE ("table", pipeline, stream, origin));`;
};

export async function hasBooks(session: Session, schema: string): Promise<boolean> {
  const [found] = await session.rows(
    `SELECT to_regclass(${literal(`${quoted(schema)}._forge_origins`)})::text AS name`,
  );
  return found?.name != null;
}

/** Makes the schema and the tables of our own, once, in a transaction of their own; two who come at once wait for each other. */
export async function makeBooks(session: Session, schema: string): Promise<void> {
  if (await hasBooks(session, schema)) return;
  await session.run("BEGIN");
  await session.rows(
    `SELECT pg_advisory_xact_lock(hashtextextended(${literal(`forge books ${schema}`)}, 0))::text`,
  );
  const [there] = await session.rows(`SELECT to_regnamespace(${literal(quoted(schema))})::text AS name`);
  if (there?.name == null) await session.run(`CREATE SCHEMA ${quoted(schema)}`);
  await session.run(books(schema));
  await session.run("COMMIT");
}

/** Columns of a table; null when there is none of this name. */
export async function columnsOf(
  session: Session,
  schema: string,
  table: string,
): Promise<TableColumns | null> {
  const name = literal(`${quoted(schema)}.${quoted(table)}`);
  const [found] = await session.rows(
    `SELECT relkind::text AS kind FROM pg_catalog.pg_class WHERE oid = to_regclass(${name})`,
  );
  if (found === undefined) return null;
  if (!["r", "p", "f"].includes(found.kind ?? "")) {
    throw new DataFailure(
      "invalid",
      `Cannot write to ${table}: something else in the schema ${schema} has this name, and it is no table`,
      "Choose another name in write.table",
    );
  }
  const rows = await session.rows(
    `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_catalog.pg_attribute
     WHERE attrelid = to_regclass(${name}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  );
  return new Map(rows.map(({ name, type }) => [String(name), String(type)]));
}

/** Columns of our own that a load's table has beside the source's. */
export function marksOf(load: StagedLoad): string[] {
  return [
    ...(load.disposition === "scd2" ? [VALID_FROM, VALID_TO] : []),
    ...(load.write.deletes !== undefined && load.disposition !== "append" ? [DELETED] : []),
  ];
}

export function checkNames(load: StagedLoad): void {
  const refusal = nameRefusal(load.table, load.columns);
  if (refusal === null) return;
  throw new DataFailure(
    "contract",
    `Cannot write ${load.table.slice(0, 80)}: ${refusal.reason}`,
    refusal.remedy,
  );
}

/** The types in which rows are staged: what the table has, or what the contract asks for where that is wider. */
export function stagedTypes(columns: PinnedSchema, there: TableColumns | null, anew: boolean): Physical[] {
  return Object.entries(columns).map(([name, { type }]) => {
    const wanted = physicalOf(type);
    const found = there?.get(name);
    if (found === undefined || !isPhysical(found)) return wanted;
    return anew ? wanted : wider(found, wanted);
  });
}

export interface TableChange {
  readonly schema: string;
  readonly load: StagedLoad;
  readonly there: TableColumns | null;
  /** Types that the staged rows have now, in order of the load's columns. */
  readonly types: readonly Physical[];
  readonly hasOrigins: boolean;
}

/** Makes the table, adds the columns that it lacks and widens the ones that are too narrow. Gives the columns as they are then. */
export async function shapeTable(session: Session, change: TableChange): Promise<TableColumns> {
  const { schema, load, there, types } = change;
  const table = `${quoted(schema)}.${quoted(load.table)}`;
  const names = Object.keys(load.columns);
  const own = [
    ...marksOf(load).map((name) => [name, "text"] as const),
    ...(change.hasOrigins ? [[ORIGIN, "bigint"] as const] : []),
  ];
  const wanted = [...names.map((name, at) => [name, types[at] ?? "text"] as const), ...own];
  if (there === null) {
    const defined = wanted.map(([name, type]) => `${quoted(name)} ${type}`);
    await session.run(`CREATE TABLE ${table} (${defined.join(", ")})`);
  } else {
    // Readers see the old rows until the commit. A table that is emptied, and not made anew, keeps its views, grants and owner.
    if (load.disposition === "replace") await session.run(`DELETE FROM ${table}`);
    const steps = wanted.flatMap(([name, type]) => {
      const found = there.get(name);
      if (found === undefined) return [`ADD COLUMN ${quoted(name)} ${type}`];
      // A type that is not ours was chosen by somebody: rows are cast to it.
      if (!isPhysical(found) || found === type) return [];
      return [`ALTER COLUMN ${quoted(name)} TYPE ${type} USING ${quoted(name)}::text::${type}`];
    });
    if (load.disposition === "replace") {
      const kept = new Set([...wanted.map(([name]) => name)]);
      const ours = await session.rows(
        `SELECT name FROM ${quoted(schema)}._forge_columns WHERE "table" = $1::text`,
        [load.table],
      );
      const known = new Set([...ours.map(({ name }) => name), DELETED, VALID_FROM, VALID_TO]);
      for (const name of there.keys()) {
        if (known.has(name) && !kept.has(name)) steps.push(`DROP COLUMN ${quoted(name)}`);
      }
    }
    // The index of a key is over expressions of the old type.
    if (steps.some((step) => !step.startsWith("ADD"))) await dropKeys(session, schema, load.table, null);
    if (steps.length > 0) await session.run(`ALTER TABLE ${table} ${steps.join(", ")}`);
  }
  const now = await columnsOf(session, schema, load.table);
  if (now === null) throw new Error(`The table ${load.table} is gone within its own transaction`);
  return now;
}

/** Writes down the columns as the contract has them. */
export async function bookColumns(session: Session, schema: string, load: StagedLoad): Promise<void> {
  const books = `${quoted(schema)}._forge_columns`;
  if (load.disposition === "replace") {
    await session.run(`DELETE FROM ${books} WHERE "table" = $1::text`, [load.table]);
  }
  const entries = Object.entries(load.columns);
  if (entries.length === 0) return;
  const values = entries.map(([name, { type, nullable }], position) =>
    `(${literal(load.table)}, ${position}, ${literal(name)}, ${literal(type)}, ${nullable})`
  );
  await session.run(
    `INSERT INTO ${books} ("table", position, name, type, nullable) VALUES ${values.join(", ")}
     ON CONFLICT ("table", name) DO UPDATE SET position = excluded.position, type = excluded.type, nullable = excluded.nullable`,
  );
}

/** Columns of a key that a row may lack: lacking it is a value as any other. A key of one column is never missing. */
function openKey(load: StagedLoad): ReadonlySet<string> {
  return new Set(
    load.primaryKey.length < 2
      ? []
      : load.primaryKey.filter((name) => load.columns[name]?.nullable !== false),
  );
}

/** What stands for nothing in the index, beside the word that there is nothing. */
const EMPTY: Readonly<Record<Physical, string>> = { bigint: "0", numeric: "0", boolean: "false", text: "''" };
const filled = (expression: string, type: string): string =>
  isPhysical(type) ? `coalesce(${expression}, ${EMPTY[type]})` : `coalesce(${expression}::text, '')`;

/** The condition that two rows have one key, in the form that the key's index and a hash join know. */
export function sameKey(
  load: StagedLoad,
  types: TableColumns,
  left: (name: string) => string,
  right: (name: string) => string,
): string {
  const open = openKey(load);
  return load.primaryKey.map((name) => {
    const [a, b, type] = [left(name), right(name), types.get(name) ?? "text"];
    return open.has(name)
      ? `${filled(a, type)} = ${filled(b, type)} AND (${a} IS NULL) = (${b} IS NULL)`
      : `${a} = ${b}`;
  }).join(" AND ");
}

/** Makes sure that the key has its unique index. */
export async function keyIndex(
  session: Session,
  schema: string,
  load: StagedLoad,
  types: TableColumns,
): Promise<void> {
  const open = openKey(load);
  const parts = load.primaryKey.flatMap((name) => {
    const column = quoted(name);
    const type = types.get(name) ?? "text";
    if (!open.has(name)) return [column];
    // A type of somebody's own may have no text form that an index could stand on.
    return isPhysical(type)
      ? [`(${filled(column, type)})`, `(${column} IS NULL)`]
      : [column, `(${column} IS NULL)`];
  });
  const where = load.disposition === "scd2" ? ` WHERE ${VALID_TO} IS NULL` : "";
  const sql = `ON ${quoted(schema)}.${quoted(load.table)} (${parts.join(", ")})${where}`;
  const name = `_forge_key_${createHash("sha256").update(sql).digest("hex").slice(0, 24)}`;
  if (await dropKeys(session, schema, load.table, name)) return;
  try {
    await session.run(`CREATE UNIQUE INDEX ${quoted(name)} ${sql}`);
  } catch (error) {
    if (!(error instanceof DataFailure) || !error.message.includes("23505")) throw error;
    throw new DataFailure(
      "contract",
      `Cannot merge into ${load.table}: rows that are there already share one key (${
        load.primaryKey.join(", ")
      })`,
      "Choose a key that is unique, or load the table again: forge etl run --mode full",
      { cause: error },
    );
  }
}

/** Drops indexes of other keys; tells whether the one of this name is there. */
export async function dropKeys(
  session: Session,
  schema: string,
  table: string,
  kept: string | null,
): Promise<boolean> {
  const found = await session.rows(
    `SELECT c.relname::text AS name FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = to_regclass(${literal(`${quoted(schema)}.${quoted(table)}`)})
       AND c.relname LIKE '\\_forge\\_key\\_%'`,
  );
  for (const { name } of found) {
    if (name !== kept) await session.run(`DROP INDEX ${quoted(schema)}.${quoted(String(name))}`);
  }
  return found.some(({ name }) => name === kept);
}
