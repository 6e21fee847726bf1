import { readRowStatements } from "./dml.ts";
import { lexSql, type SqlStatement, type SqlToken } from "./lexer.ts";
import { type SqlReading, unread } from "./reading.ts";

/** Reads one statement: what lies in a block is read like all others. */
export type ReadStatement = (statement: SqlStatement, reading: SqlReading, nested: number) => void;

/** DO runs its body at once: the statements in it are read like all others. */
export function readBlock(
  tokens: readonly SqlToken[],
  reading: SqlReading,
  nested: number,
  readStatement: ReadStatement,
): void {
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
  for (const statement of lexed.statements) {
    readPart(statement.tokens, offset, reading, nested, readStatement);
  }
}

/** T-SQL: what follows IF, WHILE or BEGIN on the same statement. */
export function readInner(
  tokens: readonly SqlToken[],
  reading: SqlReading,
  nested: number,
  readStatement: ReadStatement,
): void {
  readPart(tokens, 0, reading, nested + 1, readStatement);
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
function readPart(
  tokens: readonly SqlToken[],
  offset: number,
  reading: SqlReading,
  nested: number,
  readStatement: ReadStatement,
): void {
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
