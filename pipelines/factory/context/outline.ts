import type { OperationLanguage } from "../../../specs/mod.ts";
import { grammar, present, type SyntaxNode } from "../implementers/codemod/grammar.ts";

/** One declaration of a file, as its first line says it. */
export interface OutlineItem {
  readonly line: number;
  /** 0 at the top of the file, 1 inside of a type, and so on. */
  readonly depth: number;
  readonly name: string;
  readonly text: string;
}

const LANGUAGES: Readonly<Record<string, OperationLanguage>> = {
  ts: "ts",
  mts: "ts",
  cts: "ts",
  tsx: "tsx",
  js: "js",
  jsx: "js",
  mjs: "js",
  cjs: "js",
  py: "python",
  pyi: "python",
  go: "go",
  java: "java",
  rs: "rust",
  sh: "bash",
  bash: "bash",
};

/** What declares something, in the names of the grammars. A node type that two grammars share means the same in both. */
const DECLARES = new Set([
  ...["function_declaration", "generator_function_declaration", "function_definition", "function_item"],
  ...[
    "class_declaration",
    "abstract_class_declaration",
    "class_definition",
    "method_definition",
    "function_signature",
  ],
  ...[
    "interface_declaration",
    "type_alias_declaration",
    "enum_declaration",
    "internal_module",
    "record_declaration",
  ],
  ...[
    "method_declaration",
    "constructor_declaration",
    "method_signature",
    "method_elem",
    "type_spec",
    "type_alias",
  ],
  ...[
    "struct_item",
    "enum_item",
    "trait_item",
    "impl_item",
    "mod_item",
    "type_item",
    "const_item",
    "static_item",
  ],
  ...["macro_definition", "function_signature_item", "annotation_type_declaration"],
]);
/** Bindings at the top of a file, told by their names. */
const BINDINGS = new Set([
  "lexical_declaration",
  "variable_declaration",
  "const_declaration",
  "var_declaration",
]);
/** Nodes that only stand around declarations. */
const AROUND = new Set([
  ...[
    "export_statement",
    "decorated_definition",
    "ambient_declaration",
    "type_declaration",
    "program",
    "module",
  ],
  ...[
    "source_file",
    "class_body",
    "interface_body",
    "enum_body",
    "declaration_list",
    "block",
    "statement_block",
  ],
  ...["expression_statement", "enum_body_declarations", "object_type", "interface_type", "namespace"],
]);

const MAX_CHARS = 600_000;
const MAX_ITEMS = 400;
const MAX_DEPTH = 3;
const MAX_TEXT = 180;

/** The language that a file is outlined as, by its ending; null when there is no grammar for it. */
export function outlineLanguage(path: string): OperationLanguage | null {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(LANGUAGES, ending) ? LANGUAGES[ending] ?? null : null;
}

/** The declarations of a source text, in order; null when its language is not known or it is too large. */
export async function outlineOf(path: string, text: string): Promise<OutlineItem[] | null> {
  const language = outlineLanguage(path);
  if (language === null || text.length > MAX_CHARS) return null;
  const loaded = await grammar(language);
  if (!loaded.ok) return null;
  const syntax = loaded.value.parse(text);
  try {
    const items: OutlineItem[] = [];
    walk(syntax.root, 0, items);
    return items;
  } finally {
    syntax.free();
  }
}

function walk(node: SyntaxNode, depth: number, items: OutlineItem[]): void {
  for (const child of present(node.namedChildren)) {
    if (items.length >= MAX_ITEMS) return;
    if (DECLARES.has(child.type)) {
      const name = nameOf(child);
      if (name !== null) items.push({ line: child.startPosition.row + 1, depth, name, text: headOf(child) });
      const body = child.childForFieldName("body") ?? child.childForFieldName("type");
      if (body !== null && depth + 1 < MAX_DEPTH && HOLDS.test(child.type)) walk(body, depth + 1, items);
    } else if (BINDINGS.has(child.type) && depth === 0) {
      for (const one of present(child.namedChildren)) {
        const name = one.childForFieldName("name")?.text;
        if (name === undefined || !/^[\w$]+$/.test(name)) continue;
        items.push({
          line: one.startPosition.row + 1,
          depth,
          name,
          text: short(one.text.split(/=>|\{|\n/)[0] ?? name),
        });
      }
    } else if (AROUND.has(child.type)) walk(child, depth, items);
  }
}

/** Declarations whose inside is shown, too: of a function only the head. */
const HOLDS = /class|interface|enum|impl|trait|mod_item|internal_module|record|type_spec/;

function nameOf(node: SyntaxNode): string | null {
  const name = node.childForFieldName("name") ??
    (node.type === "impl_item" ? node.childForFieldName("type") : null);
  return name === null ? null : name.text.slice(0, 120);
}

/** The text of a declaration before its body, on one line. */
function headOf(node: SyntaxNode): string {
  const body = node.childForFieldName("body");
  const text = node.text;
  return short(
    body === null ? text.split("\n")[0] ?? text : text.slice(0, body.startIndex - node.startIndex),
  );
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ").trim().replace(/[{:=]$/, "").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}
