/** Small tables in memory by their keys, for joins. */
import { DataFailure, type Sink } from "../../connectors/data/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { joinKey, type Lookup, MANY } from "./transforms.ts";

const MAX_ROWS = 1_000_000;

/**
 * The rows that stand: neither marked as deleted nor an earlier version of a key. Of a key that several of them have there is no row
 * to be chosen, unless they agree in the columns that are asked for.
 */
export function lookupIn(sinkOf: () => Sink): Lookup {
  return async (table, on, columns) => {
    const rows = new Map<string, Row | typeof MANY>();
    for await (const batch of sinkOf().read(table)) {
      for (const row of batch) {
        if ((row._forge_deleted_at ?? null) !== null || (row._forge_valid_to ?? null) !== null) continue;
        if (rows.size >= MAX_ROWS) {
          throw new DataFailure(
            "limit",
            `Cannot join ${table}: it has more than ${MAX_ROWS} rows`,
            "Join in the warehouse by SQL instead: a source with connector: sql",
          );
        }
        const key = joinKey(row, on);
        if (key === null) continue;
        const wanted = Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
        const there = rows.get(key);
        const agrees = there === undefined ||
          there !== MANY && JSON.stringify(there) === JSON.stringify(wanted);
        rows.set(key, agrees ? wanted : MANY);
      }
    }
    return (key) => rows.get(key) ?? null;
  };
}
