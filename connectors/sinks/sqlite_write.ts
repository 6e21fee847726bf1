import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type Json } from "../../specs/mod.ts";
import { compareValues, type Row } from "../../specs/foundry/mod.ts";
import { DataFailure, type StagedLoad } from "../data/port.ts";
import { binderOf, quoted } from "./sqlite_columns.ts";
import { keyIndex, type Place, sameKey } from "./sqlite_table.ts";
import { tombstoneOf } from "./tombstone.ts";

export interface Counts {
  written: number;
  deduped: number;
  deleted: number;
}

/** Takes the rows of a load one by one, within its transaction. */
export interface Writer {
  add(rows: readonly Row[]): void;
  end(): Counts;
}

/** The writer of a load's disposition. */
export function writerOf(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const sort = load.write.dedupSort?.column;
  if (sort !== undefined && place.columns.length > 0 && !place.columns.includes(sort)) {
    throw new DataFailure(
      "contract",
      `Cannot choose between rows of ${load.table} by ${sort}: no row has this column`,
      "Name a column of the rows in write.dedupSort",
    );
  }
  // Nothing was ever read: there is no column yet that a key could stand over.
  const isEmpty = load.segments.every(({ rows }) => rows === 0);
  if (isEmpty && !load.primaryKey.every((name) => place.columns.includes(name))) {
    return withoutRows(db, load, place);
  }
  switch (load.disposition) {
    case "append":
      return appending(db, load, place);
    case "replace":
      return load.primaryKey.length > 0 ? merging(db, load, place) : appending(db, load, place);
    case "merge":
      return merging(db, load, place);
    case "scd2":
      return versioning(db, load, place);
  }
}

/** A load without a row and without columns: only a census has anything to say. */
function withoutRows(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  return {
    add(rows) {
      if (rows.length > 0) throw new Error(`Cannot write ${load.table}: it was staged without rows`);
    },
    end() {
      if (!load.census || load.write.deletes !== "census") return { written: 0, deduped: 0, deleted: 0 };
      const mark = load.disposition === "scd2" ? "_forge_valid_to" : "_forge_deleted_at";
      const gone = db.prepare(`UPDATE ${quoted(place.table)} SET ${mark} = ? WHERE ${mark} IS NULL`).run(
        load.at,
      );
      return { written: 0, deduped: 0, deleted: Number(gone.changes) };
    },
  };
}

/** One function that turns a row into what is bound, made once. */
function bindingOf(load: StagedLoad, columns: readonly string[]): (row: Row) => SQLInputValue[] {
  const binders = columns.map((name) => binderOf(load.columns[name]?.type ?? "string"));
  const size = columns.length;
  return (row) => {
    const values = new Array<SQLInputValue>(size);
    for (let at = 0; at < size; at++) {
      values[at] = (binders[at] as (value: Json | undefined) => SQLInputValue)(row[columns[at] as string]);
    }
    return values;
  };
}

function insertInto(place: Place, columns: readonly string[], tail = ""): string {
  if (columns.length === 0) return `INSERT INTO ${quoted(place.table)} DEFAULT VALUES`;
  const marks = columns.map(() => "?").join(", ");
  return `INSERT INTO ${quoted(place.table)} (${columns.map(quoted).join(", ")}) VALUES (${marks})${tail}`;
}

const BATCH_ROWS = 64;
const MAX_PARAMETERS = 30_000;

/**
 * Many rows a statement: what a call costs is paid once for all of them. Told of each batch is how many rows it added; what was
 * left out because its key is there comes back to be looked at one by one.
 */
