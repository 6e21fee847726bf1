import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { folderOf, languageOf } from "../language.ts";
import { nearestRemedy } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { gapBefore, lineEnd, type TextEdit } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { referencesAt } from "./lookup.ts";
import { normalizePath } from "./module_map.ts";
import type { TypeScriptProject } from "./project.ts";
import type { EditsByPath } from "./rename.ts";
import { relativePath, specifierTo } from "./specifier.ts";
import { declaredBy, modifierOf, statementRange } from "./statement.ts";
import { nodeAt, place } from "./symbols.ts";

type Move = OperationOf<"move-symbol">;

export interface Moved {
  edits: EditsByPath;
  /** The target's whole text when the file is new. */
  created: string | null;
  matches: number;
}

/** One imported name and how it is taken. */
interface Needed {
  /** The name in the module, `default`, or `*`. */
  imported: string;
  local: string;
  typeOnly: boolean;
  specifier: string;
}

/** The edits that move top-level declarations into another file. */
export async function moveEdits(
  project: TypeScriptProject,
  operation: Move,
  bench: Workbench,
): Promise<Result<Moved, CodemodProblem>> {
  const { ts } = project;
  const { from, to } = operation;
  const names = new Set([operation.symbol, ...operation.along]);
  const source = project.source(from);
  if (source === undefined) {
    return fail("missing-file", `There is no TypeScript or JavaScript file ${from} that can be read`, {
      path: from,
      remedy: "name the file that declares the symbol",
    });
  }
  if (from === to) {
    return fail("no-match", `${operation.symbol} is in ${to} already`, {
      path: to,
      remedy: "name another file",
    });
  }
  const toLanguage = languageOf(to);
  const typed = (language: string | null) => language === "ts" || language === "tsx";
  if (
    toLanguage === null || !(["ts", "tsx", "js"] as string[]).includes(toLanguage) ||
    (typed(languageOf(from)) && !typed(toLanguage))
  ) {
    return fail("unsupported-language", `${to} cannot hold code of ${from}`, {
      path: to,
      remedy: "name a file of the same language",
    });
  }
  const targetExists = await bench.stage.has(to);
  const target = project.source(to);
  if (targetExists && target === undefined) {
    return fail("unsupported", `${to} exists but cannot be read`, { path: to, remedy: "name another file" });
  }
  if (
    /\brequire\s*\(|\bmodule\.exports\b/.test(source.text) &&
    source.statements.every((it) =>
      !ts.isImportDeclaration(it) && modifierOf(ts, it, ts.SyntaxKind.ExportKeyword) === undefined
    )
  ) {
    return fail("unsupported", `${from} is a CommonJS module`, {
      path: from,
      remedy: "move the symbol by a patch, or turn the file into an ES module first",
    });
  }

  // 1. What moves.
  const moving: TypeScript.Statement[] = [];
  const declared = new Set<string>();
  const all: { name: string; at: string }[] = [];
  for (const statement of source.statements) {
    const own = declaredBy(ts, statement);
    for (const it of own) all.push({ name: it.text, at: place(source, from, it) });
    if (!own.some((it) => names.has(it.text))) continue;
    const left = own.filter((it) => !names.has(it.text));
    if (left.length > 0) {
      return fail(
        "unsupported",
        `${operation.symbol} is declared together with ${enumerate(left.map((it) => it.text))}`,
        {
          path: from,
          value: operation.symbol,
          remedy: "write one declaration for each first, or name them in `along`",
        },
      );
    }
    if (modifierOf(ts, statement, ts.SyntaxKind.DefaultKeyword) !== undefined) {
      return fail("unsupported", `${own[0]?.text} is the default export of ${from}`, {
        path: from,
        value: own[0]?.text,
        remedy: "export it by its name first",
      });
    }
    moving.push(statement);
    for (const it of own) declared.add(it.text);
  }
  for (const name of names) {
    if (declared.has(name)) continue;
    return fail("no-match", `No ${name} is declared at the top of ${from}`, {
      path: from,
      value: name,
      remedy: nearestRemedy(name, all, "name a top-level function, class, type or variable of the file"),
    });
  }
  const inMoving = (start: number) => moving.some((it) => it.pos <= start && start < it.end);

  // 2. What is in the way.
  if (target !== undefined) {
    for (const statement of target.statements) {
      const own = [...declaredBy(ts, statement), ...importedNames(project, statement)];
      const clash = own.find((it) => names.has(it.text) && !importsFrom(project, it, to, from));
      if (clash !== undefined) {
        return fail("collision", `${to} has a ${clash.text} already (${place(target, to, clash)})`, {
          path: to,
          value: clash.text,
          remedy: "rename one of them first",
        });
      }
    }
  }

  // 3. What the moved code needs: imports of its file, and exports of what stays.
  const needs = neededBy(project, source, from, moving, names, to);
  if (!needs.ok) return needs;

  // 4. Who uses it.
  const edits: EditsByPath = new Map();
  const put = (path: string, ...some: TextEdit[]) => edits.set(path, [...edits.get(path) ?? [], ...some]);
  const users = new Map<string, Map<string, Needed>>(); // file -> local name -> what it imports from the target
  const dropped = new Map<
    TypeScript.ImportDeclaration | TypeScript.ExportDeclaration,
    Set<TypeScript.Node>
  >();
  const usedInSource = new Set<string>();
  const exported = new Set<string>();
  const refusedAt: string[] = [];
  for (const statement of moving) {
    for (const name of declaredBy(ts, statement)) {
      if (modifierOf(ts, statement, ts.SyntaxKind.ExportKeyword) !== undefined) exported.add(name.text);
      for (const { path, start } of referencesAt(project, from, name.getStart(source))) {
        bench.check();
        const file = project.source(path);
        if (file === undefined) continue;
        const node = nodeAt(ts, file, start);
        const { parent } = node;
        if (path === from) {
          if (inMoving(start)) continue;
          if (parent !== undefined && ts.isExportSpecifier(parent)) {
            if (parent.propertyName !== undefined || parent.name.text !== name.text) {
              return fail(
                "unsupported",
                `${name.text} is exported under another name (${place(file, path, parent)})`,
                {
                  path,
                  value: parent.getText(file),
                  remedy: "export it by its own name first",
                },
              );
            }
            exported.add(name.text);
            drop(dropped, parent.parent.parent, parent);
            continue;
          }
          if (parent !== undefined && ts.isExportAssignment(parent)) {
            return fail("unsupported", `${name.text} is the default export of ${from}`, {
              path: from,
              value: name.text,
              remedy: "export it by its name first",
            });
          }
          usedInSource.add(name.text);
          continue;
        }
        const clause = parent !== undefined && (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent))
          ? parent
          : null;
        if (clause === null) {
          // Uses behind an import follow it; a use through `import * as x` or `import()` does not.
          if (!boundByName(project, node)) refusedAt.push(place(file, path, node));
          continue;
        }
        const declaration = ts.isImportSpecifier(clause) ? clause.parent.parent.parent : clause.parent.parent;
        if (
          !("moduleSpecifier" in declaration) || declaration.moduleSpecifier === undefined ||
          !ts.isStringLiteralLike(declaration.moduleSpecifier)
        ) continue;
        if (project.resolve(declaration.moduleSpecifier.text, path) !== from) continue; // through a barrel, which is corrected itself
        if ((clause.propertyName ?? clause.name).text !== name.text) continue;
        if (ts.isImportSpecifier(clause) && ts.isJSDocImportTag(declaration)) continue;
        drop(dropped, declaration as TypeScript.ImportDeclaration | TypeScript.ExportDeclaration, clause);
        if (path === to && ts.isImportSpecifier(clause)) {
          if (clause.propertyName !== undefined) {
            return fail(
              "unsupported",
              `${to} imports ${name.text} under another name (${place(file, path, clause)})`,
              {
                path: to,
                value: clause.getText(file),
                remedy: "import it by its own name first",
              },
            );
          }
          continue;
        }
        const typeOnly = clause.isTypeOnly ||
          (ts.isImportDeclaration(declaration)
            ? declaration.importClause?.isTypeOnly ?? false
            : (declaration as TypeScript.ExportDeclaration).isTypeOnly);
        const like = { specifier: declaration.moduleSpecifier.text, target: from };
        const list = users.get(path) ?? new Map<string, Needed>();
        const kind = ts.isImportSpecifier(clause) ? "import" : "export";
        list.set(`${kind} ${clause.name.text}`, {
          imported: name.text,
          local: clause.name.text,
          typeOnly,
          specifier: specifierTo(project, path, to, like),
        });
        users.set(path, list);
      }
    }
  }
  if (refusedAt.length > 0) {
    return fail(
      "unsupported",
      `${operation.symbol} is used through the module as a whole: ${enumerate(refusedAt)}`,
      {
        value: operation.symbol,
        remedy: "import it by its name at these places first",
      },
    );
  }
  // `export *` of the file does not reach the symbol any more.
  for (const path of project.paths) {
    const file = project.source(path);
    if (file === undefined || path === to) continue;
    for (const statement of file.statements) {
      if (!ts.isExportDeclaration(statement) || statement.exportClause !== undefined) continue;
      const literal = statement.moduleSpecifier;
      if (literal === undefined || !ts.isStringLiteralLike(literal)) continue;
      if (project.resolve(literal.text, path) !== from) continue;
      const list = users.get(path) ?? new Map<string, Needed>();
      for (const name of exported) {
        list.set(`export ${name}`, {
          imported: name,
          local: name,
          typeOnly: isType(project, source, name),
          specifier: specifierTo(project, path, to, { specifier: literal.text, target: from }),
        });
      }
      if (exported.size > 0) users.set(path, list);
    }
  }

  // 5. The edits.
  for (const [declaration, gone] of dropped) {
    const file = declaration.getSourceFile();
    const path = project.pathOf(file.fileName);
    if (path !== null) put(path, ...dropEdits(project, file, declaration, gone));
  }
  for (const [path, list] of users) {
    const file = project.source(path);
    if (file === undefined) continue;
    const statements = [...statementsFor(list)];
    put(path, insertion(project, file, statements));
  }
  const cut = moving.map((it) => statementRange(ts, source, it));
  put(from, ...cut.map((range) => ({ ...range, text: "" })));
  const back: Needed[] = [...usedInSource].map((name) => ({
    imported: name,
    local: name,
    typeOnly: isType(project, source, name),
    specifier: specifierTo(project, from, to, null),
  }));
  if (back.length > 0) {
    put(
      from,
      insertion(project, source, [...statementsFor(new Map(back.map((it) => [`import ${it.local}`, it])))]),
    );
  }

  const eol = lineEnd(target?.text ?? source.text);
  const pieces = moving.map((statement) => {
    const range = statementRange(ts, source, statement);
    const text = source.text.slice(range.start, range.end).replace(/\s+$/, "");
    const isExported = modifierOf(ts, statement, ts.SyntaxKind.ExportKeyword) !== undefined;
    const own = declaredBy(ts, statement).map((it) => it.text);
    const seenOutside = own.some((it) => exported.has(it) || usedInSource.has(it));
    if (isExported || !seenOutside) return text;
    const at = statement.getStart(source) - range.start;
    return `${text.slice(0, at)}export ${text.slice(at)}`;
  }).map((text) => text.replace(/\r?\n/g, eol));
  const needed = needs.value.filter((it) => !(target !== undefined && bindsAlready(project, target, to, it)));
  const clash = target === undefined ? undefined : needed.find((it) => bindsName(project, target, it.local));
  if (clash !== undefined) {
    return fail(
      "collision",
      `${operation.symbol} needs ${clash.local}, which means something else in ${to}`,
      {
        path: to,
        value: clash.local,
        remedy: "rename one of them first",
      },
    );
  }
  const imports = [...statementsFor(new Map(needed.map((it) => [`import ${it.specifier} ${it.local}`, it])))];
  let created: string | null = null;
  if (target === undefined) {
    created = (imports.length > 0 ? imports.join(eol) + eol + eol : "") + pieces.join(eol + eol) + eol;
  } else {
    if (imports.length > 0) put(to, insertion(project, target, imports));
    const body = target.text;
    const gap = body === "" ? "" : body.endsWith("\n") ? eol : eol + eol;
    put(to, { start: body.length, end: body.length, text: gap + pieces.join(eol + eol) + eol });
  }
  // A file that would be empty is better gone, but that is for the user to say: a script may be loaded by its name.
  const matches = moving.length + [...users.values()].reduce((sum, it) => sum + it.size, 0);
  return ok({ edits: mergeInsertions(edits), created, matches });
}

