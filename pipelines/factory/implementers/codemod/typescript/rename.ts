import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import type { Candidate } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { lineAt, type TextEdit } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { findSymbol, ownerAndName, type Reference, referencesAt } from "./lookup.ts";
import type { Ts, TypeScriptProject } from "./project.ts";
import { declarationsOf, type Declared, nameText, nodeAt, place } from "./symbols.ts";
import { uncertainUses } from "./uncertain.ts";

/** Edits by path. */
export type EditsByPath = Map<string, TextEdit[]>;

/** Words that are no names in a module. */
const NEVER_NAMES = new Set(["await", "arguments", "eval"]);

/** Why a text is no name that a declaration could have; null when it is one. */
export function nameProblem(ts: Ts, name: string): string | null {
  const bare = name.startsWith("#") ? name.slice(1) : name;
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, bare);
  const kind = scanner.scan();
  if (kind >= ts.SyntaxKind.FirstReservedWord && kind <= ts.SyntaxKind.LastFutureReservedWord) {
    return "a reserved word";
  }
  if (NEVER_NAMES.has(bare)) return "a reserved word";
  // Contextual keywords (`of`, `type`) are names.
  const identifier = kind === ts.SyntaxKind.Identifier || kind > ts.SyntaxKind.LastFutureReservedWord;
  return identifier && scanner.getTokenEnd() === bare.length && bare !== "" ? null : "not an identifier";
}

/** The edits that rename a symbol wherever it is used, and how often it is; null when nothing is called so. */
export function renameEdits(
  project: TypeScriptProject,
  operation: Pick<OperationOf<"rename-symbol">, "from" | "to" | "in" | "kind" | "uncertain">,
  bench: Workbench,
): Result<{ edits: EditsByPath; matches: number; notes: string[] } | null, CodemodProblem> {
  const { ts } = project;
  const { name } = ownerAndName(operation.from);
  const found = findSymbol(project, { name: operation.from, in: operation.in, kind: operation.kind }, bench);
  if (!found.ok) return found;
  if (found.value === null) return ok(null);
  const wrong = nameProblem(ts, operation.to);
  if (wrong !== null || operation.to.startsWith("#") !== name.startsWith("#")) {
    return fail(
      "invalid",
      `${operation.to} cannot be a name here: ${wrong ?? "private names start with # and stay private"}`,
      {
        value: operation.to,
        remedy: "give an identifier that is no reserved word",
      },
    );
  }
  if (name === operation.to) {
    return fail("no-match", `${operation.from} has the name ${operation.to} already`, {
      value: operation.to,
      remedy: "give another name, or take the operation out",
    });
  }
  const { declared } = found.value;
  const quoted = ts.isStringLiteralLike(declared.node) ? 1 : 0;
  const references = named(
    project,
    referencesAt(project, declared.path, declared.node.getStart() + quoted),
    name,
  );
  widenCommonJs(project, references, name, bench);

  const clash = collisions(project, references, name, operation.to, bench);
  if (clash.length > 0) {
    return fail(
      "collision",
      `${operation.to} is taken where ${operation.from} would get that name: ${enumerate(clash)}`,
      {
        value: operation.to,
        remedy: "choose another name, or rename what has it first",
      },
    );
  }
  const notes: string[] = [];
  const unsure = isMember(declared) ? uncertainUses(project, name, references, keyOf, bench) : [];
  if (unsure.length > 0) {
    const places = enumerate(unsure.map((it) => {
      const source = project.source(it.path);
      const access = source === undefined ? null : nodeAt(ts, source, it.start).parent;
      return `${it.path}:${lineAt(source?.text ?? "", it.start)} (${
        access?.getText(source).slice(-60) ?? name
      })`;
    }));
    if (operation.uncertain === "refuse") {
      return fail("ambiguous", `The types do not say whether these mean ${operation.from}: ${places}`, {
        value: operation.from,
        remedy: 'look at them and set `uncertain: "rename"` or `"keep"`, or write down the types',
      });
    }
    if (operation.uncertain === "keep") notes.push(`kept as they are: ${places}`);
    else for (const it of unsure) references.set(keyOf(it.path, it.start), it);
  }
  const edits: EditsByPath = new Map();
  for (const reference of references.values()) {
    bench.check();
    const source = project.source(reference.path);
    if (source === undefined) continue;
    const list = edits.get(reference.path) ?? [];
    list.push({
      start: reference.start,
      end: reference.end,
      text: spelled(project, source, reference, references, name, operation.to),
    });
    edits.set(reference.path, list);
  }
  if (references.size > bench.stage.limits.maxMatches) {
    return fail("limit", `${operation.from} is used in ${references.size} places`, {
      value: operation.from,
      remedy: `at most ${bench.stage.limits.maxMatches} places are changed by one operation`,
    });
  }
  return ok({ edits, matches: references.size, notes });
}

