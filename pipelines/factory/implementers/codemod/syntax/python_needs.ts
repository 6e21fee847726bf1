import { ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { pythonModule } from "./links.ts";
import { type FileNames, homeOf } from "./names.ts";
import type { Program } from "./program.ts";
import type { PythonImport } from "./python_imports.ts";
import { moduleName } from "./python_modules.ts";

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

export interface Needs {
  imports: PythonImport[];
  /** Names that stay in the source file. */
  fromSource: string[];
}

/** What the moved statements take from their file: its imports, and what stays in it. */
export function neededBy(
  program: Program,
  source: FileNames,
  inMoving: (at: number) => boolean,
  names: ReadonlySet<string>,
  to: string,
): Result<Needs, CodemodProblem> {
  const found = new Map<string, PythonImport>();
  const fromSource = new Set<string>();
  const unknown = new Set<string>();
  const from = source.path;
  for (const name of source.names) {
    if (!inMoving(name.start) || (name.role !== "use" && name.role !== "declare") || names.has(name.text)) {
      continue;
    }
    const home = homeOf(name, "members-qualified");
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
    found.set(name.text, { module, name: it.name, alias: it.alias, bound: name.text, line: it.line });
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
    // After what was imported before.
    const line = Number.MAX_SAFE_INTEGER;
    for (const name of fromSource) found.set(name, { module, name, alias: null, bound: name, line });
  }
  return ok({ imports: [...found.values()], fromSource: [...fromSource] });
}
