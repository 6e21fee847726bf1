import type { SqlToken } from "./lexer.ts";

/** A name as it is written, without quotes: `users`, `shop.users`. */
export interface SqlName {
  text: string;
  /** What two spellings of the same name share. */
  key: string;
}

/** Reads the tokens of one statement from left to right. */
export interface Cursor {
  readonly tokens: readonly SqlToken[];
  at: number;
}

export const cursorOf = (tokens: readonly SqlToken[]): Cursor => ({ tokens, at: 0 });
export const peek = (cursor: Cursor, ahead = 0): SqlToken | undefined => cursor.tokens[cursor.at + ahead];
export const wordAt = (cursor: Cursor, ahead = 0): string => cursor.tokens[cursor.at + ahead]?.word ?? "";

/** Passes these words in this order, or nothing. */
export function take(cursor: Cursor, ...words: string[]): boolean {
  if (!words.every((word, ahead) => wordAt(cursor, ahead) === word)) return false;
  cursor.at += words.length;
  return true;
}

export function takeOne(cursor: Cursor, words: readonly string[]): string | null {
  const word = wordAt(cursor);
  if (word === "" || !words.includes(word)) return null;
  cursor.at++;
  return word;
}

export function takeMark(cursor: Cursor, mark: string): boolean {
  const token = peek(cursor);
  if (token?.kind !== "mark" || token.text !== mark) return false;
  cursor.at++;
  return true;
}

/** `IF EXISTS`, `IF NOT EXISTS`: whether it stands there. */
export const takeIfExists = (cursor: Cursor): boolean =>
  take(cursor, "if", "exists") || take(cursor, "if", "not", "exists");

const SHARED = new Set(["public", "dbo", "main"]);

/** A name with its schema, or null where none stands. */
export function takeName(cursor: Cursor): SqlName | null {
  const parts: string[] = [];
  for (;;) {
    const token = peek(cursor);
    if (token === undefined || (token.kind !== "word" && token.kind !== "quoted")) break;
    parts.push(token.text);
    cursor.at++;
    if (!takeMark(cursor, ".")) break;
  }
  if (parts.length === 0) return null;
  return { text: parts.join(".").slice(0, 300), key: keyOf(parts.join(".")) };
}

/** Case does not count, and the schema that a database takes when none is named neither. */
export function keyOf(name: string): string {
  const parts = name.toLowerCase().split(".").map((part) => part.replace(/^["`[]|["`\]]$/g, "").trim());
  while (parts.length > 1 && SHARED.has(parts[0] ?? "")) parts.shift();
  return parts.join(".").slice(0, 300);
}

/** The parts of a list that commas divide at the depth of its first token. */
export function splitList(tokens: readonly SqlToken[]): SqlToken[][] {
  const depth = tokens[0]?.depth ?? 0;
  const parts: SqlToken[][] = [[]];
  for (const token of tokens) {
    if (token.kind === "mark" && token.text === "," && token.depth === depth) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

/** What stands inside the parentheses that open here; the cursor is behind them afterwards. Null where none open. */
export function takeParens(cursor: Cursor): SqlToken[] | null {
  const open = peek(cursor);
  if (open?.kind !== "mark" || open.text !== "(") return null;
  const from = cursor.at + 1;
  let to = from;
  while (to < cursor.tokens.length && (cursor.tokens[to]?.depth ?? 0) > open.depth) to++;
  cursor.at = to + 1;
  return cursor.tokens.slice(from, to);
}

/** Two statements that differ only in blanks, comments and the case of words are the same. */
export function fingerprint(tokens: readonly SqlToken[]): string {
  return tokens.map((token) => token.kind === "word" ? token.word : `${token.kind[0] ?? ""}${token.text}`)
    .join("\u0001");
}