/** A member of objects: what is reached through a value whose type may not be known. */
function isMember(declared: Declared): boolean {
  return declared.owner !== null &&
    (declared.kinds.includes("method") || declared.kinds.includes("property"));
}

type References = Map<string, Reference>;
const keyOf = (path: string, start: number) => `${path}\0${start}`;

/** The references that are spelled with the name: an alias (`import { a as b }`) keeps its own. Quotes are left outside. */
function named(project: TypeScriptProject, references: readonly Reference[], name: string): References {
  const found: References = new Map();
  for (const { path, start, end } of references) {
    const text = project.source(path)?.text.slice(start, end);
    if (text === name) found.set(keyOf(path, start), { path, start, end });
    else if (text?.slice(1, -1) === name) {
      found.set(keyOf(path, start + 1), { path, start: start + 1, end: end - 1 });
    }
  }
  return found;
}

/** Whether a declaration's name is among the references. */
function holds(
  project: TypeScriptProject,
  references: References,
  declaration: TypeScript.Declaration,
): boolean {
  const { ts } = project;
  const source = declaration.getSourceFile();
  const path = project.pathOf(source.fileName);
  const node = ts.getNameOfDeclaration(declaration) ?? declaration;
  if (path === null) return false;
  const start = node.getStart(source);
  return references.has(keyOf(path, start)) || references.has(keyOf(path, start + 1));
}

/** `require("...")`, whose destructured names are the other file's exports. */
function isRequired(ts: Ts, element: TypeScript.BindingElement): boolean {
  let node: TypeScript.Node = element.parent;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node)) node = node.parent;
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return false;
  const call = node.initializer;
  return ts.isCallExpression(call) && ts.isIdentifier(call.expression) && call.expression.text === "require";
}

/** `{ a }` of `module.exports = { a }`. */
function isCommonJsExport(ts: Ts, node: TypeScript.ShorthandPropertyAssignment): boolean {
  const assignment = node.parent.parent;
  return ts.isObjectLiteralExpression(node.parent) && ts.isBinaryExpression(assignment) &&
    assignment.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    assignment.left.getText() === "module.exports";
}

/**
 * How the new name is written in one place. A shorthand names two things, of which one keeps its name:
 * `{ a }` becomes `{ a: b }` when the variable is renamed and `{ b: a }` when the property is.
 */
function spelled(
  project: TypeScriptProject,
  source: TypeScript.SourceFile,
  reference: Reference,
  references: References,
  from: string,
  to: string,
): string {
  const { ts } = project;
  const node = nodeAt(ts, source, reference.start);
  const parent = node.parent;
  if (!ts.isIdentifier(node) || parent === undefined) return to;
  if (ts.isShorthandPropertyAssignment(parent) && parent.name === node) {
    if (isCommonJsExport(ts, parent)) return to;
    const value = project.checker().getShorthandAssignmentValueSymbol(parent);
    const variable = value?.declarations?.some((it) => holds(project, references, it)) ?? false;
    return variable ? `${from}: ${to}` : `${to}: ${from}`;
  }
  if (
    ts.isBindingElement(parent) && parent.name === node && parent.propertyName === undefined &&
    parent.dotDotDotToken === undefined && ts.isObjectBindingPattern(parent.parent) && !isRequired(ts, parent)
  ) {
    const property = project.checker().getTypeAtLocation(parent.parent).getProperty(from);
    const member = property?.declarations?.some((it) => holds(project, references, it)) ?? false;
    return member ? `${to}: ${from}` : `${from}: ${to}`;
  }
  return to;
}

