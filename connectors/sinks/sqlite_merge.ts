import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { BATCH_ROWS, inBatches } from "./sqlite_batches.ts";
import { quoted } from "./sqlite_columns.ts";
import { bindingOf, idsOf, insertInto, newerOf, plainValue } from "./sqlite_rows.ts";
import { keyIndex, type Place, sameKey } from "./sqlite_table.ts";
import type { Counts, Writer } from "./sqlite_write.ts";
import { tombstoneOf } from "./tombstone.ts";

/** One row a key: new ones are added, changed ones take the place of what is there, the rest was there already. */
export function merging(db: DatabaseSync, load: StagedLoad, place: Place): Writer {
  const { primaryKey } = load;
  keyIndex(db, place.table, load);
  const isGone = tombstoneOf(load);
  const newer = newerOf(load);
  const sortColumn = load.write.dedupSort?.column;
  const marks = load.write.deletes === undefined ? [] : ["_forge_deleted_at"];
  const columns = [...place.columns, ...marks];
  const bindRow = bindingOf(load, place.columns);
  const markAt = place.columns.length;
  const bind = (row: Row, into: SQLInputValue[], at: number) => {
    bindRow(row, into, at);
    if (marks.length > 0) into[at + markAt] = isGone !== null && isGone(row) ? load.at : null;
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
  const insert = inBatches(db, place, columns, bind, {
    added(rows, values) {
      reached += rows;
      counts.written += rows;
      if (marks.length > 0) counts.deleted += values().filter(isMarked).length;
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
        if (alone > 0) {
          alone--;
          const values = new Array<SQLInputValue>(columns.length);
          bind(row, values, 0);
          one(values);
          if (alone === 0) reached = Number(highest.get()?.id ?? 0);
          continue;
        }
        insert.add(row);
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