function inBatches(
  db: DatabaseSync,
  place: Place,
  columns: readonly string[],
  told: { added(rows: SQLInputValue[][]): void; partly(rows: SQLInputValue[][]): void } | null,
): { add(values: SQLInputValue[]): void; flush(): void } {
  const size = Math.max(1, Math.min(BATCH_ROWS, Math.floor(MAX_PARAMETERS / Math.max(columns.length, 1))));
  const statements = new Map<number, StatementSync>();
  const statementOf = (rows: number): StatementSync => {
    let statement = statements.get(rows);
    if (statement === undefined) {
      const one = `(${columns.map(() => "?").join(", ")})`;
      const tail = told === null ? "" : " ON CONFLICT DO NOTHING";
      statement = db.prepare(
        `INSERT INTO ${quoted(place.table)} (${columns.map(quoted).join(", ")}) VALUES ${
          Array(rows).fill(one).join(", ")
        }${tail}`,
      );
      statements.set(rows, statement);
    }
    return statement;
  };
  let waiting: SQLInputValue[][] = [];
  let flat: SQLInputValue[] = [];
  const flush = () => {
    const rows = waiting.length;
    if (rows === 0) return;
    const given = waiting;
    const parameters = flat;
    waiting = [];
    flat = [];
    const { changes } = statementOf(rows).run(...parameters);
    if (told === null) return;
    if (Number(changes) === rows) told.added(given);
    else told.partly(given);
  };
  return {
    add(values) {
      waiting.push(values);
      for (let at = 0; at < values.length; at++) flat.push(values[at] as SQLInputValue);
      if (waiting.length >= size) flush();
    },
    flush,
  };
}

/** Adds rows; where the window overlaps what was loaded before, a row that is there already is not added again. */
function appending(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const bind = bindingOf(load, place.columns);
  const insert = inBatches(db, place, place.columns, null);
  const origins = originsOf(db, load, place, () => insert.flush());
  const known = place.fresh ? null : overlapOf(db, load, place);
  const counts: Counts = { written: 0, deduped: 0, deleted: origins?.removed ?? 0 };
  return {
    add(rows) {
      for (const row of rows) {
        origins?.row();
        const values = bind(row);
        if (known !== null && known.takes(values)) counts.deduped++;
        else {
          insert.add(values);
          counts.written++;
        }
      }
    },
    end() {
      insert.flush();
      origins?.end();
      return counts;
    },
  };
}

/**
 * Which rows came of which origin, as ranges of row ids: a file that changed or vanished takes its earlier rows with it. Null when
 * the load has no origins.
 */
function originsOf(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
  flush: () => void,
): { readonly removed: number; row(): void; end(): void } | null {
  const replaced = load.replaces ?? [];
  // The rows that go were everybody's who wrote the table: ranges of theirs would name rows of this load.
  if (load.disposition === "replace") {
    db.prepare(`DELETE FROM _forge_origins WHERE "table" = ?`).run(load.table);
  }
  if (replaced.length === 0 && load.segments.every(({ origin }) => origin === undefined)) return null;
  const table = quoted(place.table);
  const base = [load.table, load.pipeline, load.stream] as const;
  const own = `"table" = ? AND pipeline = ? AND stream = ?`;
  let removed = 0;
  if (load.disposition !== "replace") {
    const ranges = db.prepare(`SELECT first, last FROM _forge_origins WHERE ${own} AND origin = ?`);
    const remove = db.prepare(`DELETE FROM ${table} WHERE rowid BETWEEN ? AND ?`);
    const forget = db.prepare(`DELETE FROM _forge_origins WHERE ${own} AND origin = ?`);
    for (const origin of replaced) {
      for (const { first, last } of ranges.all(...base, origin)) {
        removed += Number(remove.run(first ?? 0, last ?? 0).changes);
      }
      forget.run(...base, origin);
    }
  }
  const highest = db.prepare(`SELECT coalesce(max(rowid), 0) AS id FROM ${table}`);
  const note = db.prepare("INSERT INTO _forge_origins VALUES (?, ?, ?, ?, ?, ?)");
  let segment = -1;
  let left = 0;
  let first = Number(highest.get()?.id ?? 0) + 1;
  const close = () => {
    flush();
    const last = Number(highest.get()?.id ?? 0);
    const origin = load.segments[segment]?.origin;
    if (origin !== undefined && last >= first) note.run(...base, origin, first, last);
    first = last + 1;
  };
  return {
    removed,
    row() {
      while (left === 0 && segment + 1 < load.segments.length) {
        if (segment >= 0) close();
        left = load.segments[++segment]?.rows ?? 0;
      }
      left--;
    },
    end: close,
  };
}

