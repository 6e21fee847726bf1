import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { importOf, type Needed } from "./imports.ts";
import { normalizePath } from "./module_map.ts";
import type { TypeScriptProject } from "./project.ts";
import { relativePath, specifierTo } from "./specifier.ts";
import { declaredBy, modifierOf } from "./statement.ts";
import { place } from "./symbols.ts";

/** Whether a name of a file is only a type. */
export function isType(project: TypeScriptProject, source: TypeScript.SourceFile, name: string): boolean {
  const { ts } = project;
  const own = source.statements.filter((it) => declaredBy(ts, it).some((id) => id.text === name));
  return own.length > 0 && own.every((it) => ts.isInterfaceDeclaration(it) || ts.isTypeAliasDeclaration(it));
}

/** What the moved statements take from their file: its imports, and what stays in it. */
export function neededBy(
  project: TypeScriptProject,
  source: TypeScript.SourceFile,
  from: string,
  moving: readonly TypeScript.Statement[],
  names: ReadonlySet<string>,
  to: string,
): Result<Needed[], CodemodProblem> {
  const { ts } = project;
  const checker = project.checker();
  const found = new Map<string, Needed>();
  const hidden = new Set<string>();
  for (const statement of moving) {
    const pending: TypeScript.Node[] = [statement];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      ts.forEachChild(node, (child) => {
        pending.push(child);
      });
      if (!ts.isIdentifier(node) || names.has(node.text) || found.has(node.text)) continue;
      const { parent } = node;
      if (ts.isPropertyAccessExpression(parent) && parent.name === node) continue;
      const symbol = ts.isShorthandPropertyAssignment(parent)
        ? checker.getShorthandAssignmentValueSymbol(parent)
        : checker.getSymbolAtLocation(node);
      for (const declaration of symbol?.declarations ?? []) {
        if (
          declaration.getSourceFile() !== source ||
          moving.some((it) => it.pos <= declaration.pos && declaration.end <= it.end)
        ) continue;
        const named = importOf(ts, declaration);
        if (named !== null) {
          const seen = fromTarget(project, named, from, to);
          if (seen !== null) found.set(node.text, seen);
          continue;
        }
        const home = topStatement(ts, declaration);
        if (home === null || !declaredBy(ts, home).some((it) => it.text === node?.text)) continue;
        if (modifierOf(ts, home, ts.SyntaxKind.ExportKeyword) === undefined) {
          hidden.add(`${node.text} (${place(source, from, home)})`);
        } else {found.set(node.text, {
            imported: node.text,
            local: node.text,
            typeOnly: isType(project, source, node.text),
            specifier: specifierTo(project, to, from, null),
          });}
      }
    }
  }
  if (hidden.size > 0) {
    return fail("unsupported", `What moves needs ${enumerate([...hidden])}, which ${from} does not export`, {
      path: from,
      remedy: "move them too, with `along`, or export them first",
    });
  }
  return ok([...found.values()]);
}

/** An import of one file as another file has to write it; null when that file is the one imported. */
function fromTarget(project: TypeScriptProject, needed: Needed, from: string, to: string): Needed | null {
  const target = project.resolve(needed.specifier, from);
  if (target === to) return null;
  if (target !== null) {
    return {
      ...needed,
      specifier: specifierTo(project, to, target, { specifier: needed.specifier, target }),
    };
  }
  if (!needed.specifier.startsWith(".")) return needed;
  const direct = normalizePath(`${folderOf(from)}/${needed.specifier}`);
  return direct === null ? needed : { ...needed, specifier: relativePath(to, direct) };
}

function topStatement(ts: TypeScriptProject["ts"], node: TypeScript.Node): TypeScript.Statement | null {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (ts.isSourceFile(at.parent)) return at as TypeScript.Statement;
  }
  return null;
}
