import type { Parser } from "web-tree-sitter";
import type { CodeLanguage } from "../../../specs/mod.ts";

/** A node of a syntax tree, as plain data: the parser's own memory is given back at once. */
export interface Node {
  type: string;
  /** Its role under its parent, where the grammar names one. */
  field: string;
  named: boolean;
  line: number;
  /** Of a leaf; of an inner node the children say it. */
  text: string;
  /** Where the text of a leaf begins in the file. */
  start?: number;
  children: Node[];
  /** The parser did not understand it, or what stands below it is too deep to be looked at. */
  unread?: true;
}

interface Source {
  /** Where the main module of the package lies. */
  at(): string;
  /** Fetches the package. Only an import that is written out makes `deno install` and the lock file know it. */
  fetch(): Promise<unknown>;
  wasm: string;
}

const typescript = {
  at: () => import.meta.resolve("tree-sitter-typescript"),
  fetch: () => import("tree-sitter-typescript"),
};

/** The upstream grammar packages ship their parser as WebAssembly, two folders above their main module. */
const GRAMMARS: Readonly<Record<CodeLanguage | "tsx" | "typescript", Source>> = {
  typescript: { ...typescript, wasm: "tree-sitter-typescript.wasm" },
  tsx: { ...typescript, wasm: "tree-sitter-tsx.wasm" },
  ecmascript: {
    at: () => import.meta.resolve("tree-sitter-javascript"),
    fetch: () => import("tree-sitter-javascript"),
    wasm: "tree-sitter-javascript.wasm",
  },
  python: {
    at: () => import.meta.resolve("tree-sitter-python"),
    fetch: () => import("tree-sitter-python"),
    wasm: "tree-sitter-python.wasm",
  },
  go: {
    at: () => import.meta.resolve("tree-sitter-go"),
    fetch: () => import("tree-sitter-go"),
    wasm: "tree-sitter-go.wasm",
  },
  java: {
    at: () => import.meta.resolve("tree-sitter-java"),
    fetch: () => import("tree-sitter-java"),
    wasm: "tree-sitter-java.wasm",
  },
  rust: {
    at: () => import.meta.resolve("tree-sitter-rust"),
    fetch: () => import("tree-sitter-rust"),
    wasm: "tree-sitter-rust.wasm",
  },
  shell: {
    at: () => import.meta.resolve("tree-sitter-bash"),
    fetch: () => import("tree-sitter-bash"),
    wasm: "tree-sitter-bash.wasm",
  },
};

let library: Promise<typeof import("web-tree-sitter")> | null = null;
const parsers = new Map<string, Promise<Parser>>();

async function open({ at, fetch: load, wasm }: Source): Promise<Parser> {
  library ??= import("web-tree-sitter").then(async (module) => {
    await module.Parser.init();
    return module;
  });
  library.catch(() => library = null);
  const { Language, Parser: Maker } = await library;
  // The native binding of the main module need not load: the import only brings the package here.
  if (!at().startsWith("file:")) await load().catch(() => {});
  const bytes = new Uint8Array(await (await fetch(new URL(`../../${wasm}`, at()))).arrayBuffer());
  const parser = new Maker();
  parser.setLanguage(await Language.load(bytes));
  return parser;
}

/** Deeper than any program is written by hand; what lies below is not looked at, and said to be unread. */
const MAX_DEPTH = 300;

/**
 * Reads a source text. A file with errors still gives a tree, in which what was not understood is marked; a grammar that cannot be
 * loaded is an exception.
 */
export async function syntaxOf(text: string, language: CodeLanguage, path: string): Promise<Node> {
  const name = language !== "ecmascript"
    ? language
    : /\.tsx$/.test(path)
    ? "tsx"
    : /\.[cm]?ts$/.test(path)
    ? "typescript"
    : language;
  const grammar = GRAMMARS[name];
  const pending = parsers.get(grammar.wasm) ?? open(grammar);
  parsers.set(grammar.wasm, pending);
  // What could not be loaded once is tried again by the next one who needs it.
  pending.catch(() => parsers.delete(grammar.wasm));
  const tree = (await pending).parse(text);
  if (tree === null) throw new Error(`the ${name} parser gave no tree of ${path}`);
  try {
    const cursor = tree.walk();
    const copy = (depth: number): Node => {
      const children: Node[] = [];
      const node: Node = {
        type: cursor.nodeType,
        field: cursor.currentFieldName ?? "",
        named: cursor.nodeIsNamed,
        line: cursor.startPosition.row + 1,
        text: "",
        children,
      };
      if (cursor.nodeType === "ERROR" || cursor.nodeIsMissing) node.unread = true;
      if (cursor.gotoFirstChild()) {
        if (depth < MAX_DEPTH) { do children.push(copy(depth + 1)); while (cursor.gotoNextSibling()); }
        else node.unread = true;
        cursor.gotoParent();
      }
      if (children.length === 0) {
        node.start = cursor.startIndex;
        node.text = text.slice(node.start, cursor.endIndex);
      }
      return node;
    };
    const root = copy(0);
    cursor.delete();
    return root;
  } finally {
    tree.delete();
  }
}

export const child = (node: Node | null | undefined, field: string): Node | null =>
  node?.children.find((one) => one.field === field) ?? null;
export const childrenOf = (node: Node, field: string): Node[] =>
  node.children.filter((one) => one.field === field);
/** Named children without comments. */
export const named = (node: Node | null | undefined): Node[] =>
  node?.children.filter((one) => one.named && !isComment(one)) ?? [];
export const isComment = (node: Node): boolean => /comment$/.test(node.type);

/** Whether all of it was understood. */
export const isRead = (node: Node): boolean => node.unread !== true && node.children.every(isRead);

/** The text of a node with its children, as its leaves say it, without white space. */
export function plain(node: Node | null | undefined): string {
  if (!node) return "";
  return node.children.length === 0 ? node.text : node.children.map(plain).join("");
}

/** A key and a value, as going through a list with its positions gives them. */
export function pair(key: Node | null, index: number, value: Node): Node {
  const { line } = value;
  const first = key ?? { type: "integer", field: "", named: true, line, text: String(index), children: [] };
  return {
    type: "pair",
    field: "",
    named: true,
    line,
    text: "",
    children: [{ ...first, field: "key" }, { ...value, field: "value" }],
  };
}
