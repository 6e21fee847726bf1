import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { languageOf } from "../language.ts";
import { nearestRemedy } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { lineEnd, type TextEdit } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import {
  bindsAlready,
  bindsName,
  dropEdits,
  importedNames,
  importsFrom,
  importsOnlyUsedIn,
  insertion,
  type Needed,
  statementsFor,
} from "./imports.ts";
import { isType, neededBy } from "./move_needs.ts";
import { moveUsers } from "./move_users.ts";
import type { TypeScriptProject } from "./project.ts";
import type { EditsByPath } from "./rename.ts";
import { specifierTo } from "./specifier.ts";
import { declaredBy, modifierOf, statementRange } from "./statement.ts";
import { place } from "./symbols.ts";

type Move = OperationOf<"move-symbol">;

export interface Moved {
  edits: EditsByPath;
  /** The target's whole text when the file is new. */
  created: string | null;
  matches: number;
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
  const files = await openFiles(project, operation, bench);
  if (!files.ok) return files;
  const { source, target } = files.value;
  const picked = pickStatements(project, operation, source, names);
  if (!picked.ok) return picked;
  const moving = picked.value;
  const inMoving = (start: number) => moving.some((it) => it.pos <= start && start < it.end);

  for (const statement of target?.statements ?? []) {
    const own = [...declaredBy(ts, statement), ...importedNames(project, statement)];
    const clash = own.find((it) => names.has(it.text) && !importsFrom(project, it, to, from));
    if (clash !== undefined && target !== undefined) {
      return fail("collision", `${to} has a ${clash.text} already (${place(target, to, clash)})`, {
        path: to,
        value: clash.text,
        remedy: "rename one of them first",
      });
    }
  }
  const needs = neededBy(project, source, from, moving, names, to);
  if (!needs.ok) return needs;
  const needed = needs.value.filter((it) => target === undefined || !bindsAlready(project, target, to, it));
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
  const found = moveUsers(project, operation, source, moving, bench);
  if (!found.ok) return found;
  const { wanted, dropped, usedInSource, exported } = found.value;

  const edits: EditsByPath = new Map();
  const put = (path: string, ...some: TextEdit[]) => edits.set(path, [...edits.get(path) ?? [], ...some]);
  for (const [clause, gone] of importsOnlyUsedIn(project, from, inMoving)) {
    dropped.set(clause, new Set([...dropped.get(clause) ?? [], ...gone]));
  }
  for (const [clause, gone] of dropped) {
    const path = project.pathOf(clause.getSourceFile().fileName);
    if (path !== null) put(path, ...dropEdits(project, clause, gone));
  }
  for (const [path, list] of wanted) {
    const file = project.source(path);
    if (file !== undefined) put(path, insertion(project, file, [...statementsFor(list)]));
  }
  put(from, ...moving.map((it) => ({ ...statementRange(ts, source, it), text: "" })));
  const back = new Map([...usedInSource].map((name): [string, Needed] => [`import ${name}`, {
    imported: name,
    local: name,
    typeOnly: isType(project, source, name),
    specifier: specifierTo(project, from, to, null),
  }]));
  if (back.size > 0) put(from, insertion(project, source, [...statementsFor(back)]));

  const eol = lineEnd(target?.text ?? source.text);
  const seenOutside = (name: string) => exported.has(name) || usedInSource.has(name);
  const body = moving.map((it) => movedText(project, source, it, seenOutside).replace(/\r?\n/g, eol)).join(
    eol + eol,
  );
  const imports = [...statementsFor(new Map(needed.map((it) => [`import ${it.specifier} ${it.local}`, it])))];
  const created = target === undefined
    ? (imports.length > 0 ? imports.join(eol) + eol + eol : "") + body + eol
    : null;
  if (target !== undefined) {
    const { text } = target;
    if (imports.length > 0) put(to, insertion(project, target, imports));
    const gap = text === "" ? "" : text.endsWith("\n") ? eol : eol + eol;
    put(to, { start: text.length, end: text.length, text: gap + body + eol });
  }
  const matches = moving.length + [...wanted.values()].reduce((sum, it) => sum + it.size, 0);
  return ok({ edits: mergeInsertions(edits), created, matches });
}

