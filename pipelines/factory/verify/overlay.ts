import type { FileView } from "../../../connectors/mod.ts";
import type { Change, FileChange } from "../../../specs/mod.ts";
import { namesTest } from "../../../specs/code/mod.ts";
import { holdsInlineTests, inlineTestsDiffer, withInlineTests } from "./inline_tests.ts";
import { withoutMissingNames } from "./missing_names.ts";
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

/** What laying base's tests over head needs to know. */
export interface BaseTestsInput {
  change: Change;
  paths: TestPaths;
  renames: readonly Rename[];
  /** What the spec lets disappear or be rewritten. */
  removes: readonly string[];
  /** No test file can reach into another's run. */
  isolated: boolean;
  read: Read;
  views: { base: FileView; head: FileView };
}

/**
 * Base's tests, and what they lean on, for laying over head: what the change altered or took away comes back, with renames
 * applied and without imports of what head no longer has, and what the change added to the tests goes. A file that the
 * spec gives up by its path does not come back: none of its tests is asked for. Null when the change touches no test, or only adds
 * test files of runners that keep files apart.
 */
export async function baseTests(input: BaseTestsInput): Promise<Overlay | null> {
  const { change, paths, renames, read } = input;
  const overlay: Overlay = { write: new Map(), remove: [] };
  let touched = false;
  for (const file of change.files) {
    if (file.status === "A") {
      if (!paths.isPickedUp(file.path)) continue;
      if (!input.isolated || !paths.isTest(file.path)) touched = true;
      overlay.remove.push(file.path);
      continue;
    }
    const before = file.from ?? file.path;
    const givenUp = input.removes.some((entry) => namesPath(entry, before));
    if (file.status === "R" && paths.isPickedUp(file.path) && !givenUp) overlay.remove.push(file.path);
    if (!isFile(file.oldMode)) continue;
    if (!paths.isTestware(before)) {
      const mixed = givenUp ? null : await inlined(file, "base", read);
      if (mixed === null) continue;
      touched = true;
      overlay.write.set(file.path, renameIn(mixed, before, file.path, renames));
      continue;
    }
    touched = true;
    if (givenUp) continue;
    const bytes = await read(before, "base");
    if (bytes === null) continue;
    const target = targetOf(before, renames);
    overlay.write.set(target, await loadable(renameIn(bytes, before, target, renames), target, input.views));
  }
  overlay.remove = overlay.remove.filter((path) => !overlay.write.has(path)).sort();
  return touched ? overlay : null;
}

/**
 * Where base's test file is laid: under its new name, but in its old directory, where its own imports are right. In languages whose
 * packages are directories it goes with its package.
 */
function targetOf(before: string, renames: readonly Rename[]): string {
  const after = renamedPath(before, renames);
  const directory = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  return directory(after) === directory(before) || /\.(?:go|java|rs)$/.test(before) ? after : before;
}

/** A file of the other side with this side's tests in it, when tests stand in the file and the change altered them. */
async function inlined(file: FileChange, testsOf: "base" | "head", read: Read): Promise<Uint8Array | null> {
  if (!holdsInlineTests(file.path) || file.status === "A" || file.status === "D") return null;
  const [base, head] = await Promise.all([read(file.from ?? file.path, "base"), read(file.path, "head")]);
  if (base === null || head === null) return null;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const [before, after] = [decoder.decode(base), decoder.decode(head)];
  if (!inlineTestsDiffer(before, after)) return null;
  const text = testsOf === "base" ? withInlineTests(after, before) : withInlineTests(before, after);
  return new TextEncoder().encode(text);
}

async function loadable(
  bytes: Uint8Array,
  path: string,
  views: BaseTestsInput["views"],
): Promise<Uint8Array> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
  const fitting = await withoutMissingNames(path, text, views);
  return fitting === text ? bytes : new TextEncoder().encode(fitting);
}

/** Whether an entry of `removes` names every test of a file. */
function namesPath(entry: string, path: string): boolean {
  return namesTest(entry, { path, title: "\0", suite: "", name: "" });
}

/** Head's added and changed tests, and what they lean on, for laying over base. Null when there are none. */
export async function headTests(change: Change, paths: TestPaths, read: Read): Promise<Overlay | null> {
  const overlay: Overlay = { write: new Map(), remove: [] };
  let tests = false;
  for (const file of change.files) {
    if (!changedOrAdded(file) || !isFile(file.newMode)) continue;
    if (!paths.isTestware(file.path)) {
      const mixed = await inlined(file, "head", read);
      if (mixed === null) continue;
      overlay.write.set(file.from ?? file.path, mixed);
      tests = true;
      continue;
    }
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
