/** A warehouse that is made aside as a whole: what SQLite lays down before rows come, and takes back where the index has to be its own. */
import { DatabaseSync } from "node:sqlite";
import type { Roots } from "./sqlite_trees.ts";

export interface NewWarehouse {
  readonly pageSize: number;
  /** Makes the books, the table and the index over its key. */
  readonly sql: string;
  readonly table: string;
  readonly isKeyed: boolean;
}

/** Nobody else knows the file, and it is worth nothing before it is whole: SQLite need neither undo nor wait. */
export const UNSEEN = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";

/** Makes the database with its table empty, and tells where that begins. */
export function beginWarehouse(path: string, { pageSize, sql, table, isKeyed }: NewWarehouse): Roots {
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA page_size = ${pageSize}; ${UNSEEN}; BEGIN; ${sql}; COMMIT`);
    const rootOf = (type: string) =>
      Number(
        db.prepare("SELECT rootpage FROM sqlite_master WHERE type = ? AND tbl_name = ?").get(type, table)
          ?.rootpage,
      );
    return {
      pageSize,
      pages: Number(db.prepare("PRAGMA page_count").get()?.page_count),
      table: rootOf("table"),
      index: isKeyed ? rootOf("index") : null,
    };
  } finally {
    db.close();
  }
}

/** Takes away the index of a table that has rows which are not in it. */
export function withoutIndex(path: string, { table }: NewWarehouse): void {
  const db = new DatabaseSync(path);
  try {
    db.exec(UNSEEN);
    const there = db.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
    ).all(table);
    for (const { name } of there) db.exec(`DROP INDEX "${String(name).replaceAll('"', '""')}"`);
  } finally {
    db.close();
  }
}
