import type { Workbench } from "../workbench.ts";
import type { TypeScriptProject } from "./project.ts";

/**
 * Errors of the checker that an edit of names and calls can cause: unknown names, modules and members, names declared
 * twice, calls that do not fit their function.
 */
const CODES = new Set([
  1016, // a required parameter after an optional one
  2300, // duplicate identifier
  2304, // cannot find name
  2305, // module has no exported member
  2307, // cannot find module
  2339, // property does not exist
  2345, // argument is not assignable
  2353, // unknown property in an object literal
  2395, // declarations must be all exported or all local
  2420, // class incorrectly implements interface
  2440, // import conflicts with local declaration
  2451, // cannot redeclare
  2459, // declared locally but not exported
  2551, // property does not exist, did you mean
  2552, // cannot find name, did you mean
  2554, // expected n arguments
  2555, // expected at least n arguments
  2614, // no exported member, did you mean the default
  2661, // cannot export what is not declared here
  2724, // no exported member, did you mean
  2741, // property is missing
]);

/** The errors of that kind in some files, with where. */
export function danglingNames(
  project: TypeScriptProject,
  paths: readonly string[],
  bench: Workbench,
): { at: string; text: string }[] {
  const { ts } = project;
  const found: { at: string; text: string }[] = [];
  for (const path of paths) {
    const source = project.source(path);
    if (source === undefined) continue;
    bench.check();
    for (const diagnostic of project.program().getSemanticDiagnostics(source)) {
      if (!CODES.has(diagnostic.code) || diagnostic.start === undefined) continue;
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
      const line = source.getLineAndCharacterOfPosition(diagnostic.start).line + 1;
      found.push({ at: `${path}:${line}`, text });
    }
  }
  return found;
}
