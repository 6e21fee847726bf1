import {
  type Cursor,
  cursorOf,
  keyOf,
  peek,
  splitList,
  take,
  takeIfExists,
  takeMark,
  takeName,
  takeOne,
  takeParens,
  wordAt,
} from "./cursor.ts";
import type { SqlStatement, SqlToken } from "./lexer.ts";
import { typeText } from "./types.ts";

/** A table as its statements declare it: columns by their key, with the type as it is written. */
export type Tables = Map<string, Map<string, Column>>;

export interface Column {
  type: string;
  notNull: boolean;
}

const TABLE_PARTS = new Set([
  ...["constraint", "primary", "unique", "foreign", "check", "index", "key", "exclude", "like", "fulltext"],
  ...["spatial", "period", "partition"],
]);

export interface ColumnDefinition {
  name: string;
  key: string;
  type: string;
  notNull: boolean;
  tokens: SqlToken[];
}

/** One column, or null for a constraint or an index in its place. */
export function columnOf(tokens: readonly SqlToken[]): ColumnDefinition | null {
  const first = tokens[0];
  if (first === undefined || (first.kind !== "word" && first.kind !== "quoted")) return null;
  // A column may be called `key`: then a type and no parenthesis stands behind it.
  if (
    TABLE_PARTS.has(first.word) &&
    !(first.word === "key" && tokens[1]?.kind === "word" && tokens.length === 2)
  ) return null;
  const rest = tokens.slice(1);
  return {
    name: first.text,
    key: keyOf(first.text),
    type: typeText(rest),
    notNull: isNotNull(rest),
    tokens: rest,
  };
}

const isNotNull = (tokens: readonly SqlToken[]): boolean =>
  tokens.some(({ word }, at) => word === "primary" || (word === "not" && tokens[at + 1]?.word === "null"));

/** Passes `CREATE [modifiers] TABLE [IF NOT EXISTS] name`. */
export function takeCreateTable(
  cursor: Cursor,
): { name: string; key: string; temporary: boolean; ifNot: boolean } | null {
  if (!take(cursor, "create")) return null;
  let temporary = false;
  while (
    takeOne(cursor, [
      "or",
      "replace",
      "global",
      "local",
      "temp",
      "temporary",
      "unlogged",
      "foreign",
      "external",
    ])
  ) {
    temporary ||= /^temp/.test(cursor.tokens[cursor.at - 1]?.word ?? "");
  }
  if (!take(cursor, "table")) return null;
  const ifNot = takeIfExists(cursor);
  // T-SQL: #name lives as long as its session.
  while (takeMark(cursor, "#")) temporary = true;
  const name = takeName(cursor);
  if (name === null) return null;
  return { name: name.text, key: name.key, temporary, ifNot };
}

/** The columns that CREATE TABLE lists; null where it takes them from elsewhere. */
export function createdColumns(cursor: Cursor): ColumnDefinition[] | null {
  const inside = takeParens(cursor);
  if (inside === null || wordAt(cursorOf(inside)) === "select") return null;
  return splitList(inside).flatMap((part) => columnOf(part) ?? []);
}

/** Adds what these statements declare: tables, and columns that they add, change or take away. */
export function learnTables(tables: Tables, statements: readonly SqlStatement[]): void {
  for (const { tokens } of statements) {
    const cursor = cursorOf(tokens);
    const first = wordAt(cursor);
    if (first === "create") {
      const table = takeCreateTable(cursor);
      if (table === null || table.temporary) continue;
      const columns = createdColumns(cursor) ?? [];
      tables.set(table.key, new Map(columns.map(({ key, type, notNull }) => [key, { type, notNull }])));
    } else if (first === "alter" && wordAt(cursor, 1) === "table") {
      cursor.at = 2;
      takeIfExists(cursor);
      take(cursor, "only");
      const name = takeName(cursor);
      if (name) learnActions(tables, name.key, tokens.slice(cursor.at));
    } else if (first === "drop" && wordAt(cursor, 1) === "table") {
      cursor.at = 2;
      takeIfExists(cursor);
      for (let name = takeName(cursor); name !== null; name = takeName(cursor)) {
        tables.delete(name.key);
        if (peek(cursor)?.text !== ",") break;
        cursor.at++;
      }
    }
  }
}

function learnActions(tables: Tables, key: string, tokens: readonly SqlToken[]): void {
  const columns = tables.get(key) ?? new Map<string, Column>();
  for (const part of splitList(tokens)) {
    const cursor = cursorOf(part);
    const action = takeOne(cursor, ["add", "alter", "modify", "change", "drop", "rename"]);
    if (action === "rename" && take(cursor, "to")) {
      const to = takeName(cursor);
      if (to) {
        tables.delete(key);
        tables.set(to.key, columns);
      }
      return;
    }
    take(cursor, "column");
    takeIfExists(cursor);
    if (action === "rename") {
      const from = takeName(cursor);
      const to = take(cursor, "to") ? takeName(cursor) : null;
      const type = from && columns.get(from.key);
      if (from && to && type) {
        columns.delete(from.key);
        columns.set(to.key, type);
      }
      continue;
    }
    if (action === "add" || action === "modify") {
      const column = columnOf(part.slice(cursor.at));
      if (column) columns.set(column.key, { type: column.type, notNull: column.notNull });
    } else if (action === "change") {
      const from = takeName(cursor);
      const column = columnOf(part.slice(cursor.at));
      if (from) columns.delete(from.key);
      if (column) columns.set(column.key, { type: column.type, notNull: column.notNull });
    } else if (action === "drop") {
      const name = takeName(cursor);
      if (name) columns.delete(name.key);
    } else if (action === "alter") {
      const name = takeName(cursor);
      if (name && (take(cursor, "type") || take(cursor, "set", "data", "type"))) {
        columns.set(name.key, {
          type: typeText(part.slice(cursor.at)),
          notNull: columns.get(name.key)?.notNull ?? false,
        });
      }
    }
  }
  tables.set(key, columns);
}
