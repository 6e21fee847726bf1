/** Many rows a statement: what a call costs is paid once for all of them. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Row } from "../../specs/foundry/mod.ts";
import { quoted } from "./sqlite_columns.ts";
import type { Place } from "./sqlite_table.ts";

export const BATCH_ROWS = 64;
const MAX_PARAMETERS = 30_000;

/** What comes of a batch whose rows may be there already. */
export interface Told {
  /** All of so many rows were added; `values` gives them as they were bound. */
  added(rows: number, values: () => SQLInputValue[][]): void;
  /** Some of them were left out because their key is there: they are looked at one by one. */
  partly(values: SQLInputValue[][]): void;
}

/** `bind` puts the values of a row into a list, from a place on. */
export function inBatches(
  db: DatabaseSync,
  place: Place,
  columns: readonly string[],
  bind: (row: Row, into: SQLInputValue[], at: number) => void,
  told: Told | null,
): { add(row: Row): void; flush(): void } {
  const width = columns.length;
  const size = Math.max(1, Math.min(BATCH_ROWS, Math.floor(MAX_PARAMETERS / Math.max(width, 1))));
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
  /** Values of the rows that wait, one row after the other. */
  const flat = new Array<SQLInputValue>(size * width).fill(null);
  let waiting = 0;
  const flush = () => {
    const rows = waiting;
    if (rows === 0) return;
    waiting = 0;
    const { changes } = statementOf(rows).run(...(rows === size ? flat : flat.slice(0, rows * width)));
    if (told === null) return;
    const values = () => Array.from({ length: rows }, (_, row) => flat.slice(row * width, (row + 1) * width));
    if (Number(changes) === rows) told.added(rows, values);
    else told.partly(values());
  };
  return {
    add(row) {
      bind(row, flat, waiting * width);
      if (++waiting === size) flush();
    },
    flush,
  };
}
