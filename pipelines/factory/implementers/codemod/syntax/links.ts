import { folderOf } from "../language.ts";
import { normalizePath } from "../typescript/module_map.ts";
import { type FileNames, type Import, isAliased, lookup, type Name, type Scope } from "./names.ts";
import type { Program } from "./program.ts";
import { rustLinks } from "./rust_links.ts";

/** Where a symbol of one file is known, in all files. */
export interface Links {
  /** Scopes that hold it under its own name: its declaration's, and those of imports. */
  scopes: Set<Scope>;
  /** Files in which a name that no scope declares is the symbol: the same package, `import *`. */
  free: Set<string>;
  /** The imported names to be renamed. */
  imports: { path: string; import: Import }[];
  /** Whether `x.name`, `x::name` is the symbol because x is its module or package. */
  qualified(file: FileNames, name: Name): boolean;
}

/** A symbol that is declared at the top of a file (or of a module in it). */
export interface Declared {
  name: string;
  file: FileNames;
  scope: Scope;
}

/** Finds where a symbol is known. `context` holds what the configuration of the language says. */
export function linksOf(program: Program, symbol: Declared, context: LinkContext): Links {
  switch (program.family) {
    case "python":
      return pythonLinks(program, symbol);
    case "go":
      return goLinks(program, symbol, context);
    case "java":
      return javaLinks(program, symbol);
    case "rust":
      return rustLinks(program, symbol, context);
    case "bash":
      return bashLinks(program, symbol);
    default: {
      const never: never = program.family;
      throw new Error(`no links for ${never}`);
    }
  }
}

/** Manifests by their folder. */
export interface LinkContext {
  /** The module path of each go.mod. */
  goModules: ReadonlyMap<string, string>;
  /** The package name of each Cargo.toml. */
  crates: ReadonlyMap<string, string>;
}

/** The file that a Python module is, as an importing file sees it; null when it is not in the tree. */
export function pythonModule(program: Program, module: string, from: string): string | null {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const tail = module.slice(dots).split(".").filter((it) => it !== "");
  const at = (folder: string): string | null => {
    const base = [folder, ...tail].filter((it) => it !== "").join("/");
    for (const path of [`${base}.py`, base === "" ? "__init__.py" : `${base}/__init__.py`, `${base}.pyi`]) {
      if (program.paths.has(path)) return path;
    }
    return null;
  };
  if (dots > 0) {
    let folder: string | null = folderOf(from);
    for (let i = 1; i < dots && folder !== null; i++) folder = folder === "" ? null : folderOf(folder);
    return folder === null ? null : at(folder);
  }
  // The roots of absolute imports: the folder of a script, `src`, and every folder above that is no package itself.
  const folders: string[] = [];
  for (let folder = folderOf(from); folder !== ""; folder = folderOf(folder)) folders.push(folder);
  folders.push("", "src", "lib");
  for (const folder of folders) {
    if (folder !== "" && program.paths.has(`${folder}/__init__.py`)) continue;
    for (const root of [folder, folder === "" ? "src" : `${folder}/src`]) {
      const found = at(root);
      if (found !== null) return found;
    }
  }
  return at(folderOf(from));
}

function pythonLinks(program: Program, symbol: Declared): Links {
  const scopes = new Set([symbol.scope]);
  const free = new Set<string>();
  const imports: Links["imports"] = [];
  // A file hands the name on when it imports it under the same name, as `__init__.py` does.
  const known = new Set([symbol.file.path]);
  const taken = new Set<Import>();
  for (let grew = true; grew;) {
    grew = false;
    for (const file of program.files) {
      for (const it of file.imports) {
        if (it.name === null || taken.has(it) || (it.name !== "*" && it.name !== symbol.name)) continue;
        const target = pythonModule(program, it.module, file.path);
        if (target === null || !known.has(target) || target === file.path) continue;
        taken.add(it);
        grew = true;
        if (it.name === "*") free.add(file.path);
        else {
          imports.push({ path: file.path, import: it });
          if (isAliased(it)) continue;
          scopes.add(it.scope);
        }
        if (it.scope === file.file) known.add(file.path);
      }
    }
  }
  /** Whether the dotted text before a name is a module that knows the symbol: `pkg.mod`, or what an import binds. */
  const qualified = (file: FileNames, name: Name): boolean => {
    const text = name.receiver?.text ?? "";
    return file.imports.some((it) => {
      if (it.name === "*") return false;
      const top = it.module.split(".")[0] ?? "";
      const whole = it.name === null
        ? it.module
        : `${it.module}${it.module.endsWith(".") ? "" : "."}${it.name}`;
      // `import a.b` binds a, and a.b is reached through it.
      const bound = it.alias ?? it.name ?? top;
      const module = it.alias === null && it.name === null ? top : whole;
      if (text !== bound && !text.startsWith(`${bound}.`)) return false;
      const target = pythonModule(program, module + text.slice(bound.length), file.path);
      return target !== null && known.has(target);
    });
  };
  return { scopes, free, imports, qualified };
}

