import type { ts as TypeScript } from "ts-morph";
import { ok, type Result, type SymbolKind } from "../../../../../specs/mod.ts";
import { globs } from "../glob.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { Workbench } from "../workbench.ts";
import type { TypeScriptProject } from "./project.ts";
import { declarationsOf, type Declared } from "./symbols.ts";

/** What an operation says about the symbol it means. */
export interface SymbolQuery {
  /** `name` or `Owner.member`. */
  name: string;
  in?: string | readonly string[];
  kind?: SymbolKind;
}

/** `Owner.member` taken apart; a name without a dot has no owner. */
export function ownerAndName(name: string): { owner: string | null; name: string } {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? { owner: null, name } : { owner: name.slice(0, dot), name: name.slice(dot + 1) };
}

/** A place where a name stands: the offset of the name itself. */
export interface Reference {
  path: string;
  start: number;
  end: number;
}

/** Every place that means what stands at a position, its declarations included, in the repository's own files. */
export function referencesAt(project: TypeScriptProject, path: string, position: number): Reference[] {
  const found = new Map<string, Reference>();
  for (const symbol of project.service.findReferences(project.fileName(path), position) ?? []) {
    for (const { fileName, textSpan } of symbol.references) {
      const own = project.pathOf(fileName);
      if (own === null) continue;
      const reference = { path: own, start: textSpan.start, end: textSpan.start + textSpan.length };
      found.set(`${own}\0${reference.start}`, reference);
    }
  }
  return [...found.values()].sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.start - b.start);
}

function symbolOf(checker: TypeScript.TypeChecker, node: TypeScript.Node): TypeScript.Symbol | undefined {
  return checker.getSymbolAtLocation(node);
}

export function kindText(declared: Declared): string {
  return `${declared.kinds[0]} ${
    declared.owner === null ? "" : `${declared.owner}.`
  }${declared.name} (${declared.at})`;
}

/**
 * The one symbol that a query means, by one of its declarations; overloads and merged declarations are one symbol, so
 * are an interface's method and those that implement it. Null when nothing is called so.
 */
export function findSymbol(
  project: TypeScriptProject,
  query: SymbolQuery,
  bench: Workbench,
): Result<{ declared: Declared; all: Declared[] } | null, CodemodProblem> {
  const { owner, name } = ownerAndName(query.name);
  const within = query.in === undefined ? ok(() => true) : globs(query.in);
  if (!within.ok) return within;
  const matching: Declared[] = [];
  for (const path of project.paths) {
    if (!within.value(path)) continue;
    bench.check();
    const source = project.source(path);
    if (source === undefined) continue;
    if (!source.text.includes(name)) continue;
    for (const declared of declarationsOf(project, path)) {
      if (declared.name !== name || (owner !== null && declared.owner !== owner)) continue;
      if (query.kind !== undefined && !declared.kinds.includes(query.kind)) continue;
      matching.push(declared);
    }
  }
  // What stands at the top of a file is meant before a member, a member before a local variable.
  const top = matching.filter((it) => !it.nested && (it.owner === owner));
  const members = matching.filter((it) => !it.nested);
  const chosen = top.length > 0 ? top : members.length > 0 ? members : matching;
  const [first] = chosen;
  if (first === undefined) return ok(null);
  const checker = project.checker();
  const symbols = new Set(chosen.map((it) => symbolOf(checker, it.node) ?? it));
  if (symbols.size > 1) {
    const related = new Set(
      referencesAt(project, first.path, first.node.getStart()).map((it) => `${it.path}\0${it.start}`),
    );
    const apart = chosen.filter((it) => {
      const quoted = project.ts.isStringLiteralLike(it.node) ? 1 : 0;
      return !related.has(`${it.path}\0${it.node.getStart() + quoted}`) &&
        !related.has(`${it.path}\0${it.node.getStart()}`);
    });
    if (apart.length > 0) {
      return fail(
        "ambiguous",
        `${query.name} names ${symbols.size} different symbols: ${enumerate(chosen.map(kindText))}`,
        {
          value: query.name,
          remedy: "say which one with `in` (its file), `kind`, or as Owner.member",
        },
      );
    }
  }
  return ok({ declared: first, all: chosen });
}
