import { ok, type Result } from "../../../../../specs/mod.ts";
import { grammar } from "../grammar.ts";
import { nearestRemedy } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { lineEnd, type TextEdit, type TextFile } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { linksOf, pythonModule } from "./links.ts";
import { type FileNames, homeOf, type Name } from "./names.ts";
import { type Program, readProgram } from "./program.ts";
import {
  importInsertion,
  importStatements,
  type PythonImport,
  withExportNames,
  withoutExportNames,
  withoutImports,
  withTree,
} from "./python_imports.ts";
import { moduleName } from "./python_modules.ts";
import { neededBy } from "./python_needs.ts";
import { type Piece, pieces } from "./python_pieces.ts";
import { importUsers } from "./python_users.ts";

type Move = OperationOf<"move-symbol">;

export interface PythonMoved {
  edits: Map<string, TextEdit[]>;
  /** The target's whole text when the file is new. */
  created: string | null;
  matches: number;
}

/** The edits that move top-level Python declarations into another file. */
export async function pythonMove(
  operation: Move,
  bench: Workbench,
): Promise<Result<PythonMoved, CodemodProblem>> {
  const { from, to } = operation;
  const names = new Set([operation.symbol, ...operation.along]);
  if (!to.endsWith(".py")) {
    return fail("unsupported-language", `${to} is no Python file`, { path: to, remedy: "name a .py file" });
  }
  if (from === to) {
    return fail("no-match", `${operation.symbol} is in ${to} already`, {
      path: to,
      remedy: "name another file",
    });
  }
  const read = await readProgram("python", null, bench);
  if (!read.ok) return read;
  const program = read.value;
  const file = await bench.stage.text(from);
  if (!file.ok) return file;
  const { text } = file.value;
  const parser = await grammar("python");
  if (!parser.ok) return parser;
  const source = program.byPath.get(from);
  const target = program.byPath.get(to);
  if (source === undefined || (target === undefined && await bench.stage.has(to))) {
    const path = source === undefined ? from : to;
    return fail("unsupported", `${path} cannot be read as Python`, { path, remedy: "name another file" });
  }
  const picked = pick(operation, source, withTree(parser.value, text, (root) => pieces(root, text)), names);
  if (!picked.ok) return picked;
  const moving = picked.value;
  const inMoving = (at: number) => moving.some((it) => it.start <= at && at < it.end);

  const needs = neededBy(program, source, inMoving, names, to);
  if (!needs.ok) return needs;
  const { imports, fromSource } = needs.value;
  const missing = target === undefined ? ok(imports) : missingIn(program, target, imports, names);
  if (!missing.ok) return missing;
  const isUse = (it: Name) => it.role === "use" && homeOf(it, "members-qualified") === source.file;
  const usedInSource = [
    ...new Set(
      source.names.filter((it) => names.has(it.text) && isUse(it) && !inMoving(it.start) && !isExportName(it))
        .map((it) => it.text),
    ),
  ].sort();
  if (usedInSource.length > 0 && fromSource.length > 0) {
    return fail(
      "unsupported",
      `${from} and ${to} would import each other: what moves needs ${enumerate(fromSource)}, and ` +
        `${enumerate(usedInSource)} is used where it was`,
      { path: from, remedy: "move what it needs too, with `along`" },
    );
  }
  const module = moduleName(program, from, to, null);
  if (usedInSource.length > 0 && module === null) {
    return fail("unsupported", `${from} cannot name ${to} as a module`, {
      path: to,
      remedy: "choose a file of the same package",
    });
  }
  const users = await importUsers(program, source, names, to, parser.value, bench);
  if (!users.ok) return users;

  const edits = new Map<string, TextEdit[]>();
  const put = (path: string, edit: TextEdit) => edits.set(path, [...edits.get(path) ?? [], edit]);
  for (const { path, edit } of users.value) put(path, edit);
  for (const edit of removals(text, moving)) put(from, edit);
  const unused = unusedImports(program, source, inMoving);
  withTree(parser.value, text, (root) => {
    for (const edit of withoutExportNames(root, names, text)) put(from, edit);
    for (const edit of withoutImports(root, text, (_module, bound) => unused.has(bound))) put(from, edit);
    if (usedInSource.length > 0) {
      put(from, importInsertion(root, text, [`from ${module} import ${usedInSource.join(", ")}`]));
    }
  });
  const matches = moving.length + users.value.length + (usedInSource.length > 0 ? 1 : 0);
  const body = moving.map((it) => text.slice(it.start, it.end).trimEnd());
  if (target === undefined) {
    return ok({ edits, created: newFile(file.value, source, missing.value, body), matches });
  }
  const into = await bench.stage.text(to);
  if (!into.ok) return into;
  const eol = lineEnd(into.value.text);
  withTree(parser.value, into.value.text, (root) => {
    const statements = importStatements(missing.value);
    if (statements.length > 0) put(to, importInsertion(root, into.value.text, statements));
    for (const edit of withExportNames(root, names)) put(to, edit);
  });
  const end = into.value.text.length;
  const gap = into.value.text.trim() === "" ? "" : `${into.value.text.endsWith("\n") ? "" : eol}${eol}${eol}`;
  put(to, { start: end, end, text: gap + body.join("\n\n\n").replace(/\r?\n/g, eol) + eol });
  return ok({ edits, created: null, matches });
}

/** A name in `__all__`; an annotation in quotes is a use like any other. */
function isExportName(name: Name): boolean {
  return name.quoted && name.scope.parent === null;
}

