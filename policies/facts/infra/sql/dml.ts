import { cursorOf, fingerprint, keyOf, take, takeMark, takeName, wordAt } from "./cursor.ts";
import type { SqlToken } from "./lexer.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";

/** Words before UPDATE or DELETE where it is no statement but a clause. */
const CLAUSES = new Set([
  "on",
  "do",
  "for",
  "key",
  "before",
  "after",
  "or",

  "of",
  "grant",
  "revoke",
  "no",
  "instead",
  ",",
]);
/** Each is read to its end: more of them in one statement would cost their square. */
const MAX_ROW_STATEMENTS = 300;
const ENDS = new Set(["returning", "order", "limit", "option", "output", "from", "union"]);

/** DELETE and UPDATE wherever they stand in a statement, also in WITH and in the branches of a block. */
export function readRowStatements(tokens: readonly SqlToken[], reading: SqlReading): void {
  let found = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (!token || (token.word !== "delete" && token.word !== "update" && token.word !== "truncate")) continue;
    const before = tokens[at - 1];
    if (before !== undefined && (CLAUSES.has(before.word) || before.text === "," || before.text === ".")) {
      continue;
    }
    if (before?.word === "then" && tokens.some(({ word }) => word === "merge")) continue;
    if (++found > MAX_ROW_STATEMENTS) {
      return unread(reading, `one statement changes rows more than ${MAX_ROW_STATEMENTS} times`);
    }
    const extent = tokens.slice(at, endOf(tokens, at));
    readOne(extent, reading);
  }
}

/** Where the statement that begins here ends: at the parenthesis around it, or at a semicolon. */
function endOf(tokens: readonly SqlToken[], from: number): number {
  const depth = tokens[from]?.depth ?? 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (!token) continue;
    if (token.kind === "mark" && (token.text === ";" || (token.text === ")" && token.depth < depth))) {
      return at;
    }
    if (token.depth < depth) return at;
  }
  return tokens.length;
}

function readOne(tokens: readonly SqlToken[], reading: SqlReading): void {
  const cursor = cursorOf(tokens);
  const verb = wordAt(cursor);
  cursor.at++;
  if (verb === "truncate") return readTruncate(tokens.slice(1), reading);
  while (
    take(cursor, "low_priority") || take(cursor, "quick") || take(cursor, "ignore") || take(cursor, "from") ||
    take(cursor, "only")
  );
  if (take(cursor, "top")) {
    while (cursor.tokens[cursor.at]?.kind === "mark" || cursor.tokens[cursor.at]?.kind === "number") {
      cursor.at++;
    }
    take(cursor, "from");
  }
  const depth = tokens[0]?.depth ?? 0;
  const set = tokens.findIndex((token) => token.word === "set" && token.depth === depth);
  if (verb === "update" && set < 0) return;
  const table = takeName(cursor);
  if (table === null) return;
  takeMark(cursor, "*");
  const where = tokens.findIndex((token) => token.word === "where" && token.depth === depth);
  const joined = tokens.some((token, at) =>
    token.word === "join" && token.depth === depth && (where < 0 || at < where)
  );
  const columns = verb === "update"
    ? setColumns(tokens.slice(set + 1, where < 0 ? undefined : where), depth)
    : [];
  for (const column of columns) reading.filled.add(`${table.key}.${column}`);
  const fresh = reading.fresh.has(table.key);
  if (!fresh) effect(reading, "data", "rows", table.text);
  if (
    fresh || (columns.length > 0 && columns.every((column) => reading.added.has(`${table.key}.${column}`)))
  ) return;
  const every = where < 0 ? !joined : holdsAlways(conditionOf(tokens, where, depth));
  if (every) {
    hazard(
      reading,
      verb === "delete" ? "delete-all" : "update-all",
      table.text,
      `${verb === "delete" ? "deletes" : "changes"} every row of ${table.text}: ${
        where < 0 ? "no WHERE" : "a WHERE that always holds"
      }`,
    );
  }
  return;
}

