import { changeType, readAdd, readAlterColumn } from "./alter_column.ts";
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
import { columnOf } from "./schema.ts";

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
      // MySQL says all of a column again: NOT NULL is new only where it was not there.
      if (
        column.notNull && reading.tables.get(table.key)?.get(old.key)?.notNull === false &&
        !reading.filled.has(`${table.key}.${old.key}`)
      ) {
        risk(
          "not-null-without-default",
          `${table.text}.${column.name}`,
          `sets ${table.text}.${column.name} NOT NULL while nothing in this change fills the rows that have none`,
        );
      }
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
