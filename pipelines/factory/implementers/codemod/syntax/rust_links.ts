import { folderOf } from "../language.ts";
import type { Declared, LinkContext, Links } from "./links.ts";
import { type FileNames, type Import, isAliased, type Scope } from "./names.ts";
import type { Program } from "./program.ts";

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

/** Where a Rust symbol is known: through modules, re-exports and other crates of the tree. */
export function rustLinks(program: Program, symbol: Declared, context: LinkContext): Links {
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
