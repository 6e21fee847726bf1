/** TypeScript modules of a function, compiled to what its realm runs. Types are taken off, not checked. */
import { posix } from "node:path";
import type { ts as TypeScript } from "ts-morph";
import { err, type Json, ok, type Result } from "../../specs/mod.ts";
import type { CompiledModules } from "./port.ts";

const MAX_MODULES = 100;
const CODE = /\.(?:ts|mts|js|mjs)$/;

/** Why a path is none of a file beside the pipeline, or null. */
export function modulePathFault(path: string): string | null {
  if (path === "" || path.length > 500 || /[\p{Cc}\\:?#%]/u.test(path)) return "is no plain path";
  if (path.startsWith("/")) return "is absolute";
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) {
    return "must lead straight down from the pipeline's folder, without . and ..";
  }
  return null;
}

/** Compiles a module and the files that it imports. `read` gives the text of a file by its path from the pipeline's folder. */
export async function compileModules(
  entry: string,
  read: (path: string) => Promise<Result<string, string>>,
): Promise<Result<CompiledModules, string>> {
  const { ts } = await import("ts-morph");
  const modules: Record<string, CompiledModules["modules"][string]> = {};
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (Object.hasOwn(modules, path)) continue;
    if (Object.keys(modules).length >= MAX_MODULES) return err(`it imports more than ${MAX_MODULES} files`);
    const text = await read(path);
    if (!text.ok) return err(text.error);
    if (path.endsWith(".json")) {
      try {
        modules[path] = { data: JSON.parse(text.value) as Json };
      } catch {
        return err(`${path} is no JSON`);
      }
      continue;
    }
    const compiled = compileOne(ts, path, text.value);
    if (!compiled.ok) return compiled;
    modules[path] = compiled.value;
    waiting.push(...Object.values(compiled.value.links));
  }
  return ok({ entry, modules });
}

function compileOne(
  ts: typeof TypeScript,
  path: string,
  text: string,
): Result<{ code: string; links: Record<string, string> }, string> {
  const { outputText, diagnostics = [] } = ts.transpileModule(text, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      alwaysStrict: true,
      verbatimModuleSyntax: false,
      allowJs: true,
    },
  });
  const [wrong] = diagnostics;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const placed = (at: number) => `${path}:${source.getLineAndCharacterOfPosition(at).line + 1}`;
  if (wrong !== undefined) {
    return err(`${placed(wrong.start ?? 0)}: ${ts.flattenDiagnosticMessageText(wrong.messageText, " ")}`);
  }
  const links: Record<string, string> = Object.create(null);
  let fault: string | null = null;
  const visit = (node: TypeScript.Node): void => {
    if (fault !== null) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const isType = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly;
      if (node.moduleSpecifier === undefined || isType) return;
      const specifier = (node.moduleSpecifier as TypeScript.StringLiteral).text;
      const found = importedPath(path, specifier);
      if (found.ok) links[specifier] = found.value;
      else fault = `${placed(node.getStart())}: ${found.error}`;
      return;
    }
    const isLoader = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    if (isLoader || ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      fault = `${
        placed(node.getStart())
      }: import() and import.meta are not for functions of a pipeline: import at the top`;
      return;
    }
    if (ts.isImportEqualsDeclaration(node)) {
      fault = `${
        placed(node.getStart())
      }: import ... = is not for functions of a pipeline: import at the top`;
      return;
    }
    if (ts.isAwaitExpression(node) && isTop(ts, node)) {
      fault = `${placed(node.getStart())}: a module of a function cannot wait at its top`;
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return fault === null ? ok({ code: outputText, links }) : err(fault);
}

function isTop(ts: typeof TypeScript, node: TypeScript.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (ts.isFunctionLike(at)) return false;
  return true;
}

/** The file that a module means, from the pipeline's folder. Packages, addresses and whatever lies outside are refused. */
function importedPath(from: string, specifier: string): Result<string, string> {
  const shown = JSON.stringify(specifier.slice(0, 100));
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) {
    return err(
      `the import ${shown} is refused: a function imports only files beside it, such as "./codes.json"`,
    );
  }
  const path = posix.join(posix.dirname(from), specifier);
  const fault = modulePathFault(path);
  if (fault !== null) return err(`the import ${shown} is refused: it leads out of the pipeline's folder`);
  if (!CODE.test(path) && !path.endsWith(".json")) {
    return err(
      `the import ${shown} is refused: files of code end in .ts, .mts, .js or .mjs, files of data in .json`,
    );
  }
  return ok(path);
}
