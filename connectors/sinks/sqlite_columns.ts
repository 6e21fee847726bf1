import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Json } from "../../specs/mod.ts";
import type { ColumnType, PinnedSchema, Row } from "../../specs/foundry/mod.ts";

/**
 * Declared type of a column. Numbers have none: SQLite would turn long decimals and integers that we keep as text into doubles.
 */
export function declaredType(type: ColumnType): string {
  return type === "integer" || type === "decimal" || type === "boolean" ? "" : "TEXT";
}

/** Whether a column keeps everything as text. */
export const isText = (type: ColumnType): boolean => declaredType(type) === "TEXT";

/** A value as it is bound. The driver binds numbers as doubles, so that whole ones go as BigInt and stay integers. */
export function bound(value: Json | undefined, isText: boolean): SQLInputValue {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return null;
  if (typeof value === "number") {
    if (isText) return String(value);
    return Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === "boolean") return isText ? String(value) : value ? 1n : 0n;
  return JSON.stringify(value);
}

/** Turns what SQLite gives back into the row that was written. Columns of our own (`_forge_...`) are left as they are. */
export function readerOf(schema: PinnedSchema): (row: Record<string, SQLOutputValue>) => Row {
  const booleans = Object.keys(schema).filter((name) => schema[name]?.type === "boolean");
  const nested = Object.keys(schema).filter((name) => schema[name]?.type === "json");
  return (given) => {
    const row: Row = {};
    for (const name in given) row[name] = plain(given[name]);
    for (const name of booleans) if (typeof row[name] === "number") row[name] = row[name] === 1;
    for (const name of nested) row[name] = parsed(row[name]);
    return row;
  };
}

function plain(value: SQLOutputValue | undefined): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

function parsed(value: Json | undefined): Json {
  if (typeof value !== "string") return value ?? null;
  try {
    return JSON.parse(value) as Json;
  } catch {
    // A plain text in a column of nested values was written as it is.
    return value;
  }
}

/** Identifiers are data here: quoted, with their quotes doubled. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
