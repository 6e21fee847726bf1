import type { Intent, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob, type Glob, isExactPath } from "./glob.ts";
import { isTestPath, languageOf, LOCKFILES } from "./file_kind.ts";

/** How a path came to be in scope, or null: it is not. */
export type ScopeReason = "glob" | "test-beside" | "derived" | null;

export interface Scope {
  /** Glob texts that do not compile, with why. */
  readonly problems: { glob: string; problem: string }[];
  reasonFor(path: string): ScopeReason;
  /** Intents whose own scope holds the path; the tests beside and derived files of an intent belong to it too. */
  intentsFor(path: string): Intent[];
}

const SOURCE_ROOTS = new Set([
  "src",
  "lib",
  "app",
  "pkg",
  "source",
  "sources",
  "main",
  "java",
  "internal",
  "cmd",
]);
const TEST_ROOTS = new Set(["test", "tests", "__tests__", "spec", "specs"]);
const FIXTURES = new Set(["testdata", "__snapshots__", "__fixtures__", "fixtures", "snapshots"]);

/** A test file whose name says nothing of what it tests. */
const GENERIC = new Set(["test", "tests", "spec", "specs", "main", "index", "all"]);

const directoryOf = (path: string): string => path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The name of what a test file tests: `email_test.ts`, `test_email.py`, `EmailTest.java` are all about `email`. */
export function subjectOf(path: string): string {
  const stem = nameOf(path).replace(/\.[^.]*$/, "").toLowerCase();
  return stem.replace(/[._-](?:tests?|spec|e2e|it|unit|integration|cy)$/, "").replace(
    /^(?:test|spec)[._-]/,
    "",
  ).replace(/(?:tests?|testcase|spec)$/, "") || stem;
}

/** Of the files of a repository those that scope rules need to decide about the changed paths, at most `limit`. */
export function pathsNear(
  changed: readonly string[],
  all: Iterable<string>,
  limit: number,
): { known: string[]; truncated: boolean } {
  const subjects = new Set(changed.map(subjectOf));
  const mirrors = new Set(changed.map((path) => mirrored(directoryOf(path))));
  const manifests = new Set(changed.flatMap((path) => LOCKFILES[nameOf(path).toLowerCase()] ?? []));
  const above = new Set<string>();
  for (const path of changed) {
    for (let at = directoryOf(path);; at = directoryOf(at)) {
      above.add(at);
      if (at === "") break;
    }
  }
  const known: string[] = [];
  for (const path of all) {
    const directory = directoryOf(path);
    const near = above.has(directory) || subjects.has(subjectOf(path)) || mirrors.has(mirrored(directory)) ||
      manifests.has(nameOf(path));
    if (!near) continue;
    if (known.length >= limit) return { known, truncated: true };
    known.push(path);
  }
  return { known, truncated: false };
}

/** Directories on the way, with test and source roots taken out: what mirrors what. */
function mirrored(directory: string): string {
  return directory.split("/").filter((part) =>
    part !== "" && !SOURCE_ROOTS.has(part) && !TEST_ROOTS.has(part) && !FIXTURES.has(part)
  ).join("/");
}

/**
 * Reads the scope of a spec. `known` are the files of the repository near the change: a test is beside a file when it lies in
 * the same directory (or a test or fixture directory right there), or in a test root at the mirrored place, or is named after it. `tests` are paths that hold tests beyond the conventions of their language.
 */
export function scopeOf(spec: Spec, known: readonly string[], tests: ReadonlySet<string> = new Set()): Scope {
  const isTest = (path: string) => tests.has(path) || isTestPath(path);
  const problems: Scope["problems"] = [];
  const perIntent = intentsOf(spec).map((intent) => {
    const globs: Glob[] = [];
    for (const glob of intent.scope) {
      const compiled = compileGlob(glob);
      if (compiled.ok) globs.push(compiled.glob);
      else problems.push({ glob, problem: compiled.problem });
    }
    const direct = (path: string) => globs.some((glob) => glob(path));
    const inside = known.filter((path) => direct(path));
    // A file that the change creates is not known yet; a literal scope names it all the same.
    const literal = intent.scope.filter(isExactPath);
    const patterns: Glob[] = [];
    for (const glob of intent.scope) {
      const compiled = isExactPath(glob) ? null : compileGlob(glob);
      if (compiled?.ok) patterns.push(compiled.glob);
    }
    const wide = inside.filter((path) => patterns.some((glob) => glob(path)));
    const sources = [...inside, ...literal].filter((path) => !isTest(path));
    const subjects = new Set(sources.map(subjectOf));
    const directories = new Set([...inside, ...literal].map(directoryOf));
    const wideDirectories = new Set(wide.map(directoryOf));
    const mirrors = new Set(wide.filter((path) => !isTest(path)).map((path) => mirrored(directoryOf(path))));
    for (const path of sources) {
      const mirror = mirrored(directoryOf(path));
      // Integration tests of a crate stand in one directory whatever they are about.
      if (mirror !== "" || path.endsWith(".rs")) mirrors.add(mirror);
    }
    for (const glob of intent.scope.filter((one) => !isExactPath(one))) {
      const root = glob.split(/[*?[{]/)[0] ?? "";
      const directory = root.slice(0, root.lastIndexOf("/") + 1);
      if (directory !== "") {
        mirrors.add(mirrored(directory));
        wideDirectories.add(directory.slice(0, -1));
        directories.add(directory.slice(0, -1));
        subjects.add(directory.split("/").at(-2)?.toLowerCase() ?? "");
      }
    }
    const named = (path: string): boolean => subjects.has(subjectOf(path)) || GENERIC.has(subjectOf(path));
    const beside = (path: string): boolean => {
      const directory = directoryOf(path);
      const parts = directory.split("/");
      const inTestRoot = parts.some((part) => TEST_ROOTS.has(part) || FIXTURES.has(part));
      // `specs/` may hold a product's own code: only what is no program is taken along for its place alone.
      if (!isTest(path) && (!inTestRoot || languageOf(path) !== null)) return false;
      if (
        directories.has(directory) &&
        (named(path) || wideDirectories.has(directory) || path.endsWith("_test.go"))
      ) return true;
      for (let at = directory; at !== ""; at = directoryOf(at)) {
        const above = directoryOf(at);
        if (
          (TEST_ROOTS.has(nameOf(at)) || FIXTURES.has(nameOf(at))) && above !== "" && directories.has(above)
        ) return true;
      }
      return inTestRoot && (named(path) || mirrors.has(mirrored(directory)));
    };
    const derived = (path: string): boolean => {
      const manifests = LOCKFILES[nameOf(path).toLowerCase()];
      if (!manifests) return false;
      const directory = directoryOf(path);
      const candidates = [...known, ...literal];
      return candidates.some((other) =>
        manifests.includes(nameOf(other)) && direct(other) &&
        (directoryOf(other) === directory || directory === "" ||
          directoryOf(other).startsWith(`${directory}/`))
      );
    };
    return { intent, direct, beside, derived };
  });
  return {
    problems,
    reasonFor(path) {
      if (perIntent.some(({ direct }) => direct(path))) return "glob";
      if (perIntent.some(({ beside }) => beside(path))) return "test-beside";
      if (perIntent.some(({ derived }) => derived(path))) return "derived";
      return null;
    },
    intentsFor: (path) =>
      perIntent.filter(({ direct, beside, derived }) => direct(path) || beside(path) || derived(path)).map((
        { intent },
      ) => intent),
  };
}
