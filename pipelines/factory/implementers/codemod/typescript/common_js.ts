import type { ts as TypeScript } from "ts-morph";
import type { Workbench } from "../workbench.ts";
import { referencesAt } from "./lookup.ts";
import type { Ts, TypeScriptProject } from "./project.ts";
import { holds, keyOf, named, type References } from "./references.ts";
import { nameText, nodeAt } from "./symbols.ts";

/** `require("...")`, whose destructured names are the other file's exports. */
export function isRequired(ts: Ts, element: TypeScript.BindingElement): boolean {
  let node: TypeScript.Node = element.parent;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node)) node = node.parent;
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return false;
  const call = node.initializer;
  return ts.isCallExpression(call) && ts.isIdentifier(call.expression) && call.expression.text === "require";
}

/** `{ a }` of `module.exports = { a }`. */
export function isCommonJsExport(ts: Ts, node: TypeScript.ShorthandPropertyAssignment): boolean {
  const assignment = node.parent.parent;
  return ts.isObjectLiteralExpression(node.parent) && ts.isBinaryExpression(assignment) &&
    assignment.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    assignment.left.getText() === "module.exports";
}

/**
 * CommonJS: the compiler ties `const { a } = require("./x")` to the property of `module.exports = { a }`, not to the
 * function behind it. Where the function is renamed, the export and its users are.
 */
export function widenCommonJs(
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
