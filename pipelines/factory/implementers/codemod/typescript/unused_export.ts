import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { globs } from "../glob.ts";
import { folderOf, isForeign } from "../language.ts";
import { nearestRemedy } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { gapBefore, type TextEdit } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { dropEdits, importsOnlyUsedIn } from "./imports.ts";
import { referencesAt } from "./lookup.ts";
import { exportTargets, normalizePath, readConfig } from "./module_map.ts";
import type { Ts, TypeScriptProject } from "./project.ts";
import type { EditsByPath } from "./rename.ts";
import { declaredBy, modifierOf, statementRange } from "./statement.ts";
import { place } from "./symbols.ts";

/** One exported name of a file and where it is written. */
interface Exported {
  name: string;
  path: string;
  at: string;
  node: TypeScript.Node;
  /** Statements that declare it; or the specifier in `export { a }`. */
  statements: TypeScript.Statement[];
  specifier: TypeScript.ExportSpecifier | null;
}

/** What packages and workspaces name as their entry: their exports are used by others. */
async function entryPoints(project: TypeScriptProject, bench: Workbench): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await bench.stage.list()) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!["deno.json", "deno.jsonc", "package.json"].includes(name) || isForeign(path)) continue;
    const config = await readConfig(bench.stage, path);
    const named = [config.exports, config.main, config.module, config.types, config.bin]
      .flatMap((it) => exportTargets(it)).map((it) => it.target);
    for (const target of named) {
      const direct = normalizePath(`${folderOf(path)}/${target}`);
      if (direct === null) continue;
      // What is built from a source has its name: dist/index.js is src/index.ts.
      const stem = direct.replace(/\.(d\.)?[cm]?[jt]sx?$/, "");
      const source = stem.replace(/(^|\/)(dist|lib|build|out)\//, "$1src/");
      for (const file of project.paths) {
        const own = file.replace(/\.(d\.)?[cm]?[jt]sx?$/, "");
        if (file === direct || own === stem || own === source) found.set(file, path);
      }
    }
  }
  return found;
}

function exportsOf(ts: Ts, source: TypeScript.SourceFile, path: string): Exported[] {
  const found = new Map<string, Exported>();
  for (const statement of source.statements) {
    if (
      ts.isExportDeclaration(statement) && statement.exportClause !== undefined &&
      ts.isNamedExports(statement.exportClause)
    ) {
      for (const specifier of statement.exportClause.elements) {
        const name = specifier.name.text;
        found.set(name, {
          name,
          path,
          at: place(source, path, specifier),
          node: specifier.name,
          statements: [statement],
          specifier,
        });
      }
      continue;
    }
    if (modifierOf(ts, statement, ts.SyntaxKind.ExportKeyword) === undefined) continue;
    const byDefault = modifierOf(ts, statement, ts.SyntaxKind.DefaultKeyword);
    for (const node of declaredBy(ts, statement)) {
      const name = byDefault === undefined ? node.text : "default";
      const known = found.get(name);
      if (known !== undefined) known.statements.push(statement);
      else {found.set(name, {
          name,
          path,
          at: place(source, path, node),
          node,
          statements: [statement],
          specifier: null,
        });}
    }
  }
  return [...found.values()];
}

/** Whether running a declaration does something besides declaring. */
function hasEffects(ts: Ts, statement: TypeScript.Statement): boolean {
  if (
    ts.isFunctionDeclaration(statement) || ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  ) {
    return false;
  }
  const pending: TypeScript.Node[] = [statement];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (
      ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isAwaitExpression(node) ||
      ts.isDecorator(node) ||
      ts.isTaggedTemplateExpression(node) || ts.isClassStaticBlockDeclaration(node) ||
      ts.isDeleteExpression(node) ||
      ts.isPostfixUnaryExpression(node) || ts.isPropertyAccessExpression(node) ||
      ts.isElementAccessExpression(node) ||
      (ts.isBinaryExpression(node) && node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
        node.operatorToken.kind <= ts.SyntaxKind.LastAssignment)
    ) return true;
    // What is inside of a function runs when it is called.
    if (ts.isFunctionLike(node)) continue;
    ts.forEachChild(node, (child) => {
      pending.push(child);
    });
  }
  return false;
}

/** Files that a compiler of another kind reads, and that may import: a name in them counts as a use. */
const TEMPLATES = /\.(vue|svelte|astro|mdx|html?)$/;

