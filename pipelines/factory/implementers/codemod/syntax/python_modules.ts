import { folderOf } from "../language.ts";
import type { Program } from "./program.ts";
import { pythonModule } from "./links.ts";

/** The dotted name of a file below a root: `a/b/__init__.py` is `a.b`. Empty for the root's own `__init__.py`. */
function dotted(path: string, root: string): string | null {
  if (root !== "" && !path.startsWith(`${root}/`)) return null;
  const rest = root === "" ? path : path.slice(root.length + 1);
  return rest.replace(/\.pyi?$/, "").replace(/(^|\/)__init__$/, "").replaceAll("/", ".");
}

/** The folder above the outermost package that a file is in: where its absolute name starts. */
function rootOf(program: Program, path: string): string {
  let folder = folderOf(path);
  while (folder !== "" && program.paths.has(`${folder}/__init__.py`)) folder = folderOf(folder);
  return folder;
}

/** `..b.c` for a file, as seen from another one; null when they share no package. */
function relativeName(program: Program, fromPath: string, toPath: string): string | null {
  const top = rootOf(program, fromPath);
  const from = folderOf(fromPath);
  if (from === top || rootOf(program, toPath) !== top) return null;
  const to = dotted(toPath, top)?.split(".") ?? [];
  const own = (top === "" ? from : from.slice(top.length + 1)).split("/");
  let shared = 0;
  while (shared < own.length && shared < to.length && own[shared] === to[shared]) shared++;
  if (shared === 0) return null;
  return ".".repeat(own.length - shared + 1) + to.slice(shared).join(".");
}

/** The absolute name of a module as a file sees it; null when it has none. */
export function absoluteName(program: Program, fromPath: string, toPath: string): string | null {
  const found = dotted(toPath, rootOf(program, toPath));
  return found !== null && found !== "" && pythonModule(program, found, fromPath) === toPath ? found : null;
}

/**
 * How a file names another one's module. It follows a name that is there (`like`, which means `meant`): relative stays
 * relative, and an absolute one starts at the same root. Null when the file cannot be named.
 */
export function moduleName(
  program: Program,
  fromPath: string,
  toPath: string,
  like: { module: string; meant: string } | null,
): string | null {
  const found = ((): string | null => {
    if (like === null || like.module.startsWith(".")) {
      const relative = relativeName(program, fromPath, toPath);
      if (relative !== null) return relative;
      return dotted(toPath, rootOf(program, toPath));
    }
    const stem = like.module.replaceAll(".", "/");
    const bare = like.meant.replace(/\/__init__\.pyi?$|\.pyi?$/, "");
    const root = bare === stem ? "" : bare.endsWith(`/${stem}`) ? bare.slice(0, -stem.length - 1) : null;
    return root === null ? null : dotted(toPath, root);
  })();
  if (
    found === null || found === "" ||
    found.split(".").some((it) => it !== "" && !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(it))
  ) {
    return null;
  }
  // A new file is not in the tree yet: then the name is taken at its word.
  const meant = pythonModule(program, found, fromPath);
  return meant === toPath || !program.paths.has(toPath) ? found : null;
}
