import type { OperationLanguage } from "../../../../specs/mod.ts";

/** How comments are written: `line` before each line, or between the two of `block`. */
export interface CommentStyle {
  line?: string;
  block?: readonly [string, string];
  /** What a file header uses by custom. */
  header: "line" | "block";
}

const C_LIKE: CommentStyle = { line: "//", block: ["/*", "*/"], header: "line" };
const C_BLOCK: CommentStyle = { line: "//", block: ["/*", "*/"], header: "block" };
const HASH: CommentStyle = { line: "#", header: "line" };
const DASH: CommentStyle = { line: "--", block: ["/*", "*/"], header: "line" };
const CSS: CommentStyle = { block: ["/*", "*/"], header: "block" };
const MARKUP: CommentStyle = { block: ["<!--", "-->"], header: "block" };

/** Comment style by file extension. JSON has no comments, so it has no entry; JSONC has. */
const COMMENTS: Record<string, CommentStyle> = {
  ts: C_LIKE,
  tsx: C_LIKE,
  mts: C_LIKE,
  cts: C_LIKE,
  js: C_LIKE,
  jsx: C_LIKE,
  mjs: C_LIKE,
  cjs: C_LIKE,
  jsonc: C_LIKE,
  json5: C_LIKE,
  go: C_LIKE,
  rs: C_LIKE,
  c: C_BLOCK,
  h: C_BLOCK,
  cc: C_LIKE,
  cpp: C_LIKE,
  hpp: C_LIKE,
  cs: C_LIKE,
  java: C_BLOCK,
  kt: C_LIKE,
  kts: C_LIKE,
  scala: C_LIKE,
  swift: C_LIKE,
  dart: C_LIKE,
  php: C_LIKE,
  proto: C_LIKE,
  py: HASH,
  pyi: HASH,
  rb: HASH,
  sh: HASH,
  bash: HASH,
  zsh: HASH,
  yaml: HASH,
  yml: HASH,
  toml: HASH,
  tf: HASH,
  pl: HASH,
  r: HASH,
  ps1: HASH,
  sql: DASH,
  lua: { line: "--", header: "line" },
  hs: { line: "--", header: "line" },
  css: CSS,
  scss: CSS,
  less: CSS,
  html: MARKUP,
  htm: MARKUP,
  xml: MARKUP,
  svg: MARKUP,
  vue: MARKUP,
  md: MARKUP,
};

const COMMENTS_BY_NAME: Record<string, CommentStyle> = {
  Dockerfile: HASH,
  Makefile: HASH,
  makefile: HASH,
  "CMakeLists.txt": HASH,
  Gemfile: HASH,
  Rakefile: HASH,
  ".gitignore": HASH,
  ".dockerignore": HASH,
  ".editorconfig": HASH,
};

const LANGUAGES: Record<string, OperationLanguage> = {
  ts: "ts",
  mts: "ts",
  cts: "ts",
  tsx: "tsx",
  js: "js",
  mjs: "js",
  cjs: "js",
  jsx: "js",
  py: "python",
  pyi: "python",
  go: "go",
  java: "java",
  rs: "rust",
  sh: "bash",
  bash: "bash",
  yaml: "yaml",
  yml: "yaml",
  json: "json",
};

/** A language whose symbols the operations know: TypeScript and JavaScript are one family, they import each other. */
export type Family = "typescript" | "python" | "go" | "java" | "rust" | "bash" | "yaml" | "json";

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder of a path, without the slash; empty for the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** What follows the last dot of the file's name, in lower case; empty when there is none. */
export function extensionOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** The language of a file, by its name. */
export function languageOf(path: string): OperationLanguage | null {
  return LANGUAGES[extensionOf(path)] ?? null;
}

export function familyOf(language: OperationLanguage): Family {
  return language === "ts" || language === "tsx" || language === "js" ? "typescript" : language;
}

/** How comments are written in a file, by its name; null when it has none or is not known. */
export function commentStyleOf(path: string): CommentStyle | null {
  const name = baseName(path);
  return COMMENTS_BY_NAME[name] ??
    (name.startsWith("Dockerfile.") ? HASH : COMMENTS[extensionOf(path)] ?? null);
}

const FOREIGN = new Set(["node_modules", "vendor", "site-packages", ".venv", "venv", "__pycache__", ".git"]);

/** Code of others that lies in the tree: only touched when an operation names it. */
export function isForeign(path: string): boolean {
  return path.split("/").slice(0, -1).some((segment) => FOREIGN.has(segment));
}
