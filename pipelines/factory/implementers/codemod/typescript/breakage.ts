import type { ts as TypeScript } from "ts-morph";
import type { Workbench } from "../workbench.ts";
import type { TypeScriptProject } from "./project.ts";
import { declarationsOf } from "./symbols.ts";

/** Errors of the checker that an edit of names and calls can cause. */
const CODES = new Set([
  1016, // a required parameter after an optional one
  2300, // duplicate identifier
  2305, // module has no exported member
  2306, // file is no module
  2339, // property does not exist
  2345, // argument is not assignable
  2353, // unknown property in an object literal
  2395, // declarations must be all exported or all local
  2420, // class incorrectly implements interface
  2440, // import conflicts with local declaration
  2451, // cannot redeclare
  2459, // declared locally but not exported
  2551, // property does not exist, did you mean
  2554, // expected n arguments
  2555, // expected at least n arguments
  2614, // no exported member, did you mean the default
  2661, // cannot export what is not declared here
  2724, // no exported member, did you mean
  2741, // property is missing
]);

/** A name that is not found: an error where the repository declares it, else a global of the runtime. */
const UNKNOWN_NAME = new Set([2304, 2552, 2503]);

/** A module that is not found: an error where it is a file, else a package that is not in the tree. */
const UNKNOWN_MODULE = 2307;

export interface Dangling {
  path: string;
  at: string;
  text: string;
}

/** What does not fit together in some files of a project, as far as an edit can be to blame. */
function danglingNames(project: TypeScriptProject, paths: readonly string[], bench: Workbench): Dangling[] {
  const { ts } = project;
  const found: Dangling[] = [];
  const declared = new Map<string, boolean>();
  const isDeclared = (name: string): boolean => {
    const known = declared.get(name);
    if (known !== undefined) return known;
    const own = project.paths.some((path) =>
      (project.text(path)?.includes(name) ?? false) &&
      declarationsOf(readable(project, path), path).some((it) => it.name === name)
    );
    declared.set(name, own);
    return own;
  };
  const counts = (diagnostic: TypeScript.Diagnostic, text: string, path: string): boolean => {
    const named = /'([^']+)'/.exec(text)?.[1] ?? "";
    if (UNKNOWN_NAME.has(diagnostic.code)) return isDeclared(named);
    if (diagnostic.code === UNKNOWN_MODULE) {
      return /^\.{0,2}\//.test(named) || project.modules.candidates(named, path).length > 0;
    }
    return CODES.has(diagnostic.code);
  };
  for (const path of paths) {
    const source = project.source(path);
    if (source === undefined) continue;
    bench.check();
    for (const diagnostic of project.program().getSemanticDiagnostics(source)) {
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
      if (diagnostic.start === undefined || !counts(diagnostic, text, path)) continue;
      const line = source.getLineAndCharacterOfPosition(diagnostic.start).line + 1;
      found.push({ path, at: `${path}:${line}`, text });
    }
  }
  return found;
}

/** The project, with one file read that the program has no use for. */
function readable(project: TypeScriptProject, path: string): TypeScriptProject {
  if (project.source(path) !== undefined) return project;
  const { ts } = project;
  const source = ts.createSourceFile(
    project.fileName(path),
    project.text(path) ?? "",
    ts.ScriptTarget.ESNext,
    true,
  );
  return { ...project, source: (other) => other === path ? source : project.source(other) };
}

/** The project at this moment: its program stays as it is when a newer one takes its place. */
function asItIs(project: TypeScriptProject): TypeScriptProject {
  const program = project.program();
  const own = new Set(project.paths);
  return {
    ...project,
    program: () => program,
    checker: () => program.getTypeChecker(),
    source: (path) => own.has(path) ? program.getSourceFile(project.fileName(path)) : undefined,
  };
}

/**
 * Looks at some files as they are now; the answer tells, after edits of them, what came to be wrong in them. Checking types takes
 * most of the time of an operation, so what was wrong before is only asked when something is wrong after.
 */
export async function breakageWatch(
  paths: readonly string[],
  words: readonly string[] | null,
  bench: Workbench,
): Promise<() => Promise<{ fresh: Dangling[]; more: number }>> {
  const earlier = asItIs(await bench.typescript(words));
  return async () => {
    const after = danglingNames(await bench.typescript(words), paths, bench);
    if (after.length === 0) return { fresh: [], more: 0 };
    const before = danglingNames(earlier, paths, bench);
    // Errors of moved code move with it: only more of them than before are the operation's.
    return after.length <= before.length
      ? { fresh: [], more: 0 }
      : { fresh: freshlyDangling(before, after), more: after.length - before.length };
  };
}

/** What came to be wrong: the lines may have moved, so the file and the text tell which error is which. */
function freshlyDangling(before: readonly Dangling[], after: readonly Dangling[]): Dangling[] {
  const left = new Map<string, number>();
  const keyOf = (it: Dangling) => `${it.path}\0${it.text}`;
  for (const it of before) left.set(keyOf(it), (left.get(keyOf(it)) ?? 0) + 1);
  return after.filter((it) => {
    const count = left.get(keyOf(it)) ?? 0;
    left.set(keyOf(it), count - 1);
    return count <= 0;
  });
}
