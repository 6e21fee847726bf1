import type { ts as TypeScript } from "ts-morph";
import type { SymbolKind } from "../../../../../specs/mod.ts";
import { lineAt } from "../text_file.ts";
import type { Ts, TypeScriptProject } from "./project.ts";

/** A declared name. */
export interface Declared {
  name: string;
  /** The class, interface, enum, namespace or object that it is a member of. */
  owner: string | null;
  kinds: readonly SymbolKind[];
  path: string;
  at: string;
  node: TypeScript.Node;
  /** Declared inside a function or block. */
  nested: boolean;
}

/** The node that a position lies in, the innermost; comments are in none. */
export function nodeAt(ts: Ts, source: TypeScript.SourceFile, position: number): TypeScript.Node {
  let node: TypeScript.Node = source;
  for (;;) {
    const inner: TypeScript.Node | undefined = ts.forEachChild(
      node,
      (child) => child.getStart(source) <= position && position < child.end ? child : undefined,
    );
    if (inner === undefined) return node;
    node = inner;
  }
}

/** A name as it is spelled in code: an identifier, a private name, or a quoted property. */
export function nameText(ts: Ts, node: TypeScript.Node | undefined): string | null {
  if (node === undefined) return null;
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isStringLiteralLike(node)) return node.text;
  return null;
}

export function place(source: TypeScript.SourceFile, path: string, node: TypeScript.Node): string {
  return `${path}:${lineAt(source.text, node.getStart(source))}`;
}

const FUNCTION_LIKE: readonly SymbolKind[] = ["function", "variable"];

/** Every declared name of a file, in order. */
export function declarationsOf(project: TypeScriptProject, path: string): Declared[] {
  const { ts } = project;
  const source = project.source(path);
  if (source === undefined) return [];
  const found: Declared[] = [];
  const add = (
    node: TypeScript.Node | undefined,
    owner: string | null,
    nested: boolean,
    kinds: readonly SymbolKind[],
  ) => {
    const name = nameText(ts, node);
    if (node === undefined || name === null || name === "") return;
    found.push({ name, owner, kinds, path, at: place(source, path, node), node, nested });
  };
  const kindsOfValue = (value: TypeScript.Node | undefined): readonly SymbolKind[] =>
    value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))
      ? FUNCTION_LIKE
      : value !== undefined && ts.isClassExpression(value)
      ? ["class", "variable"]
      : ["variable"];

  // The stack is our own: a file may nest deeper than calls can.
  const pending: { node: TypeScript.Node; owner: string | null; nested: boolean }[] = [
    { node: source, owner: null, nested: false },
  ];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const { node } = task;
    let { owner, nested } = task;
    if (ts.isFunctionDeclaration(node)) add(node.name, nested ? null : owner, nested, ["function"]);
    else if (ts.isClassDeclaration(node)) add(node.name, owner, nested, ["class"]);
    else if (ts.isInterfaceDeclaration(node)) add(node.name, owner, nested, ["interface", "type"]);
    else if (ts.isTypeAliasDeclaration(node)) add(node.name, owner, nested, ["type"]);
    else if (ts.isEnumDeclaration(node)) add(node.name, owner, nested, ["enum"]);
    else if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name)) {
      add(node.name, owner, nested, ["namespace"]);
    } else if (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) {
      add(node.name, nested ? null : owner, nested, kindsOfValue(node.initializer));
    } else if (ts.isParameter(node)) {
      const property = ts.isParameterPropertyDeclaration(node, node.parent);
      add(node.name, owner, !property, property ? ["parameter", "property"] : ["parameter"]);
    } else if (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) {
      add(node.name, owner, false, ["method"]);
    } else if (
      ts.isPropertyDeclaration(node) || ts.isPropertySignature(node) || ts.isPropertyAssignment(node)
    ) {
      const value = ts.isPropertySignature(node) ? undefined : node.initializer;
      const callable = value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value));
      add(node.name, owner, owner === null && nested, callable ? ["method", "property"] : ["property"]);
    } else if (ts.isGetAccessor(node) || ts.isSetAccessor(node) || ts.isEnumMember(node)) {
      add(node.name, owner, false, ["property"]);
    } else if (ts.isTypeParameterDeclaration(node)) add(node.name, owner, true, ["type"]);
    else if (ts.isExportSpecifier(node) && node.propertyName !== undefined) {
      add(node.name, null, false, ["variable"]);
    } else if (ts.isImportSpecifier(node) && node.propertyName !== undefined) {
      add(node.name, null, true, ["variable"]);
    } else if (ts.isNamespaceImport(node) || ts.isNamespaceExport(node)) {
      add(node.name, null, true, ["namespace"]);
    }

    // Whose members the children are.
    if (
      ts.isClassLike(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) || (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name))
    ) {
      owner = nameText(ts, node.name) ?? owner;
    } else if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) owner = node.name.text;
    else if (ts.isFunctionLike(node) && !ts.isConstructorDeclaration(node)) {
      if (node.kind !== ts.SyntaxKind.MethodSignature && node.kind !== ts.SyntaxKind.FunctionType) {
        owner = null;
      }
      nested = true;
    } else if (ts.isBlock(node)) nested = true;
    const children: TypeScript.Node[] = [];
    ts.forEachChild(node, (child) => {
      children.push(child);
    });
    for (const child of children.reverse()) pending.push({ node: child, owner, nested });
  }
  return found;
}
