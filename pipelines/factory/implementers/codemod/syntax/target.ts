import { ok, type Result, type SymbolKind } from "../../../../../specs/mod.ts";
import { globs } from "../glob.ts";
import { folderOf } from "../language.ts";
import type { Candidate } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { ownerAndName } from "../typescript/lookup.ts";
import { sourcedTogether } from "./links.ts";
import type { FileNames, Name, Scope } from "./names.ts";
import type { Program } from "./program.ts";

/** What is meant by a name. */
export type Target =
  | { kind: "bare"; name: Name; file: FileNames; scope: Scope; nested: boolean }
  | { kind: "member"; name: Name; file: FileNames; owner: string };

interface Found {
  target: Target;
  /** Declarations of one group are one symbol. */
  group: string;
}

function isTop(scope: Scope): boolean {
  return scope.kind === "file" || scope.kind === "module";
}

/** Every declaration in a program, for messages. */
export function declaredNames(program: Program): Candidate[] {
  return program.files.flatMap((file) =>
    file.names.filter((it) => it.role === "declare" || it.role === "member-declare").map((it) => ({
      name: it.owner === null ? it.text : `${it.owner}.${it.text}`,
      at: `${file.path}:${it.line}`,
    }))
  );
}

/** Which declarations of a file belong together. */
function groupOf(program: Program, file: FileNames, name: Name, ids: Map<Scope, number>): string {
  if (name.role === "member-declare") return `member ${name.owner}`;
  if (isTop(name.scope)) {
    if (program.family === "go") return `package ${folderOf(file.path)} ${file.unit}`;
    if (program.family === "bash") return `sourced ${[...sourcedTogether(program, file)].sort()[0]}`;
    if (program.family === "java") return `package ${file.unit}`;
  }
  const id = ids.get(name.scope) ?? ids.size;
  ids.set(name.scope, id);
  return `scope ${id} ${name.key}`;
}

/** The one symbol that a name means; null when nothing of this family is called so. */
export function findTarget(
  program: Program,
  query: { name: string; in?: string | readonly string[]; kind?: SymbolKind },
): Result<Target | null, CodemodProblem> {
  const { owner, name } = ownerAndName(query.name);
  const within = query.in === undefined ? ok(() => true) : globs(query.in);
  if (!within.ok) return within;
  const ids = new Map<Scope, number>();
  const found: Found[] = [];
  for (const file of program.files) {
    if (!within.value(file.path)) continue;
    for (const it of file.names) {
      if (it.text !== name || (it.role !== "declare" && it.role !== "member-declare")) continue;
      if (query.kind !== undefined && !it.kinds.includes(query.kind)) continue;
      const group = groupOf(program, file, it, ids);
      if (it.role === "member-declare") {
        if (it.owner === null || (owner !== null && it.owner !== owner)) continue;
        found.push({ target: { kind: "member", name: it, file, owner: it.owner }, group });
      } else if (owner === null) {
        // What an import binds is declared elsewhere, unless it is an alias.
        found.push({
          target: { kind: "bare", name: it, file, scope: it.scope, nested: !isTop(it.scope) },
          group,
        });
      }
    }
  }
  const top = found.filter(({ target }) => target.kind === "bare" && !target.nested);
  const members = found.filter(({ target }) => target.kind === "member");
  const chosen = top.length > 0 ? top : members.length > 0 ? members : found;
  const [first] = chosen;
  if (first === undefined) return ok(null);
  const groups = new Set(chosen.map((it) => it.group));
  if (groups.size > 1) {
    const places = chosen.map(({ target }) =>
      `${target.name.kinds[0]} ${
        target.kind === "member" ? `${target.owner}.` : ""
      }${name} (${target.file.path}:${target.name.line})`
    );
    return fail("ambiguous", `${query.name} names ${groups.size} different symbols: ${enumerate(places)}`, {
      value: query.name,
      remedy: "say which one with `in` (its file), `kind`, or as Owner.member",
    });
  }
  return ok(first.target);
}