/**
 * CommonJS: the compiler ties `const { a } = require("./x")` to the property of `module.exports = { a }`, not to the
 * function behind it. Where the function is renamed, the export and its users are.
 */
function widenCommonJs(
  project: TypeScriptProject,
  references: References,
  name: string,
  bench: Workbench,
): void {
  const { ts } = project;
  const exported = new Set<TypeScript.Node>();
  const seeds: { path: string; position: number }[] = [];
  for (const { path, start } of references.values()) {
    const source = project.source(path);
    if (source === undefined || !/\.[cm]?jsx?$/.test(path)) continue;
    const { parent } = nodeAt(ts, source, start);
    if (parent === undefined) continue;
    if (ts.isShorthandPropertyAssignment(parent) && isCommonJsExport(ts, parent)) exported.add(parent);
    // exports.a = a
    if (ts.isBinaryExpression(parent) && ts.isPropertyAccessExpression(parent.left)) {
      const { left } = parent;
      const owner = left.expression.getText(source);
      if (left.name.text === name && (owner === "exports" || owner === "module.exports")) {
        const at = left.name.getStart(source);
        references.set(keyOf(path, at), { path, start: at, end: left.name.end });
        seeds.push({ path, position: at });
      }
    }
  }
  if (exported.size > 0 || seeds.length > 0) {
    const checker = project.checker();
    for (const path of project.paths) {
      const source = project.source(path);
      if (source === undefined || !/\.[cm]?jsx?$/.test(path) || !source.text.includes(name)) continue;
      bench.check();
      for (let at = source.text.indexOf(name); at >= 0; at = source.text.indexOf(name, at + name.length)) {
        const node = nodeAt(ts, source, at);
        if (nameText(ts, node) !== name || references.has(keyOf(path, at))) continue;
        const symbol = checker.getSymbolAtLocation(node);
        const ours = symbol?.declarations?.some((it) =>
          exported.has(it) || (isExportsProperty(ts, it) && holds(project, references, it))
        );
        if (ours) references.set(keyOf(path, at), { path, start: at, end: at + name.length });
        if (ours || isRequiredFrom(project, node, path, exported)) seeds.push({ path, position: at });
      }
    }
  }
  for (const { path, position } of seeds) {
    for (const [key, reference] of named(project, referencesAt(project, path, position), name)) {
      references.set(key, reference);
    }
  }
}

/** `exports.a = a`. */
function isExportsProperty(ts: Ts, declaration: TypeScript.Node): boolean {
  const access = ts.isBinaryExpression(declaration) ? declaration.left : declaration;
  return ts.isPropertyAccessExpression(access) && /^(module\.)?exports$/.test(access.expression.getText());
}

/** `const { a } = require("./x")` where x exports one of these. */
function isRequiredFrom(
  project: TypeScriptProject,
  node: TypeScript.Node,
  path: string,
  exported: ReadonlySet<TypeScript.Node>,
): boolean {
  const { ts } = project;
  const element = node.parent;
  if (!ts.isBindingElement(element) || !isRequired(ts, element)) return false;
  const declaration = element.parent.parent;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false;
  const argument = ts.isCallExpression(declaration.initializer)
    ? declaration.initializer.arguments[0]
    : undefined;
  if (argument === undefined || !ts.isStringLiteralLike(argument)) return false;
  const target = project.resolve(argument.text, path);
  return [...exported].some((it) => project.pathOf(it.getSourceFile().fileName) === target);
}

