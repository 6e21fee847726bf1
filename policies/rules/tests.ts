import type { Finding, TestCase, VerifyFacts } from "../../specs/mod.ts";
import { fail, failIfAny, rule } from "../rule.ts";
import { VERIFY_KNOWN } from "./bindings.ts";
import { baselineOf, isNamed, namesAtHead, removesOf, renamedTest, renamesOf } from "./execution.ts";

const quoted = (name: string): string => JSON.stringify(name);

/** What has to be written down so that the loss of a test is allowed. */
function restoreOrName(test: TestCase): string {
  return `Restore the test, or add ${quoted(test.name)} to intent.removes (${
    quoted(test.path || test.title)
  } names ${test.path ? "all tests of the file" : "it too"})`;
}

/** Base tests, with their status at head: by name in any report, or moved to another file under the same suite and title. */
function headStatus(verify: VerifyFacts): (test: TestCase) => TestCase["status"] | "moved" | null {
  const head = new Map<string, TestCase["status"]>();
  const fresh = new Map<string, number>();
  const inSuite = (test: TestCase) => `${test.suite} > ${test.title}`;
  const base = new Set(
    verify.commands.flatMap((command) => command.base?.report?.cases.map((test) => test.name) ?? []),
  );
  for (const command of verify.commands) {
    for (const test of command.head.report?.cases ?? []) {
      head.set(test.name, head.get(test.name) === "pass" ? "pass" : test.status);
      if (!base.has(test.name) && test.status === "pass") {
        fresh.set(inSuite(test), (fresh.get(inSuite(test)) ?? 0) + 1);
      }
    }
  }
  return (test) => {
    const status = head.get(test.name);
    if (status !== undefined) return status;
    // Each new test stands in for one lost one only.
    const left = fresh.get(inSuite(test)) ?? 0;
    if (left === 0) return null;
    fresh.set(inSuite(test), left - 1);
    return "moved";
  };
}

/** L1 and L2: tests stay, and run. */
export const testRules = [
  rule({
    id: "T1",
    gate: "test-inventory",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description:
      "Every test that passed at base runs and passes at head, by name, unless the spec's removes names it",
    remediation: "Restore the tests, or name them in intent.removes",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "verify"],
    selector: ({ verify }) => ({
      applies: verify.commands.some((command) => command.base !== null),
      because: verify.commands.some((command) => command.base !== null)
        ? "test commands exist at base"
        : "no test command exists at base, so that no test passed there",
    }),
    evaluate: ({ spec, verify }) => {
      const removes = removesOf(spec);
      const renames = renamesOf(spec);
      const unknown: Finding[] = [];
      const lost: { test: TestCase; how: string }[] = [];
      const statusOf = headStatus(verify);
      for (const command of verify.commands) {
        const baseline = baselineOf(command);
        if (!baseline.known) {
          unknown.push({
            message: `It is not known which tests passed at base: ${baseline.why}`,
            remediation: "Make the command report at base, or let a human decide",
          });
          continue;
        }
        for (const before of baseline.tests) {
          const after = renamedTest(before, renames);
          let status: ReturnType<typeof statusOf> = null;
          // One at a time: asking for a name may use up the new test that stands in for it.
          for (const name of namesAtHead(before, renames)) {
            const found = statusOf({ ...after, name });
            status = found ?? status;
            if (found === "pass" || found === "moved") break;
          }
          if (status === "pass" || status === "moved" || isNamed(removes, before)) continue;
          lost.push({
            test: before,
            how: status === "fail" ? "fails" : status === "skip" ? "is skipped" : "does not run",
          });
        }
      }
      const findings = lost.map(({ test, how }) => ({
        message: `${quoted(test.name)} passed before the change and ${how} after it`,
        ...(test.path ? { path: test.path } : {}),
        remediation: how === "fails"
          ? `Make the test pass again; ${restoreOrName(test).replace("Restore the test, or", "or")}`
          : restoreOrName(test),
      }));
      if (lost.length > 1) {
        findings.push({
          message: `${lost.length} tests that passed before the change do not pass after it`,
          remediation: `To allow all of it, intent.removes needs: ${
            lost.map(({ test }) => quoted(test.name)).join(", ")
          }`.slice(0, 3900),
        });
      }
      if (findings.length > 0) {
        return fail(
          [...findings, ...unknown],
          `passes if ${lost.slice(0, 10).map(({ test }) => quoted(test.name)).join(", ")}${
            lost.length > 10 ? `, and ${lost.length - 10} more` : ""
          } pass at head or are in intent.removes`,
        );
      }
      return failIfAny(unknown, "passes when every command reports at base", { escalates: true });
    },
  }),
  rule({
    id: "T3",
    gate: "skipped-tests",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description: "No test is skipped at head that was not skipped at base",
    remediation: "Run the test, or name it in intent.removes",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "verify"],
    selector: ({ verify }) => {
      const reports = verify.commands.filter((command) => command.head.report !== null).length;
      return {
        applies: reports > 0,
        because: reports > 0 ? `${reports} reports at head` : "no command gave a report at head",
      };
    },
    evaluate: ({ spec, verify }) => {
      const removes = removesOf(spec);
      const findings: Finding[] = [];
      for (const command of verify.commands) {
        const before = new Map(command.base?.report?.cases.map((test) => [test.name, test.status]) ?? []);
        for (const test of command.head.report?.cases ?? []) {
          // One that passed before is T1's finding, with the same remedy.
          if (test.status !== "skip" || before.has(test.name) || isNamed(removes, test)) continue;
          findings.push({
            message: `${quoted(test.name)} is new and skipped: a test that does not run proves nothing`,
            ...(test.path ? { path: test.path } : {}),
            remediation: `Let it run, take it out, or add ${quoted(test.name)} to intent.removes`,
          });
        }
      }
      return failIfAny(findings, "passes when every new test runs");
    },
  }),
];
