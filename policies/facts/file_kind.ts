import type { CodeLanguage, FileKind } from "../../specs/mod.ts";

const LANGUAGES: Readonly<Record<string, CodeLanguage>> = {
  ts: "ecmascript",
  tsx: "ecmascript",
  mts: "ecmascript",
  cts: "ecmascript",
  js: "ecmascript",
  jsx: "ecmascript",
  mjs: "ecmascript",
  cjs: "ecmascript",
  py: "python",
  pyi: "python",
  go: "go",
  java: "java",
  rs: "rust",
  sh: "shell",
  bash: "shell",
  bats: "shell",
  zsh: "shell",
  ksh: "shell",
};

/** Reading matter by type. HTML and MDX run code, so they are not. */
const DOCS = new Set([
  "md",
  "markdown",
  "rst",
  "adoc",
  "asciidoc",
  "txt",
  "org",
  "rtf",
  "pdf",
  "doc",
  "docx",
  "odt",
  "tex",
  "bib",
]);
const DOC_NAMES =
  /^(?:readme|changelog|changes|history|news|license|licence|copying|notice|authors|contributors|maintainers|contributing|code_of_conduct|security|support|todo)(?:\.[a-z-]+)?$/i;

/** Rows and media: what is read, never run. YAML, TOML and INI steer programs, so they are config. SVG can carry script. */
const DATA = new Set([
  ...[
    "csv",
    "tsv",
    "psv",
    "ndjson",
    "jsonl",
    "geojson",
    "json",
    "parquet",
    "avro",
    "arrow",
    "xlsx",
    "xls",
    "ods",
  ],
  ...["png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "tif", "tiff"],
  ...[
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "mp3",
    "ogg",
    "wav",
    "flac",
    "mp4",
    "webm",
    "mov",
    "po",
    "pot",
    "srt",
    "vtt",
  ],
]);
const CONFIG = new Set([
  "yaml",
  "yml",
  "toml",
  "ini",
  "cfg",
  "conf",
  "properties",
  "env",
  "xml",
  "plist",
  "hcl",
  "tf",
  "json5",
  "jsonc",
  "lock",
  "gradle",
  "kts",
  "cmake",
  "mk",
  "nix",
]);

const MANIFESTS = new Set([
  ...[
    "package.json",
    "deno.json",
    "deno.jsonc",
    "import_map.json",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "pipfile",
    "go.mod",
  ],
  ...[
    "go.work",
    "cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
  ],
  ...["gemfile", "composer.json", "environment.yml", "conanfile.txt", "mix.exs", "pubspec.yaml"],
]);

/** Lockfile -> the manifests that it is derived from, in the same directory (or above, in a workspace). */
export const LOCKFILES: Readonly<Record<string, readonly string[]>> = {
  "package-lock.json": ["package.json"],
  "npm-shrinkwrap.json": ["package.json"],
  "yarn.lock": ["package.json"],
  "pnpm-lock.yaml": ["package.json", "pnpm-workspace.yaml"],
  "bun.lock": ["package.json"],
  "bun.lockb": ["package.json"],
  "deno.lock": ["deno.json", "deno.jsonc", "import_map.json", "package.json"],
  "poetry.lock": ["pyproject.toml"],
  "uv.lock": ["pyproject.toml"],
  "pdm.lock": ["pyproject.toml"],
  "pipfile.lock": ["Pipfile"],
  "go.sum": ["go.mod"],
  "go.work.sum": ["go.work"],
  "cargo.lock": ["Cargo.toml"],
  "gradle.lockfile": ["build.gradle", "build.gradle.kts"],
  "gemfile.lock": ["Gemfile"],
  "composer.lock": ["composer.json"],
};

/** JSON that steers a tool: not data. */
const CONFIG_JSON =
  /^(?:tsconfig.*|jsconfig.*|\..*|.*\.config|.*rc|package|deno|import_map|composer|bower|lerna|nx|turbo|project|angular|renovate|vercel|netlify|firebase|now|app|launch|tasks|settings|manifest|opencode|mcp)\.json$/i;

const TEST_DIRECTORIES = /(?:^|\/)(?:tests?|__tests__|specs?|testing|e2e|integration[-_]tests?)\//i;

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const extensionOf = (name: string): string => {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
};

export function languageOf(path: string): CodeLanguage | null {
  return LANGUAGES[extensionOf(nameOf(path))] ?? null;
}

/** Whether a path holds tests by the conventions of its language's runners. */
export function isTestPath(path: string): boolean {
  const name = nameOf(path);
  switch (languageOf(path)) {
    case "ecmascript":
      return /(?:[._-](?:test|spec)|\.(?:cy|e2e))\.[cm]?[jt]sx?$/i.test(name) ||
        /^(?:test|spec)\.[cm]?[jt]sx?$/i.test(name) ||
        /(?:^|\/)(?:__tests__|tests?)\//i.test(path) || /^test[-_]/i.test(name);
    case "python":
      return /^test_.*\.py$|_tests?\.py$|^tests?\.py$/i.test(name) ||
        (/(?:^|\/)tests?\//.test(path) && name !== "__init__.py");
    case "go":
      return name.endsWith("_test.go");
    case "java":
      return /(?:^|\/)src\/[^/]*test[^/]*\//i.test(path) ||
        /(?:^Test[A-Z].*|Tests?|TestCase|IT|Spec)\.java$/.test(name);
    case "rust":
      return /(?:^|\/)tests\//.test(path) || /^tests?\.rs$|_tests?\.rs$/.test(name);
    case "shell":
      return name.endsWith(".bats") || /(?:^|[._-])tests?(?:[._-]|$)/i.test(name) ||
        TEST_DIRECTORIES.test(path) || /(?:^|\/)t\//.test(path);
    case null:
      return /\.(?:snap|approved|received)$/.test(name) || /(?:^|\/)__snapshots__\//.test(path) ||
        /(?:^|\/)(?:testdata|__fixtures__)\//.test(path);
  }
}

/** What a file is by its name and mode. An executable is never documentation or data, whatever it is called. */
export function fileKind(path: string, mode: string, binary: boolean, isTest = isTestPath(path)): FileKind {
  const name = nameOf(path);
  const lower = name.toLowerCase();
  const extension = extensionOf(name);
  if (mode === "120000" || mode === "160000") return "other";
  if (LOCKFILES[lower] !== undefined) return "lockfile";
  if (
    MANIFESTS.has(lower) || /^requirements[^/]*\.(?:txt|in)$/.test(lower) ||
    /^constraints[^/]*\.txt$/.test(lower)
  ) return "manifest";
  if (isTest) return "test";
  if (languageOf(path) !== null) return "code";
  if (mode === "100755") return binary ? "binary" : "code";
  if (lower.startsWith(".") && extension === "") return "config";
  if (/^cmakelists\.txt$|^robots\.txt$|^ads\.txt$/.test(lower)) return "config";
  if (DOCS.has(extension) || DOC_NAMES.test(name)) return "docs";
  if (extension === "json" && CONFIG_JSON.test(name)) return "config";
  if (DATA.has(extension)) return "data";
  if (
    CONFIG.has(extension) ||
    /^(?:makefile|dockerfile|justfile|procfile|jenkinsfile|vagrantfile|rakefile)/i.test(name)
  ) return "config";
  if (binary) return "binary";
  return extension === "" ? "other" : "code";
}
