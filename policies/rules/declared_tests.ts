import type {
  Finding,
  PatchFacts,
  StaticTest,
  TestCase,
  TestMarker,
  VerifyExecution,
  VerifyFacts,
} from "../../specs/mod.ts";
import { namesTest } from "../../specs/code/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS, VERIFY_KNOWN } from "./bindings.ts";
import { removesOf, renamesOf } from "./execution.ts";

/** A test of the source as the names in `removes` see it. */
function asNamed(test: StaticTest) {
  return {
    name: `${test.path}::${test.suite === "" ? "" : `${test.suite} > `}${test.title}`,
    title: test.title,
    suite: test.suite,
    path: test.path,
  };
}

/**
 * What the reports know of a declared test. Runners write titles with their suite in front and parameters behind; a title that is
 * made at run time cannot be compared, and its file's own tests in the report speak for it.
 */
function reportedTests(verify: VerifyFacts) {
  const index = (tests: readonly TestCase[]) => {
    const titles = new Set(
      tests.flatMap(({ title }) => [
        title,
        ...["::", " > ", ".", "#"].map((mark) => title.slice(title.lastIndexOf(mark) + mark.length)),
      ]),
    );
    const stems = new Set(
      [...titles].flatMap((
        title,
      ) => [title.split("/", 1)[0] ?? "", title.split("[", 1)[0] ?? "", title.split("(", 1)[0] ?? ""]),
    );
    const paths = new Set(tests.map(({ path }) => path));
    return (test: StaticTest) =>
      titles.has(test.title) || stems.has(test.title) ||
      (/\$\{|%[sdifjop#]|\$\w|\{\}/.test(test.title) && paths.has(test.path));
  };
  const reports = (executions: readonly (VerifyExecution | null)[]) =>
    executions.flatMap((one) => one?.report?.cases ?? []);
  return {
    passedAtBase: index(
      reports(verify.commands.map((command) => command.base)).filter(({ status }) => status === "pass"),
    ),
    atHead: index(reports(verify.commands.map((command) => command.head))),
  };
}

/** L1 and L2: what the source says about its tests, beside what ran. */
export const declaredTestRules = [
  rule({
    id: "T1",
    gate: "test-declarations",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "A test that was declared in a changed file, but did not pass at base or was not run there, is not taken out unless the spec names it",
    remediation: "Restore the test, or name it in intent.removes",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "patch", "change", "verify"],
    evaluate: ({ spec, patch, verify }) => {
      const removes = removesOf(spec);
      const renames = renamesOf(spec);
      // Tests that passed at base are judged by name over what ran; only the source knows of the others.
      const seen = reportedTests(verify);
      const findings: Finding[] = [];
      for (const test of patch.tests.removed) {
        if (seen.passedAtBase(test) || seen.atHead(test)) continue;
        const named = asNamed(test);
        if ([...removes, ...renames.map(({ from }) => from)].some((entry) => namesTest(entry, named))) {
          continue;
        }
        findings.push({
          message: `The test ${
            JSON.stringify(named.name)
          } was declared and is gone; it was not seen to pass at base, so that nothing else notices`,
          path: test.path,
          remediation: `Restore it, or add ${JSON.stringify(named.name)} to intent.removes`,
        });
      }
      return failIfAny(findings, "passes when these tests are declared again or are in intent.removes");
    },
  }),
  rule({
    id: "T3",
    gate: "new-skips",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "The number of skip, only, todo, ignore, expected-failure and early-exit marks in tests does not grow",
    remediation: "Take the mark out, or name the test in intent.removes",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      const removes = removesOf(spec);
      const notes: Finding[] = [];
      const findings: Finding[] = [];
      let certain = false;
      for (const marker of patch.tests.markers) {
        if (isNamed(removes, marker)) continue;
        const on = marker.test === undefined ? "" : ` on ${JSON.stringify(marker.test)}`;
        const name = marker.test === undefined ? marker.path : `${marker.path}::${marker.test}`;
        const finding = {
          message: `${marker.text} is new${on}: ${MEANING[marker.kind]}`,
          path: marker.path,
          line: marker.line,
          remediation: `Take it out, or add ${JSON.stringify(name)} to intent.removes`,
        };
        // A condition on a test that was not there before takes nothing away; whether the test runs here is told by the report.
        if (marker.kind === "condition" && isFresh(patch, marker)) {
          notes.push(finding);
          continue;
        }
        findings.push(finding);
        // A new test that is left out from the start (slow, for one machine, not yet written) weakens nothing that was there.
        certain ||= !(marker.test !== undefined && ALONE.has(marker.kind) && isFresh(patch, marker));
      }
      if (findings.length === 0) return pass(notes);
      return fail(
        findings,
        "passes when no mark is added that keeps tests from running or from failing",
        { escalates: !certain },
      );
    },
  }),
];

/** Marks that are about the one test on which they stand. */
const ALONE: ReadonlySet<TestMarker["kind"]> = new Set(["skip", "ignore", "todo", "expected-failure"]);

const MEANING: Readonly<Record<TestMarker["kind"], string>> = {
  "skip": "the test does not run",
  "only": "the other tests do not run",
  "todo": "the test may fail",
  "expected-failure": "the test passes when it fails",
  "ignore": "the test does not run",
  "exit": "the process ends well before the tests have run",
  "condition": "the test runs only sometimes",
};

function isFresh(patch: PatchFacts, marker: TestMarker): boolean {
  if (marker.test !== undefined) {
    return patch.tests.added.some((test) => test.path === marker.path && test.title === marker.test);
  }
  return patch.files.some((file) => file.path === marker.path && file.status === "A");
}

function isNamed(removes: readonly string[], marker: TestMarker): boolean {
  const test = {
    path: marker.path,
    suite: "",
    title: marker.test ?? "",
    name: `${marker.path}::${marker.test ?? ""}`,
  };
  return removes.some((entry) => namesTest(entry, test));
}
