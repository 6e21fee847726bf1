import { ok, type Result } from "../../../../../specs/mod.ts";
import { type Grammar, grammar, present, type SyntaxNode } from "../grammar.ts";
import { nearestRemedy } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { gapBefore, lineEnd, type TextEdit } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { linksOf, pythonModule } from "./links.ts";
import { type FileNames, lookup } from "./names.ts";
import { type Program, readProgram } from "./program.ts";
import { moduleName } from "./python_modules.ts";

type Move = OperationOf<"move-symbol">;

export interface PythonMoved {
  edits: Map<string, TextEdit[]>;
  /** The target's whole text when the file is new. */
  created: string | null;
  matches: number;
}

interface Piece {
  start: number;
  end: number;
  names: string[];
}

/** Names that every module has without an import. */
const BUILTINS = new Set(
  ("abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict " +
    "dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input int " +
    "isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range " +
    "repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__ __name__ " +
    "__file__ __doc__ NotImplemented Ellipsis __debug__").split(" "),
);

function isBuiltin(name: string): boolean {
  return BUILTINS.has(name) || /^[A-Z]\w*(Error|Exception|Warning|Exit|Interrupt|Iteration)$/.test(name) ||
    name === "Exception" || name === "BaseException" || name === "StopIteration" ||
    name === "KeyboardInterrupt";
}

