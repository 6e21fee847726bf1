import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import type { Workbench } from "../workbench.ts";

/** The nearest file of one of these names, in a folder or above it. */
export async function nearestFile(
  folder: string,
  names: readonly string[],
  bench: Workbench,
): Promise<string | null> {
  for (let at = folder;; at = folderOf(at)) {
    for (const name of names) {
      const path = at === "" ? name : `${at}/${name}`;
      if (await bench.stage.has(path)) return path;
    }
    if (at === "") return null;
  }
}

/** A lockfile cannot follow: nothing is fetched here, and a lockfile that does not fit its manifest breaks the build. */
export function lockfileProblem(
  path: string,
  name: string,
  why: string,
  remedy: string,
): { ok: false; error: CodemodProblem } {
  return fail("lockfile", `${path} locks ${name}, and ${why}`, { path, value: name, remedy });
}

/** Whether a text names a package as a whole word. */
export function names(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? "", after = text[at + name.length] ?? "";
    if (!/[\w@/-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
}
