import {
  type Cursor,
  cursorOf,
  splitList,
  type SqlName,
  take,
  takeIfExists,
  takeName,
  takeOne,
  wordAt,
} from "./cursor.ts";
import type { SqlToken } from "./lexer.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";
import { type ColumnDefinition, columnOf } from "./schema.ts";
import { typeChange, typeText } from "./types.ts";

/** Ends of ALTER TABLE that change neither columns nor rows, by their first word. */
const HARMLESS = new Set([
  ...["owner", "comment", "validate", "enable", "replica", "inherit", "attach", "reset", "auto_increment"],
  ...[
    "algorithm",
    "lock",
    "depends",
    "no",
    "nocheck",
    "cluster",
    "without",
    "force",
    "order",
    "checksum",
    "row_format",
  ],
  ...[
    "check",
    "with",
    "switch",
    "expand",
    "default",
    "stats_persistent",
    "pack_keys",
    "min_rows",
    "max_rows",
  ],
]);
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

/** Reads ALTER TABLE behind the table's name: a list of actions, each of which must be known. */
export function readAlterTable(table: SqlName, tokens: readonly SqlToken[], reading: SqlReading): void {
  const fresh = reading.fresh.has(table.key);
  for (const part of joinDefinitions(splitList(tokens))) {
    const cursor = cursorOf(part);
    if (!readAction(table, cursor, reading, fresh)) {
      const shown = part.slice(0, 3).map((token) => token.word || token.kind).join(" ");
      unread(reading, `what ALTER TABLE ${table.text} does by '${shown}' is not known here`);
    }
  }
}

/** `ADD a int, b int` (SQL Server, Oracle): what does not begin with an action goes on with the last. */
function joinDefinitions(parts: SqlToken[][]): SqlToken[][] {
  const joined: SqlToken[][] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const first = part[0];
    const starts = first !== undefined && (first.kind === "word") &&
      (ACTIONS.has(first.word) || HARMLESS.has(first.word));
    if (last && !starts && (last[0]?.word === "add" || last[0]?.word === "drop") && last[0]) {
      const head = last[0].word === "drop" && last[1]?.word === "column" ? last.slice(0, 2) : [last[0]];
      joined.push([...head, ...part]);
    } else joined.push(part);
  }
  return joined;
}

const ACTIONS = new Set([
  ...["add", "alter", "modify", "change", "drop", "rename", "set", "disable", "engine", "convert", "detach"],
  ...[
    "truncate",
    "discard",
    "import",
    "exchange",
    "reorganize",
    "coalesce",
    "rebuild",
    "remove",
    "partition",
    "not",
    "charset",
    "character",
    "collate",
  ],
]);