/** The statements that declare what moves. */
function pick(
  { from, symbol }: Move,
  source: FileNames,
  top: readonly Piece[],
  names: ReadonlySet<string>,
): Result<Piece[], CodemodProblem> {
  const moving = top.filter((piece) => piece.names.some((it) => names.has(it)));
  const others = moving.flatMap((piece) => piece.names).filter((it) => !names.has(it));
  if (others.length > 0) {
    return fail("unsupported", `${symbol} is declared together with ${enumerate(others)}`, {
      path: from,
      value: symbol,
      remedy: "write one statement for each first, or name them in `along`",
    });
  }
  const missing = [...names].find((name) => !moving.some((it) => it.names.includes(name)));
  if (missing === undefined) return ok(moving);
  const declared = source.names.filter((it) => it.role === "declare" && it.scope === source.file)
    .map((it) => ({ name: it.text, at: `${from}:${it.line}` }));
  return fail("no-match", `No ${missing} is declared at the top of ${from}`, {
    path: from,
    value: missing,
    remedy: nearestRemedy(missing, declared, "name a top-level function, class or variable of the file"),
  });
}

/** The imports that the target lacks; a name that means something else there is a collision. */
function missingIn(
  program: Program,
  target: FileNames,
  imports: readonly PythonImport[],
  names: ReadonlySet<string>,
): Result<PythonImport[], CodemodProblem> {
  const missing: PythonImport[] = [];
  const clash = (name: string, line: number) =>
    fail("collision", `${name} means something else in ${target.path} (${target.path}:${line})`, {
      path: target.path,
      value: name,
      remedy: "rename one of them first",
    });
  const declared = (name: string) =>
    target.names.find((it) =>
      it.role === "declare" && it.scope === target.file && it.text === name && !isImported(target, name)
    );
  for (const name of names) {
    const found = declared(name);
    if (found !== undefined) return clash(name, found.line);
  }
  for (const it of imports) {
    const found = declared(it.bound);
    if (found !== undefined) return clash(it.bound, found.line);
    const same = target.imports.find((own) => own.scope === target.file && boundBy(own) === it.bound);
    if (same === undefined) missing.push(it);
    else if (
      same.name !== it.name ||
      (same.module !== it.module &&
        pythonModule(program, same.module, target.path) !== pythonModule(program, it.module, target.path))
    ) return clash(it.bound, same.line);
  }
  return ok(missing);
}

function boundBy(it: { alias: string | null; name: string | null; module: string }): string {
  return it.alias ?? it.name ?? it.module.split(".")[0] ?? "";
}

function isImported(file: FileNames, name: string): boolean {
  return file.imports.some((it) => it.scope === file.file && boundBy(it) === name);
}

/** The edits that cut statements out, with the empty lines that parted them from the next one. */
function removals(text: string, moving: readonly Piece[]): TextEdit[] {
  const edits: TextEdit[] = [];
  let done = 0;
  for (const piece of moving) {
    const rest = text.slice(piece.end);
    const body = rest.trimStart();
    const last = body === "";
    // Empty lines only: the indentation of what follows is its own.
    const after = last ? rest.length : text.lastIndexOf("\n", text.length - body.length) + 1 - piece.end;
    const before = last ? text.slice(0, piece.start).trimEnd() : "";
    const lineBreak = text.indexOf("\n", before.length) + 1;
    const start = last && before !== "" ? Math.min(lineBreak, piece.start) : piece.start;
    edits.push({ start: Math.max(start, done), end: piece.end + Math.max(0, after), text: "" });
    done = piece.end + Math.max(0, after);
  }
  return edits;
}

/** Imports that only what moves used, and that no other file takes from here. */
function unusedImports(program: Program, source: FileNames, inMoving: (at: number) => boolean): Set<string> {
  const found = new Set<string>();
  if (source.path.endsWith("__init__.py")) return found; // what a package imports is often its surface
  for (const it of source.imports) {
    if (it.scope !== source.file || it.name === "*" || it.module === "__future__") continue;
    const bound = boundBy(it);
    const uses = source.names.filter((name) =>
      name.text === bound && name.role === "use" &&
      homeOf(name, "members-qualified") === source.file
    );
    if (uses.length === 0 || !uses.every((name) => inMoving(name.start))) continue;
    const links = linksOf(program, { name: bound, file: source, scope: source.file }, {
      goModules: new Map(),
      crates: new Map(),
    });
    const taken = links.imports.length > 0 || links.free.size > 0 ||
      program.files.some((file) =>
        file.names.some((name) =>
          name.text === bound && name.role === "member" && links.qualified(file, name)
        )
      );
    if (!taken) found.add(it.alias ?? it.name ?? it.module);
  }
  return found;
}

/** A new file: the imports that what moves needs, and what moves. */
function newFile(
  file: TextFile,
  source: FileNames,
  imports: readonly PythonImport[],
  body: readonly string[],
): string {
  const eol = lineEnd(file.text);
  // `from __future__` changes how the code is read: it goes along.
  const future = source.imports.filter((it) => it.module === "__future__" && it.name !== null)
    .map((it): PythonImport => ({
      module: it.module,
      name: it.name,
      alias: it.alias,
      bound: it.name ?? "",
      line: -1,
    }));
  const statements = importStatements([...future, ...imports]);
  const head = statements.length > 0 ? statements.join(eol) + eol + eol + eol : "";
  return head + body.join(eol + eol + eol) + eol;
}
