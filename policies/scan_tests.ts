/** Tests that a change takes out, by what the source declares: what can be said without running them. */
import type { Finding, PatchFacts, Spec, StaticTest } from "../specs/mod.ts";
import { namesTest } from "../specs/code/mod.ts";
import { isTestPath, languageOf } from "./facts/file_kind.ts";
import { fail, pass, rule } from "./rule.ts";
import { PATCH_ALWAYS } from "./rules/bindings.ts";
import { removesOf, renamesOf } from "./rules/execution.ts";

const nameOf = (test: StaticTest): string =>
  `${test.path}::${test.suite === "" ? "" : `${test.suite} > `}${test.title}`;

/** What became of a test that is not declared any more under its name. */
interface Fates {
  /** Another one of nearly the same title stands in its file. */
  renamed: StaticTest[];
  /** New tests stand in its place, but none that is called alike: it may have been rewritten. */
  doubtful: StaticTest[];
  /** Nothing stands in its place. */
  lost: StaticTest[];
}

/**
 * T1 over declarations. A test that has nearly its old title was renamed, which is told and no more: what it asserts is T2's. Where new
 * tests stand in the place of old ones, tests come elsewhere, or product code goes in the same change, a human decides whether
 * they belong together. What is left is a loss.
 */
export const removedTestsRule = rule({
  id: "T1",
  gate: "declared-tests",
  layer: "L1",
  mode: "enforce",
  severity: "critical",
  description: "No test that a changed file declared is gone, unless the spec's removes names it",
  remediation: "Restore the tests, or name them in intent.removes of a spec",
  bindings: PATCH_ALWAYS,
  reads: ["spec", "patch", "change"],
  evaluate: ({ spec, patch }) => {
    const isNamed = namedIn(spec);
    const { renamed, doubtful, lost } = fatesOf(patch, patch.tests.removed.filter((test) => !isNamed(test)));
    const files = goneFiles(patch).filter(({ path }) => !isNamed({ path, suite: "", title: "", line: 1 }));
    if (lost.length + doubtful.length + files.length === 0) {
      return pass(
        renamed.slice(0, 20).map((test) => ({
          message: `The test ${JSON.stringify(nameOf(test))} has another name now`,
          path: test.path,
          remediation: "",
        })),
      );
    }
    const restore = (name: string) =>
      `Restore it, or give a spec (--spec) with ${JSON.stringify(name)} in intent.removes`;
    const findings: Finding[] = [
      ...lost.map((test) => ({
        message: `The test ${JSON.stringify(nameOf(test))} is gone`,
        path: test.path,
        remediation: restore(nameOf(test)),
      })),
      ...doubtful.map((test) => ({
        message: `The test ${
          JSON.stringify(nameOf(test))
        } is gone; whether a new one stands in its place is not known`,
        path: test.path,
        remediation: restore(nameOf(test)),
      })),
      ...files.map(({ path, to }) => ({
        message: to === undefined
          ? `The test file ${path} is gone`
          : `The test file ${path} is now ${to}, where no test runner looks for tests`,
        path,
        remediation: restore(path),
      })),
    ];
    const certain = (lost.length > 0 || files.some(({ to }) => to === undefined)) && !productGoes(patch);
    return fail(findings.slice(0, 200), "passes when these tests are declared again, or a spec names them", {
      escalates: !certain,
      approvable: false,
    });
  },
});

function namedIn(spec: Spec): (test: StaticTest) => boolean {
  const named = [...removesOf(spec), ...renamesOf(spec).map(({ from }) => from)];
  return (test) => named.some((entry) => namesTest(entry, { ...test, name: nameOf(test) }));
}

function fatesOf(patch: PatchFacts, gone: readonly StaticTest[]): Fates {
  const silent = new Set((patch.tests.silent ?? []).map(nameOf));
  const fresh = new Set(patch.tests.added.filter((test) => !silent.has(nameOf(test))));
  const moved = new Map(patch.files.map((file) => [file.from ?? file.path, file.path]));
  const fates: Fates = { renamed: [], doubtful: [], lost: [] };
  const rest: StaticTest[] = [];
  for (const test of gone) {
    const here = moved.get(test.path) ?? test.path;
    const best = [...fresh].filter(({ path }) => path === here)
      .map((candidate) => ({ candidate, likeness: likeness(test.title, candidate.title) }))
      .sort((a, b) => b.likeness - a.likeness)[0];
    if (best !== undefined && best.likeness >= 0.5) {
      fresh.delete(best.candidate);
      fates.renamed.push(test);
    } else rest.push(test);
  }
  // As many new tests as are gone, in whatever file: that they are about the same cannot be said, nor that they are not.
  rest.forEach((test, at) => (at < fresh.size ? fates.doubtful : fates.lost).push(test));
  return fates;
}

/** The share of words that two titles have in common, of all that they have. */
function likeness(one: string, other: string): number {
  const [a, b] = [wordsOf(one), wordsOf(other)];
  const common = [...a].filter((word) => b.has(word)).length;
  return common === 0 ? 0 : common / (a.size + b.size - common);
}

function wordsOf(title: string): Set<string> {
  const words = title.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return new Set(words.filter((word) => word !== "" && word !== "test"));
}

/** Test files that go, or to where nobody looks for tests, although no test of theirs is listed as gone. */
function goneFiles(patch: PatchFacts): { path: string; to?: string }[] {
  const listed = new Set(patch.tests.removed.map(({ path }) => path));
  const comes = (language: string | null) =>
    patch.files.some((file) =>
      file.kind === "test" && file.language === language && (file.status === "A" || file.status === "R")
    );
  return patch.files.flatMap((file) => {
    const was = file.from ?? file.path;
    if (languageOf(was) === null || listed.has(was)) return [];
    if (file.status === "D" && file.kind === "test" && file.removed > 0 && !comes(file.language)) {
      return [{ path: was }];
    }
    return file.status === "R" && isTestPath(was) && (!isTestPath(file.path) || uncalled(was, file.path))
      ? [{ path: was, to: file.path }]
      : [];
  });
}

/** Names by which runners find tests, whatever directory they stand in. */
const COLLECTED =
  /(?:^|\/)(?:test_[^/]*\.py|[^/]*(?:_tests?\.(?:py|go|rs)|[._-](?:test|spec)\.[cm]?[jt]sx?|Tests?\.java|\.bats))$/;

const uncalled = (was: string, is: string): boolean => COLLECTED.test(was) && !COLLECTED.test(is);

/** Whether code that tests could have been about goes with the change. */
function productGoes(patch: PatchFacts): boolean {
  return patch.exports.removed.length > 0 ||
    patch.files.some((file) => file.status === "D" && file.kind === "code");
}
