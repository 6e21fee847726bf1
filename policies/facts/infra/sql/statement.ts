import { readBlock, readInner } from "./block.ts";
import { type Cursor, cursorOf, take, takeMark, takeName, takeParens, wordAt } from "./cursor.ts";
import { nameAfter, readAlter, readCreate, readDrop } from "./definition.ts";
import { readRowStatements } from "./dml.ts";
import type { SqlStatement, SqlToken } from "./lexer.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";
import { learnTables } from "./schema.ts";

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

/** What a statement does, by its own words. Anything that is not known is told as unread, never passed over. */
export function readStatement(statement: SqlStatement, reading: SqlReading, nested = 0): void {
  const { tokens } = statement;
  reading.line = statement.line;
  const cursor = cursorOf(tokens);
  const first = tokens[0];
  if (first === undefined) return;
  if (first.kind === "meta") return readMeta(first.text, reading);
  // A query may stand in parentheses.
  const verb = first.text === "(" && first.kind === "mark"
    ? tokens.find(({ word }) => word !== "")?.word ?? ""
    : first.word;
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
      readBlock(tokens, reading, nested, readStatement);
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
        readInner(tokens.slice(1), reading, nested, readStatement);
      }
  }
  if (verb === "create" || verb === "alter" || verb === "drop") learnTables(reading.tables, [statement]);
}

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
