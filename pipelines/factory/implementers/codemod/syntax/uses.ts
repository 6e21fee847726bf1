import { ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { Workbench } from "../workbench.ts";
import { type Links, linksOf } from "./links.ts";
import { readLinkContext } from "./manifests.ts";
import { belonging, type Hierarchy, readHierarchy } from "./members.ts";
import { type FileNames, homeOf, type Name, type Scope } from "./names.ts";
import type { Program } from "./program.ts";
import type { Target } from "./target.ts";

/** One place that means a symbol. */
export interface Use {
  file: FileNames;
  start: number;
  end: number;
  line: number;
  /** What stands there; null for the name in an import. */
  name: Name | null;
  /** In a shorthand, which of its two meanings is the symbol. */
  shorthand: "value" | "key" | null;
  /** Behind the name of its module or package. */
  qualified: boolean;
}

/** Where a symbol is used, as far as syntax, scopes and imports tell. */
export interface Uses {
  uses: Use[];
  /** Places that may mean it: the code does not say. */
  uncertain: { file: FileNames; name: Name }[];
  hierarchy: Hierarchy;
  /** Where a bare name is known. */
  links: Links | null;
  /** The types whose member it is. */
  owners: ReadonlySet<string>;
  notes: string[];
}

function useOf(file: FileNames, name: Name, shorthand: Use["shorthand"] = null, qualified = false): Use {
  return { file, start: name.start, end: name.end, line: name.line, name, shorthand, qualified };
}

export function placeOf({ file, name }: { file: FileNames; name: Name }): string {
  const receiver = name.receiver?.text ?? "";
  const cut = receiver.length > 40 ? `${receiver.slice(0, 40)}...` : receiver;
  return `${file.path}:${name.line} (${cut === "" ? "" : `${cut}.`}${name.text})`;
}

/** Every use of a symbol, its declarations and imports included. */
export async function usesOf(
  program: Program,
  target: Target,
  bench: Workbench,
): Promise<Result<Uses, CodemodProblem>> {
  return target.kind === "bare" ? await bareUses(program, target, bench) : memberUses(program, target, bench);
}

async function bareUses(
  program: Program,
  target: Extract<Target, { kind: "bare" }>,
  bench: Workbench,
): Promise<Result<Uses, CodemodProblem>> {
  const { visibility } = program.rules;
  const { key, text: from } = target.name;
  const context = await readLinkContext(bench);
  const links = linksOf(program, { name: from, file: target.file, scope: target.scope }, context);
  const hierarchy = readHierarchy(program);
  const embedders = embeddersOf(program, from);
  const uses: Use[] = [];
  const uncertain: Uses["uncertain"] = [];
  // In Go, Java and bash the files of a package share their top scope.
  const shared = program.family !== "python" && program.family !== "rust";
  for (const file of program.files) {
    bench.check();
    for (const name of file.names) {
      if (name.text !== from) continue;
      if (name.role === "declare" || name.role === "use" || name.shorthand) {
        if (name.key !== key) continue;
        const home = homeOf(name, visibility);
        const ours = home === null
          ? links.free.has(file.path)
          : links.scopes.has(home) || (shared && home.kind === "file" && links.free.has(file.path));
        if (ours) uses.push(useOf(file, name, name.shorthand ? "value" : null));
      } else if (name.role === "member" && links.qualified(file, name)) {
        uses.push(useOf(file, name, null, true));
      } else if (embedders.size > 0 && (name.role === "member" || name.role === "key")) {
        // An embedded type is a field of its name: x.Emb, T{Emb: e}.
        const belongs = belonging(program, hierarchy, file, name, embedders);
        if (belongs === "ours") uses.push(useOf(file, name));
        else if (belongs === "unknown") uncertain.push({ file, name });
      } else if (
        program.family === "python" && name.role === "key" && target.name.kinds.includes("parameter")
      ) {
        uncertain.push({ file, name });
      }
    }
  }
  for (const { path, import: it } of links.imports) {
    const file = program.byPath.get(path);
    if (file !== undefined) {
      uses.push({
        file,
        start: it.start,
        end: it.end,
        line: it.line,
        name: null,
        shorthand: null,
        qualified: false,
      });
    }
  }
  return ok({ uses, uncertain, hierarchy, links, owners: new Set(), notes: [] });
}

/** The other names that imports give a symbol. */
export function aliasesOf(found: Uses): string[] {
  return (found.links?.imports ?? []).map(({ import: it }) => it.alias).filter((it) => it !== null);
}

/**
 * Uses under the other names that imports give a symbol (`import f as g`), also where those are handed on. A rename
 * leaves them alone; a change of what they mean does not.
 */
export async function aliasUses(program: Program, found: Uses, bench: Workbench, depth = 0): Promise<Use[]> {
  const uses: Use[] = [];
  for (const { path, import: it } of found.links?.imports ?? []) {
    const file = program.byPath.get(path);
    const name = file?.names.find((name) =>
      name.role === "declare" && name.text === it.alias && name.scope === it.scope && it.alias !== it.name
    );
    if (file === undefined || name === undefined || depth > 5) continue;
    const under = await bareUses(
      program,
      { kind: "bare", name, file, scope: name.scope, nested: false },
      bench,
    );
    if (!under.ok) continue;
    // The alias itself is no use: it only says the name.
    uses.push(...under.value.uses.filter((use) => use.name?.role !== "declare"));
    uses.push(...await aliasUses(program, under.value, bench, depth + 1));
  }
  return uses;
}

/** The Go structs that embed a type. */
function embeddersOf(program: Program, type: string): Set<string> {
  if (program.family !== "go") return new Set();
  const embedding = (names: readonly string[]) => names.some((it) => it === type || it.endsWith(`.${type}`));
  return new Set(
    program.files.flatMap((file) =>
      [...file.bases].filter(([, names]) => embedding(names)).map(([name]) => name)
    ),
  );
}

/** Whether an import takes members of these types: `import static a.Owner.name`, `use Owner::Name`. */
function importsMember(
  module: string,
  name: string | null,
  member: string,
  owners: ReadonlySet<string>,
): boolean {
  const last = module.slice(Math.max(module.lastIndexOf("."), module.lastIndexOf(":")) + 1);
  return owners.has(last) && (name === member || name === "*");
}

function memberUses(
  program: Program,
  target: Extract<Target, { kind: "member" }>,
  bench: Workbench,
): Result<Uses, CodemodProblem> {
  const { text: from } = target.name;
  const hierarchy = readHierarchy(program);
  const twins = [...new Set((hierarchy.declared.get(target.owner) ?? []).map((it) => it.path))];
  if (twins.length > 1) {
    return fail("ambiguous", `Several types are called ${target.owner}: ${enumerate(twins)}`, {
      value: target.owner,
      remedy: "rename one of the types first, so that the code tells which is meant",
    });
  }
  const owners = hierarchy.family(target.owner, from);
  const callable = target.name.kinds.includes("method");
  const uses: Use[] = [];
  const uncertain: Uses["uncertain"] = [];
  const structural: string[] = [];
  for (const file of program.files) {
    bench.check();
    const imported = file.imports.filter((it) => importsMember(it.module, it.name, from, owners));
    for (const it of imported) {
      if (it.name !== from) continue;
      uses.push({
        file,
        start: it.start,
        end: it.end,
        line: it.line,
        name: null,
        shorthand: null,
        qualified: false,
      });
    }
    for (const name of file.names) {
      if (name.text !== from) continue;
      const judged = memberUse(program, hierarchy, file, name, {
        owners,
        callable,
        imported: imported.length > 0,
      });
      if (judged === "ours") uses.push(useOf(file, name, name.shorthand ? "key" : null));
      else if (judged === "unknown") uncertain.push({ file, name });
      else if (judged === "structural") structural.push(`${name.owner} (${file.path}:${name.line})`);
    }
  }
  if (structural.length > 0) {
    return fail(
      "ambiguous",
      `Go types satisfy interfaces by their methods; others declare ${from} too: ${enumerate(structural)}`,
      { value: `${target.owner}.${from}`, remedy: "change them by operations of their own, or by a patch" },
    );
  }
  const notes = program.family === "go" && callable && /^\p{Lu}/u.test(from)
    ? [`${target.owner} may have implemented an interface of another module by ${from}`]
    : [];
  return ok({ uses, uncertain, hierarchy, links: null, owners, notes });
}

/** Whether one occurrence of a name is the member that is meant. */
function memberUse(
  program: Program,
  hierarchy: Hierarchy,
  file: FileNames,
  name: Name,
  member: { owners: ReadonlySet<string>; callable: boolean; imported: boolean },
): "ours" | "other" | "unknown" | "structural" {
  const { owners, callable, imported } = member;
  const { family } = program;
  const ofOwner = (owner: string | null) => owner !== null && owners.has(owner);
  // A Java method and a field of one name live side by side.
  const sameKind = family !== "java" || name.key.endsWith("()") === callable;
  switch (name.role) {
    case "member-declare":
      if (ofOwner(name.owner)) {
        return family !== "java" || name.kinds.includes("method") === callable ? "ours" : "other";
      }
      return family === "go" && callable && name.kinds.includes("method") ? "structural" : "other";
    case "member":
      return belonging(program, hierarchy, file, name, owners);
    case "key": {
      if (callable && family !== "go") return "other";
      const type = name.receiver?.type ?? null;
      if (type === null) return "unknown";
      if (!hierarchy.inherits(type, owners)) return "other";
      // A class with an __init__ of its own takes its arguments there; one without has its fields for them.
      const takes = family === "python" &&
        file.names.some((it) => it.owner === type && it.text === "__init__");
      return takes ? "other" : "ours";
    }
    case "declare":
    case "use": {
      if (name.role === "declare" || !sameKind) return "other";
      const home = homeOf(name, program.rules.visibility);
      if (home?.kind === "class") return ofOwner(home.owner) ? "ours" : "other";
      if (home !== null && home.kind !== "file") return "other";
      if (imported) return "ours";
      if (family !== "java") return "other";
      if (inheritedHere(name.scope, hierarchy, owners)) return "ours";
      return home === null && !callable ? "unknown" : "other"; // such as `case NAME:` of an enum
    }
    default: {
      const never: never = name.role;
      throw new Error(`no such role: ${never}`);
    }
  }
}

/** Whether a bare name in a scope can be inherited from one of the types. */
function inheritedHere(scope: Scope, hierarchy: Hierarchy, owners: ReadonlySet<string>): boolean {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    if (at.kind === "class" && at.owner !== null && hierarchy.inherits(at.owner, owners)) return true;
  }
  return false;
}
