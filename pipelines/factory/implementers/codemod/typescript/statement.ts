import type { ts as TypeScript } from "ts-morph";
import type { Ts } from "./project.ts";

/** The names that a top-level statement declares. */
export function declaredBy(ts: Ts, statement: TypeScript.Statement): TypeScript.Identifier[] {
  if (ts.isVariableStatement(statement)) {
    const names: TypeScript.Identifier[] = [];
    const pending: TypeScript.BindingName[] = statement.declarationList.declarations.map((it) => it.name);
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (ts.isIdentifier(name)) names.push(name);
      else for (const it of name.elements) if (ts.isBindingElement(it)) pending.push(it.name);
    }
    return names;
  }
  const named = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement);
  return named && statement.name !== undefined && ts.isIdentifier(statement.name) ? [statement.name] : [];
}

export function modifierOf(
  ts: Ts,
  statement: TypeScript.Statement,
  kind: TypeScript.SyntaxKind,
): TypeScript.Modifier | undefined {
  return ts.canHaveModifiers(statement)
    ? ts.getModifiers(statement)?.find((it) => it.kind === kind)
    : undefined;
}

/**
 * The text range of a statement with the comments that belong to it (no empty line between) and its line break.
 * A file header, parted by an empty line, stays.
 */
export function statementRange(
  ts: Ts,
  source: TypeScript.SourceFile,
  statement: TypeScript.Statement,
): { start: number; end: number } {
  const { text } = source;
  let start = statement.getStart(source);
  const comments = ts.getLeadingCommentRanges(text, statement.pos) ?? [];
  for (const comment of [...comments].reverse()) {
    if (/\n[ \t]*\r?\n/.test(text.slice(comment.end, start)) || text.startsWith("#!", comment.pos)) break;
    // A comment on the line of the statement before belongs to that one.
    const lineStart = text.lastIndexOf("\n", comment.pos - 1) + 1;
    if (text.slice(lineStart, comment.pos).trim() !== "") break;
    start = comment.pos;
  }
  let end = statement.end;
  const trailing = ts.getTrailingCommentRanges(text, end)?.at(-1);
  if (trailing !== undefined) end = trailing.end;
  const lineBreak = /^[ \t]*(\r?\n)?/.exec(text.slice(end));
  end += lineBreak?.[0].length ?? 0;
  // Of the empty lines around it one set is enough.
  const before = /(^|\n)[ \t]*\r?\n$/.test(text.slice(0, start)) || start === 0;
  const after = /^[ \t]*\r?\n/.exec(text.slice(end));
  if (before && after !== null) end += after[0].length;
  return { start, end };
}
