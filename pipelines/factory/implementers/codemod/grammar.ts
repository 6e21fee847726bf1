import { fileURLToPath } from "node:url";
import type { Parser } from "web-tree-sitter";
import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import { type CodemodProblem, fail, messageOf } from "./problem.ts";

/** A node of a tree-sitter tree, as far as it is used here. Offsets are UTF-16 units of the text. */
export interface SyntaxNode {
  readonly id: number;
  readonly type: string;
  readonly text: string;
  readonly isNamed: boolean;
  readonly isError: boolean;
  readonly isMissing: boolean;
  readonly hasError: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly startPosition: { row: number; column: number };
  readonly parent: SyntaxNode | null;
  readonly children: (SyntaxNode | null)[];
  readonly namedChildren: (SyntaxNode | null)[];
  readonly nextSibling: SyntaxNode | null;
  readonly previousSibling: SyntaxNode | null;
  childForFieldName(name: string): SyntaxNode | null;
  childrenForFieldName(name: string): (SyntaxNode | null)[];
  descendantsOfType(types: string | string[]): (SyntaxNode | null)[];
  descendantForIndex(start: number, end?: number): SyntaxNode | null;
}

/** A parsed text. It holds WebAssembly memory: give it back with `free`. */
export interface Syntax {
  readonly root: SyntaxNode;
  free(): void;
}

/** A language that is ready to parse. */
export interface Grammar {
  readonly language: OperationLanguage;
  parse(text: string): Syntax;
}

/** The upstream grammar packages ship their parser as WebAssembly beside the (never loaded) native binding. */
const GRAMMARS: Record<OperationLanguage, { specifier: string; wasm: string; expandoChar: string }> = {
  ts: { specifier: "tree-sitter-typescript", wasm: "tree-sitter-typescript.wasm", expandoChar: "$" },
  tsx: { specifier: "tree-sitter-typescript", wasm: "tree-sitter-tsx.wasm", expandoChar: "$" },
  js: { specifier: "tree-sitter-javascript", wasm: "tree-sitter-javascript.wasm", expandoChar: "$" },
  // Where `$` starts no identifier, metavariables are parsed as words that start with another letter.
  python: { specifier: "tree-sitter-python", wasm: "tree-sitter-python.wasm", expandoChar: "µ" },
  go: { specifier: "tree-sitter-go", wasm: "tree-sitter-go.wasm", expandoChar: "µ" },
  java: { specifier: "tree-sitter-java", wasm: "tree-sitter-java.wasm", expandoChar: "$" },
  rust: { specifier: "tree-sitter-rust", wasm: "tree-sitter-rust.wasm", expandoChar: "µ" },
  bash: { specifier: "tree-sitter-bash", wasm: "tree-sitter-bash.wasm", expandoChar: "µ" },
  yaml: {
    specifier: "@tree-sitter-grammars/tree-sitter-yaml",
    wasm: "tree-sitter-yaml.wasm",
    expandoChar: "$",
  },
  json: { specifier: "tree-sitter-json", wasm: "tree-sitter-json.wasm", expandoChar: "$" },
};

/** Only an import that is written out makes `deno install` and the lock file know a package; its native binding is never needed. */
const PACKAGES: Record<string, () => Promise<unknown>> = {
  "tree-sitter-typescript": () => import("tree-sitter-typescript"),
  "tree-sitter-javascript": () => import("tree-sitter-javascript"),
  "tree-sitter-python": () => import("tree-sitter-python"),
  "tree-sitter-go": () => import("tree-sitter-go"),
  "tree-sitter-java": () => import("tree-sitter-java"),
  "tree-sitter-rust": () => import("tree-sitter-rust"),
  "tree-sitter-bash": () => import("tree-sitter-bash"),
  "@tree-sitter-grammars/tree-sitter-yaml": () => import("@tree-sitter-grammars/tree-sitter-yaml"),
  "tree-sitter-json": () => import("tree-sitter-json"),
};

/** The letter that stands for `$` in patterns of a language. */
export function expandoOf(language: OperationLanguage): string {
  return GRAMMARS[language].expandoChar;
}

/**
 * Where a language's parser lies. Deno fetches the package when its specifier is resolved. Every package's main module
 * is `bindings/node/index.js`, two folders below its root.
 */
export function parserFile(language: OperationLanguage): string {
  const { specifier, wasm } = GRAMMARS[language];
  return fileURLToPath(new URL(`../../${wasm}`, import.meta.resolve(specifier)));
}

let runtime: Promise<typeof import("web-tree-sitter")> | null = null;
async function load(): Promise<typeof import("web-tree-sitter")> {
  const module = await import("web-tree-sitter");
  await module.Parser.init();
  return module;
}

const loaded = new Map<OperationLanguage, Promise<Grammar>>();

/** The grammar of a language, loaded at first use and kept. */
export async function grammar(language: OperationLanguage): Promise<Result<Grammar, CodemodProblem>> {
  let pending = loaded.get(language);
  if (pending === undefined) {
    pending = open(language);
    loaded.set(language, pending);
  }
  try {
    return ok(await pending);
  } catch (cause) {
    loaded.delete(language); // a failed download may work the next time
    runtime = null;
    const { specifier } = GRAMMARS[language];
    return fail("grammar-unavailable", `The ${language} grammar cannot be loaded: ${messageOf(cause)}`, {
      value: specifier,
      remedy: `run "deno install" where the npm registry can be reached, so that npm:${specifier} is cached`,
    });
  }
}

async function open(language: OperationLanguage): Promise<Grammar> {
  runtime ??= load();
  const { Language, Parser: Maker } = await runtime;
  const parser: Parser = new Maker();
  const { specifier } = GRAMMARS[language];
  if (!import.meta.resolve(specifier).startsWith("file:")) await PACKAGES[specifier]?.().catch(() => {});
  parser.setLanguage(await Language.load(parserFile(language)));
  return {
    language,
    parse(text) {
      const tree = parser.parse(text);
      if (tree === null) throw new Error(`the ${language} parser gave no tree`);
      return { root: tree.rootNode, free: () => tree.delete() };
    },
  };
}

/** The nodes of a list, without the holes that the library's types allow. */
export function present(nodes: readonly (SyntaxNode | null)[]): SyntaxNode[] {
  return nodes.filter((node) => node !== null);
}

/** How many error and missing nodes a tree has: an edit must not add any. */
export function errorCount(root: SyntaxNode): number {
  if (!root.hasError) return 0;
  let count = 0;
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.isError || node.isMissing) count++;
    for (const child of present(node.children)) if (child.hasError || child.isMissing) pending.push(child);
  }
  return count;
}