/** Rows of the table that the window covers again, counted by content: a temporary table, so that memory stays flat. */
function overlapOf(
  db: DatabaseSync,
  load: StagedLoad,
  place: Place,
): { takes(values: SQLInputValue[]): boolean } | null {
  const { overlap } = load;
  if (overlap == null) return null;
  const names = place.columns.map(quoted).join(", ");
  const same = place.columns.map((_, at) => `c${at} IS ?${at + 1}`).join(" AND ");
  const rows = db.prepare(`SELECT ${names} FROM ${quoted(place.table)}`);
  db.exec(
    `CREATE TEMP TABLE overlap_rows (h INTEGER, left_over INTEGER, ${
      place.columns.map((_, at) => `c${at}`).join(", ")
    })`,
  );
  const add = db.prepare(
    `INSERT INTO overlap_rows VALUES (?, 1, ${place.columns.map(() => "?").join(", ")})`,
  );
  // A cursor within a nested value, or one that transforms left out, is no column: any row may be meant.
  const column = place.columns.indexOf(overlap.column);
  rows.setReadBigInts(true);
  for (const row of rows.iterate()) {
    const values = place.columns.map((name): SQLInputValue => row[name] ?? null);
    const value = column < 0 ? null : values[column];
    const plain = typeof value === "bigint" ? Number(value) : value;
    if (overlap.from !== null && plain != null && compareValues(plain as Json, overlap.from) < 0) continue;
    add.run(hashOf(values), ...values);
  }
  db.exec("CREATE INDEX temp.overlap_hash ON overlap_rows (h)");
  const take = db.prepare(
    `UPDATE overlap_rows SET left_over = 0 WHERE rowid = (SELECT rowid FROM overlap_rows WHERE h = ?${
      place.columns.length + 1
    } AND left_over = 1 AND ${same} LIMIT 1)`,
  );
  return { takes: (values) => Number(take.run(...values, hashOf(values)).changes) > 0 };
}

/** A small hash to find candidates by; equality is then checked column by column. */
function hashOf(values: readonly SQLInputValue[]): number {
  let hash = 2166136261;
  for (const value of values) {
    const text = value === null ? "\u0000" : String(value);
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
    hash = Math.imul(hash ^ 31, 16777619);
  }
  return hash >>> 0;
}

/** Whether a row may take the place of another one with its key. */
function newerOf(load: StagedLoad): ((row: Json | undefined, there: Json) => boolean) | null {
  const sort = load.write.dedupSort;
  if (sort === undefined) return null;
  const sign = sort.order === "descending" ? 1 : -1;
  return (row, there) => compareValues(row, there) * sign >= 0;
}

