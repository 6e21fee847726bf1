import { ok, type Result } from "../../../../../specs/mod.ts";
import { baseName, extensionOf, folderOf } from "../language.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { TextEdit } from "../text_file.ts";
import { ownerAndName } from "../typescript/lookup.ts";
import type { OperationOf, Rename, Workbench } from "../workbench.ts";
import { type FileNames, homeOf, lookup, type Name, type Scope } from "./names.ts";
import { type Program, readProgram, type SyntaxFamily } from "./program.ts";
import { findTarget, type Target } from "./target.ts";
import { placeOf, type Use, type Uses, usesOf } from "./uses.ts";

type Renaming = Pick<OperationOf<"rename-symbol">, "from" | "to" | "in" | "kind" | "uncertain">;

export interface SyntaxRename {
  edits: Map<string, TextEdit[]>;
  matches: number;
  notes: string[];
  /** Files whose name follows the symbol's (Java). */
  files: Rename[];
}

/** The edits that rename a symbol by syntax, scopes and imports; null when this family declares no such symbol. */
export async function syntaxRename(
  family: SyntaxFamily,
  operation: Renaming,
  bench: Workbench,
): Promise<Result<SyntaxRename | null, CodemodProblem>> {
  const { owner, name: from } = ownerAndName(operation.from);
  const { to } = operation;
  const read = await readProgram(family, [from, to, ...(owner === null ? [] : [owner])], bench);
  if (!read.ok) return read;
  const program = read.value;
  const found = findTarget(program, { name: operation.from, in: operation.in, kind: operation.kind });
  if (!found.ok) return found;
  const target = found.value;
  if (target === null) return ok(null);
  const { rules } = program;
  const fits = rules.identifier.test(to) &&
    (family !== "bash" || target.name.key.endsWith("()") || !to.includes("-"));
  if (!fits || rules.keywords.has(to)) {
    return fail("invalid", `${to} cannot be a name in ${family}`, {
      value: to,
      remedy: "give an identifier that is no keyword",
    });
  }
  if (from === to) {
    return fail("no-match", `${operation.from} has the name ${to} already`, {
      value: to,
      remedy: "give another name, or take the operation out",
    });
  }
  const gathered = await usesOf(program, target, bench);
  if (!gathered.ok) return gathered;
  const { uses, uncertain } = gathered.value;
  const notes = [...gathered.value.notes];
  const outside = uses.filter((it) => it.qualified).map((it) => `${it.file.path}:${it.line}`);
  if (family === "go" && /^\p{Lu}/u.test(from) && !/^\p{Lu}/u.test(to) && outside.length > 0) {
    return fail(
      "in-use",
      `${to} would not be exported, but other packages use ${from}: ${enumerate(outside)}`,
      {
        value: to,
        remedy: "choose a name with a capital first letter",
      },
    );
  }
  const taken = target.kind === "bare"
    ? bareCollisions(program, target, gathered.value, to)
    : memberCollisions(program, target, gathered.value, to);
  if (taken.size > 0) {
    return fail(
      "collision",
      `${to} is taken where ${operation.from} would get that name: ${enumerate([...taken].sort())}`,
      {
        value: to,
        remedy: "choose another name, or rename what has it first",
      },
    );
  }
  const edits = new Map<string, Map<number, TextEdit>>();
  const put = (file: FileNames, edit: TextEdit) =>
    edits.set(file.path, (edits.get(file.path) ?? new Map()).set(edit.start, edit));
  for (const use of uses) put(use.file, { start: use.start, end: use.end, text: spelled(use, from, to) });
  if (uncertain.length > 0) {
    const places = enumerate(uncertain.map(placeOf));
    if (operation.uncertain === "refuse") {
      return fail("ambiguous", `The code does not say whether these mean ${operation.from}: ${places}`, {
        value: operation.from,
        remedy:
          'look at them and set `uncertain: "rename"` or `"keep"`, or write down the types of the variables',
      });
    }
    if (operation.uncertain === "keep") notes.push(`kept as they are: ${places}`);
    else for (const { file, name } of uncertain) put(file, { start: name.start, end: name.end, text: to });
  }
  const matches = [...edits.values()].reduce((sum, it) => sum + it.size, 0);
  if (matches > bench.stage.limits.maxMatches) {
    return fail("limit", `${operation.from} is used in ${matches} places`, {
      value: operation.from,
      remedy: `at most ${bench.stage.limits.maxMatches} places are changed by one operation`,
    });
  }
  if (program.skipped.length > 0) notes.push(`not searched: ${enumerate(program.skipped)}`);
  return ok({
    edits: new Map([...edits].map(([path, list]) => [path, [...list.values()]])),
    matches,
    notes,
    files: javaFile(program, target, from, to),
  });
}

