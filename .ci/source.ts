import { ts } from "ts-morph";

/** One import of a source file: static, re-export, dynamic or in a type. */
export interface Import {
  /** Null when the specifier is computed, so that nobody can know what is loaded. */
  specifier: string | null;
  line: number;
  dynamic: boolean;
  /** Types only: nothing is loaded when the program runs. */
  typeOnly: boolean;
  /** `with { type: "text" }` and the like: content, not code. */
  data: boolean;
  /** Imported names; `*` for all of a module. */
  names: string[];
}

/** What the rules read of one file. */
export interface Source {
  path: string;
  imports: Import[];
  /** Exported names with their lines; re-exports of other modules left out. */
  exports: { name: string; line: number }[];
  /** Modules whose every export this file passes on. */
  passesOn: string[];
  /** Globals of a server runtime that the file uses, with their lines. */
  globals: { name: string; line: number }[];
  /** Identifiers that are used at least twice: an export that its own file uses is not dead, only too public. */
  usedNames: Set<string>;
}

const SERVER_GLOBALS = new Set(["Deno", "process", "Buffer", "require", "__dirname", "__filename"]);

const literal = (node: ts.Node | undefined): string | null =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : null;

/** Reads imports, exports and used globals from the syntax tree; comments and strings do not count. */
export function readSource(path: string, text: string): Source {
  const kind = path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const source: Source = { path, imports: [], exports: [], passesOn: [], globals: [], usedNames: new Set() };
  const declared = new Set<string>();
  const candidates: { name: string; line: number }[] = [];
  const seen = new Set<string>();

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      source.imports.push({
        specifier: literal(node.moduleSpecifier),
        line: lineOf(node),
        dynamic: false,
        typeOnly: isTypeOnly(node.importClause),
        data: isData(node.attributes),
        names: importedNames(node.importClause),
      });
    } else if (ts.isExportDeclaration(node)) readExport(node, source, lineOf(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const specifier = literal(node.arguments[0]);
      source.imports.push({
        specifier,
        line: lineOf(node),
        dynamic: true,
        typeOnly: false,
        data: isDataOption(node.arguments[1]),
        names: ["*"],
      });
    } else if (ts.isImportTypeNode(node)) {
      const argument = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
      source.imports.push({
        specifier: literal(argument),
        line: lineOf(node),
        dynamic: true,
        typeOnly: true,
        data: false,
        names: ["*"],
      });
    } else if (ts.isIdentifier(node)) {
      const parent = node.parent;
      if (isDeclaredName(parent, node)) declared.add(node.text);
      if (SERVER_GLOBALS.has(node.text) && isReference(parent, node)) {
        candidates.push({ name: node.text, line: lineOf(node) });
      }
      if (seen.has(node.text)) source.usedNames.add(node.text);
      seen.add(node.text);
    } else if (ts.isElementAccessExpression(node)) {
      // globalThis["Deno"]
      const name = literal(node.argumentExpression);
      const object = node.expression.getText(file);
      if (name !== null && SERVER_GLOBALS.has(name) && /^(globalThis|self|window)$/.test(object)) {
        source.globals.push({ name, line: lineOf(node) });
      }
    }
    readDeclaredExports(node, source, lineOf);
    ts.forEachChild(node, visit);
  };
  visit(file);
  // `Deno` is never a name of ours; the others are only globals where the file does not declare them.
  source.globals.push(...candidates.filter((one) => one.name === "Deno" || !declared.has(one.name)));
  return source;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  return clause.name === undefined && bindings !== undefined && ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function isData(attributes: ts.ImportAttributes | undefined): boolean {
  return (attributes?.elements ?? []).some((element) =>
    element.name.text === "type" && /^(text|json|bytes)$/.test(literal(element.value) ?? "")
  );
}

/** `import("./x.json", { with: { type: "json" } })`. */
function isDataOption(options: ts.Expression | undefined): boolean {
  const property = (of: ts.Expression | undefined, name: string): ts.Expression | undefined =>
    of === undefined || !ts.isObjectLiteralExpression(of)
      ? undefined
      : of.properties.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === name)?.getChildAt(
        2,
      ) as ts.Expression | undefined;
  return /^(text|json|bytes)$/.test(literal(property(property(options, "with"), "type")) ?? "");
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined) return [];
  const bindings = clause.namedBindings;
  return [
    ...(clause.name === undefined ? [] : ["default"]),
    ...(bindings === undefined
      ? []
      : ts.isNamespaceImport(bindings)
      ? ["*"]
      : bindings.elements.map((element) => (element.propertyName ?? element.name).text)),
  ];
}

function readExport(node: ts.ExportDeclaration, source: Source, line: number): void {
  const clause = node.exportClause;
  if (node.moduleSpecifier === undefined) {
    if (clause !== undefined && ts.isNamedExports(clause)) {
      source.exports.push(...clause.elements.map((element) => ({ name: element.name.text, line })));
    }
    return;
  }
  const specifier = literal(node.moduleSpecifier);
  const names = clause !== undefined && ts.isNamedExports(clause)
    ? clause.elements.map((element) => (element.propertyName ?? element.name).text)
    : ["*"];
  source.imports.push({
    specifier,
    line,
    dynamic: false,
    typeOnly: node.isTypeOnly,
    data: isData(node.attributes),
    names,
  });
  if (clause === undefined && specifier !== null) source.passesOn.push(specifier);
}

function readDeclaredExports(node: ts.Node, source: Source, lineOf: (node: ts.Node) => number): void {
  if (!ts.canHaveModifiers(node) || node.parent?.kind !== ts.SyntaxKind.SourceFile) return;
  const modifiers = ts.getModifiers(node) ?? [];
  if (!modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return;
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) return;
  const names = ts.isVariableStatement(node)
    ? node.declarationList.declarations.map((declaration) => declaration.name)
    : [(node as ts.DeclarationStatement).name];
  for (const name of names) {
    if (name !== undefined && ts.isIdentifier(name)) {
      source.exports.push({ name: name.text, line: lineOf(node) });
    }
  }
}

function isDeclaredName(parent: ts.Node, node: ts.Identifier): boolean {
  return (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isFunctionDeclaration(parent) ||
    ts.isBindingElement(parent) || ts.isImportSpecifier(parent) || ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent)) && parent.name === node;
}

/** Whether an identifier stands for a value or type, not for the name of a field. */
function isReference(parent: ts.Node, node: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return /^(globalThis|self|window)$/.test(parent.expression.getText());
  }
  const isField =
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) || ts.isEnumMember(parent)) &&
    parent.name === node;
  return !isField && !isDeclaredName(parent, node);
}
