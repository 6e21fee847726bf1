import type { ts as TypeScript } from "ts-morph";
import type { Ts } from "./project.ts";

/** What has parameters: a function, a method, a constructor, or the type of one. */
export type FunctionNode = TypeScript.SignatureDeclaration;

/** What of the language a piece of an operation has to be. */
export function isExpression(ts: Ts, text: string): boolean {
  return parses(ts, `(${text});`, (statement) => ts.isExpressionStatement(statement)) &&
    !/^\s*\.\.\./.test(text);
}
export function isType(ts: Ts, text: string): boolean {
  return parses(ts, `type T = ${text};`, (statement) => ts.isTypeAliasDeclaration(statement));
}
function parses(ts: Ts, text: string, is: (statement: TypeScript.Statement) => boolean): boolean {
  const { diagnostics } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext },
  });
  const source = ts.createSourceFile("x.ts", text, ts.ScriptTarget.ESNext, true);
  const [statement] = source.statements;
  return diagnostics?.length === 0 && source.statements.length === 1 && statement !== undefined &&
    is(statement);
}

/** The type of a plain literal, for a parameter whose type is not given. */
export function literalType(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^(true|false)$/.test(text)) return "boolean";
  if (/^-?\d[\d_]*(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return "number";
  return /^"(?:[^"\\]|\\.)*"$|^'(?:[^'\\]|\\.)*'$|^`(?:[^`\\$]|\\.)*`$/.test(text) ? "string" : null;
}

/** The function that a name declares, when it declares one. */
export function functionOf(ts: Ts, node: TypeScript.Node): FunctionNode | null {
  const { parent } = node;
  if (parent === undefined) return null;
  if (ts.isConstructorDeclaration(node)) return node;
  const named =
    (ts.isFunctionDeclaration(parent) || ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) ||
      ts.isFunctionExpression(parent) || ts.isConstructorDeclaration(parent) || ts.isArrowFunction(parent)) &&
    (parent.name === node || parent.name === undefined);
  if (named) return parent;
  if (
    (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ||
      ts.isPropertyDeclaration(parent)) &&
    parent.name === node && parent.initializer !== undefined
  ) {
    let value: TypeScript.Expression = parent.initializer;
    while (ts.isParenthesizedExpression(value)) value = value.expression;
    return ts.isArrowFunction(value) || ts.isFunctionExpression(value) ? value : null;
  }
  if (ts.isPropertySignature(parent) && parent.name === node && parent.type !== undefined) {
    return ts.isFunctionTypeNode(parent.type) ? parent.type : null;
  }
  return null;
}

/** The call of which a name is what is called. */
export function callOf(
  ts: Ts,
  node: TypeScript.Node,
): TypeScript.CallExpression | TypeScript.NewExpression | null {
  let callee: TypeScript.Node = node;
  const access = callee.parent;
  if (ts.isPropertyAccessExpression(access) && access.name === callee) callee = access;
  else if (ts.isElementAccessExpression(access) && access.argumentExpression === callee) callee = access;
  while (
    ts.isParenthesizedExpression(callee.parent) || ts.isNonNullExpression(callee.parent) ||
    ts.isExpressionWithTypeArguments(callee.parent)
  ) callee = callee.parent;
  const call = callee.parent;
  return (ts.isCallExpression(call) || ts.isNewExpression(call)) && call.expression === callee ? call : null;
}

/** Places that name a function without calling or handing it on: imports, exports, types. */
export function isHarmless(ts: Ts, node: TypeScript.Node): boolean {
  const { parent } = node;
  if (parent === undefined || !ts.isIdentifier(node)) return node.kind !== ts.SyntaxKind.SuperKeyword;
  return ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isImportClause(parent) ||
    ts.isExportAssignment(parent) || ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent) ||
    ts.isNamespaceImport(parent) || ts.isQualifiedName(parent) || ts.isExpressionWithTypeArguments(parent) ||
    (ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent) && requireOf(ts, parent)) ||
    // module.exports = { f } hands on what require() takes up.
    (ts.isShorthandPropertyAssignment(parent) && parent.parent.parent.getText().startsWith("module.exports"));
}

function requireOf(ts: Ts, element: TypeScript.BindingElement): boolean {
  const declaration = element.parent.parent;
  return ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined &&
    ts.isCallExpression(declaration.initializer) &&
    declaration.initializer.expression.getText() === "require";
}

/** The type annotation of what holds a function value: `const f: Handler = ...`. */
export function typeOfHolder(ts: Ts, node: FunctionNode): TypeScript.TypeNode | null {
  let holder: TypeScript.Node = node.parent;
  while (ts.isParenthesizedExpression(holder)) holder = holder.parent;
  if ((ts.isVariableDeclaration(holder) || ts.isPropertyDeclaration(holder)) && holder.type !== undefined) {
    return ts.isFunctionTypeNode(node) ? null : holder.type;
  }
  return null;
}

/** An identifier in a function that a parameter of this name would be or would capture. */
export function usesName(ts: Ts, node: FunctionNode, name: string): TypeScript.Node | null {
  const pending: TypeScript.Node[] = [...node.parameters];
  if ("body" in node && node.body !== undefined) pending.push(node.body);
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (ts.isIdentifier(at) && at.text === name) {
      const { parent } = at;
      const label = (ts.isPropertyAccessExpression(parent) && parent.name === at) ||
        ((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) ||
          ts.isPropertySignature(parent) ||
          ts.isMethodSignature(parent)) && parent.name === at) ||
        (ts.isBindingElement(parent) && parent.propertyName === at) || ts.isJsxAttribute(parent) ||
        (ts.isQualifiedName(parent) && parent.right === at);
      if (!label) return at;
    }
    ts.forEachChild(at, (child) => {
      pending.push(child);
    });
  }
  return null;
}
