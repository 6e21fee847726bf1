import { z } from "zod";
import { Json } from "./base.ts";

/**
 * A file of the repository: forward slashes, relative to its root, no `.`, `..` or empty segment, nothing below `.git`.
 * Written as one pattern so that the JSON Schema says the same as the parser.
 */
export const TreePath = z.string().min(1).max(1000)
  .regex(
    // deno-lint-ignore no-control-regex -- control characters have no place in a path of an operation
    /^(?![/~])(?!(?:.*\/)?\.{1,2}(?:\/|$))(?!(?:.*\/)?\.[gG][iI][tT](?:\/|$))(?!.*\/\/)(?!.*\/$)[^\u0000-\u001f\\:]+$/,
    "a path relative to the repository's root, with forward slashes, without '.', '..' or '.git' in it",
  )
  .describe("a file, relative to the repository's root, with forward slashes");

const Globs = z.union([z.string().min(1).max(500), z.array(z.string().min(1).max(500)).min(1).max(100)]);
const SymbolName = z.string().min(1).max(200).regex(/^[^\s"'`]+$/, "a name without spaces or quotes");

/** Languages that an operation can be told to keep to. `ts` and `tsx` are one family with `js`: they import each other. */
export const OperationLanguage = z.enum([
  "ts",
  "tsx",
  "js",
  "python",
  "go",
  "java",
  "rust",
  "bash",
  "yaml",
  "json",
]);
export type OperationLanguage = z.infer<typeof OperationLanguage>;

export const SymbolKind = z.enum([
  "function",
  "class",
  "interface",
  "type",
  "enum",
  "variable",
  "namespace",
  "method",
  "property",
  "parameter",
]);
export type SymbolKind = z.infer<typeof SymbolKind>;

export const RenameSymbol = z.strictObject({
  op: z.literal("rename-symbol").describe(
    "give a symbol another name, at its declaration and wherever it is used. TypeScript and JavaScript by the type checker; " +
      "Python, Go, Java, Rust and bash by syntax, scopes and imports, never in strings or comments",
  ),
  from: SymbolName.describe("the name now: `name` of a top-level symbol, or `Owner.member`"),
  to: SymbolName.describe("the new name, without the owner; a symbol of that name in the way is a failure"),
  in: Globs.optional().describe(
    "the file, or globs of files, that declare it; needed when several declare one",
  ),
  kind: SymbolKind.optional().describe("what it is, when one name means several things"),
  lang: OperationLanguage.optional().describe("the language, when files of several declare one"),
  uncertain: z.enum(["refuse", "rename", "keep"]).default("refuse").describe(
    "what to do with `x.name` where the code does not say what x is (in TypeScript: `any`): refuse the operation and name " +
      "the places, rename them too, or keep them",
  ),
});
export type RenameSymbol = z.infer<typeof RenameSymbol>;

export const ChangeSignature = z.strictObject({
  op: z.literal("change-signature").describe(
    "add a parameter to a function or method, and its argument to the calls. TypeScript, JavaScript, Python, Go, Java, Rust",
  ),
  function: SymbolName.describe(
    "`name`, `Owner.method`, `Owner.constructor` or `default` for a default export; overloads and overrides change together",
  ),
  in: Globs.optional().describe("the file, or globs of files, that declare it"),
  lang: OperationLanguage.optional().describe("the language, when files of several declare one"),
  add: z.strictObject({
    name: SymbolName.describe("the new parameter's name"),
    type: z.string().min(1).max(1000).optional().describe(
      "its type as it is written in the language; required by Go, Java, Rust, and by TypeScript unless the default is a plain literal",
    ),
    default: z.string().min(1).max(2000).optional().describe(
      "an expression of the language: what calls pass; required as soon as there is a call",
    ),
    position: z.number().int().min(0).max(100).optional().describe(
      "0-based; the end when left out, before a rest parameter (Python: before `*args`, keyword-only ones and `**kwargs`)",
    ),
  }).describe("the parameter that is added"),
  calls: z.enum(["every", "needed"]).default("every").describe(
    "`every`: the parameter is required and every call passes the default; behind optional parameters it is optional too, and calls that " +
      "leave those out are left alone. `needed`: the declaration carries the default " +
      "and only calls whose later arguments would shift pass it (TypeScript, JavaScript, Python)",
  ),
  values: z.enum(["refuse", "keep"]).default("refuse").describe(
    "uses of the function that are no calls (a callback, `bind`): refuse the operation, or keep them as they are",
  ),
});
export type ChangeSignature = z.infer<typeof ChangeSignature>;

export const MoveSymbol = z.strictObject({
  op: z.literal("move-symbol").describe(
    "move a top-level declaration into another file and correct the imports of all users. TypeScript, JavaScript (ES modules), Python",
  ),
  symbol: SymbolName.describe("name of a top-level declaration"),
  from: TreePath.describe("the file that declares it"),
  to: TreePath.describe("the file that shall declare it; made when it does not exist"),
  along: z.array(SymbolName).max(100).default([]).describe(
    "other top-level declarations of the file that move with it, such as private helpers",
  ),
});
export type MoveSymbol = z.infer<typeof MoveSymbol>;

export const ReplaceCall = z.strictObject({
  op: z.literal("replace-call").describe(
    "rewrite code that matches a pattern (ast-grep's pattern language) in TypeScript, JavaScript, Python, Go, Java, Rust, bash, YAML, JSON",
  ),
  pattern: z.string().min(1).max(2000).describe(
    "code with metavariables: $A is one node, $$$ARGS any number of them, $_ any node unnamed",
  ),
  replacement: z.string().max(4000).describe("code with the pattern's metavariables; `$$` is a dollar sign"),
  lang: OperationLanguage.optional().describe(
    "the pattern's language; `ts` reads .ts and .js files alike. Needed when the files in question are of several",
  ),
  in: Globs.optional().describe("files to rewrite; all of the language when left out"),
  imports: z.array(z.string().min(1).max(500)).max(20).default([]).describe(
    "import statements that a rewritten file needs and gets when it lacks them (TypeScript, JavaScript, Python)",
  ),
});
export type ReplaceCall = z.infer<typeof ReplaceCall>;

export const RemoveUnusedExport = z.strictObject({
  op: z.literal("remove-unused-export").describe(
    "take away an export that no other file uses: the `export` when its own file uses it, else the declaration. TypeScript, JavaScript (ES modules)",
  ),
  symbol: SymbolName.optional().describe("the exported name; every unused export of the files when left out"),
  in: Globs.optional().describe("the file, or globs of files, that export it; required without a symbol"),
  public: z.boolean().default(false).describe(
    "also take exports of entry points (deno.json `exports`, package.json `main`, `exports`, `bin`), which are public API",
  ),
});
export type RemoveUnusedExport = z.infer<typeof RemoveUnusedExport>;

export const FixImportExtensions = z.strictObject({
  op: z.literal("fix-import-extensions").describe(
    "write the file extension of relative imports. TypeScript, JavaScript",
  ),
  in: Globs.optional().describe("files whose imports are corrected; all when left out"),
  extension: z.enum(["source", "js", "none"]).default("source").describe(
    "`source`: of the file that is meant (.ts, .tsx, .js); `js`: what TypeScript emits for it; `none`: no extension",
  ),
});
export type FixImportExtensions = z.infer<typeof FixImportExtensions>;

export const BumpDependency = z.strictObject({
  op: z.literal("bump-dependency").describe(
    "set a dependency to another version in package.json, deno.json or its import map, requirements*.txt, pyproject.toml, go.mod or Cargo.toml, " +
      "with package-lock.json (v2, v3), deno.lock, go.sum or Cargo.lock beside it",
  ),
  name: z.string().min(1).max(300).describe("the package as the manifest names it"),
  to: z.string().min(1).max(100).regex(/^[0-9A-Za-z^~<>=!*.,+| -]+$/, "a version or version range")
    .describe("the new version; a range prefix that is there (^, ~, >=, ==) is kept unless this has one"),
  manifest: TreePath.optional().describe("the manifest, when several name the package"),
  integrity: z.string().min(1).max(500).optional().describe(
    "what the lockfile records for the new version: npm `sha512-...`, go.sum `h1:...` of the module, Cargo and pip SHA-256. " +
      "Without it a lockfile that names the package is a failure: nothing is fetched",
  ),
  goModIntegrity: z.string().min(1).max(500).optional().describe("go.sum: `h1:...` of the module's go.mod"),
  resolved: z.string().min(1).max(1000).optional().describe(
    "package-lock.json: the tarball's address, when it does not follow from the one before",
  ),
});
export type BumpDependency = z.infer<typeof BumpDependency>;

export const LicenceHeader = z.strictObject({
  op: z.literal("licence-header").describe(
    "put a comment at the head of files, after a shebang, encoding line, XML declaration or PHP tag; files that have it already are left alone",
  ),
  text: z.string().trim().min(1).max(10_000).describe("the header's text, without comment signs"),
  in: Globs.describe("files that get it"),
  style: z.enum(["line", "block"]).optional().describe(
    "`// text` or `/* text */`; what is usual in the language when left out",
  ),
});
export type LicenceHeader = z.infer<typeof LicenceHeader>;

export const AddTestSkeleton = z.strictObject({
  op: z.literal("add-test-skeleton").describe(
    "write a test file for a source file: each test imports its symbol and asserts that it exists and is what it is declared to be, " +
      "never an empty test. TypeScript, JavaScript, Python, Go",
  ),
  for: TreePath.describe("the source file"),
  symbols: z.array(SymbolName).min(1).max(100).optional().describe(
    "exported functions and classes; all of them when left out",
  ),
  framework: z.enum(["deno", "node:test", "pytest", "unittest", "go"]).optional().describe(
    "what the repository's manifest says when left out",
  ),
  to: TreePath.optional().describe(
    "the test file; beside the source by the framework's custom when left out. An existing file is a failure",
  ),
});
export type AddTestSkeleton = z.infer<typeof AddTestSkeleton>;

export const SetConfigValue = z.strictObject({
  op: z.literal("set-config-value").describe(
    "set one value in a JSON, JSONC, YAML or TOML file; comments, order and formatting of the rest stay",
  ),
  file: TreePath,
  path: z.union([
    z.string().min(1).max(1000),
    z.array(z.union([z.string().max(500), z.number().int().min(0)])).min(1).max(50),
  ]).describe("keys and indices from the top: `a.b.0.c`, or a list when a key has a dot in it"),
  value: Json.describe("the new value; the same value already there is a failure, for nothing would change"),
  document: z.number().int().min(0).max(1000).optional().describe(
    "0-based, needed in a YAML file of several documents",
  ),
});
export type SetConfigValue = z.infer<typeof SetConfigValue>;

export const CreateFile = z.strictObject({
  op: z.literal("create-file").describe("write a new file from its content, or from a template and values"),
  path: TreePath,
  content: z.string().max(1_000_000).optional().describe("the file's text; either this or `template`"),
  template: z.string().max(1_000_000).optional().describe(
    "text with {{name}} where values go; `\\{{` is a plain {{",
  ),
  values: z.record(z.string().min(1).max(100), z.union([z.string().max(100_000), z.number(), z.boolean()]))
    .default({}).describe(
      "what the template's names stand for; one that is missing or not used is a failure",
    ),
  overwrite: z.boolean().default(false).describe("replace a file that exists"),
}).refine((it) => (it.content === undefined) !== (it.template === undefined), {
  message: "exactly one of `content` and `template` is needed",
}).refine((it) => it.template !== undefined || Object.keys(it.values).length === 0, {
  message: "`values` go with `template`",
  path: ["values"],
});
export type CreateFile = z.infer<typeof CreateFile>;

/**
 * A structured edit that needs no model. What matches nothing, or more than one thing where one is meant, is a failure;
 * a list of operations is applied as a whole or not at all.
 */
export const Operation = z.discriminatedUnion("op", [
  RenameSymbol,
  ChangeSignature,
  MoveSymbol,
  ReplaceCall,
  RemoveUnusedExport,
  FixImportExtensions,
  BumpDependency,
  LicenceHeader,
  AddTestSkeleton,
  SetConfigValue,
  CreateFile,
]);
export type Operation = z.infer<typeof Operation>;

/** An operation as a user writes it, before defaults are filled in. */
export type OperationInput = z.input<typeof Operation>;