/** Where the new name is taken already, or would capture what means something else. */
function collisions(
  project: TypeScriptProject,
  references: References,
  from: string,
  to: string,
  bench: Workbench,
): string[] {
  const { ts } = project;
  const checker = project.checker();
  const found = new Set<string>();
  const say = (declaration: TypeScript.Node) => {
    const source = declaration.getSourceFile();
    const path = project.pathOf(source.fileName);
    const name = ts.getNameOfDeclaration(declaration as TypeScript.Declaration) ?? declaration;
    if (path !== null) found.add(place(source, path, name));
  };
  const bindings = new Set<string>();
  for (const { path, start } of references.values()) {
    bench.check();
    const source = project.source(path);
    if (source === undefined) continue;
    const node = nodeAt(ts, source, start);
    const parent = node.parent;
    if (parent === undefined) continue;
    // Behind these the name binds nothing: it is looked up in a type or in another module.
    const elsewhere =
      ((ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isBindingElement(parent)) &&
        parent.propertyName === node) || ts.isJsxAttribute(parent) || ts.isExportSpecifier(parent);
    if (elsewhere) continue;
    const member = (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      (ts.isQualifiedName(parent) && parent.right === node) || ts.isStringLiteralLike(node) ||
      isMemberName(ts, node);
    if (member) {
      const container = isMemberName(ts, node) ? parent.parent : null;
      if (container !== null) {
        const type = checker.getTypeAtLocation(container);
        for (const it of type.getProperty(to)?.declarations ?? []) say(it);
        const own = checker.getSymbolAtLocation((container as TypeScript.NamedDeclaration).name ?? container);
        const inside = own?.members?.get(ts.escapeLeadingUnderscores(to)) ??
          own?.exports?.get(ts.escapeLeadingUnderscores(to));
        for (const it of inside?.declarations ?? []) say(it);
      }
      continue;
    }
    bindings.add(path);
    const meaning = ts.SymbolFlags.Value | ts.SymbolFlags.Type | ts.SymbolFlags.Namespace |
      ts.SymbolFlags.Alias;
    for (const symbol of checker.getSymbolsInScope(node, meaning)) {
      if (symbol.name !== to) continue;
      for (const it of symbol.declarations ?? []) say(it); // a global of the language is judged below, where it is used
    }
  }
  for (const path of bindings) {
    const source = project.source(path);
    if (source === undefined || !source.text.includes(to)) continue;
    bench.check();
    // A name that comes from outside of the file would now mean what is renamed.
    for (let at = source.text.indexOf(to); at >= 0; at = source.text.indexOf(to, at + to.length)) {
      const node = nodeAt(ts, source, at);
      if (!ts.isIdentifier(node) || node.text !== to || node.getStart(source) !== at) continue;
      const { parent } = node;
      if (
        (ts.isPropertyAccessExpression(parent) && parent.name === node) || isMemberName(ts, node) ||
        (ts.isQualifiedName(parent) && parent.right === node) || ts.isJsxAttribute(parent) ||
        ((ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) && parent.propertyName === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node) ||
        ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)
      ) continue;
      const symbol = ts.isShorthandPropertyAssignment(parent)
        ? checker.getShorthandAssignmentValueSymbol(parent)
        : checker.getSymbolAtLocation(node);
      const local = symbol?.declarations?.some((it) => it.getSourceFile() === source) ?? false;
      if (!local) found.add(place(source, path, node));
    }
  }
  // Two names become one in a module that exports both, also through `export *`.
  for (const path of project.paths) {
    const source = project.source(path);
    if (source === undefined) continue;
    const module = checker.getSymbolAtLocation(source);
    if (module === undefined) continue;
    const other = checker.tryGetMemberInModuleExports(to, module);
    if (other === undefined) continue;
    const own = checker.tryGetMemberInModuleExports(from, module);
    if (own === undefined) continue;
    const aliased = (own.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(own) : own;
    if (
      ![...(own.declarations ?? []), ...(aliased.declarations ?? [])].some((it) =>
        holds(project, references, it)
      )
    ) {
      continue;
    }
    for (const it of other.declarations ?? []) say(it);
  }
  return [...found].sort();
}

/** The name of a member at its declaration. */
function isMemberName(ts: Ts, node: TypeScript.Node): boolean {
  const { parent } = node;
  return (ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isObjectLiteralElementLike(parent) ||
    ts.isEnumMember(parent)) && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
}

/** Every declared symbol, for messages. */
export function candidatesOf(project: TypeScriptProject): Candidate[] {
  return project.paths.flatMap((path) => declarationsOf(project, path))
    .map((it) => ({ name: it.owner === null ? it.name : `${it.owner}.${it.name}`, at: it.at }));
}
