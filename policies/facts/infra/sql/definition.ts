import { readAlterTable } from "./alter_table.ts";
import {
  type Cursor,
  cursorOf,
  keyOf,
  type SqlName,
  take,
  takeIfExists,
  takeMark,
  takeName,
  takeOne,
  takeParens,
  wordAt,
} from "./cursor.ts";
import type { SqlToken } from "./lexer.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";
import { takeCreateTable } from "./schema.ts";

/** Kinds of object that hold rows or that others call by name: one that goes is a loss that a spec names. */
const LOSSES: Readonly<Record<string, string>> = {
  table: "drop-table",
  schema: "drop-schema",
  database: "drop-database",
  view: "drop-object",
  type: "drop-object",
  sequence: "drop-object",
  tablespace: "drop-schema",
};
const DROPPED = [
  ...[
    "table",
    "view",
    "schema",
    "database",
    "type",
    "sequence",
    "index",
    "function",
    "procedure",
    "trigger",
    "policy",
  ],
  ...[
    "extension",
    "role",
    "user",
    "rule",
    "domain",
    "aggregate",
    "operator",
    "collation",
    "cast",
    "event",
    "constraint",
  ],
  ...[
    "default",
    "synonym",
    "publication",
    "subscription",
    "server",
    "statistics",
    "tablespace",
    "owned",
    "routine",
    "group",
    "transform",
    "language",
    "conversion",
    "access",
    "text",
    "proc",
  ],
];
const AFTER_DROP = new Set([
  "cascade",
  "restrict",
  "constraints",
  "purge",
  "force",
  "with",
  "wait",
  "nowait",
  "",
]);
const CREATED = [
  ...DROPPED,
  "foreign",
  "unique",
  "fulltext",
  "spatial",
  "clustered",
  "nonclustered",
  "columnstore",
  "assembly",
  "login",
  "certificate",
  "package",
  "body",
  "virtual",
];

/** The name behind a verb and its options. */
export const nameAfter = (cursor: Cursor, at: number): string => {
  const copy = { ...cursor, at };
  while (takeOne(copy, ["table", "only", "full", "verbose", "analyze", "index", "schema", "database"]));
  takeParens(copy);
  return takeName(copy)?.text ?? "a table";
};

/** CREATE of anything. */
export function readCreate(tokens: readonly SqlToken[], reading: SqlReading): void {
  const cursor = cursorOf(tokens);
  const table = takeCreateTable(cursor);
  if (table !== null) {
    if (table.temporary) {
      reading.fresh.add(table.key);
      return;
    }
    const known = reading.tables.has(table.key);
    if (table.ifNot) reading.perhaps.add(table.key);
    if (!(table.ifNot && known)) {
      reading.fresh.add(table.key);
      effect(reading, "create", "table", table.name);
    }
    return;
  }
  cursor.at = 1;
  const replaces = take(cursor, "or", "replace") || take(cursor, "or", "alter");
  while (cursor.at < 12 && !takeOne(cursor, CREATED) && cursor.at < tokens.length) cursor.at++;
  let kind = tokens[cursor.at - 1]?.word ?? "";
  if (["unique", "fulltext", "spatial", "clustered", "nonclustered", "columnstore"].includes(kind)) {
    while (takeOne(cursor, ["clustered", "nonclustered", "columnstore"]));
    kind = takeOne(cursor, ["index"]) ?? "";
  }
  if (kind === "index") return readCreateIndex(cursor, reading);
  if (!CREATED.includes(kind)) return unread(reading, "what is created here is not known");
  if (kind === "user" && take(cursor, "mapping")) return effect(reading, "create", "user mapping", "mapping");
  takeIfExists(cursor);
  const name = takeName(cursor);
  if (kind === "virtual") {
    effect(reading, "create", "table", nameAfter(cursor, 3));
    return;
  }
  const droppedBefore = reading.effects.find((one) =>
    one.path === reading.path && one.action === "delete" && one.kind === kind &&
    keyOf(one.name) === (name?.key ?? "")
  );
  // Dropped and made anew in one file: it is changed.
  if (droppedBefore) {
    droppedBefore.action = "update";
    reading.hazards = reading.hazards.filter((one) =>
      !(one.kind === "drop-object" && one.path === reading.path && keyOf(one.name) === name?.key)
    );
    return;
  }
  effect(reading, replaces ? "update" : "create", kind, name?.text ?? kind);
}

function readCreateIndex(cursor: Cursor, reading: SqlReading): void {
  const concurrently = take(cursor, "concurrently");
  takeIfExists(cursor);
  const name = wordAt(cursor) === "on" ? null : takeName(cursor);
  take(cursor, "using");
  const on = cursor.tokens.findIndex((token, at) => at >= cursor.at && token.word === "on");
  if (on < 0) return unread(reading, "an index without its table");
  cursor.at = on + 1;
  take(cursor, "only");
  const table = takeName(cursor);
  if (table === null) return unread(reading, "an index without its table");
  if (reading.fresh.has(table.key)) return;
  effect(reading, "create", "index", name?.text ?? `index of ${table.text}`);
  const online = cursor.tokens.some((token, at) =>
    token.word === "online" && cursor.tokens[at + 2]?.word === "on"
  );
  if (!concurrently && !online && (reading.dialect === "postgresql" || reading.dialect === "unknown")) {
    hazard(
      reading,
      "index-not-concurrent",
      table.text,
      `builds an index of ${table.text} while nobody can write to it`,
      reading.dialect === "postgresql",
    );
  }
}

