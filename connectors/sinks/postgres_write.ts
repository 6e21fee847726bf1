import { type Json } from "../../specs/mod.ts";
import { compareValues } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import type { Session } from "./postgres_session.ts";
import { STAGE } from "./postgres_stage.ts";
import {
  DELETED,
  keyIndex,
  ORIGIN,
  sameKey,
  type TableColumns,
  VALID_FROM,
  VALID_TO,
} from "./postgres_table.ts";
import { literal, type Physical, quoted, readerOf } from "./postgres_values.ts";

export interface Counts {
  written: number;
  deduped: number;
  deleted: number;
}

/** Staged rows on their way into their table, all within the load's transaction. */
export interface Writing {
  readonly session: Session;
  readonly schema: string;
  readonly load: StagedLoad;
  /** Columns of the table as they are now. */
  readonly columns: TableColumns;
  /** Types in which the rows are staged, in order of the load's columns. */
  readonly types: readonly Physical[];
  readonly hasOrigins: boolean;
  /** Whether the table has no row: it was made, or emptied, by this load. */
  readonly isEmpty: boolean;
}

const FOLD_ROWS = 5_000;

/** Moves the staged rows into the table by the load's disposition. Each count comes from what the server did. */
export async function writeStaged(writing: Writing): Promise<Counts> {
  const { load } = writing;
  const sql = statements(writing);
  const sort = load.write.dedupSort?.column;
  if (sort !== undefined && sql.names.length > 0 && !sql.names.includes(sort)) {
    throw new DataFailure(
      "contract",
      `Cannot choose between rows of ${load.table} by ${sort}: no row has this column`,
      "Name a column of the rows in write.dedupSort",
    );
  }
  if (load.disposition !== "append") {
    const missing = load.primaryKey.find((name) => !sql.names.includes(name));
    if (missing !== undefined && load.segments.some(({ rows }) => rows > 0)) {
      throw new DataFailure(
        "contract",
        `Cannot write ${load.table}: no row has the key's column ${missing}`,
        "Name columns of the rows in primaryKey",
      );
    }
    // Nothing was ever read: there is neither a row nor a key.
    if (missing !== undefined) return { written: 0, deduped: 0, deleted: 0 };
  }
  switch (load.disposition) {
    case "append":
      return await append(writing, sql);
    case "replace":
      return load.primaryKey.length > 0 ? await merge(writing, sql) : await append(writing, sql);
    case "merge":
      return await merge(writing, sql);
    case "scd2":
      return await version(writing, sql);
  }
}

type Statements = ReturnType<typeof statements>;

/** The parts that statements are made of. `t` is the table, `s` the staged rows. */
function statements({ schema, load, columns, types, hasOrigins }: Writing) {
  const names = Object.keys(load.columns);
  const key = load.primaryKey;
  const at = (name: string) => names.indexOf(name);
  const there = (name: string) => `t.${quoted(name)}`;
  /** A staged value, in the type that the table's column has. */
  const staged = (name: string) => {
    const type = columns.get(name);
    const column = `s.c${at(name)}`;
    return type === undefined || type === types[at(name)] ? column : `${column}::text::${type}`;
  };
  const others = names.filter((name) => !key.includes(name));
  // Two values of type json have no equality; their texts have one.
  const side = (name: string, value: string) => columns.get(name) === "json" ? `${value}::text` : value;
  const differs = others.map((name) =>
    `${side(name, there(name))} IS DISTINCT FROM ${side(name, staged(name))}`
  );
  return {
    table: `${quoted(schema)}.${quoted(load.table)}`,
    names,
    others,
    there,
    staged,
    differs,
    match: sameKey(load, columns, there, staged),
    keys: key.map((name) => `s.c${at(name)}`).join(", "),
    /** Adds staged rows with more columns of our own. */
    insert(
      where: string,
      more: readonly (readonly [name: string, value: string])[] = [],
      order = "",
    ): string {
      const own = [...more, ...(hasOrigins ? [[ORIGIN, "s.o"] as const] : [])];
      const into = [...names.map(quoted), ...own.map(([name]) => name)].join(", ");
      const values = [...names.map(staged), ...own.map(([, value]) => value)].join(", ");
      return `INSERT INTO ${quoted(schema)}.${quoted(load.table)}${
        into === "" ? "" : ` (${into})`
      } SELECT ${values} FROM ${STAGE} s${where === "" ? "" : ` WHERE ${where}`}${order}`;
    },
  };
}

