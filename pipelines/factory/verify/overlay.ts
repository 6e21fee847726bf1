import type { Change, FileChange } from "../../../specs/mod.ts";
import { type Rename, renamedPath, renameIn } from "./renames.ts";
import type { TestPaths } from "./test_files.ts";

/** Files that are put over a checkout before something runs in it. */
export interface Overlay {
  write: Map<string, Uint8Array>;
  remove: string[];
}

type Read = (path: string, at: "base" | "head") => Promise<Uint8Array | null>;

/** Links and submodules are no files that could be put somewhere. */
const isFile = (mode: string) => mode.startsWith("100");

/**
 * Base's tests, and what they lean on, for laying over head: what the change altered or took away comes back, with renames
 * applied, and what it added to the tests goes. Null when the change touches no test, or only adds test files of runners
 * that keep files apart.
 */
export async function baseTests(
  change: Change,
  paths: TestPaths,
  renames: readonly Rename[],
  isolated: boolean,
  read: Read,
): Promise<Overlay | null> {
  const overlay: Overlay = { write: new Map(), remove: [] };
  let touched = false;
  for (const file of change.files) {
    if (file.status === "A") {
      if (!paths.isPickedUp(file.path)) continue;
      if (!isolated || !paths.isTest(file.path)) touched = true;
      overlay.remove.push(file.path);
      continue;
    }
    const before = file.from ?? file.path;
    if (file.status === "R" && paths.isPickedUp(file.path)) overlay.remove.push(file.path);
    if (!paths.isTestware(before) || !isFile(file.oldMode)) continue;
    const bytes = await read(before, "base");
    if (bytes === null) continue;
    touched = true;
    const target = renamedPath(before, renames);
    overlay.write.set(target, renameIn(bytes, before, target, renames));
  }
  overlay.remove = overlay.remove.filter((path) => !overlay.write.has(path)).sort();
  return touched ? overlay : null;
}

/** Head's added and changed tests, and what they lean on, for laying over base. Null when there are none. */
export async function headTests(change: Change, paths: TestPaths, read: Read): Promise<Overlay | null> {
  const overlay: Overlay = { write: new Map(), remove: [] };
  let tests = false;
  for (const file of change.files) {
    if (!changedOrAdded(file) || !paths.isTestware(file.path) || !isFile(file.newMode)) continue;
    const bytes = await read(file.path, "head");
    if (bytes === null) continue;
    overlay.write.set(file.path, bytes);
    tests ||= paths.isPickedUp(file.path);
  }
  return tests ? overlay : null;
}

/** Test files that the change added or altered, sorted. */
export function touchedTests(change: Change, paths: TestPaths): string[] {
  return change.files.filter((file) => changedOrAdded(file) && paths.isTest(file.path)).map((file) =>
    file.path
  )
    .sort();
}

function changedOrAdded(file: FileChange): boolean {
  return file.status !== "D";
}