/** The file that a symbol leaves and the one that it goes to; the latter may be new. */
async function openFiles(
  project: TypeScriptProject,
  { from, to, symbol }: Move,
  bench: Workbench,
): Promise<
  Result<{ source: TypeScript.SourceFile; target: TypeScript.SourceFile | undefined }, CodemodProblem>
> {
  const { ts } = project;
  const source = project.source(from);
  if (source === undefined) {
    return fail("missing-file", `There is no TypeScript or JavaScript file ${from} that can be read`, {
      path: from,
      remedy: "name the file that declares the symbol",
    });
  }
  if (from === to) {
    return fail("no-match", `${symbol} is in ${to} already`, { path: to, remedy: "name another file" });
  }
  const typed = (path: string) => languageOf(path) === "ts" || languageOf(path) === "tsx";
  if (!(typed(to) || (languageOf(to) === "js" && !typed(from)))) {
    return fail("unsupported-language", `${to} cannot hold code of ${from}`, {
      path: to,
      remedy: "name a file of the same language",
    });
  }
  const target = project.source(to);
  if (await bench.stage.has(to) && target === undefined) {
    return fail("unsupported", `${to} exists but cannot be read`, { path: to, remedy: "name another file" });
  }
  if (!ts.isExternalModule(source) && /\brequire\s*\(|\bexports\b/.test(source.text)) {
    return fail("unsupported", `${from} is a CommonJS module`, {
      path: from,
      remedy: "move the symbol by a patch, or turn the file into an ES module first",
    });
  }
  return ok({ source, target });
}

/** The statements that declare what moves. */
function pickStatements(
  project: TypeScriptProject,
  { from, symbol }: Move,
  source: TypeScript.SourceFile,
  names: ReadonlySet<string>,
): Result<TypeScript.Statement[], CodemodProblem> {
  const { ts } = project;
  const moving: TypeScript.Statement[] = [];
  const declared: { name: string; at: string }[] = [];
  for (const statement of source.statements) {
    const own = declaredBy(ts, statement);
    for (const it of own) declared.push({ name: it.text, at: place(source, from, it) });
    if (!own.some((it) => names.has(it.text))) continue;
    const left = own.filter((it) => !names.has(it.text)).map((it) => it.text);
    if (left.length > 0) {
      return fail("unsupported", `${symbol} is declared together with ${enumerate(left)}`, {
        path: from,
        value: symbol,
        remedy: "write one declaration for each first, or name them in `along`",
      });
    }
    if (modifierOf(ts, statement, ts.SyntaxKind.DefaultKeyword) !== undefined) {
      return fail("unsupported", `${own[0]?.text} is the default export of ${from}`, {
        path: from,
        value: own[0]?.text ?? symbol,
        remedy: "export it by its name first",
      });
    }
    moving.push(statement);
  }
  const missing = [...names].find((name) => !declared.some((it) => it.name === name));
  if (missing === undefined) return ok(moving);
  return fail("no-match", `No ${missing} is declared at the top of ${from}`, {
    path: from,
    value: missing,
    remedy: nearestRemedy(
      missing,
      declared,
      "name a top-level function, class, type or variable of the file",
    ),
  });
}

/** A statement as it stands in its new file: exported when others use it. */
function movedText(
  project: TypeScriptProject,
  source: TypeScript.SourceFile,
  statement: TypeScript.Statement,
  seenOutside: (name: string) => boolean,
): string {
  const { ts } = project;
  const range = statementRange(ts, source, statement);
  const text = source.text.slice(range.start, range.end).trimEnd();
  const isExported = modifierOf(ts, statement, ts.SyntaxKind.ExportKeyword) !== undefined;
  if (isExported || !declaredBy(ts, statement).some((it) => seenOutside(it.text))) return text;
  const at = statement.getStart(source) - range.start;
  return `${text.slice(0, at)}export ${text.slice(at)}`;
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
