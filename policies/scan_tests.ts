/** Tests that a change takes out, by what the source declares: what can be said without running them. */
import { type Finding, namesTest, type PatchFacts, type StaticTest } from "../specs/mod.ts";
import { fail, pass, rule } from "./rule.ts";
import { PATCH_ALWAYS } from "./rules/bindings.ts";
import { removesOf, renamesOf } from "./rules/execution.ts";

const nameOf = (test: StaticTest): string =>
  `${test.path}::${test.suite === "" ? "" : `${test.suite} > `}${test.title}`;

/**
 * T1 over declarations. A file that declares as many tests as before has had them rewritten or renamed, which is told and no
 * more: what they assert is T2's. Fewer tests are a loss; where product code goes or tests come elsewhere in the same change, a
 * human decides whether the two belong together.
 */
export const removedTestsRule = rule({
  id: "T1",
  gate: "declared-tests",
  layer: "L1",
  mode: "enforce",
  severity: "critical",
  description: "No file declares fewer tests than before, unless the spec's removes names the ones that went",
  remediation: "Restore the tests, or name them in intent.removes of a spec",
  bindings: PATCH_ALWAYS,
  reads: ["spec", "patch", "change"],
  evaluate: ({ spec, patch }) => {
    const named = [...removesOf(spec), ...renamesOf(spec).map(({ from }) => from)];
    const gone = patch.tests.removed.filter((test) =>
      !named.some((entry) => namesTest(entry, { ...test, name: nameOf(test) }))
    );
    const silent = new Set((patch.tests.silent ?? []).map(nameOf));
    const fresh = patch.tests.added.filter((test) => !silent.has(nameOf(test)));
    const moved = new Map(patch.files.map((file) => [file.from ?? file.path, file.path]));
    const lost: StaticTest[] = [];
    const rewritten: StaticTest[] = [];
    let spare = fresh.length;
    for (const [path, tests] of byPath(gone)) {
      const here = fresh.filter((test) => test.path === (moved.get(path) ?? path)).length;
      const kept = Math.min(here, tests.length);
      spare -= kept;
      rewritten.push(...tests.slice(0, kept));
      lost.push(...tests.slice(kept));
    }
    const files = deletedTestFiles(patch, named);
    if (lost.length === 0 && files.length === 0) {
      return pass(
        rewritten.slice(0, 20).map((test) => ({
          message: `The test ${JSON.stringify(nameOf(test))} has another name or is replaced`,
          path: test.path,
          remediation: "",
        })),
      );
    }
    const findings: Finding[] = [
      ...lost.map((test) => ({
        message: `The test ${JSON.stringify(nameOf(test))} is gone`,
        path: test.path,
        remediation: `Restore it, or give a spec (--spec) with ${
          JSON.stringify(nameOf(test))
        } in intent.removes`,
      })),
      ...files.map((path) => ({
        message: `The test file ${path} is gone`,
        path,
        remediation: `Restore it, or give a spec (--spec) with ${JSON.stringify(path)} in intent.removes`,
      })),
    ];
    const accounted = spare >= lost.length + files.length || productGoes(patch);
    return fail(findings.slice(0, 200), "passes when these tests are declared again, or a spec names them", {
      escalates: accounted,
      approvable: false,
    });
  },
});

function byPath(tests: readonly StaticTest[]): Map<string, StaticTest[]> {
  const files = new Map<string, StaticTest[]>();
  for (const test of tests) files.set(test.path, [...files.get(test.path) ?? [], test]);
  return files;
}

/** Test files that go and whose tests nobody here can list. */
function deletedTestFiles(patch: PatchFacts, named: readonly string[]): string[] {
  const listed = new Set(patch.tests.removed.map(({ path }) => path));
  return patch.files.filter((file) =>
    file.kind === "test" && file.status === "D" && !listed.has(file.path) && file.language !== null &&
    !named.some((entry) => namesTest(entry, { path: file.path, suite: "", title: "", name: file.path })) &&
    // A file with tests that all moved to another has lost none.
    !patch.tests.added.some((test) => test.path !== file.path) && file.removed > 0
  ).map(({ path }) => path);
}

/** Whether code that tests could have been about goes with the change. */
function productGoes(patch: PatchFacts): boolean {
  return patch.exports.removed.length > 0 ||
    patch.files.some((file) => file.status === "D" && file.kind === "code");
}