/** The import path of a folder, by the go.mod above it; null without one. */
function goImportPath(folder: string, context: LinkContext): string | null {
  for (let at = folder;; at = folderOf(at)) {
    const module = context.goModules.get(at);
    if (module !== undefined) {
      const rest = at === "" ? folder : folder.slice(at.length + 1);
      return rest === "" ? module : `${module}/${rest}`;
    }
    if (at === "") return null;
  }
}

function goLinks(program: Program, symbol: Declared, context: LinkContext): Links {
  const folder = folderOf(symbol.file.path);
  const scopes = new Set([symbol.scope]);
  const free = new Set<string>();
  const local = symbol.scope === symbol.file.file;
  for (const file of program.files) {
    if (local && folderOf(file.path) === folder && file.unit === symbol.file.unit) free.add(file.path);
  }
  const path = goImportPath(folder, context);
  const imported = (it: Import) =>
    path !== null ? it.module === path : folder !== "" && it.module.endsWith(`/${folder}`);
  const qualifiers = new Map<FileNames, Set<string>>();
  for (const file of local ? program.files : []) {
    for (const it of file.imports) {
      if (!imported(it)) continue;
      if (it.name === "*") free.add(file.path);
      else {
        const names = qualifiers.get(file) ?? new Set();
        qualifiers.set(file, names.add(it.alias ?? symbol.file.unit ?? ""));
      }
    }
  }
  return {
    scopes,
    free,
    imports: [],
    qualified(file, name) {
      const text = name.receiver?.text ?? "";
      return (qualifiers.get(file)?.has(text) ?? false) &&
        lookup(name.scope, text, "members-qualified", name.start) === null;
    },
  };
}

function javaLinks(program: Program, symbol: Declared): Links {
  const unit = symbol.file.unit ?? "";
  const scopes = new Set([symbol.scope]);
  const free = new Set<string>();
  const imports: Links["imports"] = [];
  for (const file of program.files) {
    if ((file.unit ?? "") === unit) free.add(file.path);
    for (const it of file.imports) {
      if (it.module !== unit) continue;
      if (it.name === "*") free.add(file.path);
      else if (it.name === symbol.name) {
        imports.push({ path: file.path, import: it });
        scopes.add(file.file);
      }
    }
  }
  return { scopes, free, imports, qualified: (_file, name) => name.receiver?.text === unit && unit !== "" };
}

/** Files that source each other, whichever way round, share their names. */
export function sourcedTogether(program: Program, file: FileNames): Set<string> {
  const edges = new Map<string, Set<string>>();
  const join = (a: string, b: string) => {
    edges.set(a, (edges.get(a) ?? new Set()).add(b));
    edges.set(b, (edges.get(b) ?? new Set()).add(a));
  };
  for (const it of program.files) {
    for (const { module } of it.imports) {
      const direct = normalizePath(`${folderOf(it.path)}/${module}`);
      const bare = module.slice(module.lastIndexOf("/") + 1);
      for (const other of program.files) {
        if (
          other.path === direct || other.path === module || other.path === bare ||
          other.path.endsWith(`/${bare}`)
        ) {
          join(it.path, other.path);
        }
      }
    }
  }
  const found = new Set([file.path]);
  const pending = [file.path];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const next of edges.get(at) ?? []) {
      if (!found.has(next)) {
        found.add(next);
        pending.push(next);
      }
    }
  }
  return found;
}

function bashLinks(program: Program, symbol: Declared): Links {
  const together = sourcedTogether(program, symbol.file);
  const scopes = new Set([symbol.scope]);
  const local = symbol.scope === symbol.file.file;
  if (local) { for (const file of program.files) if (together.has(file.path)) scopes.add(file.file); }
  return { scopes, free: local ? together : new Set(), imports: [], qualified: () => false };
}