/** One row a key: new ones are added, changed ones take the place of what is there, the rest was there already. */
function merging(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const { primaryKey } = load;
  keyIndex(db, place.table, load);
  const isGone = tombstoneOf(load);
  const newer = newerOf(load);
  const sortColumn = load.write.dedupSort?.column;
  const marks = load.write.deletes === undefined ? [] : ["_forge_deleted_at"];
  const columns = [...place.columns, ...marks];
  const bindRow = bindingOf(load, place.columns);
  const bind = (row: Row): SQLInputValue[] => {
    const values = bindRow(row);
    if (marks.length > 0) values.push(isGone !== null && isGone(row) ? load.at : null);
    return values;
  };
  const table = quoted(place.table);
  const at = (name: string) => `?${columns.indexOf(name) + 1}`;
  const others = place.columns.filter((name) => !primaryKey.includes(name));
  // A row that is marked already keeps the instant at which it was found gone.
  const differs = [
    ...others.map((name) => `${quoted(name)} IS NOT ${at(name)}`),
    ...marks.map((name) => `(${name} IS NULL) <> (${at(name)} IS NULL)`),
  ];
  const sets = [...others, ...marks].map((name) => `${quoted(name)} = ${at(name)}`);
  const update = differs.length === 0 ? null : db.prepare(
    `UPDATE ${table} SET ${sets.join(", ")} WHERE ${sameKey(load, at)} AND (${differs.join(" OR ")})`,
  );
  const find = db.prepare(
    `SELECT rowid AS id${sortColumn === undefined ? "" : `, ${quoted(sortColumn)} AS sort`}${
      marks.length > 0 ? ", _forge_deleted_at AS gone" : ""
    } FROM ${table} WHERE ${sameKey(load, (_, n) => `?${n + 1}`)}`,
  );
  const census = load.census && load.write.deletes === "census";
  const keyAt = primaryKey.map((name) => columns.indexOf(name));
  const touch = idsOf(db, "touched");
  const changes = idsOf(db, "changed");
  const last = Number(db.prepare(`SELECT coalesce(max(rowid), 0) AS id FROM ${table}`).get()?.id ?? 0);
  const counts: Counts = { written: 0, deduped: 0, deleted: 0 };

  const sortAt = sortColumn === undefined ? -1 : columns.indexOf(sortColumn);
  const keyOf = (values: SQLInputValue[]) => keyAt.map((n) => values[n] as SQLInputValue);
  const isMarked = (values: SQLInputValue[]) => marks.length > 0 && values[values.length - 1] !== null;
  const meet = (values: SQLInputValue[], there: Record<string, unknown>) => {
    const id = Number(there.id);
    if (census) touch.run(id);
    const stays = newer !== null && sortAt >= 0 && !newer(plainValue(values[sortAt]), there.sort as Json);
    const changed = !stays && update !== null && Number(update.run(...values).changes) > 0;
    if (!changed) return void counts.deduped++;
    if (marks.length > 0 && there.gone === null && isMarked(values)) counts.deleted++;
    // What this load brought itself, or changed already, counts once.
    const own = id > last || Number(changes.run(id).changes) === 0;
    if (own) counts.deduped++;
    else counts.written++;
  };
  const added = (values: SQLInputValue[]) => {
    counts.written++;
    if (isMarked(values)) counts.deleted++;
  };
  const single = db.prepare(insertInto(place, columns, " ON CONFLICT DO NOTHING"));
  const one = (values: SQLInputValue[]) => {
    if (Number(single.run(...values).changes) > 0) return added(values);
    const there = find.get(...keyOf(values));
    if (there === undefined) throw new Error(`A row of ${load.table} conflicts with none of its key`);
    meet(values, there);
  };
  const highest = db.prepare(`SELECT coalesce(max(rowid), 0) AS id FROM ${table}`);
  let reached = last;
  // While rows are met that are there already, batches are no use.
  let alone = 0;
  let patience = 1;
  const insert = inBatches(db, place, columns, {
    added(rows) {
      reached += rows.length;
      counts.written += rows.length;
      if (marks.length > 0) counts.deleted += rows.filter(isMarked).length;
      patience = 1;
    },
    partly(given) {
      // Row ids rise: of each key the first row of the batch is the one that was added, if its id is new.
      const claimed = new Set<number>();
      for (const values of given) {
        const there = find.get(...keyOf(values));
        if (there === undefined) throw new Error(`A row of ${load.table} conflicts with none of its key`);
        const id = Number(there.id);
        if (id > reached && !claimed.has(id)) {
          claimed.add(id);
          added(values);
        } else meet(values, there);
      }
      reached = Number(highest.get()?.id ?? 0);
      alone = patience * BATCH_ROWS;
      patience = Math.min(patience * 2, 256);
    },
  });
  return {
    add(rows) {
      for (const row of rows) {
        const values = bind(row);
        if (alone > 0) {
          alone--;
          one(values);
          if (alone === 0) reached = Number(highest.get()?.id ?? 0);
          continue;
        }
        insert.add(values);
      }
    },
    end() {
      insert.flush();
      if (census) {
        const gone = db.prepare(
          `UPDATE ${table} SET _forge_deleted_at = ? WHERE _forge_deleted_at IS NULL AND rowid <= ? AND rowid NOT IN (SELECT id FROM touched)`,
        ).run(load.at, last);
        counts.deleted += Number(gone.changes);
      }
      return counts;
    },
  };
}

/** A bound value as it is compared. */
function plainValue(value: SQLInputValue | undefined): Json {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" || typeof value === "number" ? value : null;
}

/** Row ids that a load has met: a temporary table of this connection, so that memory stays flat. */
function idsOf(db: DatabaseSync, name: string): StatementSync {
  db.exec(`CREATE TEMP TABLE ${name} (id INTEGER PRIMARY KEY)`);
  return db.prepare(`INSERT OR IGNORE INTO ${name} VALUES (?)`);
}