function readAction(table: SqlName, cursor: Cursor, reading: SqlReading, fresh: boolean): boolean {
  const action = wordAt(cursor);
  const risk = (kind: string, name: string, detail: string, certain = true) => {
    if (!fresh) hazard(reading, kind, name, detail, certain);
  };
  const does = (what: "create" | "update" | "delete" | "rename", kind: string, name: string, to?: string) => {
    if (!fresh) effect(reading, what, kind, name, to);
  };
  const lock = (detail: string, certain = reading.dialect === "postgresql") => {
    if (reading.dialect === "postgresql" || reading.dialect === "unknown") {
      risk("lock-heavy", table.text, detail, certain);
    }
  };
  cursor.at++;
  switch (action) {
    case "add":
      return readAdd(table, cursor, reading, { fresh, risk, does, lock });
    case "drop": {
      if (
        take(cursor, "primary", "key") ||
        takeOne(cursor, ["constraint", "foreign", "check", "index", "key", "default", "period", "partition"])
      ) {
        if (cursor.tokens[cursor.at - 1]?.word === "partition") {
          takeIfExists(cursor);
          const name = takeName(cursor)?.text ?? "";
          risk("drop-table", `${table.text}.${name}`, `drops the partition ${name} with its rows`);
          does("delete", "partition", `${table.text}.${name}`);
          return true;
        }
        does("update", "table", table.text);
        return true;
      }
      take(cursor, "column");
      takeIfExists(cursor);
      const name = takeName(cursor);
      if (name === null) return false;
      const full = `${table.text}.${name.text}`;
      if (reading.added.has(`${table.key}.${name.key}`)) return true;
      does("delete", "column", full);
      risk("drop-column", full, `drops the column ${full} with what is in it`);
      return true;
    }
    case "rename": {
      if (takeOne(cursor, ["constraint", "index", "key"])) {
        does("update", "table", table.text);
        return true;
      }
      if (take(cursor, "to") || take(cursor, "as")) {
        const to = takeName(cursor);
        if (to === null) return false;
        return renameTable(table, to, reading);
      }
      take(cursor, "column");
      const from = takeName(cursor);
      if (from === null) return false;
      if (!take(cursor, "to") && !take(cursor, "as")) {
        return from !== null && renameTable(table, from, reading);
      }
      const to = takeName(cursor);
      if (to === null) return false;
      does("rename", "column", `${table.text}.${from.text}`, `${table.text}.${to.text}`);
      risk(
        "rename",
        `${table.text}.${from.text}`,
        `renames the column ${table.text}.${from.text} to ${to.text}: code that runs now asks for the old name`,
      );
      return true;
    }
    case "alter":
      return readAlterColumn(table, cursor, reading, { fresh, risk, does, lock });
    case "modify":
    case "change": {
      take(cursor, "column");
      takeIfExists(cursor);
      const from = action === "change" ? takeName(cursor) : null;
      if (action === "change" && from === null) return false;
      const column = columnOf(cursor.tokens.slice(cursor.at));
      if (column === null) return false;
      const old = from ?? { text: column.name, key: column.key };
      if (old.key !== column.key) {
        does("rename", "column", `${table.text}.${old.text}`, `${table.text}.${column.name}`);
        risk(
          "rename",
          `${table.text}.${old.text}`,
          `renames the column ${table.text}.${old.text} to ${column.name}: code that runs now asks for the old name`,
        );
      } else does("update", "column", `${table.text}.${column.name}`);
      changeType(table, old, column.type, reading, risk);
      return true;
    }
    case "set":
      if (wordAt(cursor) === "schema") {
        does("rename", "table", table.text);
        risk(
          "rename",
          table.text,
          `moves ${table.text} to another schema: code that runs now asks for the old name`,
        );
        return true;
      }
      if (takeOne(cursor, ["tablespace", "logged", "unlogged", "access"])) {
        lock(`writes ${table.text} anew under an exclusive lock`);
      }
      does("update", "table", table.text);
      return true;
    case "disable":
      if (take(cursor, "row", "level", "security")) {
        risk("access-widened", table.text, `takes row level security off ${table.text}`);
      }
      does("update", "table", table.text);
      return true;
    case "engine":
    case "convert":
      does("update", "table", table.text);
      if (reading.dialect !== "postgresql") {
        risk("lock-heavy", table.text, `writes ${table.text} anew while it is locked`, false);
      }
      return true;
    case "truncate":
    case "discard":
      risk("truncate", table.text, `empties a part of ${table.text}`);
      does("delete", "rows", table.text);
      return true;
    case "detach":
    case "exchange":
      does("update", "table", table.text);
      return true;
    case "no":
      if (take(cursor, "force", "row", "level", "security")) {
        risk("access-widened", table.text, `lets the owner of ${table.text} pass row level security`);
      }
      does("update", "table", table.text);
      return true;
    default:
      if (
        !HARMLESS.has(action) &&
        !["import", "charset", "character", "collate", "reorganize", "coalesce", "rebuild", "partition"]
          .includes(action)
      ) {
        return false;
      }
      does("update", "table", table.text);
      return true;
  }
}

interface Telling {
  fresh: boolean;
  risk: (kind: string, name: string, detail: string, certain?: boolean) => void;
  does: (what: "create" | "update" | "delete" | "rename", kind: string, name: string, to?: string) => void;
  lock: (detail: string, certain?: boolean) => void;
}

function renameTable(table: SqlName, to: SqlName, reading: SqlReading): boolean {
  if (reading.fresh.has(table.key)) {
    reading.fresh.delete(table.key);
    reading.fresh.add(to.key);
    effect(reading, "rename", "fresh-table", table.text, to.text);
    return true;
  }
  effect(reading, "rename", "table", table.text, to.text);
  hazard(
    reading,
    "rename",
    table.text,
    `renames the table ${table.text} to ${to.text}: code that runs now asks for the old name`,
  );
  return true;
}

function readAdd(table: SqlName, cursor: Cursor, reading: SqlReading, tell: Telling): boolean {
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

function readAlterColumn(table: SqlName, cursor: Cursor, reading: SqlReading, tell: Telling): boolean {
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

function changeType(
  table: SqlName,
  column: SqlName,
  type: string,
  reading: SqlReading,
  risk: Telling["risk"],
): ReturnType<typeof typeChange> {
  if (reading.added.has(`${table.key}.${column.key}`)) return "same";
  const before = reading.tables.get(table.key)?.get(column.key) ?? null;
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
