import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import type { ModuleClause, Needed } from "./imports.ts";
import { referencesAt } from "./lookup.ts";
import { isType } from "./move_needs.ts";
import type { TypeScriptProject } from "./project.ts";
import { specifierTo } from "./specifier.ts";
import { declaredBy, modifierOf } from "./statement.ts";
import { nodeAt, place } from "./symbols.ts";

/** Who uses what moves, and what has to change there. */
export interface MoveUsers {
  /** By file: what it imports and exports from the new place, by `import local` or `export local`. */
  wanted: Map<string, Map<string, Needed>>;
  /** Names that leave an import or export statement. */
  dropped: Map<ModuleClause, Set<TypeScript.Node>>;
  /** Names that the old file goes on using. */
  usedInSource: Set<string>;
  /** Names that the old file exported. */
  exported: Set<string>;
}

interface Site {
  name: string;
  path: string;
  file: TypeScript.SourceFile;
  node: TypeScript.Node;
}

/** Finds every user of the statements that move. */
export function moveUsers(
  project: TypeScriptProject,
  operation: OperationOf<"move-symbol">,
  source: TypeScript.SourceFile,
  moving: readonly TypeScript.Statement[],
  bench: Workbench,
): Result<MoveUsers, CodemodProblem> {
  const { ts } = project;
  const { from, to } = operation;
  const users: MoveUsers = {
    wanted: new Map(),
    dropped: new Map(),
    usedInSource: new Set(),
    exported: new Set(),
  };
  const whole: string[] = [];
  for (const statement of moving) {
    for (const name of declaredBy(ts, statement)) {
      if (modifierOf(ts, statement, ts.SyntaxKind.ExportKeyword) !== undefined) users.exported.add(name.text);
      for (const { path, start } of referencesAt(project, from, name.getStart(source))) {
        bench.check();
        const file = project.source(path);
        if (file === undefined || (path === from && moving.some((it) => it.pos <= start && start < it.end))) {
          continue;
        }
        const site = { name: name.text, path, file, node: nodeAt(ts, file, start) };
        const problem = path === from
          ? inSource(project, site, users)
          : inOther(project, site, from, to, users, whole);
        if (problem !== null) return { ok: false, error: problem };
      }
    }
  }
  if (whole.length > 0) {
    return fail(
      "unsupported",
      `${operation.symbol} is used through the module as a whole: ${enumerate(whole)}`,
      {
        value: operation.symbol,
        remedy: "import it by its name at these places first",
      },
    );
  }
  throughStars(project, source, from, to, users);
  return ok(users);
}

function drop(users: MoveUsers, clause: ModuleClause, node: TypeScript.Node): void {
  users.dropped.set(clause, (users.dropped.get(clause) ?? new Set()).add(node));
}

function want(users: MoveUsers, path: string, kind: "import" | "export", needed: Needed): void {
  users.wanted.set(path, (users.wanted.get(path) ?? new Map()).set(`${kind} ${needed.local}`, needed));
}

function problemAt(site: Site, message: string, remedy: string): CodemodProblem {
  return {
    code: "unsupported",
    message: `${message} (${place(site.file, site.path, site.node)})`,
    path: site.path,
    value: site.name,
    remedy,
  };
}

/** A use in the old file. */
function inSource(project: TypeScriptProject, site: Site, users: MoveUsers): CodemodProblem | null {
  const { ts } = project;
  const { parent } = site.node;
  if (parent !== undefined && ts.isExportSpecifier(parent)) {
    if (parent.propertyName !== undefined) {
      return problemAt(
        site,
        `${site.name} is exported under another name`,
        "export it by its own name first",
      );
    }
    users.exported.add(site.name);
    drop(users, parent.parent.parent, parent);
    return null;
  }
  if (parent !== undefined && ts.isExportAssignment(parent)) {
    return problemAt(site, `${site.name} is the default export of its file`, "export it by its name first");
  }
  users.usedInSource.add(site.name);
  return null;
}

/** A use in another file. */
function inOther(
  project: TypeScriptProject,
  site: Site,
  from: string,
  to: string,
  users: MoveUsers,
  whole: string[],
): CodemodProblem | null {
  const { ts } = project;
  const { path, file, node, name } = site;
  const { parent } = node;
  if (parent === undefined || !(ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent))) {
    // Uses behind an import follow it; a use through `import * as x` or `import()` does not.
    if (!boundByName(project, node)) whole.push(place(file, path, node));
    return null;
  }
  const clause = ts.isImportSpecifier(parent) ? parent.parent.parent.parent : parent.parent.parent;
  if (!ts.isImportDeclaration(clause) && !ts.isExportDeclaration(clause)) return null; // a JSDoc @import
  const literal = clause.moduleSpecifier;
  // What comes through another file is corrected there.
  if (
    literal === undefined || !ts.isStringLiteralLike(literal) || project.resolve(literal.text, path) !== from
  ) return null;
  if ((parent.propertyName ?? parent.name).text !== name) return null;
  drop(users, clause, parent);
  if (path === to && ts.isImportSpecifier(parent)) {
    return parent.propertyName === undefined
      ? null
      : problemAt(site, `${to} imports ${name} under another name`, "import it by its own name first");
  }
  const types = parent.isTypeOnly ||
    (ts.isImportDeclaration(clause) ? clause.importClause?.isTypeOnly ?? false : clause.isTypeOnly);
  want(users, path, ts.isImportSpecifier(parent) ? "import" : "export", {
    imported: name,
    local: parent.name.text,
    typeOnly: types,
    specifier: specifierTo(project, path, to, { specifier: literal.text, target: from }),
  });
  return null;
}

/** `export *` of the old file does not reach the symbol any more. */
function throughStars(
  project: TypeScriptProject,
  source: TypeScript.SourceFile,
  from: string,
  to: string,
  users: MoveUsers,
): void {
  const { ts } = project;
  for (const path of project.paths) {
    const file = project.source(path);
    if (file === undefined || path === to) continue;
    for (const statement of file.statements) {
      if (!ts.isExportDeclaration(statement) || statement.exportClause !== undefined) continue;
      const literal = statement.moduleSpecifier;
      if (literal === undefined || !ts.isStringLiteralLike(literal)) continue;
      if (project.resolve(literal.text, path) !== from) continue;
      for (const name of users.exported) {
        want(users, path, "export", {
          imported: name,
          local: name,
          typeOnly: isType(project, source, name),
          specifier: specifierTo(project, path, to, { specifier: literal.text, target: from }),
        });
      }
    }
  }
}

/** Whether a name's meaning comes by a named import (or is a re-export), not by a property of the module. */
function boundByName(project: TypeScriptProject, node: TypeScript.Node): boolean {
  const { ts } = project;
  const { parent } = node;
  if (parent === undefined) return true;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isQualifiedName(parent) && parent.right === node) return false;
  if (ts.isBindingElement(parent) || ts.isImportTypeNode(parent) || ts.isElementAccessExpression(parent)) {
    const symbol = project.checker().getSymbolAtLocation(node);
    return symbol?.declarations?.some((it) => ts.isImportSpecifier(it)) ?? false;
  }
  return true;
}
