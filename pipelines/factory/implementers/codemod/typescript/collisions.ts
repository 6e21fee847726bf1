import type { ts as TypeScript } from "ts-morph";
import type { Workbench } from "../workbench.ts";
import type { Ts, TypeScriptProject } from "./project.ts";
import { holds, type References } from "./references.ts";
import { nodeAt, place } from "./symbols.ts";

/** Where the new name is taken already, or would capture what means something else. */
export function collisions(
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
