import {
  type Cursor,
  splitList,
  type SqlName,
  take,
  takeIfExists,
  takeName,
  takeOne,
  wordAt,
} from "./cursor.ts";
import type { SqlReading } from "./reading.ts";
import { type ColumnDefinition, columnOf } from "./schema.ts";
import { typeChange, typeText } from "./types.ts";

const CONSTRAINTS = new Set(["constraint", "primary", "foreign", "unique", "check", "exclude"]);
const INDEXES = new Set(["index", "key", "fulltext", "spatial"]);
/** Functions whose value differs from row to row, so that adding the column writes every row. */
const VOLATILE = new Set([
  ...[
    "random",
    "gen_random_uuid",
    "uuid_generate_v4",
    "uuid_generate_v1",
    "clock_timestamp",
    "nextval",
    "uuidv7",
  ],
  ...["uuid", "timeofday", "newid", "newsequentialid", "rand", "uuidv4"],
]);
const SERIALS = /^(?:small|big)?serial\d?$/;

/** How ALTER TABLE tells what it finds about one table. */
export interface Telling {
  fresh: boolean;
  risk: (kind: string, name: string, detail: string, certain?: boolean) => void;
  does: (what: "create" | "update" | "delete" | "rename", kind: string, name: string, to?: string) => void;
  lock: (detail: string, certain?: boolean) => void;
}

/** ADD of a column, a constraint or an index. */
export function readAdd(table: SqlName, cursor: Cursor, reading: SqlReading, tell: Telling): boolean {
  const word = wordAt(cursor);
  if (CONSTRAINTS.has(word) && !take(cursor, "column")) {
    const rest = cursor.tokens.slice(cursor.at).map((token) => token.word);
    tell.does("update", "table", table.text);
    const at = (needle: string) => rest.includes(needle);
    const valid = !rest.some((one, i) => one === "not" && rest[i + 1] === "valid");
    if ((at("foreign") || at("check")) && valid) {
      tell.lock(
        `checks every row of ${table.text} under a lock: add the constraint NOT VALID, and VALIDATE it in a later migration`,
      );
    } else if ((at("unique") || at("primary") || at("exclude")) && !at("using")) {
      tell.lock(
        `builds an index of ${table.text} under an exclusive lock: build it CONCURRENTLY first, and add the constraint USING INDEX`,
      );
    }
    return true;
  }
  if (
    INDEXES.has(word) || (word === "unique" && INDEXES.has(wordAt(cursor, 1))) || word === "partition" ||
    word === "period"
  ) {
    tell.does("update", "table", table.text);
    return true;
  }
  take(cursor, "column");
  takeIfExists(cursor);
  const open = cursor.tokens[cursor.at];
  const parts = open?.text === "(" && open.kind === "mark"
    ? splitList(cursor.tokens.slice(cursor.at + 1, -1))
    : [cursor.tokens.slice(cursor.at)];
  for (const part of parts) {
    const column = columnOf(part);
    if (column === null) return false;
    addColumn(table, column, reading, tell);
  }
  return parts.length > 0;
}

function addColumn(table: SqlName, column: ColumnDefinition, reading: SqlReading, tell: Telling): void {
  const words = column.tokens.map((token) => token.word);
  const name = `${table.text}.${column.name}`;
  const full = `${table.key}.${column.key}`;
  tell.does("create", "column", name);
  reading.added.add(full);
  const notNull = words.some((word, at) => word === "not" && words[at + 1] === "null") ||
    words.includes("primary");
  const filled =
    words.some((word) =>
      word === "default" || word === "generated" || word === "identity" || word === "as" ||
      word === "auto_increment"
    ) ||
    SERIALS.test(column.type);
  const nullDefault = words.some((word, at) => word === "default" && words[at + 1] === "null");
  if (notNull && (!filled || nullDefault)) {
    tell.risk(
      "not-null-without-default",
      name,
      `adds ${name} NOT NULL without a default: it fails where rows are there`,
    );
  }
  if (
    words.some((word) => VOLATILE.has(word)) || SERIALS.test(column.type) ||
    (words.includes("generated") && words.includes("stored"))
  ) {
    tell.lock(
      `adds ${name} with a value of its own for each row: the whole table is written anew under an exclusive lock`,
    );
  }
}

/** ALTER COLUMN: its type, its default, whether it may be null. */
export function readAlterColumn(table: SqlName, cursor: Cursor, reading: SqlReading, tell: Telling): boolean {
  if (takeOne(cursor, ["index", "constraint", "check"])) {
    tell.does("update", "table", table.text);
    return true;
  }
  take(cursor, "column");
  takeIfExists(cursor);
  const column = takeName(cursor);
  if (column === null) return false;
  const name = `${table.text}.${column.text}`;
  const full = `${table.key}.${column.key}`;
  const isNew = reading.added.has(full);
  tell.does("update", "column", name);
  if (take(cursor, "set", "not", "null")) {
    if (!isNew && !reading.filled.has(full)) {
      tell.risk(
        "not-null-without-default",
        name,
        `sets ${name} NOT NULL while nothing in this change fills the rows that have none`,
      );
    } else if (isNew && !reading.filled.has(full) && !hasDefault(reading, full)) {
      tell.risk("not-null-without-default", name, `sets ${name} NOT NULL while its rows have no value`);
    }
    return true;
  }
  if (take(cursor, "set", "default")) {
    reading.filled.add(`${full}#default`);
    return true;
  }
  if (take(cursor, "drop")) {
    return takeOne(cursor, ["not", "default", "identity", "expression"]) !== null;
  }
  if (take(cursor, "type") || take(cursor, "set", "data", "type")) {
    const tokens = cursor.tokens.slice(cursor.at);
    const change = changeType(table, column, typeText(tokens), reading, tell.risk);
    if (
      change !== "same" &&
      !(change === "wider" && /^(?:text|(?:character )?varying|varchar)/.test(typeText(tokens)))
    ) {
      tell.lock(
        `changes the type of ${name}: the whole table is written anew under an exclusive lock`,
        false,
      );
    }
    return true;
  }
  if (takeOne(cursor, ["set", "reset", "add", "restart"])) return true;
  // SQL Server: ALTER COLUMN name type [NULL | NOT NULL]
  const definition = columnOf(cursor.tokens.slice(cursor.at - 1));
  if (definition === null || definition.type === "") return false;
  changeType(table, column, definition.type, reading, tell.risk);
  return true;
}

const hasDefault = (reading: SqlReading, full: string): boolean => reading.filled.has(`${full}#default`);

/** Tells whether every value of a column fits its new type. */
export function changeType(
  table: SqlName,
  column: SqlName,
  type: string,
  reading: SqlReading,
  risk: Telling["risk"],
): ReturnType<typeof typeChange> {
  if (reading.added.has(`${table.key}.${column.key}`)) return "same";
  const before = reading.tables.get(table.key)?.get(column.key)?.type ?? null;
  const change = typeChange(before, type);
  const name = `${table.text}.${column.text}`;
  if (change === "narrower") {
    risk(
      "type-narrowing",
      name,
      `changes ${name} from ${before ?? "its type"} to ${type}: values that fit before do not all fit after`,
    );
  } else if (change === "unknown") {
    risk(
      "type-narrowing",
      name,
      `changes ${name} to ${type}; what it was is not in the files, so that nobody can tell whether every value fits`,
      false,
    );
  }
  return change;
}