/** The top-level statements of a file with the names that each declares. Comments right above belong to a statement. */
function pieces(root: SyntaxNode, text: string): Piece[] {
  const found: Piece[] = [];
  let above: SyntaxNode | null = null;
  for (const node of present(root.namedChildren)) {
    const lineStart = text.lastIndexOf("\n", node.startIndex - 1) + 1;
    if (node.type === "comment") {
      const own = text.slice(lineStart, node.startIndex).trim() === "";
      const joined = above !== null && !/\n[ \t]*\r?\n/.test(text.slice(above.endIndex, node.startIndex));
      if (own && !(joined && above !== null)) above = node;
      continue;
    }
    const names: string[] = [];
    const definition = node.type === "decorated_definition" ? node.childForFieldName("definition") : node;
    if (definition?.type === "function_definition" || definition?.type === "class_definition") {
      names.push(definition.childForFieldName("name")?.text ?? "");
    } else if (node.type === "expression_statement") {
      const [inner] = present(node.namedChildren);
      const left = inner?.type === "assignment" ? inner.childForFieldName("left") : null;
      if (left?.type === "identifier") names.push(left.text);
      else for (const it of present(left?.descendantsOfType("identifier") ?? [])) names.push(it.text);
    } else if (node.type === "type_alias_statement") names.push(node.childForFieldName("left")?.text ?? "");
    const attached = above !== null && !/\n[ \t]*\r?\n/.test(text.slice(above.startIndex, node.startIndex)) &&
      !above.text.startsWith("#!") && !/coding[:=]/.test(above.text);
    const start = attached && above !== null ? above.startIndex : node.startIndex;
    above = null;
    const lineBreak = text.indexOf("\n", node.endIndex);
    found.push({ start, end: lineBreak < 0 ? text.length : lineBreak + 1, names });
  }
  return found;
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
  const sourceFile = await bench.stage.text(from);
  if (!sourceFile.ok) return sourceFile;
  const text = sourceFile.value.text;
  const source = program.byPath.get(from);
  const parser = await grammar("python");
  if (!parser.ok) return parser;
  if (source === undefined) {
    return fail("missing-file", `${from} is not read as Python`, {
      path: from,
      remedy: "name the file that declares the symbol",
    });
  }
  const top = withTree(parser.value, text, (root) => pieces(root, text));
  const moving: Piece[] = [];
  for (const piece of top) {
    if (!piece.names.some((it) => names.has(it))) continue;
    const others = piece.names.filter((it) => !names.has(it));
    if (others.length > 0) {
      return fail("unsupported", `${operation.symbol} is declared together with ${enumerate(others)}`, {
        path: from,
        value: operation.symbol,
        remedy: "write one statement for each first, or name them in `along`",
      });
    }
    moving.push(piece);
  }
  for (const name of names) {
    if (moving.some((it) => it.names.includes(name))) continue;
    const declared = source.names.filter((it) => it.role === "declare" && it.scope === source.file)
      .map((it) => ({ name: it.text, at: `${from}:${it.line}` }));
    return fail("no-match", `No ${name} is declared at the top of ${from}`, {
      path: from,
      value: name,
      remedy: nearestRemedy(name, declared, "name a top-level function, class or variable of the file"),
    });
  }
  const inMoving = (at: number) => moving.some((it) => it.start <= at && at < it.end);
  const target = program.byPath.get(to);
  if (await bench.stage.has(to) && target === undefined) {
    return fail("unsupported", `${to} exists but cannot be read`, { path: to, remedy: "name another file" });
  }
  for (const it of target?.names ?? []) {
    if (it.role === "declare" && it.scope === target?.file && names.has(it.text)) {
      return fail("collision", `${to} has a ${it.text} already (${to}:${it.line})`, {
        path: to,
        value: it.text,
        remedy: "rename one of them first",
      });
    }
  }

  const needs = neededBy(program, source, inMoving, names, to);
  if (!needs.ok) return needs;
  const usedInSource = new Set(
    source.names.filter((it) =>
      names.has(it.text) && it.role === "use" && !inMoving(it.start) &&
      lookup(it.scope, it.key, "members-qualified") === source.file &&
      text[it.start - 1] !== '"' && text[it.start - 1] !== "'"
    ).map((it) => it.text),
  );
  if (usedInSource.size > 0 && needs.value.fromSource.length > 0) {
    return fail(
      "unsupported",
      `${from} and ${to} would import each other: what moves needs ${
        enumerate(needs.value.fromSource)
      }, and ${enumerate([...usedInSource])} is used where it was`,
      {
        path: from,
        remedy: "move what it needs too, with `along`",
      },
    );
  }

  const edits = new Map<string, TextEdit[]>();
  const put = (path: string, edit: TextEdit) => edits.set(path, [...edits.get(path) ?? [], edit]);
  const users = await importUsers(program, source, names, to, parser.value, bench);
  if (!users.ok) return users;
  for (const { path, edit } of users.value) put(path, edit);
  let matches = moving.length + users.value.length;

  const eol = lineEnd(text);
  for (const piece of moving) {
    // The two empty lines between definitions go with the one that leaves.
    const after = /^([ \t]*\r?\n)*/.exec(text.slice(piece.end))?.[0].length ?? 0;
    const last = piece.end + after >= text.length;
    const gap = last ? piece.start - text.slice(0, piece.start).trimEnd().length : 0;
    put(from, {
      start: piece.start - Math.max(0, gap - eol.length),
      end: last ? text.length : piece.end + after,
      text: "",
    });
  }
  withTree(parser.value, text, (root) => {
    for (const edit of withoutExportNames(root, names, text)) put(from, edit);
    if (usedInSource.size === 0) return;
    const module = moduleName(program, from, to, null);
    if (module !== null) {
      matches++;
      put(
        from,
        importInsertion(root, text, [`from ${module} import ${[...usedInSource].sort().join(", ")}`]),
      );
    }
  });
  if (usedInSource.size > 0 && moduleName(program, from, to, null) === null) {
    return fail("unsupported", `${from} cannot name ${to} as a module`, {
      path: to,
      remedy: "choose a file of the same package",
    });
  }

  const body = moving.map((it) => text.slice(it.start, it.end).replace(/\s+$/, ""));
  if (target === undefined) {
    const head = needs.value.statements.length > 0 ? needs.value.statements.join(eol) + eol + eol + eol : "";
    return ok({ edits, created: head + body.join(eol + eol + eol) + eol, matches });
  }
  const targetFile = await bench.stage.text(to);
  if (!targetFile.ok) return targetFile;
  const into = targetFile.value.text;
  const intoEol = lineEnd(into);
  const known = new Set(
    target.imports.filter((it) => it.scope === target.file).map((it) =>
      it.alias ?? it.name ?? it.module.split(".")[0]
    ),
  );
  const missing = needs.value.statements.filter((_, i) => !known.has(needs.value.bound[i]));
  withTree(parser.value, into, (root) => {
    if (missing.length > 0) put(to, importInsertion(root, into, missing));
    for (const edit of withExportNames(root, names)) put(to, edit);
  });
  const gap = into.trim() === "" ? "" : `${into.endsWith("\n") ? "" : intoEol}${intoEol}${intoEol}`;
  const moved = body.join("\n\n\n").replace(/\r?\n/g, intoEol);
  put(to, { start: into.length, end: into.length, text: gap + moved + intoEol });
  return ok({ edits, created: null, matches });
}

function withTree<T>(parser: Grammar, text: string, read: (root: SyntaxNode) => T): T {
  const syntax = parser.parse(text);
  try {
    return read(syntax.root);
  } finally {
    syntax.free();
  }
}

interface Needs {
  statements: string[];
  /** The name that each statement binds. */
  bound: string[];
  /** Names that stay in the source file. */
  fromSource: string[];
}

