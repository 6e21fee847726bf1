import { folderOf } from "../language.ts";
import { normalizePath } from "../typescript/module_map.ts";
import { type FileNames, type Import, lookup, type Name, type Scope } from "./names.ts";
import type { Program } from "./program.ts";

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

/** Whether an import gives its name another one; `import x as x` only says that it is meant for others. */
function isAliased(it: Import): boolean {
  return it.alias !== null && it.alias !== it.name;
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

/** Where in which crate a file's module is. */
interface ModulePlace {
  crate: string;
  path: string[];
}

/** The module that a Rust file is: `src/a/b.rs` of a crate is `a::b`. */
export function rustModule(path: string, crates: ReadonlyMap<string, string>): ModulePlace {
  let root = folderOf(path);
  while (root !== "" && !crates.has(root)) root = folderOf(root);
  const rest = root === "" ? path : path.slice(root.length + 1);
  const segments = rest.replace(/\.rs$/, "").split("/");
  if (segments[0] === "src") segments.shift();
  else if (segments.length === 1 || ["tests", "examples", "benches"].includes(segments[0] ?? "")) {
    // A file of its own crate, unless there is no Cargo.toml: then files lie beside the root.
    if (crates.has(root) && segments.length > 1) return { crate: path, path: [] };
  }
  if (segments[0] === "bin") return { crate: path, path: [] };
  const last = segments.at(-1);
  if (last === "mod" || (segments.length === 1 && (last === "lib" || last === "main"))) segments.pop();
  return { crate: root, path: segments };
}

function rustLinks(program: Program, symbol: Declared, context: LinkContext): Links {
  const places = new Map<FileNames, ModulePlace>();
  for (const file of program.files) places.set(file, rustModule(file.path, context.crates));
  const keyOf = (place: ModulePlace) => `${place.crate}|${place.path.join("::")}`;
  const modules = new Set<string>();
  for (const path of program.paths) {
    if (path.endsWith(".rs")) modules.add(keyOf(rustModule(path, context.crates)));
  }
  /** The module that a scope is in. */
  const placeOf = (file: FileNames, scope: Scope): ModulePlace => {
    const place = places.get(file) ?? { crate: "", path: [] };
    const inner: string[] = [];
    for (let at: Scope | null = scope; at !== null; at = at.parent) {
      const name = file.modules.get(at);
      if (name !== undefined) inner.unshift(name);
    }
    return { crate: place.crate, path: [...place.path, ...inner] };
  };
  for (const file of program.files) {
    for (const scope of file.modules.keys()) modules.add(keyOf(placeOf(file, scope)));
  }
  const libraries = new Map([...context.crates].map(([folder, name]) => [name.replaceAll("-", "_"), folder]));

  const resolve = (text: string, file: FileNames, scope: Scope, depth = 0): ModulePlace | null => {
    const here = placeOf(file, scope);
    const segments = text.replace(/^::/, "").split("::").filter((it) => it !== "");
    let at: ModulePlace | null = null;
    for (const [i, segment] of segments.entries()) {
      if (segment === "crate" && i === 0) at = { crate: here.crate, path: [] };
      else if (segment === "self") at ??= here;
      else if (segment === "super") {
        const base: ModulePlace = at ?? here;
        at = { crate: base.crate, path: base.path.slice(0, -1) };
      } else if (at !== null) at = { crate: at.crate, path: [...at.path, segment] };
      else {
        const child = { crate: here.crate, path: [...here.path, segment] };
        const alias = file.imports.find((it) => (it.alias ?? it.name) === segment && it.name !== "*");
        const library = libraries.get(segment);
        if (modules.has(keyOf(child))) at = child;
        else if (alias !== undefined && depth < 4 && `${alias.module}::${alias.name}` !== text) {
          at = resolve(`${alias.module}::${alias.name}`, file, alias.scope, depth + 1);
        } else if (library !== undefined) at = { crate: library, path: [] };
        if (at === null) return null;
      }
    }
    return at ?? here;
  };
  const known = new Set([keyOf(placeOf(symbol.file, symbol.scope))]);
  const scopes = new Set([symbol.scope]);
  const free = new Set<string>();
  const imports: Links["imports"] = [];
  const taken = new Set<Import>();
  for (let grew = true; grew;) {
    grew = false;
    for (const file of program.files) {
      for (const it of file.imports) {
        if (taken.has(it) || (it.name !== "*" && it.name !== symbol.name)) continue;
        const target = resolve(it.module, file, it.scope);
        if (target === null || !known.has(keyOf(target))) continue;
        taken.add(it);
        grew = true;
        if (it.name === "*") free.add(file.path);
        else {
          imports.push({ path: file.path, import: it });
          if (isAliased(it)) continue;
          scopes.add(it.scope);
        }
        known.add(keyOf(placeOf(file, it.scope)));
      }
    }
  }
  return {
    scopes,
    free,
    imports,
    qualified(file, name) {
      const text = name.receiver?.text ?? "";
      if (!/^[\w:]+$/.test(text) || text === "Self") return false;
      const target = resolve(text, file, name.scope);
      return target !== null && known.has(keyOf(target));
    },
  };
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