/** Insertions at one place become one edit: the order of equal offsets would not be certain otherwise. */
function mergeInsertions(edits: EditsByPath): EditsByPath {
  const merged: EditsByPath = new Map();
  for (const [path, list] of edits) {
    const byPlace = new Map<string, TextEdit>();
    for (const edit of list) {
      const key = edit.start === edit.end ? `at ${edit.start}` : `${edit.start}-${edit.end}`;
      const known = byPlace.get(key);
      if (known === undefined) byPlace.set(key, { ...edit });
      else if (edit.start === edit.end) known.text += edit.text;
    }
    merged.set(path, [...byPlace.values()]);
  }
  return merged;
}

function drop<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  map.set(key, (map.get(key) ?? new Set<V>()).add(value));
}

/** The local names that an import statement binds. */
function importedNames(project: TypeScriptProject, statement: TypeScript.Statement): TypeScript.Identifier[] {
  const { ts } = project;
  if (!ts.isImportDeclaration(statement) || statement.importClause === undefined) return [];
  const { name, namedBindings } = statement.importClause;
  const found = name === undefined ? [] : [name];
  if (namedBindings !== undefined) {
    if (ts.isNamespaceImport(namedBindings)) found.push(namedBindings.name);
    else found.push(...namedBindings.elements.map((it) => it.name));
  }
  return found;
}