/** Adds rows; where the window overlaps what was loaded before, a row that is there already is not added again. */
async function append({ session, load }: Writing, sql: Statements): Promise<Counts> {
  let deduped = 0;
  if (load.overlap != null && load.disposition === "append") {
    const content = (value: (name: string) => string) =>
      `sha256(convert_to(ROW(${sql.names.map(value).join(", ")})::text, 'UTF8'))`;
    const cursor = sql.names.includes(load.overlap.column) ? load.overlap.column : null;
    // Equal rows have equal cursors: only rows of the table whose cursor comes again are looked at.
    const near = cursor === null
      ? ""
      : ` WHERE ${sql.there(cursor)} IS NULL OR ${sql.there(cursor)} IN (SELECT ${
        sql.staged(cursor)
      } FROM ${STAGE} s WHERE s.k)`;
    deduped = await session.run(
      `DELETE FROM ${STAGE} WHERE n IN (
         SELECT mine.n FROM (
           SELECT d, n, row_number() OVER (PARTITION BY d ORDER BY n) AS turn
           FROM (SELECT ${content(sql.staged)} AS d, s.n FROM ${STAGE} s WHERE s.k) AS hashed) AS mine
         JOIN (SELECT ${
        content(sql.there)
      } AS d, count(*) AS copies FROM ${sql.table} t${near} GROUP BY 1) AS had
           ON had.d = mine.d
         WHERE mine.turn <= had.copies)`,
    );
  }
  const written = await session.run(sql.insert("", [], " ORDER BY s.n"));
  return { written, deduped, deleted: 0 };
}

/** One row a key: new ones are added, changed ones take the place of what is there, the rest was there already. */
async function merge(writing: Writing, sql: Statements): Promise<Counts> {
  const { session, schema, load, columns, isEmpty } = writing;
  // Over rows that are all there already an index is made at once.
  if (!isEmpty) await keyIndex(session, schema, load, columns);
  const losers = await fold(writing, sql, isEmpty ? null : "true");
  const rows = await stagedRows(session);
  const at = literal(load.at);
  const marks = load.write.deletes !== undefined;
  let [updated, deleted] = [0, 0];
  if (!isEmpty) {
    if (marks) {
      deleted += await counted(
        session,
        `SELECT count(*) AS n FROM ${STAGE} s JOIN ${sql.table} t ON ${sql.match} WHERE s.g AND NOT s.s AND t.${DELETED} IS NULL`,
      );
    }
    // A row that is marked already keeps the instant at which it was found gone.
    const sets = [
      ...sql.others.map((name) => `${quoted(name)} = ${sql.staged(name)}`),
      ...(marks ? [`${DELETED} = CASE WHEN s.g THEN coalesce(t.${DELETED}, ${at}) END`] : []),
    ];
    const differs = [...sql.differs, ...(marks ? [`(t.${DELETED} IS NULL) = s.g`] : [])];
    if (sets.length > 0) {
      updated = await session.run(
        `UPDATE ${sql.table} t SET ${sets.join(", ")} FROM ${STAGE} s WHERE ${sql.match} AND NOT s.s AND (${
          differs.join(" OR ")
        })`,
      );
    }
    if (load.census && load.write.deletes === "census") {
      deleted += await session.run(
        `UPDATE ${sql.table} t SET ${DELETED} = ${at} WHERE t.${DELETED} IS NULL AND NOT EXISTS (SELECT 1 FROM ${STAGE} s WHERE ${sql.match})`,
      );
    }
  }
  const isNew = isEmpty ? "" : `NOT EXISTS (SELECT 1 FROM ${sql.table} t WHERE ${sql.match})`;
  if (marks) {
    deleted += await counted(
      session,
      `SELECT count(*) AS n FROM ${STAGE} s WHERE s.g${isNew === "" ? "" : ` AND ${isNew}`}`,
    );
  }
  const added = await session.run(
    sql.insert(isNew, marks ? [[DELETED, `CASE WHEN s.g THEN ${at} END`]] : [], " ORDER BY s.n"),
  );
  if (isEmpty) await keyIndex(session, schema, load, columns);
  return { written: updated + added, deduped: losers + rows - updated - added, deleted };
}

/** Every version of a key, with the instants between which it held. */
async function version(writing: Writing, sql: Statements): Promise<Counts> {
  const { session, schema, load, columns, isEmpty } = writing;
  if (!isEmpty) await keyIndex(session, schema, load, columns);
  const holds = `t.${VALID_TO} IS NULL`;
  const losers = await fold(writing, sql, isEmpty ? null : holds);
  const rows = await stagedRows(session);
  const at = literal(load.at);
  const own = [[VALID_FROM, at], [VALID_TO, `CASE WHEN s.g THEN ${at} END`]] as const;
  if (isEmpty) {
    const written = await session.run(sql.insert("", own, " ORDER BY s.n"));
    await keyIndex(session, schema, load, columns);
    return { written, deduped: losers + rows - written, deleted: 0 };
  }
  // What is to be added is marked first, as closing what it replaces hides the difference. `k` has no other use here.
  await session.run(
    `UPDATE ${STAGE} s SET k = NOT s.s AND NOT EXISTS (SELECT 1 FROM ${sql.table} t WHERE ${sql.match} AND ${holds})`,
  );
  if (sql.differs.length > 0) {
    await session.run(
      `UPDATE ${STAGE} s SET k = true FROM ${sql.table} t WHERE ${sql.match} AND ${holds} AND NOT s.s AND NOT s.g AND (${
        sql.differs.join(" OR ")
      })`,
    );
  }
  const close = (from: string) => `UPDATE ${sql.table} t SET ${VALID_TO} = ${at} ${from}`;
  let deleted = await session.run(
    close(`FROM ${STAGE} s WHERE ${sql.match} AND ${holds} AND NOT s.s AND s.g`),
  );
  await session.run(close(`FROM ${STAGE} s WHERE ${sql.match} AND ${holds} AND s.k`));
  if (load.census && load.write.deletes === "census") {
    deleted += await session.run(
      close(`WHERE ${holds} AND NOT EXISTS (SELECT 1 FROM ${STAGE} s WHERE ${sql.match})`),
    );
  }
  const written = await session.run(sql.insert("s.k", own, " ORDER BY s.n"));
  return { written, deduped: losers + rows - written, deleted };
}