function conditionOf(tokens: readonly SqlToken[], where: number, depth: number): SqlToken[] {
  const rest = tokens.slice(where + 1);
  const end = rest.findIndex((token) => token.depth === depth && ENDS.has(token.word));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The columns that SET gives a value, by their key. */
function setColumns(tokens: readonly SqlToken[], depth: number): string[] {
  const columns: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.text !== "=" || token.kind !== "mark" || token.depth !== depth) continue;
    const before = tokens[at - 1];
    const first = tokens[at - 2];
    const starts = first === undefined || first.text === "," || first.text === ".";
    if (before && (before.kind === "word" || before.kind === "quoted") && starts) {
      columns.push(keyOf(before.text));
    } else if (before?.text === ")") return [];
  }
  return columns;
}

/** Whether a condition holds for every row by its form: `1 = 1`, `true`, `id = id`, or one of these beside OR. */
export function holdsAlways(given: readonly SqlToken[]): boolean {
  let tokens = given;
  for (;;) {
    const first = tokens[0];
    const last = tokens.at(-1);
    if (first?.kind !== "mark" || first.text !== "(" || last?.text !== ")" || last.kind !== "mark") break;
    const closes = tokens.findIndex((token, at) =>
      at > 0 && token.text === ")" && token.kind === "mark" && token.depth === first.depth
    );
    if (closes !== tokens.length - 1) break;
    tokens = tokens.slice(1, -1);
  }
  if (tokens.length === 0) return true;
  const depth = tokens[0]?.depth ?? 0;
  const parts = (word: string): SqlToken[][] => {
    const list: SqlToken[][] = [[]];
    for (const token of tokens) {
      if (token.word === word && token.depth === depth) list.push([]);
      else list.at(-1)?.push(token);
    }
    return list;
  };
  const either = parts("or");
  if (either.length > 1) return either.some((part) => part.length > 0 && holdsAlways(part));
  const both = tokens.some(({ word }) => word === "between") ? [[...tokens]] : parts("and");
  if (both.length > 1) return both.every((part) => part.length > 0 && holdsAlways(part));
  if (tokens.length === 1) {
    const only = tokens[0];
    return only?.word === "true" || (only?.kind === "number" && Number(only.text) !== 0) ||
      (only?.kind === "string" && /^[1-9]/.test(only.text));
  }
  if (tokens[0]?.word === "not") {
    return tokens.length === 2 && (tokens[1]?.word === "false" || tokens[1]?.text === "0");
  }
  const operator = tokens.findIndex((token) =>
    token.kind === "mark" && /^[=<>!]$/.test(token.text) && token.depth === depth
  );
  if (operator > 0) {
    const after = tokens.findIndex((token, at) =>
      at > operator && !(token.kind === "mark" && /^[=<>]$/.test(token.text))
    );
    const sign = tokens.slice(operator, after).map(({ text }) => text).join("");
    const [left, right] = [tokens.slice(0, operator), tokens.slice(after)];
    const same = fingerprint(left) === fingerprint(right);
    if (same) return sign === "=" || sign === "<=" || sign === ">=" || sign === "==";
    if (left.length !== 1 || right.length !== 1) return false;
    const constant = (token: SqlToken | undefined) => token?.kind === "number" || token?.kind === "string";
    if (!constant(left[0]) || !constant(right[0])) return false;
    const [a, b] = [left[0]?.text ?? "", right[0]?.text ?? ""];
    const order = left[0]?.kind === "number" && right[0]?.kind === "number"
      ? Number(a) - Number(b)
      : a < b
      ? -1
      : 1;
    return sign === "<>" || sign === "!=" || (order < 0 ? sign.startsWith("<") : sign.startsWith(">"));
  }
  // x LIKE '%'
  return tokens.at(-2)?.word === "like" && tokens.at(-1)?.kind === "string" &&
    /^%+$/.test(tokens.at(-1)?.text ?? "");
}

/** `TRUNCATE [TABLE] [ONLY] a, b ...`. */
function readTruncate(tokens: readonly SqlToken[], reading: SqlReading): void {
  const cursor = cursorOf(tokens);
  take(cursor, "table");
  take(cursor, "only");
  for (let name = takeName(cursor); name !== null; name = takeName(cursor)) {
    if (!reading.fresh.has(name.key)) {
      effect(reading, "data", "rows", name.text);
      hazard(reading, "truncate", name.text, `empties ${name.text}`);
    }
    takeMark(cursor, "*");
    if (!takeMark(cursor, ",")) break;
    take(cursor, "only");
  }
}
