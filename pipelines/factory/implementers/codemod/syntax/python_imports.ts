import { type Grammar, present, type SyntaxNode } from "../grammar.ts";
import { gapBefore, lineEnd, type TextEdit } from "../text_file.ts";

/** One name that a file imports. */
export interface PythonImport {
  module: string;
  /** Null for the module itself. */
  name: string | null;
  alias: string | null;
  /** What it is called in the file. */
  bound: string;
  /** Where it stood, for the order. */
  line: number;
}

/** Import statements, one a module, in the order in which they stood. */
export function importStatements(imports: readonly PythonImport[]): string[] {
  const groups = new Map<string, string[]>();
  const sorted = [...imports].sort((a, b) => a.line - b.line);
  for (const { module, name, alias } of sorted) {
    const as = alias === null ? "" : ` as ${alias}`;
    if (name === null) groups.set(`import ${module}${as}`, []);
    else groups.set(`from ${module} import`, [...groups.get(`from ${module} import`) ?? [], `${name}${as}`]);
  }
  return [...groups].map(([head, names]) => names.length === 0 ? head : `${head} ${names.join(", ")}`);
}

/** Reads a text's tree and gives it back. */
export function withTree<T>(parser: Grammar, text: string, read: (root: SyntaxNode) => T): T {
  const syntax = parser.parse(text);
  try {
    return read(syntax.root);
  } finally {
    syntax.free();
  }
}

/** Where import statements are put: after the imports at the top, else after the docstring and comments. */
export function importInsertion(root: SyntaxNode, text: string, statements: readonly string[]): TextEdit {
  const eol = lineEnd(text);
  let after: SyntaxNode | null = null;
  let imported = false;
  for (const node of present(root.namedChildren)) {
    const isImport = ["import_statement", "import_from_statement", "future_import_statement"].includes(
      node.type,
    );
    const docstring = node.type === "expression_statement" &&
      present(node.namedChildren)[0]?.type === "string";
    if (isImport) imported = true;
    else if (node.type !== "comment" && !(docstring && !imported)) break;
    if (isImport || !imported) after = node;
  }
  if (after === null) return { start: 0, end: 0, text: statements.join(eol) + eol + eol + eol };
  const lineBreak = text.indexOf("\n", after.endIndex);
  const at = lineBreak < 0 ? text.length : lineBreak + 1;
  return {
    start: at,
    end: at,
    text: (lineBreak < 0 ? eol : "") + (imported ? "" : eol) + statements.join(eol) + eol,
  };
}

/** The list of `__all__`. */
function exportList(root: SyntaxNode): SyntaxNode | null {
  for (const node of present(root.namedChildren)) {
    const [inner] = node.type === "expression_statement" ? present(node.namedChildren) : [];
    if (inner?.type === "assignment" && inner.childForFieldName("left")?.text === "__all__") {
      return inner.childForFieldName("right");
    }
  }
  return null;
}

/** The edits that take names out of `__all__`. */
export function withoutExportNames(root: SyntaxNode, names: ReadonlySet<string>, text: string): TextEdit[] {
  const list = exportList(root);
  const all = present(list?.namedChildren ?? []);
  const kept = all.filter((it) => !names.has(it.text.replace(/^["']|["']$/g, "")));
  const first = all[0], last = all.at(-1), second = all[1];
  if (kept.length === all.length || first === undefined || last === undefined) return [];
  const gap = second === undefined ? " " : gapBefore(text, second.startIndex);
  return [{ start: first.startIndex, end: last.endIndex, text: kept.map((it) => it.text).join(`,${gap}`) }];
}

/** The edits that put names into `__all__`, where there is one. */
export function withExportNames(root: SyntaxNode, names: ReadonlySet<string>): TextEdit[] {
  const list = exportList(root);
  const last = present(list?.namedChildren ?? []).at(-1);
  if (last === undefined) return [];
  const quote = last.text.startsWith("'") ? "'" : '"';
  return [{
    start: last.endIndex,
    end: last.endIndex,
    text: [...names].map((it) => `, ${quote}${it}${quote}`).join(""),
  }];
}

/** The edits that take names out of the import statements at the top of a file. */
export function withoutImports(
  root: SyntaxNode,
  text: string,
  gone: (module: string | null, bound: string) => boolean,
): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const node of present(root.namedChildren)) {
    if (node.type !== "import_statement" && node.type !== "import_from_statement") continue;
    const module = node.childForFieldName("module_name")?.text ?? null;
    const all = present(node.childrenForFieldName("name"));
    const boundBy = (it: SyntaxNode) =>
      it.childForFieldName("alias")?.text ?? (it.childForFieldName("name") ?? it).text;
    const kept = all.filter((it) => !gone(module, boundBy(it)));
    if (kept.length === all.length) continue;
    const first = all[0], last = all.at(-1), second = all[1];
    if (first === undefined || last === undefined) continue;
    if (kept.length === 0) {
      const lineBreak = text.indexOf("\n", node.endIndex);
      edits.push({ start: node.startIndex, end: lineBreak < 0 ? text.length : lineBreak + 1, text: "" });
      continue;
    }
    const gap = second === undefined ? " " : gapBefore(text, second.startIndex);
    edits.push({
      start: first.startIndex,
      end: last.endIndex,
      text: kept.map((it) => it.text).join(`,${gap}`),
    });
  }
  return edits;
}