const stagedRows = (session: Session): Promise<number> =>
  counted(session, `SELECT count(*) AS n FROM ${STAGE}`);

async function counted(session: Session, text: string): Promise<number> {
  const [row] = await session.rows(text);
  return Number(row?.n ?? 0);
}

/**
 * Leaves one staged row a key, the one that comes last; with a dedupSort the one that sorts last, and marks (`s`) the row whose key
 * the table has in a version that sorts later still. Tells how many rows it took out. `holds` says which rows of the table count;
 * null: none do.
 */
async function fold(writing: Writing, sql: Statements, holds: string | null): Promise<number> {
  const { session, load } = writing;
  const by = load.write.dedupSort;
  if (by === undefined || !sql.names.includes(by.column)) {
    return await session.run(
      `DELETE FROM ${STAGE} WHERE n IN (SELECT w.n FROM (
         SELECT s.n, lead(s.n) OVER (PARTITION BY ${sql.keys} ORDER BY s.n) AS later FROM ${STAGE} s) AS w
       WHERE w.later IS NOT NULL)`,
    );
  }
  const sign = by.order === "descending" ? 1 : -1;
  const valueOf = readerOf(load.columns[by.column]?.type);
  const turns = `row_number() OVER (PARTITION BY ${sql.keys} ORDER BY s.n)`;
  const size = `count(*) OVER (PARTITION BY ${sql.keys})`;
  const join = holds === null ? "" : ` LEFT JOIN ${sql.table} t ON ${sql.match} AND ${holds}`;
  const had = holds === null ? "false" : "t.tableoid IS NOT NULL";
  const keys = load.primaryKey.map((_, at) => `k${at}`).join(", ");
  const keyColumns = load.primaryKey.map((name, at) => `s.c${sql.names.indexOf(name)} AS k${at}`).join(", ");
  // How two values of a column compare is said in one place, for every sink: they are compared here, some thousand at a time.
  await session.run(`CREATE INDEX ON ${STAGE} (n)`);
  await session.run(
    `DECLARE _forge_fold NO SCROLL CURSOR FOR
     SELECT n::text AS n, (turn = 1)::text AS first, sort, was, had::text AS had FROM (
       SELECT s.n, ${keyColumns}, ${turns} AS turn, ${size} AS size, s.c${
      sql.names.indexOf(by.column)
    }::text AS sort,
         ${
      holds === null ? "NULL" : `${sql.there(by.column)}::text`
    } AS was, ${had} AS had FROM ${STAGE} s${join}) AS w
     WHERE size > 1 OR had ORDER BY ${keys}, w.n`,
  );
  let removed = 0;
  let lost: string[] = [];
  let stay: string[] = [];
  /** The staged row that stands for its key for now, and whether the table's own row beats it. */
  let standing: string | null = null;
  let best: Json = null;
  let isBeaten = false;
  const settle = () => {
    if (standing !== null && isBeaten) stay.push(standing);
    standing = null;
  };
  const apply = async () => {
    if (lost.length > 0) {
      removed += await session.run(`DELETE FROM ${STAGE} WHERE n = ANY('{${lost.join(",")}}'::bigint[])`);
    }
    if (stay.length > 0) {
      await session.run(`UPDATE ${STAGE} SET s = true WHERE n = ANY('{${stay.join(",")}}'::bigint[])`);
    }
    lost = [];
    stay = [];
  };
  for (;;) {
    const rows = await session.rows(`FETCH ${FOLD_ROWS} FROM _forge_fold`);
    for (const row of rows) {
      const n = String(row.n);
      const value = valueOf(row.sort ?? null);
      if (row.first === "true") {
        settle();
        isBeaten = row.had === "true" && !isLater(value, valueOf(row.was ?? null), sign);
        best = isBeaten ? valueOf(row.was ?? null) : value;
      } else if (isLater(value, best, sign)) {
        lost.push(String(standing));
        isBeaten = false;
        best = value;
      } else {
        lost.push(n);
        continue;
      }
      standing = n;
    }
    if (rows.length < FOLD_ROWS) settle();
    await apply();
    if (rows.length < FOLD_ROWS) break;
  }
  await session.run("CLOSE _forge_fold");
  return removed;
}

/** Whether a row may take the place of another one with its key. */
const isLater = (value: Json, there: Json, sign: number): boolean => compareValues(value, there) * sign >= 0;