/** Every version of a key, with the instants between which it held. */
function versioning(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const { primaryKey } = load;
  const table = quoted(place.table);
  keyIndex(db, place.table, load, " WHERE _forge_valid_to IS NULL");
  const isGone = tombstoneOf(load);
  const newer = newerOf(load);
  const sortColumn = load.write.dedupSort?.column;
  const bind = bindingOf(load, place.columns);
  const at = (name: string) => `?${place.columns.indexOf(name) + 1}`;
  const others = place.columns.filter((name) => !primaryKey.includes(name));
  const same = others.map((name) => `${quoted(name)} IS ${at(name)}`).join(" AND ") || "1";
  const find = db.prepare(
    `SELECT rowid AS id, (${same}) AS same${
      sortColumn === undefined ? "" : `, ${quoted(sortColumn)} AS sort`
    } FROM ${table} WHERE ${sameKey(load, at)} AND _forge_valid_to IS NULL${
      unused(place.columns, [...others, ...primaryKey])
    }`,
  );
  const insert = db.prepare(insertInto(place, [...place.columns, "_forge_valid_from", "_forge_valid_to"]));
  const close = db.prepare(`UPDATE ${table} SET _forge_valid_to = ? WHERE rowid = ?`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE rowid = ?`);
  const last = Number(db.prepare(`SELECT coalesce(max(rowid), 0) AS id FROM ${table}`).get()?.id ?? 0);
  const touch = idsOf(db, "touched");
  // What this load did for a key: the version that it closed, the row that it added. On disk, so that memory stays flat.
  db.exec(
    "CREATE TEMP TABLE versions (k TEXT PRIMARY KEY, base INTEGER, own INTEGER, gone INTEGER, sort) WITHOUT ROWID",
  );
  const note = db.prepare("INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?)");
  const forget = db.prepare("DELETE FROM versions WHERE k = ?");
  const before = db.prepare("SELECT base, own, gone, sort FROM versions WHERE k = ?");
  const keyAt = primaryKey.map((name) => place.columns.indexOf(name));
  const sortAt = sortColumn === undefined ? -1 : place.columns.indexOf(sortColumn);
  const counts: Counts = { written: 0, deduped: 0, deleted: 0 };
  const idOf = (value: unknown): number | null =>
    value === null || value === undefined ? null : Number(value);

  /** Only the last row of a key counts, however many versions of it a load brings: those before it never held. */
  const undo = (key: string, did: Record<string, unknown>) => {
    const [base, own] = [idOf(did.base), idOf(did.own)];
    if (own !== null) {
      remove.run(own);
      counts.written--;
      counts.deduped++;
    }
    if (base !== null) close.run(null, base);
    if (did.gone === 1) counts.deleted--;
    forget.run(key);
  };
  return {
    add(rows) {
      for (const row of rows) {
        const values = bind(row);
        const key = JSON.stringify(keyAt.map((n) => values[n] === null ? null : String(values[n])));
        const sort = sortAt < 0 ? null : values[sortAt] ?? null;
        const did = before.get(key);
        if (did !== undefined) {
          if (newer !== null && !newer(plainValue(sort), did.sort as Json)) {
            counts.deduped++;
            continue;
          }
          undo(key, did);
        }
        const gone = isGone !== null && isGone(row);
        const there = find.get(...values);
        if (there === undefined) {
          const own = Number(insert.run(...values, load.at, gone ? load.at : null).lastInsertRowid);
          counts.written++;
          note.run(key, null, own, 0, sort);
          continue;
        }
        const id = Number(there.id);
        touch.run(id);
        const stays = newer !== null && sortAt >= 0 && !newer(plainValue(sort), there.sort as Json);
        if (stays || (Number(there.same) === 1 && !gone)) {
          counts.deduped++;
          continue;
        }
        close.run(load.at, id);
        if (gone) {
          counts.deleted++;
          counts.deduped++;
          note.run(key, id, null, 1, sort);
          continue;
        }
        const own = Number(insert.run(...values, load.at, null).lastInsertRowid);
        counts.written++;
        note.run(key, id, own, 0, sort);
      }
    },
    end() {
      if (load.census && load.write.deletes === "census") {
        const gone = db.prepare(
          `UPDATE ${table} SET _forge_valid_to = ? WHERE _forge_valid_to IS NULL AND rowid <= ? AND rowid NOT IN (SELECT id FROM touched)`,
        ).run(load.at, last);
        counts.deleted += Number(gone.changes);
      }
      return counts;
    },
  };
}

/** Numbered parameters that a statement does not name would be refused when they are bound. */
function unused(columns: readonly string[], used: readonly string[]): string {
  const missing = columns.map((name, n) => used.includes(name) ? "" : ` AND ?${n + 1} IS ?${n + 1}`);
  return missing.join("");
}
