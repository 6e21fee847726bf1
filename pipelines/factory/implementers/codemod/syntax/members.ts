import { folderOf } from "../language.ts";
import { type FileNames, lookup, type Name, type Scope } from "./names.ts";
import type { Program } from "./program.ts";

/** What the code says about the type before a dot. */
export type Belonging = "ours" | "other" | "unknown";

/** The types of a program and how they extend each other. */
export interface Hierarchy {
  /** Files that declare a type, by its name. */
  declared: Map<string, FileNames[]>;
  /** The types that declare a member, with those that they extend or that extend them. */
  family(owner: string, member: string): Set<string>;
  /** A type and all that it inherits from, the nearest first. */
  ancestors(type: string): ReadonlySet<string>;
  /** Whether a type is one of these or inherits from one. */
  inherits(type: string, owners: ReadonlySet<string>): boolean;
}

const TYPE_KINDS = new Set(["class", "type", "interface", "enum"]);

export function readHierarchy(program: Program): Hierarchy {
  const declared = new Map<string, FileNames[]>();
  const bases = new Map<string, Set<string>>();
  const members = new Map<string, Set<string>>();
  for (const file of program.files) {
    for (const name of file.names) {
      if (
        (name.role === "declare" || name.role === "member-declare") &&
        name.kinds.some((it) => TYPE_KINDS.has(it))
      ) {
        declared.set(name.text, [...declared.get(name.text) ?? [], file]);
      }
      if (name.role === "member-declare" && name.owner !== null) {
        members.set(name.owner, (members.get(name.owner) ?? new Set()).add(name.text));
      }
    }
    for (const [type, list] of file.bases) {
      const known = bases.get(type) ?? new Set();
      for (const it of list) known.add(it);
      bases.set(type, known);
    }
  }
  const up = (type: string): Set<string> => {
    const seen = new Set<string>();
    const pending = [type];
    for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
      if (seen.has(at)) continue;
      seen.add(at);
      pending.push(...bases.get(at) ?? []);
    }
    return seen;
  };
  return {
    declared,
    family(owner, member) {
      const found = new Set([owner]);
      for (let grew = true; grew;) {
        grew = false;
        for (const [type, own] of members) {
          if (found.has(type) || !own.has(member)) continue;
          const ancestors = up(type);
          const related = [...found].some((it) => ancestors.has(it) || up(it).has(type));
          if (related) {
            found.add(type);
            grew = true;
          }
        }
      }
      return found;
    },
    ancestors: up,
    inherits: (type, owners) => [...up(type)].some((it) => owners.has(it)),
  };
}

/** Looks up what a receiver's written type stands for. */
export function belonging(
  program: Program,
  hierarchy: Hierarchy,
  file: FileNames,
  name: Name,
  owners: ReadonlySet<string>,
): Belonging {
  const type = name.receiver?.type ?? null;
  if (type === null) return "unknown";
  if (type.startsWith("super ")) return hierarchy.inherits(type.slice(6), owners) ? "ours" : "other";
  const resolved = resolveType({ program, hierarchy, file, scope: name.scope }, type, 0);
  if (resolved === null) return "unknown";
  return hierarchy.inherits(resolved, owners) ? "ours" : "other";
}

interface Place {
  program: Program;
  hierarchy: Hierarchy;
  file: FileNames;
  scope: Scope;
}

/** What a module is in place of a type: nothing inherits from it. */
const MODULE = "<module>";

/** What files say of a key, when they agree: the file itself, else those beside it, else all. */
function agreed({ program, file }: Place, of: (file: FileNames) => string | undefined): string | null {
  const folder = folderOf(file.path);
  const circles = [[file], program.files.filter((it) => folderOf(it.path) === folder), program.files];
  for (const files of circles) {
    const said = new Set(files.map(of).filter((it) => it !== undefined));
    const [only] = said;
    if (only !== undefined) return said.size === 1 ? only : null;
  }
  return null;
}

/** The name of a type; one that no file declares is somebody else's. Null when the code does not say. */
function resolveType(place: Place, type: string, depth: number): string | null {
  const { program, hierarchy, file, scope } = place;
  if (depth > 8) return null;
  const again = (next: string | null) => next === null ? null : resolveType(place, next, depth + 1);
  const chain = type.lastIndexOf(">");
  if (chain > 0) {
    const call = type.endsWith("()");
    const member = call ? type.slice(chain + 1, -2) : type.slice(chain + 1);
    const base = again(type.slice(0, chain));
    if (base === MODULE) {
      // A function or type of a module: `mod.make()`, `mod.C()`.
      if (call) return again(`()${member}`);
      return hierarchy.declared.has(member) ? member : null;
    }
    for (const it of base === null ? [] : hierarchy.ancestors(base)) {
      const found = agreed(place, (of) => (call ? of.returns : of.fields).get(`${it}::${member}`));
      if (found !== null) return again(found);
    }
    return null;
  }
  if (type.startsWith("()")) {
    const name = type.slice(2);
    if (hierarchy.declared.has(name)) return name; // calling a class makes one of it
    return again(agreed(place, (of) => of.returns.get(name)));
  }
  if (type.startsWith("=")) {
    const name = type.slice(1);
    const renamed = file.imports.find((it) => it.alias === name)?.name ?? name;
    if (hierarchy.declared.has(renamed)) return renamed;
    return isImported(file, name) ? MODULE : null;
  }
  const bare = type.slice(type.lastIndexOf(".") + 1);
  if (type !== bare) return hierarchy.declared.has(bare) ? bare : type;
  const renamed = file.imports.find((it) => it.alias === type)?.name ?? type;
  if (hierarchy.declared.has(renamed)) return renamed;
  // A type parameter stands for anything.
  const home = lookup(scope, type, program.rules.visibility, Infinity);
  return home !== null && home.kind !== "file" && home.kind !== "module" ? null : type;
}

/** Whether a name is that of a module or package that the file imports. */
function isImported(file: FileNames, name: string): boolean {
  return file.imports.some((it) => {
    const last = it.module.slice(Math.max(it.module.lastIndexOf("."), it.module.lastIndexOf("/")) + 1);
    return (it.alias ?? it.name ?? last) === name || (it.name === null && it.module.split(".")[0] === name);
  });
}
