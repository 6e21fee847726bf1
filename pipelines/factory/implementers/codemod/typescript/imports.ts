import type { ts as TypeScript } from "ts-morph";
import { gapBefore, lineEnd, type TextEdit } from "../text_file.ts";
import { referencesAt } from "./lookup.ts";
import type { TypeScriptProject } from "./project.ts";
import { declaredBy, statementRange } from "./statement.ts";

/** One imported name and how it is taken. */
export interface Needed {
  /** The name in the module, `default`, or `*`. */
  imported: string;
  local: string;
  typeOnly: boolean;
  specifier: string;
}

/** A statement that imports or exports names of another module. */
export type ModuleClause = TypeScript.ImportDeclaration | TypeScript.ExportDeclaration;

/** The local names that an import statement binds. */
export function importedNames(
  project: TypeScriptProject,
  statement: TypeScript.Statement,
): TypeScript.Identifier[] {
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
export function importsFrom(
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

/** How an import binds a name; null for any other declaration. */
export function importOf(ts: TypeScriptProject["ts"], declaration: TypeScript.Declaration): Needed | null {
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
export function bindsAlready(
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

export function bindsName(project: TypeScriptProject, file: TypeScript.SourceFile, name: string): boolean {
  return file.statements.some((statement) =>
    [...declaredBy(project.ts, statement), ...importedNames(project, statement)].some((it) =>
      it.text === name
    )
  );
}

/** Import and export statements for what is needed, one a module. */
export function* statementsFor(needed: ReadonlyMap<string, Needed>): Iterable<string> {
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
export function insertion(
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
export function dropEdits(
  project: TypeScriptProject,
  declaration: ModuleClause,
  gone: ReadonlySet<TypeScript.Node>,
): TextEdit[] {
  const { ts } = project;
  const file = declaration.getSourceFile();
  const clause = ts.isImportDeclaration(declaration) ? declaration.importClause : undefined;
  const list = clause === undefined && ts.isExportDeclaration(declaration)
    ? declaration.exportClause
    : clause?.namedBindings;
  const elements = list !== undefined && (ts.isNamedImports(list) || ts.isNamedExports(list))
    ? [...list.elements]
    : [];
  const kept = elements.filter((it) => !gone.has(it));
  const whole = list !== undefined && elements.length === 0 && !gone.has(list); // `* as x` that stays
  const byDefault = clause?.name !== undefined && clause !== undefined && !gone.has(clause)
    ? clause.name
    : undefined;
  if (kept.length === 0 && !whole && byDefault === undefined) {
    const lineBreak = /^[ \t]*(\r?\n)?/.exec(file.text.slice(declaration.end))?.[0].length ?? 0;
    return [{ start: declaration.getStart(file), end: declaration.end + lineBreak, text: "" }];
  }
  const edits: TextEdit[] = [];
  if (clause?.name !== undefined && byDefault === undefined && list !== undefined) {
    edits.push({ start: clause.name.getStart(file), end: list.getStart(file), text: "" });
  }
  if (list === undefined || whole || kept.length === elements.length) return edits;
  if (kept.length === 0) {
    if (byDefault !== undefined) edits.push({ start: byDefault.end, end: list.end, text: "" });
    return edits;
  }
  const first = elements[0], last = elements.at(-1), second = elements[1];
  if (first === undefined || last === undefined) return edits;
  const gap = second === undefined ? " " : gapBefore(file.text, second.getStart(file));
  const text = kept.map((it) => it.getText(file)).join(`,${gap}`);
  edits.push({ start: first.getStart(file), end: last.end, text });
  return edits;
}

/** What imports of a file bind that only a part of it uses, which is about to leave. */
export function importsOnlyUsedIn(
  project: TypeScriptProject,
  path: string,
  leaving: (start: number) => boolean,
): Map<ModuleClause, Set<TypeScript.Node>> {
  const { ts } = project;
  const found = new Map<ModuleClause, Set<TypeScript.Node>>();
  const source = project.source(path);
  for (const statement of source?.statements ?? []) {
    if (source === undefined || !ts.isImportDeclaration(statement)) continue;
    for (const name of importedNames(project, statement)) {
      const uses = referencesAt(project, path, name.getStart(source)).filter((it) =>
        it.path === path && source.text.slice(it.start, it.end) === name.text &&
        !(statement.pos <= it.start && it.start < statement.end)
      );
      // What was not used before stays: it may be there for its effect, or for a reader that is not the compiler.
      if (uses.length === 0 || !uses.every((it) => leaving(it.start))) continue;
      found.set(statement, (found.get(statement) ?? new Set()).add(name.parent));
    }
  }
  return found;
}
