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
import { readRowStatements } from "./dml.ts";
import { lexSql, type SqlStatement, type SqlToken } from "./lexer.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";
import { learnTables, takeCreateTable } from "./schema.ts";

/** Statements that read, or steer the session, or write rows in a way that takes none away. */
const QUIET = new Set([
  ...[
    "select",
    "with",
    "insert",
    "merge",
    "replace",
    "set",
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "savepoint",
  ],
  ...[
    "release",
    "explain",
    "analyze",
    "analyse",
    "comment",
    "use",
    "pragma",
    "show",
    "describe",
    "desc",
    "values",
  ],
  ...[
    "call",
    "perform",
    "notify",
    "listen",
    "unlisten",
    "reset",
    "discard",
    "declare",
    "fetch",
    "move",
    "close",
    "copy",
  ],
  ...[
    "load",
    "refresh",
    "checkpoint",
    "deallocate",
    "security",
    "import",
    "print",
    "table",
    "unlock",
    "abort",
    "upsert",
  ],
  ...[
    "delete",
    "update",
    "truncate",
    "reassign",
    "optimize",
    "flush",
    "kill",
    "handler",
    "attach",
    "detach",
    "if",
    "while",
  ],
  ...[
    "raise",
    "return",
    "null",
    "raiserror",
    "throw",
    "waitfor",
    "else",
    "assert",
    "signal",
    "leave",
    "iterate",
    "open",
  ],
]);

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

/** What a statement does, by its own words. Anything that is not known is told as unread, never passed over. */
export function readStatement(statement: SqlStatement, reading: SqlReading, nested = 0): void {
  const { tokens } = statement;
  reading.line = statement.line;
  const cursor = cursorOf(tokens);
  const first = tokens[0];
  if (first === undefined) return;
  if (first.kind === "meta") return readMeta(first.text, reading);
  const verb = first.word;
  switch (verb) {
    case "create":
      readCreate(tokens, reading);
      break;
    case "alter":
      readAlter(tokens, reading);
      break;
    case "drop":
      readDrop(tokens, reading);
      break;
    case "rename":
      readRename(cursor, reading);
      break;
    case "lock":
      if (reading.dialect !== "mysql") {
        hazard(
          reading,
          "lock-heavy",
          nameAfter(cursor, 1),
          "locks a table by LOCK TABLE",
          reading.dialect === "postgresql",
        );
      }
      break;
    case "vacuum":
      if (tokens.some(({ word }) => word === "full")) {
        hazard(
          reading,
          "lock-heavy",
          nameAfter(cursor, 2),
          "VACUUM FULL writes the table anew under an exclusive lock",
        );
      }
      break;
    case "cluster":
      hazard(
        reading,
        "lock-heavy",
        nameAfter(cursor, 1),
        "CLUSTER writes the table anew under an exclusive lock",
      );
      break;
    case "reindex":
      if (!tokens.some(({ word }) => word === "concurrently") && reading.dialect !== "sqlite") {
        hazard(
          reading,
          "lock-heavy",
          nameAfter(cursor, 2),
          "REINDEX locks the table: say CONCURRENTLY",
          reading.dialect === "postgresql",
        );
      }
      break;
    case "grant":
      readGrant(tokens, reading);
      break;
    case "revoke":
      effect(reading, "update", "grant", "rights");
      break;
    case "do":
      readBlock(tokens, reading, nested);
      break;
    case "prepare":
    case "execute":
    case "exec":
      readDynamic(cursor, reading);
      break;
    default:
      if (!QUIET.has(verb)) {
        unread(
          reading,
          `a statement that begins with ${
            verb === "" ? `a ${first.kind}` : `'${verb.slice(0, 40)}'`
          } is not known here`,
        );
        return;
      }
      readRowStatements(tokens, reading);
      if (verb === "insert") readCopy(cursor, reading);
      if (verb === "if" || verb === "while" || verb === "begin" || verb === "else") {
        readInner(tokens.slice(1), reading, nested);
      }
  }
  if (verb === "create" || verb === "alter" || verb === "drop") learnTables(reading.tables, [statement]);
}

const nameAfter = (cursor: Cursor, at: number): string => {
  const copy = { ...cursor, at };
  while (takeOne(copy, ["table", "only", "full", "verbose", "analyze", "index", "schema", "database"]));
  takeParens(copy);
  return takeName(copy)?.text ?? "a table";
};

/** INSERT INTO new SELECT ... FROM old, with every row of it. */
function readCopy(cursor: Cursor, reading: SqlReading): void {
  cursor.at = 1;
  if (!take(cursor, "into")) return;
  const to = takeName(cursor);
  takeParens(cursor);
  if (to === null || wordAt(cursor) !== "select") return;
  const from = cursor.tokens.findIndex((token, at) =>
    at > cursor.at && token.word === "from" && token.depth === 0
  );
  if (from < 0) return;
  cursor.at = from + 1;
  const source = takeName(cursor);
  if (source !== null && cursor.at >= cursor.tokens.length) reading.copies.add(`${to.key}<-${source.key}`);
}

/** psql's own commands: those that take in another file or run what a query gives cannot be judged from here. */
function readMeta(text: string, reading: SqlReading): void {
  const command = /^\\([a-z!]+)/i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (/^(?:i|ir|include|include_relative|gexec|!|o|copy|g|w|e|edit)$/.test(command)) {
    unread(reading, `what \\${command} brings in is not in this file`, "not-judged");
  }
}

