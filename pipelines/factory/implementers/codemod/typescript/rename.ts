import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import type { Candidate } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { lineAt, type TextEdit } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { findSymbol, ownerAndName, type Reference, referencesAt } from "./lookup.ts";
import type { Ts, TypeScriptProject } from "./project.ts";
import { isCommonJsExport, isRequired, widenCommonJs } from "./common_js.ts";
import { collisions } from "./collisions.ts";
import { holds, keyOf, named, type References } from "./references.ts";
import { declarationsOf, type Declared, nodeAt } from "./symbols.ts";
import { uncertainUses } from "./uncertain.ts";

/** Edits by path. */
export type EditsByPath = Map<string, TextEdit[]>;

/** Words that are no names in a module. */
const NEVER_NAMES = new Set(["await", "arguments", "eval"]);

/** Why a text is no name that a declaration could have; null when it is one. */
export function nameProblem(ts: Ts, name: string): string | null {
  const bare = name.startsWith("#") ? name.slice(1) : name;
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, bare);
  const kind = scanner.scan();
  if (kind >= ts.SyntaxKind.FirstReservedWord && kind <= ts.SyntaxKind.LastFutureReservedWord) {
    return "a reserved word";
  }
  if (NEVER_NAMES.has(bare)) return "a reserved word";
  // Contextual keywords (`of`, `type`) are names.
  const identifier = kind === ts.SyntaxKind.Identifier || kind > ts.SyntaxKind.LastFutureReservedWord;
  return identifier && scanner.getTokenEnd() === bare.length && bare !== "" ? null : "not an identifier";
}

/** The edits that rename a symbol wherever it is used, and how often it is; null when nothing is called so. */
export function renameEdits(
  project: TypeScriptProject,
  operation: Pick<OperationOf<"rename-symbol">, "from" | "to" | "in" | "kind" | "uncertain">,
  bench: Workbench,
): Result<{ edits: EditsByPath; matches: number; notes: string[] } | null, CodemodProblem> {
  const { ts } = project;
  const { name } = ownerAndName(operation.from);
  const found = findSymbol(project, { name: operation.from, in: operation.in, kind: operation.kind }, bench);
  if (!found.ok) return found;
  if (found.value === null) return ok(null);
  const wrong = nameProblem(ts, operation.to);
  if (wrong !== null || operation.to.startsWith("#") !== name.startsWith("#")) {
    return fail(
      "invalid",
      `${operation.to} cannot be a name here: ${wrong ?? "private names start with # and stay private"}`,
      {
        value: operation.to,
        remedy: "give an identifier that is no reserved word",
      },
    );
  }
  if (name === operation.to) {
    return fail("no-match", `${operation.from} has the name ${operation.to} already`, {
      value: operation.to,
      remedy: "give another name, or take the operation out",
    });
  }
  const { declared } = found.value;
  const quoted = ts.isStringLiteralLike(declared.node) ? 1 : 0;
  const references = named(
    project,
    referencesAt(project, declared.path, declared.node.getStart() + quoted),
    name,
  );
  widenCommonJs(project, references, name, bench);

  const clash = collisions(project, references, name, operation.to, bench);
  if (clash.length > 0) {
    return fail(
      "collision",
      `${operation.to} is taken where ${operation.from} would get that name: ${enumerate(clash)}`,
      {
        value: operation.to,
        remedy: "choose another name, or rename what has it first",
      },
    );
  }
  const notes: string[] = [];
  const unsure = isMember(declared) ? uncertainUses(project, name, references, keyOf, bench) : [];
  if (unsure.length > 0) {
    const places = enumerate(unsure.map((it) => {
      const source = project.source(it.path);
      const access = source === undefined ? null : nodeAt(ts, source, it.start).parent;
      return `${it.path}:${lineAt(source?.text ?? "", it.start)} (${
        access?.getText(source).slice(-60) ?? name
      })`;
    }));
    if (operation.uncertain === "refuse") {
      return fail("ambiguous", `The types do not say whether these mean ${operation.from}: ${places}`, {
        value: operation.from,
        remedy: 'look at them and set `uncertain: "rename"` or `"keep"`, or write down the types',
      });
    }
    if (operation.uncertain === "keep") notes.push(`kept as they are: ${places}`);
    else for (const it of unsure) references.set(keyOf(it.path, it.start), it);
  }
  const edits: EditsByPath = new Map();
  for (const reference of references.values()) {
    bench.check();
    const source = project.source(reference.path);
    if (source === undefined) continue;
    const list = edits.get(reference.path) ?? [];
    list.push({
      start: reference.start,
      end: reference.end,
      text: spelled(project, source, reference, references, name, operation.to),
    });
    edits.set(reference.path, list);
  }
  if (references.size > bench.stage.limits.maxMatches) {
    return fail("limit", `${operation.from} is used in ${references.size} places`, {
      value: operation.from,
      remedy: `at most ${bench.stage.limits.maxMatches} places are changed by one operation`,
    });
  }
  return ok({ edits, matches: references.size, notes });
}

/** A member of objects: what is reached through a value whose type may not be known. */
function isMember(declared: Declared): boolean {
  return declared.owner !== null &&
    (declared.kinds.includes("method") || declared.kinds.includes("property"));
}

/**
 * How the new name is written in one place. A shorthand names two things, of which one keeps its name:
 * `{ a }` becomes `{ a: b }` when the variable is renamed and `{ b: a }` when the property is.
 */
function spelled(
  project: TypeScriptProject,
  source: TypeScript.SourceFile,
  reference: Reference,
  references: References,
  from: string,
  to: string,
): string {
  const { ts } = project;
  const node = nodeAt(ts, source, reference.start);
  const parent = node.parent;
  if (!ts.isIdentifier(node) || parent === undefined) return to;
  if (ts.isShorthandPropertyAssignment(parent) && parent.name === node) {
    if (isCommonJsExport(ts, parent)) return to;
    const value = project.checker().getShorthandAssignmentValueSymbol(parent);
    const variable = value?.declarations?.some((it) => holds(project, references, it)) ?? false;
    return variable ? `${from}: ${to}` : `${to}: ${from}`;
  }
  if (
    ts.isBindingElement(parent) && parent.name === node && parent.propertyName === undefined &&
    parent.dotDotDotToken === undefined && ts.isObjectBindingPattern(parent.parent) && !isRequired(ts, parent)
  ) {
    const property = project.checker().getTypeAtLocation(parent.parent).getProperty(from);
    const member = property?.declarations?.some((it) => holds(project, references, it)) ?? false;
    return member ? `${to}: ${from}` : `${from}: ${to}`;
  }
  return to;
}

/** Every declared symbol, for messages. */
export function candidatesOf(project: TypeScriptProject): Candidate[] {
  return project.paths.flatMap((path) => declarationsOf(project, path))
    .map((it) => ({ name: it.owner === null ? it.name : `${it.owner}.${it.name}`, at: it.at }));
}