/** ALTER of anything. */
export function readAlter(tokens: readonly SqlToken[], reading: SqlReading): void {
  const cursor = cursorOf(tokens);
  cursor.at = 1;
  take(cursor, "online");
  take(cursor, "ignore");
  const foreign = take(cursor, "foreign");
  if (take(cursor, "table")) {
    takeIfExists(cursor);
    if (take(cursor, "all", "in", "tablespace")) return effect(reading, "update", "tablespace", "all tables");
    take(cursor, "only");
    const name = takeName(cursor);
    takeMark(cursor, "*");
    if (name === null || cursor.at >= tokens.length) {
      return unread(reading, "ALTER TABLE without a table or without an action");
    }
    return readAlterTable(name, tokens.slice(cursor.at), reading);
  }
  if (foreign) return unread(reading, "what is altered here is not known");
  take(cursor, "materialized");
  take(cursor, "event") && take(cursor, "trigger");
  const kind = takeOne(cursor, [
    ...DROPPED,
    "system",
    "default",
    "large",
    "login",
    "authorization",
    "resource",
    "session",
    "user",
    "foreign",
  ]);
  if (kind === null) return unread(reading, "what is altered here is not known");
  if (kind === "default") return effect(reading, "update", "default privileges", "rights");
  takeIfExists(cursor);
  const name = takeName(cursor);
  if (name === null && kind !== "system" && kind !== "operator") {
    return unread(reading, "ALTER without the name of what is altered");
  }
  const words = tokens.slice(cursor.at).map((token) => token.word);
  if (kind === "role" || kind === "user") {
    if (words.includes("superuser") || words.includes("bypassrls")) {
      hazard(reading, "access-widened", name?.text ?? kind, "makes a role one that passes every check");
    }
  }
  if (words.includes("rename") && LOSSES[kind] !== undefined) {
    const column = words.includes("column") || words.includes("attribute") || words.includes("value");
    if (column) effect(reading, "update", kind, name?.text ?? kind);
    else {
      effect(reading, "rename", kind, name?.text ?? kind, tokens.at(-1)?.text ?? "");
      hazard(
        reading,
        "rename",
        name?.text ?? kind,
        `renames the ${kind} ${name?.text ?? ""}: code that runs now asks for the old name`,
      );
    }
    return;
  }
  effect(reading, "update", kind, name?.text ?? kind);
}

/** DROP of anything. */
export function readDrop(tokens: readonly SqlToken[], reading: SqlReading): void {
  const cursor = cursorOf(tokens);
  cursor.at = 1;
  while (takeOne(cursor, ["temporary", "temp", "materialized", "foreign", "external", "global"]));
  const temporary = tokens.some((token, at) => at < 3 && /^temp/.test(token.word));
  if (take(cursor, "event", "trigger")) cursor.at--;
  const kind = takeOne(cursor, [...DROPPED, "user", "login", "package"]);
  if (kind === null) return unread(reading, "what is dropped here is not known");
  const concurrently = take(cursor, "concurrently");
  const guarded = takeIfExists(cursor);
  const cascade = tokens.some(({ word }) => word === "cascade");
  const names: SqlName[] = [];
  while (takeMark(cursor, "#"));
  for (let name = takeName(cursor); name !== null; name = takeName(cursor)) {
    names.push(name);
    takeParens(cursor);
    if (!takeMark(cursor, ",")) break;
  }
  const rest = tokens.slice(cursor.at).find((token) => !AFTER_DROP.has(token.word));
  if (
    rest !== undefined && (kind === "table" || kind === "view" || kind === "schema" || kind === "database")
  ) {
    unread(reading, `what follows DROP ${kind} ${names[0]?.text ?? ""} is not known here`);
  }
  if (names.length === 0 && kind !== "owned" && kind !== "operator") {
    return unread(reading, `DROP ${kind} without a name`);
  }
  if (kind === "owned") hazard(reading, "drop-schema", "owned", "drops everything that a role owns");
  const loss = LOSSES[kind];
  for (const name of names) {
    if (kind === "table") {
      const own = reading.fresh.has(name.key) && !reading.perhaps.has(name.key);
      if (own || temporary) {
        reading.fresh.delete(name.key);
        continue;
      }
    }
    if (guarded) reading.guarded.add(`${reading.path}\n${name.key}`);
    const made = reading.effects.findIndex((one) =>
      one.path === reading.path && one.action === "create" && one.kind === kind &&
      keyOf(one.name) === name.key
    );
    if (made >= 0 && !(kind === "table" && reading.perhaps.has(name.key))) continue;
    effect(reading, loss === undefined ? "update" : "delete", kind, name.text);
    if (loss !== undefined) {
      hazard(
        reading,
        loss,
        name.text,
        `drops the ${kind} ${name.text}${
          cascade ? " and, by CASCADE, what depends on it" : kind === "table" ? " with its rows" : ""
        }`,
      );
    } else if (kind === "policy") {
      hazard(reading, "access-widened", name.text, `takes the policy ${name.text} away`, false);
    } else if (kind === "extension" && cascade) {
      hazard(
        reading,
        "drop-object",
        name.text,
        `drops the extension ${name.text} and, by CASCADE, columns of its types`,
      );
    }
    if (kind === "index" && !concurrently && reading.dialect === "postgresql") {
      effect(reading, "update", "index", name.text);
    }
  }
}
