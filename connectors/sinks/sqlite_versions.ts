import type { DatabaseSync } from "node:sqlite";
import type { Json } from "../../specs/mod.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { quoted } from "./sqlite_columns.ts";
import { boundRow, idsOf, insertInto, newerOf, plainValue } from "./sqlite_rows.ts";
import { keyIndex, type Place, sameKey } from "./sqlite_table.ts";
import type { Counts, Writer } from "./sqlite_write.ts";
import { tombstoneOf } from "./tombstone.ts";

/** Every version of a key, with the instants between which it held. */
export function versioning(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const { primaryKey } = load;
  const table = quoted(place.table);
  keyIndex(db, place.table, load, " WHERE _forge_valid_to IS NULL");
  const isGone = tombstoneOf(load);
  const newer = newerOf(load);
  const sortColumn = load.write.dedupSort?.column;
  const bind = boundRow(load, place.columns);
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