/** A shorthand names two things, of which one keeps its name. */
function spelled(use: Use, from: string, to: string): string {
  if (use.shorthand === null) return to;
  return use.shorthand === "value" ? `${from}: ${to}` : `${to}: ${from}`;
}

/** A public Java type and its file have one name. */
function javaFile(program: Program, target: Target, from: string, to: string): Rename[] {
  if (program.family !== "java" || target.kind !== "bare" || target.nested) return [];
  const { path } = target.file;
  if (baseName(path) !== `${from}.${extensionOf(path)}`) return [];
  const folder = folderOf(path);
  return [{ from: path, to: `${folder === "" ? "" : `${folder}/`}${to}.java` }];
}

/** What is in the way of a bare name: it is declared where the symbol is seen, or a use of it would be captured. */
function bareCollisions(
  program: Program,
  target: Extract<Target, { kind: "bare" }>,
  { uses, links }: Uses,
  to: string,
): Set<string> {
  const { visibility } = program.rules;
  const { key } = target.name;
  const toKey = key.endsWith("()") ? `${to}()` : key.endsWith("!") ? `${to}!` : to;
  const scopes = links?.scopes ?? new Set<Scope>();
  const free = links?.free ?? new Set<string>();
  const taken = new Set<string>();
  const say = (file: FileNames, line: number) => taken.add(`${file.path}:${line}`);
  const bare = uses.filter((it) =>
    it.name !== null && (it.name.role === "declare" || it.name.role === "use")
  );
  for (const file of new Set(bare.map((it) => it.file))) {
    for (const name of file.names) {
      if (name.key !== toKey) continue;
      const home = lookup(name.scope, toKey, visibility, name.start);
      // Declared beside the symbol, or meant from outside and captured by it from now on.
      const beside = home !== null && (scopes.has(home) || (home.kind === "file" && free.has(file.path)));
      if (name.role === "declare" && beside) say(file, name.line);
      if (name.role === "use" && (home === null || beside)) say(file, name.line);
    }
    for (const it of file.imports) {
      if ((it.alias ?? it.name) === toKey && (scopes.has(it.scope) || free.has(file.path))) {
        say(file, it.line);
      }
    }
  }
  // An inner declaration of the new name would take over the uses inside its scope.
  for (const { file, name } of bare) {
    if (name === null) continue;
    const home = lookup(name.scope, toKey, visibility, name.start);
    if (home === null || scopes.has(home)) continue;
    const outer = homeOf(name, visibility);
    for (let at: Scope | null = name.scope; at !== null && at !== outer; at = at.parent) {
      const declared = at === home
        ? file.names.find((it) => it.key === toKey && it.scope === home)
        : undefined;
      if (at === home) say(file, declared?.line ?? name.line);
    }
  }
  // The package may have the new name in a file that does not use the old one.
  const shared = program.family !== "python" && program.family !== "rust" && target.scope.kind === "file";
  for (const file of shared ? program.files : []) {
    if (!free.has(file.path)) continue;
    for (const it of declarations(file)) if (it.key === toKey && it.scope === file.file) say(file, it.line);
  }
  return taken;
}

function declarations(file: FileNames): Name[] {
  return file.names.filter((it) => it.role === "declare");
}

/** Members of that name in the types, in those that they extend and in those that extend them. */
function memberCollisions(
  program: Program,
  target: Extract<Target, { kind: "member" }>,
  { owners, hierarchy }: Uses,
  to: string,
): Set<string> {
  const taken = new Set<string>();
  const callable = target.name.kinds.includes("method");
  for (const file of program.files) {
    for (const name of file.names) {
      const { owner } = name;
      if (name.text !== to || name.role !== "member-declare" || owner === null) continue;
      if (program.family === "java" && name.kinds.includes("method") !== callable) continue;
      const related = hierarchy.inherits(owner, owners) ||
        [...owners].some((it) => hierarchy.inherits(it, new Set([owner])));
      if (related) taken.add(`${file.path}:${name.line}`);
    }
  }
  return taken;
}
