/** What becomes of the rows of a load in its table, by its disposition. */
import type { DatabaseSync } from "node:sqlite";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import { appending } from "./sqlite_append.ts";
import { quoted } from "./sqlite_columns.ts";
import { merging } from "./sqlite_merge.ts";
import type { Place } from "./sqlite_table.ts";
import { versioning } from "./sqlite_versions.ts";

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
