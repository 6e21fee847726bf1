import type { Row, SinkSettings } from "../../specs/foundry/mod.ts";
import { rowRefusal } from "./postgres_values.ts";

/**
 * What tells why a kind of sink has no place for a row, so that the row can be set aside before a load is made of it; null for kinds
 * that take every row.
 */
export function rowRefusalOf(
  kind: SinkSettings["type"] | undefined,
): ((row: Row) => { column: string; reason: string } | null) | null {
  return kind === "postgres" ? rowRefusal : null;
}
