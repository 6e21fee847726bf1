import { ok, type Result } from "../../../../../specs/mod.ts";
import { globs } from "../glob.ts";
import { folderOf, isForeign } from "../language.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { normalizePath } from "./module_map.ts";
import type { TypeScriptProject } from "./project.ts";
import type { EditsByPath } from "./rename.ts";
import { moduleSpecifiers, relativePath, withEnding } from "./specifier.ts";
import { place } from "./symbols.ts";

/** The edits that give relative imports the file extension that is wanted. */
export async function extensionEdits(
  project: TypeScriptProject,
  operation: OperationOf<"fix-import-extensions">,
  bench: Workbench,
): Promise<Result<{ edits: EditsByPath; matches: number; notes: string[] }, CodemodProblem>> {
  const within = operation.in === undefined ? ok((path: string) => !isForeign(path)) : globs(operation.in);
  if (!within.ok) return within;
  const edits: EditsByPath = new Map();
  const lost: string[] = [];
  let seen = 0, files = 0, matches = 0;
  for (const path of project.paths) {
    if (!within.value(path)) continue;
    bench.check();
    const source = project.source(path);
    if (source === undefined) continue;
    files++;
    for (const literal of moduleSpecifiers(project.ts, source)) {
      const specifier = literal.text;
      if (!/^\.{1,2}(\/|$)/.test(specifier)) continue;
      seen++;
      const target = project.resolve(specifier, path);
      if (target === null) {
        // A style sheet, a JSON file: it is what it says. Anything else leads nowhere.
        const direct = normalizePath(`${folderOf(path)}/${specifier}`);
        if (direct === null || !await bench.stage.has(direct)) {
          lost.push(`${specifier} (${place(source, path, literal)})`);
        }
        continue;
      }
      if (/\.d\.[cm]?ts$/.test(target)) continue; // declarations stand beside a file that has the extension
      const wanted = withEnding(relativePath(path, target), operation.extension);
      const same =
        normalizePath(`${folderOf(path)}/${specifier}`) === normalizePath(`${folderOf(path)}/${wanted}`);
      if (same) continue;
      matches++;
      const list = edits.get(path) ?? [];
      list.push({ start: literal.getStart(source) + 1, end: literal.end - 1, text: wanted });
      edits.set(path, list);
    }
  }
  if (matches === 0) {
    const where = files === 0
      ? "no TypeScript or JavaScript file is meant"
      : `all ${seen} relative imports of ${files} files have it already or cannot be resolved`;
    return fail("no-match", `No import needs another extension: ${where}`, {
      value: JSON.stringify(operation.in ?? "all files"),
      remedy: lost.length > 0
        ? `these lead to no file: ${enumerate(lost)}`
        : "take the operation out, or correct `in` and `extension`",
    });
  }
  return ok({ edits, matches, notes: lost.length === 0 ? [] : [`lead to no file: ${enumerate(lost)}`] });
}
