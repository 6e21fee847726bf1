import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Json } from "../../specs/mod.ts";
import { compareValues } from "../../specs/foundry/mod.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { inBatches } from "./sqlite_batches.ts";
import { quoted } from "./sqlite_columns.ts";
import { bindingOf, boundRow } from "./sqlite_rows.ts";
import type { Place } from "./sqlite_table.ts";
import type { Counts, Writer } from "./sqlite_write.ts";

/** Adds rows; where the window overlaps what was loaded before, a row that is there already is not added again. */
export function appending(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const bind = bindingOf(load, place.columns);
  const valuesOf = boundRow(load, place.columns);
  const insert = inBatches(db, place, place.columns, bind, null);
  const origins = originsOf(db, load, place, () => insert.flush());
  const known = place.fresh ? null : overlapOf(db, load, place);
  const counts: Counts = { written: 0, deduped: 0, deleted: origins?.removed ?? 0 };
  return {
    add(rows) {
      for (const row of rows) {
        origins?.row();
        if (known !== null && known.takes(valuesOf(row))) counts.deduped++;
        else {
          insert.add(row);
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

/** Whether rows of the load belong to something, or rows go with what they belonged to. */
export const hasOrigins = ({ replaces = [], segments }: StagedLoad): boolean =>
  replaces.length > 0 || segments.some(({ origin }) => origin !== undefined);

/** The rows that go were everybody's who wrote the table: ranges of theirs would name rows of this load. */
export function forgetOrigins(db: DatabaseSync, load: StagedLoad): void {
  db.prepare(`DELETE FROM _forge_origins WHERE "table" = ?`).run(load.table);
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
  if (load.disposition === "replace") forgetOrigins(db, load);
  if (!hasOrigins(load)) return null;
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
