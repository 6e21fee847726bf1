import type { ts as TypeScript } from "ts-morph";
import type { Reference } from "./lookup.ts";
import type { TypeScriptProject } from "./project.ts";

/** The places that a rename changes, by path and offset. */
export type References = Map<string, Reference>;
export const keyOf = (path: string, start: number) => `${path}\0${start}`;

/** The references that are spelled with the name: an alias (`import { a as b }`) keeps its own. Quotes are left outside. */
export function named(
  project: TypeScriptProject,
  references: readonly Reference[],
  name: string,
): References {
  const found: References = new Map();
  for (const { path, start, end } of references) {
    const text = project.source(path)?.text.slice(start, end);
    if (text === name) found.set(keyOf(path, start), { path, start, end });
    else if (text?.slice(1, -1) === name) {
      found.set(keyOf(path, start + 1), { path, start: start + 1, end: end - 1 });
    }
  }
  return found;
}

/** Whether a declaration's name is among the references. */
export function holds(
  project: TypeScriptProject,
  references: References,
  declaration: TypeScript.Declaration,
): boolean {
  const { ts } = project;
  const source = declaration.getSourceFile();
  const path = project.pathOf(source.fileName);
  const node = ts.getNameOfDeclaration(declaration) ?? declaration;
  if (path === null) return false;
  const start = node.getStart(source);
  return references.has(keyOf(path, start)) || references.has(keyOf(path, start + 1));
}
