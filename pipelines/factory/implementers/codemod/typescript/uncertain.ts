import type { ts as TypeScript } from "ts-morph";
import type { Workbench } from "../workbench.ts";
import type { Reference } from "./lookup.ts";
import type { TypeScriptProject } from "./project.ts";
import { nodeAt } from "./symbols.ts";

/** Whether a file imports one of these, however many files lie between. */
function reachability(project: TypeScriptProject, targets: ReadonlySet<string>): (path: string) => boolean {
  const imports = new Map<string, string[]>();
  const importsOf = (path: string): string[] => {
    let found = imports.get(path);
    if (found === undefined) {
      const text = project.source(path)?.text ?? "";
      found = project.ts.preProcessFile(text, true, true).importedFiles
        .map((it) => project.resolve(it.fileName, path)).filter((it) => it !== null);
      imports.set(path, found);
    }
    return found;
  };
  return (path) => {
    const seen = new Set([path]);
    const pending = [path];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (targets.has(at)) return true;
      for (const next of importsOf(at)) {
        if (!seen.has(next)) {
          seen.add(next);
          pending.push(next);
        }
      }
    }
    return false;
  };
}

/**
 * Uses of a member's name on values whose type the compiler does not know (`any`, or what a package that is not in the
 * tree makes), in files that could hold one of its objects.
 */
export function uncertainUses(
  project: TypeScriptProject,
  name: string,
  known: ReadonlyMap<string, Reference>,
  keyOf: (path: string, start: number) => string,
  bench: Workbench,
): Reference[] {
  const { ts } = project;
  const checker = project.checker();
  const found: Reference[] = [];
  const reaches = reachability(project, new Set([...known.values()].map((it) => it.path)));
  const isUnknown = (node: TypeScript.Node) =>
    (checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any) !== 0;
  for (const path of project.paths) {
    const source = project.source(path);
    if (source === undefined || !source.text.includes(name)) continue;
    bench.check();
    for (let at = source.text.indexOf(name); at >= 0; at = source.text.indexOf(name, at + name.length)) {
      if (known.has(keyOf(path, at))) continue;
      const node = nodeAt(ts, source, at);
      const { parent } = node;
      if (!ts.isIdentifier(node) || node.text !== name || parent === undefined) continue;
      const access = ts.isPropertyAccessExpression(parent) && parent.name === node;
      if (access && isUnknown(parent.expression) && reaches(path)) {
        found.push({ path, start: at, end: at + name.length });
      }
    }
  }
  return found;
}
