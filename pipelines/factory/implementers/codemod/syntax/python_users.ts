import { ok, type Result } from "../../../../../specs/mod.ts";
import { type Grammar, present, type SyntaxNode } from "../grammar.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { gapBefore, lineEnd, type TextEdit } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import { linksOf, pythonModule } from "./links.ts";
import type { FileNames } from "./names.ts";
import type { Program } from "./program.ts";
import { withTree } from "./python_imports.ts";
import { moduleName } from "./python_modules.ts";

/** The edits of the files that import what moves. */
export async function importUsers(
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
