import { present, type SyntaxNode } from "../grammar.ts";

/** A top-level statement. */
export interface Piece {
  start: number;
  end: number;
  names: string[];
}

/** The top-level statements of a file with the names that each declares. Comments right above belong to a statement. */
export function pieces(root: SyntaxNode, text: string): Piece[] {
  const found: Piece[] = [];
  let above: SyntaxNode | null = null;
  for (const node of present(root.namedChildren)) {
    const lineStart = text.lastIndexOf("\n", node.startIndex - 1) + 1;
    if (node.type === "comment") {
      const own = text.slice(lineStart, node.startIndex).trim() === "";
      const joined = above !== null && !/\n[ \t]*\r?\n/.test(text.slice(above.endIndex, node.startIndex));
      if (own && !(joined && above !== null)) above = node;
      continue;
    }
    const names: string[] = [];
    const definition = node.type === "decorated_definition" ? node.childForFieldName("definition") : node;
    if (definition?.type === "function_definition" || definition?.type === "class_definition") {
      names.push(definition.childForFieldName("name")?.text ?? "");
    } else if (node.type === "expression_statement") {
      const [inner] = present(node.namedChildren);
      const left = inner?.type === "assignment" ? inner.childForFieldName("left") : null;
      if (left?.type === "identifier") names.push(left.text);
      else for (const it of present(left?.descendantsOfType("identifier") ?? [])) names.push(it.text);
    } else if (node.type === "type_alias_statement") names.push(node.childForFieldName("left")?.text ?? "");
    const attached = above !== null && !/\n[ \t]*\r?\n/.test(text.slice(above.startIndex, node.startIndex)) &&
      !above.text.startsWith("#!") && !/coding[:=]/.test(above.text);
    const start = attached && above !== null ? above.startIndex : node.startIndex;
    above = null;
    const lineBreak = text.indexOf("\n", node.endIndex);
    found.push({ start, end: lineBreak < 0 ? text.length : lineBreak + 1, names });
  }
  return found;
}
