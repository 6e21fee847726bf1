import type { ts as TypeScript } from "ts-morph";
import { folderOf } from "../language.ts";
import type { Ts, TypeScriptProject } from "./project.ts";

/** How import specifiers end: with the file's own extension, with what TypeScript emits, or with none. */
export type Ending = "source" | "js" | "none";

const SOURCE = /\.(d\.[cm]?ts|[cm]?tsx?|[cm]?jsx?)$/;
const EMITTED: Record<string, string> = { ts: "js", tsx: "js", mts: "mjs", cts: "cjs", jsx: "js" };

/** `../b/c.ts` from `a/x.ts` to `b/c.ts`. */
export function relativePath(fromPath: string, toPath: string): string {
  const from = folderOf(fromPath) === "" ? [] : folderOf(fromPath).split("/");
  const to = toPath.split("/");
  let shared = 0;
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared++;
  const up = from.slice(shared).map(() => "..");
  return [...(up.length === 0 ? ["."] : up), ...to.slice(shared)].join("/");
}

/** A path with the ending that a style gives it. `index` files keep their name: a folder is not always enough. */
export function withEnding(path: string, ending: Ending): string {
  const extension = SOURCE.exec(path)?.[1] ?? "";
  if (ending === "source" || extension.startsWith("d.")) return path;
  const bare = path.replace(SOURCE, "");
  return ending === "none" ? bare : `${bare}.${EMITTED[extension] ?? extension}`;
}

/** The style of one specifier that means a file; null when both endings are the same (`./a.js` for a.js). */
export function endingOf(specifier: string, target: string): Ending | null {
  const written = SOURCE.exec(specifier)?.[1];
  const own = SOURCE.exec(target)?.[1];
  if (written === undefined) return "none";
  if (own !== undefined && EMITTED[own] === undefined) return null;
  return written === own ? "source" : "js";
}

/** Every place of a file where a module is named by a text. */
export function moduleSpecifiers(ts: Ts, source: TypeScript.SourceFile): TypeScript.StringLiteralLike[] {
  const found: TypeScript.StringLiteralLike[] = [];
  const pending: TypeScript.Node[] = [source];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    let literal: TypeScript.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) literal = node.moduleSpecifier;
    else if (ts.isExternalModuleReference(node)) literal = node.expression;
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      literal = node.argument.literal;
    } else if (ts.isCallExpression(node)) {
      const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(node.expression) && node.expression.text === "require");
      if (loads) literal = node.arguments[0];
    }
    if (literal !== undefined && ts.isStringLiteralLike(literal)) found.push(literal);
    ts.forEachChild(node, (child) => {
      pending.push(child);
    });
  }
  return found.sort((a, b) => a.pos - b.pos);
}

/** The style that a file's relative imports have, else those of the project. */
export function projectEnding(project: TypeScriptProject, path: string): Ending {
  const counts = { source: 0, js: 0, none: 0 };
  const count = (file: string): boolean => {
    const source = project.source(file);
    if (source === undefined) return false;
    for (const literal of moduleSpecifiers(project.ts, source)) {
      if (!literal.text.startsWith(".")) continue;
      const target = project.resolve(literal.text, file);
      const ending = target === null ? null : endingOf(literal.text, target);
      if (ending !== null) counts[ending]++;
    }
    return counts.source + counts.js + counts.none > 0;
  };
  if (!count(path)) { for (const other of project.paths) if (count(other)) break; }
  if (counts.none > counts.source && counts.none > counts.js) return "none";
  return counts.js > counts.source ? "js" : "source";
}

/**
 * The specifier by which a file imports another. It follows one that is there: an alias stays an alias where it
 * reaches, and the ending stays as it is.
 */
export function specifierTo(
  project: TypeScriptProject,
  fromPath: string,
  toPath: string,
  like: { specifier: string; target: string } | null,
): string {
  const ending = (like === null ? null : endingOf(like.specifier, like.target)) ??
    projectEnding(project, fromPath);
  if (like !== null && !like.specifier.startsWith(".")) {
    const alias = project.modules.alias(like.specifier, fromPath);
    if (alias !== null && toPath.startsWith(alias.folder)) {
      return withEnding(alias.key + toPath.slice(alias.folder.length), ending);
    }
  }
  return withEnding(relativePath(fromPath, toPath), ending);
}