/** What the moved statements take from their file: its imports, and what stays in it. */
function neededBy(
  program: Program,
  source: FileNames,
  inMoving: (at: number) => boolean,
  names: ReadonlySet<string>,
  to: string,
): Result<Needs, CodemodProblem> {
  const found = new Map<string, string>();
  const fromSource = new Set<string>();
  const unknown = new Set<string>();
  const from = source.path;
  for (const name of source.names) {
    if (!inMoving(name.start) || (name.role !== "use" && name.role !== "declare") || names.has(name.text)) {
      continue;
    }
    const home = lookup(name.scope, name.key, "members-qualified");
    if (home === null) {
      if (!isBuiltin(name.text)) unknown.add(name.text);
      continue;
    }
    if (home !== source.file || found.has(name.text)) continue;
    const it = source.imports.find((it) =>
      it.scope === source.file && (it.alias ?? it.name ?? it.module.split(".")[0]) === name.text
    );
    if (it === undefined) {
      fromSource.add(name.text);
      continue;
    }
    const meant = pythonModule(program, it.module, from);
    if (meant === to) continue; // it comes home
    const module = meant === null ? it.module : moduleName(program, to, meant, { module: it.module, meant });
    if (module === null || (meant === null && module.startsWith("."))) {
      return fail("unsupported", `${to} cannot import ${it.module} as ${from} does (${from}:${it.line})`, {
        path: to,
        value: it.module,
        remedy: "choose a file of the same package",
      });
    }
    const alias = it.alias === null ? "" : ` as ${it.alias}`;
    found.set(
      name.text,
      it.name === null ? `import ${module}${alias}` : `from ${module} import ${it.name}${alias}`,
    );
  }
  if (unknown.size > 0 && source.imports.some((it) => it.name === "*")) {
    return fail("unsupported", `${enumerate([...unknown])} may come from an "import *" of ${from}`, {
      path: from,
      remedy: "import the names that are used by their names first",
    });
  }
  if (fromSource.size > 0) {
    const module = moduleName(program, to, from, null);
    if (module === null) {
      return fail("unsupported", `${to} cannot name ${from} as a module`, {
        path: to,
        remedy: "choose a file of the same package",
      });
    }
    for (const name of fromSource) found.set(name, `from ${module} import ${name}`);
  }
  return ok({ statements: [...found.values()], bound: [...found.keys()], fromSource: [...fromSource] });
}

/** The edits of the files that import what moves. */
async function importUsers(
  program: Program,
  source: FileNames,
  names: ReadonlySet<string>,
  to: string,
  parser: Grammar,
  bench: Workbench,
): Promise<Result<{ path: string; edit: TextEdit }[], CodemodProblem>> {
  const edits: { path: string; edit: TextEdit }[] = [];
  const through: string[] = [];
  for (const name of names) {
    const links = linksOf(program, { name, file: source, scope: source.file }, {
      goModules: new Map(),
      crates: new Map(),
    });
    for (const file of program.files) {
      for (const it of file.names) {
        if (it.text === name && it.role === "member" && links.qualified(file, it)) {
          through.push(`${file.path}:${it.line}`);
        }
      }
    }
  }
  if (through.length > 0) {
    return fail("unsupported", `What moves is used through its module: ${enumerate(through)}`, {
      value: [...names].join(", "),
      remedy: "import it by its name at these places first",
    });
  }
  for (const file of program.files) {
    const touching = file.imports.filter((it) =>
      it.name !== null && (names.has(it.name) || it.name === "*") &&
      pythonModule(program, it.module, file.path) === source.path
    );
    if (touching.length === 0 || file.path === source.path) continue;
    bench.check();
    const read = await bench.stage.text(file.path);
    if (!read.ok) return read;
    const text = read.value.text;
    const eol = lineEnd(text);
    const problem = withTree(parser, text, (root): CodemodProblem | null => {
      for (const statement of present(root.descendantsOfType("import_from_statement"))) {
        const module = statement.childForFieldName("module_name")?.text ?? "";
        if (pythonModule(program, module, file.path) !== source.path) continue;
        const all = present(statement.childrenForFieldName("name"));
        const star = present(statement.namedChildren).some((it) => it.type === "wildcard_import");
        const nameOf = (it: SyntaxNode) => (it.childForFieldName("name") ?? it).text;
        const gone = star ? [] : all.filter((it) => names.has(nameOf(it)));
        if (gone.length === 0 && !star) continue;
        const next = moduleName(program, file.path, to, { module, meant: source.path });
        if (next === null && file.path !== to) {
          return {
            code: "unsupported",
            message: `${file.path} cannot name ${to} as a module`,
            path: file.path,
            remedy: "choose a file that it can import",
          };
        }
        const lineStart = text.lastIndexOf("\n", statement.startIndex - 1) + 1;
        const indent = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? "";
        const wanted = star ? [...names].join(", ") : gone.map((it) => it.text).join(", ");
        const added = file.path === to ? null : `from ${next} import ${wanted}`;
        const kept = all.filter((it) => !gone.includes(it));
        if (star) {
          edits.push({
            path: file.path,
            edit: {
              start: statement.endIndex,
              end: statement.endIndex,
              text: added === null ? "" : `${eol}${indent}${added}`,
            },
          });
        } else if (kept.length === 0) {
          const lineBreak = /^[ \t]*\r?\n/.exec(text.slice(statement.endIndex))?.[0].length ?? 0;
          edits.push({
            path: file.path,
            edit: added === null
              ? {
                start: lineStart,
                end: statement.endIndex + lineBreak,
                text: indent === "" ? "" : `${indent}pass${eol}`,
              }
              : { start: statement.startIndex, end: statement.endIndex, text: added },
          });
        } else {
          const first = all[0], last = all.at(-1);
          if (first === undefined || last === undefined) continue;
          const second = all[1];
          const gap = second === undefined ? " " : gapBefore(text, second.startIndex);
          edits.push({
            path: file.path,
            edit: {
              start: first.startIndex,
              end: last.endIndex,
              text: kept.map((it) => it.text).join(`,${gap}`),
            },
          });
          if (added !== null) {
            edits.push({
              path: file.path,
              edit: { start: statement.endIndex, end: statement.endIndex, text: `${eol}${indent}${added}` },
            });
          }
        }
      }
      return null;
    });
    if (problem !== null) return { ok: false, error: problem };
  }
  return ok(edits.filter((it) => it.edit.start !== it.edit.end || it.edit.text !== ""));
}