/** Whether an imported name comes from a file. */
function importsFrom(
  project: TypeScriptProject,
  name: TypeScript.Identifier,
  path: string,
  from: string,
): boolean {
  const { ts } = project;
  const { parent } = name;
  if (!ts.isImportSpecifier(parent)) return false;
  const literal = parent.parent.parent.parent;
  return ts.isImportDeclaration(literal) && ts.isStringLiteralLike(literal.moduleSpecifier) &&
    project.resolve(literal.moduleSpecifier.text, path) === from;
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

/** Whether a name of a file is only a type. */
function isType(project: TypeScriptProject, source: TypeScript.SourceFile, name: string): boolean {
  const { ts } = project;
  const own = source.statements.filter((it) => declaredBy(ts, it).some((id) => id.text === name));
  return own.length > 0 && own.every((it) => ts.isInterfaceDeclaration(it) || ts.isTypeAliasDeclaration(it));
}

/** What the moved statements take from their file: its imports, and what stays in it. */
function neededBy(
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

/** How an import binds a name; null for any other declaration. */
function importOf(ts: TypeScriptProject["ts"], declaration: TypeScript.Declaration): Needed | null {
  let clause: TypeScript.Node = declaration;
  while (!ts.isImportDeclaration(clause)) {
    if (clause.parent === undefined) return null;
    clause = clause.parent;
  }
  if (!ts.isStringLiteralLike(clause.moduleSpecifier)) return null;
  const specifier = clause.moduleSpecifier.text;
  const all = clause.importClause?.isTypeOnly ?? false;
  if (ts.isImportSpecifier(declaration)) {
    return {
      imported: (declaration.propertyName ?? declaration.name).text,
      local: declaration.name.text,
      typeOnly: all || declaration.isTypeOnly,
      specifier,
    };
  }
  if (ts.isNamespaceImport(declaration)) {
    return { imported: "*", local: declaration.name.text, typeOnly: all, specifier };
  }
  if (ts.isImportClause(declaration) && declaration.name !== undefined) {
    return { imported: "default", local: declaration.name.text, typeOnly: all, specifier };
  }
  return null;
}

/** Whether a file has this very import. */
function bindsAlready(
  project: TypeScriptProject,
  file: TypeScript.SourceFile,
  path: string,
  needed: Needed,
): boolean {
  const { ts } = project;
  return file.statements.some((statement) =>
    importedNames(project, statement).some((it) => {
      if (it.text !== needed.local) return false;
      const own = importOf(ts, it.parent as TypeScript.Declaration);
      if (own === null || own.imported !== needed.imported) return false;
      return own.specifier === needed.specifier ||
        (project.resolve(own.specifier, path) !== null &&
          project.resolve(own.specifier, path) === project.resolve(needed.specifier, path));
    })
  );
}

function bindsName(project: TypeScriptProject, file: TypeScript.SourceFile, name: string): boolean {
  return file.statements.some((statement) =>
    [...declaredBy(project.ts, statement), ...importedNames(project, statement)].some((it) =>
      it.text === name
    )
  );
}

/** Import and export statements for what is needed, one a module. */
function* statementsFor(needed: ReadonlyMap<string, Needed>): Iterable<string> {
  const groups = new Map<string, string[]>();
  const add = (key: string, text: string) => groups.set(key, [...groups.get(key) ?? [], text]);
  for (const [key, it] of needed) {
    const kind = key.startsWith("export ") ? "export" : "import";
    const type = it.typeOnly ? " type" : "";
    if (it.imported === "*") add(`import${type} * as ${it.local} from "${it.specifier}";`, "");
    else if (it.imported === "default") add(`import${type} ${it.local} from "${it.specifier}";`, "");
    else {add(
        `${kind}${type} {} from "${it.specifier}";`,
        it.imported === it.local ? it.local : `${it.imported} as ${it.local}`,
      );}
  }
  for (const [shape, names] of groups) {
    yield shape.replace("{}", () => `{ ${names.filter((it) => it !== "").join(", ")} }`);
  }
}

/** Where import statements are put: after the last one there is. Quotes and semicolons follow the file. */
function insertion(
  project: TypeScriptProject,
  file: TypeScript.SourceFile,
  statements: readonly string[],
): TextEdit {
  const { ts } = project;
  const eol = lineEnd(file.text);
  const imports = file.statements.filter((it) =>
    ts.isImportDeclaration(it) || (ts.isExportDeclaration(it) && it.moduleSpecifier !== undefined)
  );
  const sample = imports[0]?.getText(file) ?? "";
  const styled = statements.map((it) => {
    const quoted = sample.includes("'") && !sample.includes('"') ? it.replaceAll('"', "'") : it;
    return sample !== "" && !sample.endsWith(";") ? quoted.replace(/;$/, "") : quoted;
  });
  const last = imports.at(-1);
  if (last !== undefined) {
    const lineBreak = file.text.indexOf("\n", last.end);
    const at = lineBreak < 0 ? file.text.length : lineBreak + 1;
    return { start: at, end: at, text: (lineBreak < 0 ? eol : "") + styled.join(eol) + eol };
  }
  // Before the first statement and its comment, after a shebang, directives and a header of its own.
  let first = file.statements[0];
  for (const it of file.statements) {
    first = it;
    if (!(ts.isExpressionStatement(it) && ts.isStringLiteral(it.expression))) break;
  }
  const at = first === undefined ? file.text.length : statementRange(ts, file, first).start;
  return { start: at, end: at, text: styled.join(eol) + eol + eol };
}

/** The edits that take names out of an import or export; the whole statement when none is left. */
function dropEdits(
  project: TypeScriptProject,
  file: TypeScript.SourceFile,
  declaration: TypeScript.ImportDeclaration | TypeScript.ExportDeclaration,
  gone: ReadonlySet<TypeScript.Node>,
): TextEdit[] {
  const { ts } = project;
  const list = ts.isImportDeclaration(declaration)
    ? declaration.importClause?.namedBindings
    : declaration.exportClause;
  if (list === undefined || !(ts.isNamedImports(list) || ts.isNamedExports(list))) return [];
  const kept = list.elements.filter((it) => !gone.has(it));
  const first = list.elements[0], last = list.elements.at(-1), second = list.elements[1];
  const byDefault = ts.isImportDeclaration(declaration) ? declaration.importClause?.name : undefined;
  if (kept.length === 0) {
    if (byDefault !== undefined) return [{ start: byDefault.end, end: list.end, text: "" }];
    const start = declaration.getStart(file);
    const lineBreak = /^[ \t]*(\r?\n)?/.exec(file.text.slice(declaration.end))?.[0].length ?? 0;
    return [{ start, end: declaration.end + lineBreak, text: "" }];
  }
  if (first === undefined || last === undefined) return [];
  const gap = second === undefined ? " " : gapBefore(file.text, second.getStart(file));
  return [{
    start: first.getStart(file),
    end: last.end,
    text: kept.map((it) => it.getText(file)).join(`,${gap}`),
  }];
}
