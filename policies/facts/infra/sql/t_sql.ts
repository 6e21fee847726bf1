import { BLOCKS, type SqlStatement, type SqlToken } from "./lexer.ts";

const T_SQL_STARTS = new Set([
  "create",
  "alter",
  "drop",
  "truncate",
  "delete",
  "insert",
  "update",
  "merge",
  "exec",
  "execute",
  "grant",
  "revoke",
  "print",
  "declare",
  "use",
  "if",
]);

/** T-SQL needs no semicolon: a word that begins a statement, first on its line, begins one. */
export function splitLines(statements: readonly SqlStatement[]): SqlStatement[] {
  return statements.flatMap((statement) => {
    const [first, second, third] = statement.tokens;
    const names = [second?.word ?? "", third?.word ?? ""];
    if (first?.word === "create" && names.some((word) => BLOCKS.has(word) || word === "view")) {
      return [statement];
    }
    const parts: SqlToken[][] = [];
    statement.tokens.forEach((token, at) => {
      const before = statement.tokens[at - 1];
      const next = statement.tokens[at + 1]?.word ?? "";
      const open = parts.at(-1);
      const action = (token.word === "alter" || token.word === "drop") && open?.[0]?.word === "alter" &&
        ["column", "constraint", "index", "period"].includes(next);
      const clause = before !== undefined &&
        /^(?:for|after|of|on|then|instead|begin|else|as)$/.test(before.word);
      const starts = before !== undefined && token.line > before.line && token.depth === 0 &&
        T_SQL_STARTS.has(token.word) && !action && !clause && before.text !== ",";
      if (open === undefined || starts) parts.push([token]);
      else open.push(token);
    });
    return parts.map((tokens) => ({ tokens, line: tokens[0]?.line ?? statement.line }));
  });
}