async function usersOf(
  project: TypeScriptProject,
  exported: Exported,
  entries: ReadonlyMap<string, string>,
  operation: OperationOf<"remove-unused-export">,
  bench: Workbench,
): Promise<{ users: string[]; local: boolean }> {
  const { ts } = project;
  const users: string[] = [];
  let local = false;
  const source = exported.node.getSourceFile();
  const inside = (start: number) =>
    exported.specifier === null &&
    exported.statements.some((it) => it.getStart(source) <= start && start < it.end);
  for (const { path, start } of referencesAt(project, exported.path, exported.node.getStart(source))) {
    if (path !== exported.path) {
      const other = project.source(path);
      if (
        exported.specifier?.parent.parent.moduleSpecifier !== undefined &&
        path === declaringPath(project, exported)
      ) continue;
      if (other !== undefined) users.push(`${path}:${other.getLineAndCharacterOfPosition(start).line + 1}`);
    } else if (!inside(start)) {
      local = true;
    }
  }
  const checker = project.checker();
  const own = checker.getSymbolAtLocation(source);
  const symbol = own === undefined ? undefined : checker.tryGetMemberInModuleExports(exported.name, own);
  const resolved = (it: TypeScript.Symbol | undefined) =>
    it !== undefined && (it.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(it) : it;
  for (const [entry, manifest] of operation.public ? [] : entries) {
    const entrySource = project.source(entry);
    const module = entrySource === undefined ? undefined : checker.getSymbolAtLocation(entrySource);
    if (module === undefined) continue;
    const all = checker.getExportsOfModule(module);
    if (
      all.some((it) =>
        resolved(it) === resolved(symbol) && (entry !== exported.path || it.name === exported.name)
      )
    ) {
      users.push(`${entry} (an entry point by ${manifest})`);
    }
  }
  for (const path of await bench.stage.list()) {
    if (!TEMPLATES.test(path) || isForeign(path)) continue;
    const text = (await bench.stage.searched(path))?.text ?? "";
    if (
      exported.name !== "default" &&
      new RegExp(`(?<![\\w$])${exported.name.replaceAll("$", "\\$")}(?![\\w$])`).test(text)
    ) {
      users.push(path);
    }
  }
  return { users: [...new Set(users)], local };
}

/** Where `export { a } from` takes its name from. */
function declaringPath(project: TypeScriptProject, exported: Exported): string | null {
  const literal = exported.specifier?.parent.parent.moduleSpecifier;
  return literal !== undefined && project.ts.isStringLiteralLike(literal)
    ? project.resolve(literal.text, exported.path)
    : null;
}

/** The edit that takes names out of `export { a, b }`; the statement goes with its last name. */
function specifierRemoval(ts: Ts, gone: readonly TypeScript.ExportSpecifier[]): TextEdit | null {
  const list = gone[0]?.parent;
  if (list === undefined) return null;
  const source = list.getSourceFile();
  const kept = list.elements.filter((it) => !gone.includes(it));
  const first = list.elements[0], last = list.elements.at(-1), second = list.elements[1];
  if (kept.length === 0) return { ...statementRange(ts, source, list.parent), text: "" };
  if (first === undefined || last === undefined) return null;
  const gap = second === undefined ? " " : gapBefore(source.text, second.getStart(source));
  const text = kept.map((it) => it.getText(source)).join(`,${gap}`);
  return { start: first.getStart(source), end: last.end, text };
}

/** The edits that take the export of a declaration away. */
function removal(ts: Ts, exported: Exported, local: boolean): { edits: TextEdit[]; note: string | null } {
  const source = exported.node.getSourceFile();
  const several = exported.statements.some((it) => declaredBy(ts, it).length > 1);
  const effects = exported.statements.some((it) => hasEffects(ts, it));
  if (!local && !effects && !several) {
    return {
      edits: exported.statements.map((it) => ({ ...statementRange(ts, source, it), text: "" })),
      note: null,
    };
  }
  const edits: TextEdit[] = [];
  for (const statement of exported.statements) {
    const keywords = [ts.SyntaxKind.ExportKeyword, ts.SyntaxKind.DefaultKeyword]
      .map((kind) => modifierOf(ts, statement, kind)).filter((it) => it !== undefined);
    for (const keyword of keywords) {
      const gap = /^\s*/.exec(source.text.slice(keyword.end))?.[0].length ?? 0;
      edits.push({ start: keyword.getStart(source), end: keyword.end + gap, text: "" });
    }
  }
  const note = !local && effects
    ? `${exported.name} (${exported.at}) is kept without its export: making it may do something`
    : null;
  return { edits, note };
}

/** The edits that take unused exports away. */
export async function unusedExportEdits(
  project: TypeScriptProject,
  operation: OperationOf<"remove-unused-export">,
  bench: Workbench,
): Promise<Result<{ edits: EditsByPath; matches: number; notes: string[] }, CodemodProblem>> {
  const { ts } = project;
  if (operation.symbol === undefined && operation.in === undefined) {
    return fail("invalid", "Neither a symbol nor files are given", {
      remedy: "say which export with `symbol`, or whose with `in`",
    });
  }
  const within = operation.in === undefined ? ok((path: string) => !isForeign(path)) : globs(operation.in);
  if (!within.ok) return within;
  const all: Exported[] = [];
  for (const path of project.paths) {
    const source = project.source(path);
    if (source !== undefined && within.value(path)) all.push(...exportsOf(ts, source, path));
  }
  const chosen = operation.symbol === undefined
    ? all.filter((it) => it.name !== "default") // what takes a default export is often a tool
    : all.filter((it) => it.name === operation.symbol);
  if (chosen.length === 0) {
    return fail(
      "no-match",
      `No ${operation.symbol ?? "named export"} is exported by ${JSON.stringify(operation.in ?? "any file")}`,
      {
        value: operation.symbol ?? JSON.stringify(operation.in),
        remedy: nearestRemedy(operation.symbol ?? "", all, "correct the name or `in`"),
      },
    );
  }
  if (operation.symbol !== undefined && chosen.length > 1) {
    return fail(
      "ambiguous",
      `${operation.symbol} is exported by several files: ${enumerate(chosen.map((it) => it.at))}`,
      {
        value: operation.symbol,
        remedy: "say which one with `in`",
      },
    );
  }
  const entries = await entryPoints(project, bench);
  const edits: EditsByPath = new Map();
  const notes: string[] = [];
  const used: string[] = [];
  const removed = new Map<string, TextEdit[]>();
  const specifiers = new Map<TypeScript.NamedExports, TypeScript.ExportSpecifier[]>();
  let matches = 0;
  for (const exported of chosen) {
    bench.check();
    const { users, local } = await usersOf(project, exported, entries, operation, bench);
    if (users.length > 0) {
      used.push(`${exported.name} (${exported.at}) by ${enumerate(users, 4)}`);
      continue;
    }
    // Several names of one statement go together or not at all: only `export` can be taken from it.
    const statement = exported.statements[0];
    const others = exported.specifier !== null || statement === undefined
      ? []
      : declaredBy(ts, statement).map((it) => it.text).filter((it) => it !== exported.name);
    if (others.length > 0 && exported.name !== "default" && operation.symbol === undefined) {
      notes.push(
        `${exported.name} is kept: it is declared together with ${enumerate(others)} (${exported.at})`,
      );
      continue;
    }
    if (others.length > 0 && exported.name !== "default") {
      return fail(
        "unsupported",
        `${exported.name} is declared together with ${enumerate(others)} (${exported.at})`,
        {
          value: exported.name,
          remedy: "write one declaration for each first",
        },
      );
    }
    matches++;
    if (exported.specifier !== null) {
      const list = exported.specifier.parent;
      specifiers.set(list, [...specifiers.get(list) ?? [], exported.specifier]);
      continue;
    }
    const { edits: own, note } = removal(ts, exported, local);
    if (note !== null) notes.push(note);
    removed.set(exported.path, [...removed.get(exported.path) ?? [], ...own]);
    edits.set(exported.path, [...edits.get(exported.path) ?? [], ...own]);
  }
  // Imports that only the removed code used go with it.
  for (const [path, ranges] of removed) {
    const clauses = importsOnlyUsedIn(
      project,
      path,
      (start) => ranges.some((it) => it.start <= start && start < it.end),
    );
    for (const [clause, gone] of clauses) {
      edits.set(path, [...edits.get(path) ?? [], ...dropEdits(project, clause, gone)]);
    }
  }
  for (const gone of specifiers.values()) {
    const path = project.pathOf(gone[0]?.getSourceFile().fileName ?? "");
    const edit = specifierRemoval(ts, gone);
    if (path !== null && edit !== null) edits.set(path, [...edits.get(path) ?? [], edit]);
  }
  if (matches === 0) {
    return fail("in-use", `Nothing can be removed, all is used: ${enumerate(used)}`, {
      value: operation.symbol ?? JSON.stringify(operation.in),
      remedy: "remove the uses first, or set `public: true` for what only an entry point exports",
    });
  }
  if (operation.symbol === undefined && used.length > 0) notes.push(`used, so kept: ${enumerate(used, 4)}`);
  return ok({ edits, matches, notes });
}
