import type { FileFacts } from "../../../specs/mod.ts";

/** Languages that patterns can be written in, by the names of ast-grep. */
export type PatternLanguage = keyof typeof LANGUAGES;

interface Language {
  names: readonly string[];
  files: RegExp;
  /** The language that the facts of a file name, for files without an extension. */
  facts?: FileFacts["language"];
  wasm: string;
  /** Where `$` starts no identifier, metavariables are parsed as words that start with another letter. */
  expandoChar: string;
  at(): string;
  fetch(): Promise<unknown>;
}

const typescript = {
  at: () => import.meta.resolve("tree-sitter-typescript"),
  fetch: () => import("tree-sitter-typescript"),
};

/** The upstream grammar packages ship their parser as WebAssembly, two folders above their main module. */
export const LANGUAGES = {
  ts: {
    ...typescript,
    names: ["typescript", "ts"],
    files: /\.[cm]?ts$/,
    wasm: "tree-sitter-typescript.wasm",
    expandoChar: "$",
  },
  tsx: { ...typescript, names: ["tsx"], files: /\.tsx$/, wasm: "tree-sitter-tsx.wasm", expandoChar: "$" },
  js: {
    names: ["javascript", "js", "jsx"],
    files: /\.(?:[cm]?js|jsx)$/,
    wasm: "tree-sitter-javascript.wasm",
    expandoChar: "$",
    at: () => import.meta.resolve("tree-sitter-javascript"),
    fetch: () => import("tree-sitter-javascript"),
  },
  python: {
    names: ["python", "py"],
    files: /\.pyi?$/,
    facts: "python",
    wasm: "tree-sitter-python.wasm",
    expandoChar: "µ",
    at: () => import.meta.resolve("tree-sitter-python"),
    fetch: () => import("tree-sitter-python"),
  },
  go: {
    names: ["go", "golang"],
    files: /\.go$/,
    wasm: "tree-sitter-go.wasm",
    expandoChar: "µ",
    at: () => import.meta.resolve("tree-sitter-go"),
    fetch: () => import("tree-sitter-go"),
  },
  java: {
    names: ["java"],
    files: /\.java$/,
    wasm: "tree-sitter-java.wasm",
    expandoChar: "$",
    at: () => import.meta.resolve("tree-sitter-java"),
    fetch: () => import("tree-sitter-java"),
  },
  rust: {
    names: ["rust", "rs"],
    files: /\.rs$/,
    wasm: "tree-sitter-rust.wasm",
    expandoChar: "µ",
    at: () => import.meta.resolve("tree-sitter-rust"),
    fetch: () => import("tree-sitter-rust"),
  },
  bash: {
    names: ["bash", "sh", "shell"],
    files: /\.(?:sh|bash|zsh|ksh|bats)$/,
    facts: "shell",
    wasm: "tree-sitter-bash.wasm",
    expandoChar: "µ",
    at: () => import.meta.resolve("tree-sitter-bash"),
    fetch: () => import("tree-sitter-bash"),
  },
  yaml: {
    names: ["yaml", "yml"],
    files: /\.ya?ml$/,
    wasm: "tree-sitter-yaml.wasm",
    expandoChar: "$",
    at: () => import.meta.resolve("@tree-sitter-grammars/tree-sitter-yaml"),
    fetch: () => import("@tree-sitter-grammars/tree-sitter-yaml"),
  },
  json: {
    names: ["json"],
    files: /\.json$/,
    wasm: "tree-sitter-json.wasm",
    expandoChar: "$",
    at: () => import.meta.resolve("tree-sitter-json"),
    fetch: () => import("tree-sitter-json"),
  },
} satisfies Record<string, Language>;

/** The language of this name, as rule files write it. */
export function patternLanguage(name: string): PatternLanguage | null {
  const wanted = name.toLowerCase();
  for (const [language, { names }] of Object.entries(LANGUAGES)) {
    if (names.includes(wanted)) return language as PatternLanguage;
  }
  return null;
}

/** Whether a changed file is of a language. */
export function isOfLanguage(file: Pick<FileFacts, "path" | "language">, name: PatternLanguage): boolean {
  const language: Language = LANGUAGES[name];
  if (language.files.test(file.path)) return true;
  return language.facts !== undefined && file.language === language.facts &&
    !/\.[A-Za-z0-9]+$/.test(file.path.split("/").at(-1) ?? "");
}

/** The file of a language's parser. Deno fetches the package when it is imported. */
export async function parserOf(name: PatternLanguage): Promise<{ libraryPath: string; expandoChar: string }> {
  const { at, fetch: load, wasm, expandoChar } = LANGUAGES[name];
  // The native binding of the main module need not load: the import only brings the package here.
  if (!at().startsWith("file:")) await load().catch(() => {});
  const { pathname } = new URL(`../../${wasm}`, at());
  const path = decodeURIComponent(pathname);
  return { libraryPath: /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path, expandoChar };
}