/** Where import statements are put: after the imports at the top, else after the docstring and comments. */
function importInsertion(root: SyntaxNode, text: string, statements: readonly string[]): TextEdit {
  const eol = lineEnd(text);
  let after: SyntaxNode | null = null;
  let imported = false;
  for (const node of present(root.namedChildren)) {
    const isImport = ["import_statement", "import_from_statement", "future_import_statement"].includes(
      node.type,
    );
    const docstring = node.type === "expression_statement" &&
      present(node.namedChildren)[0]?.type === "string";
    if (isImport) imported = true;
    else if (node.type !== "comment" && !(docstring && !imported)) break;
    if (isImport || !imported) after = node;
  }
  if (after === null) return { start: 0, end: 0, text: statements.join(eol) + eol + eol + eol };
  const lineBreak = text.indexOf("\n", after.endIndex);
  const at = lineBreak < 0 ? text.length : lineBreak + 1;
  return {
    start: at,
    end: at,
    text: (lineBreak < 0 ? eol : "") + (imported ? "" : eol) + statements.join(eol) + eol,
  };
}

/** The list of `__all__`. */
function exportList(root: SyntaxNode): SyntaxNode | null {
  for (const node of present(root.namedChildren)) {
    const [inner] = node.type === "expression_statement" ? present(node.namedChildren) : [];
    if (inner?.type === "assignment" && inner.childForFieldName("left")?.text === "__all__") {
      return inner.childForFieldName("right");
    }
  }
  return null;
}

function withoutExportNames(root: SyntaxNode, names: ReadonlySet<string>, text: string): TextEdit[] {
  const list = exportList(root);
  const all = present(list?.namedChildren ?? []);
  const kept = all.filter((it) => !names.has(it.text.replace(/^["']|["']$/g, "")));
  const first = all[0], last = all.at(-1), second = all[1];
  if (kept.length === all.length || first === undefined || last === undefined) return [];
  const gap = second === undefined ? " " : gapBefore(text, second.startIndex);
  return [{ start: first.startIndex, end: last.endIndex, text: kept.map((it) => it.text).join(`,${gap}`) }];
}

function withExportNames(root: SyntaxNode, names: ReadonlySet<string>): TextEdit[] {
  const list = exportList(root);
  const last = present(list?.namedChildren ?? []).at(-1);
  if (last === undefined) return [];
  const quote = last.text.startsWith("'") ? "'" : '"';
  return [{
    start: last.endIndex,
    end: last.endIndex,
    text: [...names].map((it) => `, ${quote}${it}${quote}`).join(""),
  }];
}