function readCreate(tokens: readonly SqlToken[], reading: SqlReading): void {
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

function readAlter(tokens: readonly SqlToken[], reading: SqlReading): void {
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
  if (name === null && kind !== "system") return unread(reading, "ALTER without the name of what is altered");
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

function readDrop(tokens: readonly SqlToken[], reading: SqlReading): void {
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
  if (names.length === 0 && kind !== "owned") return unread(reading, `DROP ${kind} without a name`);
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

/** MySQL: RENAME TABLE a TO b, c TO d. */
function readRename(cursor: Cursor, reading: SqlReading): void {
  cursor.at = 1;
  if (!take(cursor, "table") && !take(cursor, "tables")) {
    if (take(cursor, "user")) return effect(reading, "update", "user", "user");
    return unread(reading, "what is renamed here is not known");
  }
  for (;;) {
    const from = takeName(cursor);
    const to = from && take(cursor, "to") ? takeName(cursor) : null;
    if (from === null || to === null) return unread(reading, "RENAME TABLE without both names");
    if (reading.fresh.has(from.key)) reading.fresh.add(to.key);
    else {
      effect(reading, "rename", "table", from.text, to.text);
      hazard(
        reading,
        "rename",
        from.text,
        `renames the table ${from.text} to ${to.text}: code that runs now asks for the old name`,
      );
    }
    if (!takeMark(cursor, ",")) return;
  }
}

function readGrant(tokens: readonly SqlToken[], reading: SqlReading): void {
  effect(reading, "update", "grant", "rights");
  const to = tokens.findLastIndex(({ word }) => word === "to");
  const all = tokens[1]?.word === "all";
  const everybody = tokens.slice(to + 1).some((token) =>
    token.word === "public" || (token.kind === "string" && token.text === "%")
  );
  if (
    to > 0 && everybody &&
    (all || tokens.some(({ word }) => /^(?:insert|update|delete|truncate)$/.test(word)))
  ) {
    hazard(reading, "access-widened", "grant", "lets everybody write");
  } else if (
    all &&
    tokens.some((token, at) =>
      token.text === "*" && tokens[at + 1]?.text === "." && tokens[at + 2]?.text === "*"
    )
  ) {
    hazard(reading, "access-widened", "grant", "gives all rights on everything");
  }
}

/** DO runs its body at once: the statements in it are read like all others. */
function readBlock(tokens: readonly SqlToken[], reading: SqlReading, nested: number): void {
  const body = tokens.find((token) => token.kind === "string");
  if (body === undefined) {
    // MySQL: DO expression.
    if (reading.dialect === "mysql") return;
    return unread(reading, "DO without a body");
  }
  if (nested > 3) return unread(reading, "blocks lie in blocks beyond what is read");
  const language = tokens.findIndex(({ word }) => word === "language");
  const name = language < 0 ? "plpgsql" : (tokens[language + 1]?.text ?? "").toLowerCase();
  if (name !== "plpgsql" && name !== "sql") {
    return unread(reading, `a block in the language ${name.slice(0, 40)} is not read`, "not-judged");
  }
  const offset = body.line - 1;
  const lexed = lexSql(body.text, "postgresql");
  for (const problem of lexed.problems) unread({ ...reading, line: offset + problem.line }, problem.why);
  for (const statement of lexed.statements) readPart(statement.tokens, offset, reading, nested);
}

/** T-SQL: what follows IF, WHILE or BEGIN on the same statement. */
function readInner(tokens: readonly SqlToken[], reading: SqlReading, nested: number): void {
  readPart(tokens, 0, reading, nested + 1);
}

const STARTS = new Set([
  "create",
  "alter",
  "drop",
  "rename",
  "grant",
  "revoke",
  "execute",
  "exec",
  "reindex",
  "cluster",
  "vacuum",
  "lock",
]);
const MAX_INNER = 200;
const LEADS = new Set(["begin", "then", "else", "loop", "do", "exists", "null", ")"]);

/** A piece of a block: behind BEGIN, THEN, ELSE and LOOP begins a statement. */
function readPart(tokens: readonly SqlToken[], offset: number, reading: SqlReading, nested: number): void {
  readRowStatements(tokens, at(reading, tokens[0], offset));
  if (nested > 6) return unread(reading, "blocks lie in blocks beyond what is read");
  let found = 0;
  for (const [i, token] of tokens.entries()) {
    if (!STARTS.has(token.word)) continue;
    if (++found > MAX_INNER) {
      return unread(reading, `one statement of a block holds more than ${MAX_INNER} others`);
    }
    const before = tokens[i - 1];
    if (
      before !== undefined && !LEADS.has(before.word) && before.text !== ")" && before.text !== ";" &&
      before.kind !== "number" && before.kind !== "string"
    ) continue;
    if (before !== undefined && before.depth > token.depth && token.depth > 0) continue;
    readStatement({ tokens: tokens.slice(i), line: offset + token.line }, reading, nested + 1);
  }
}

function at(reading: SqlReading, token: SqlToken | undefined, offset: number): SqlReading {
  reading.line = offset + (token?.line ?? 1);
  return reading;
}

/** A statement that is put together while it runs. */
function readDynamic(cursor: Cursor, reading: SqlReading): void {
  cursor.at = 1;
  const name = takeName(cursor);
  if (name?.key.endsWith("sp_rename")) {
    const names = cursor.tokens.filter((token) => token.kind === "string").map((token) => token.text);
    effect(
      reading,
      "rename",
      names[2]?.toLowerCase() === "column" ? "column" : "table",
      names[0] ?? "",
      names[1] ?? "",
    );
    hazard(
      reading,
      "rename",
      names[0] ?? "",
      `renames ${names[0] ?? ""}: code that runs now asks for the old name`,
    );
    return;
  }
  if (
    name !== null &&
    /^(?:sys\.)?sp_(?:addextendedproperty|updateextendedproperty|dropextendedproperty)$/.test(name.key)
  ) return;
  unread(
    reading,
    "the statement is put together while it runs, so that what it does is not in the file",
    "not-judged",
  );
}
