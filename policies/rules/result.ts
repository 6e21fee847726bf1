import type { Finding } from "../../specs/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { VERIFY_KNOWN } from "./bindings.ts";
import { argv, breaks, holds, reportProblem } from "./execution.ts";

/** L0 and L1: the results are results. */
export const resultRules = [
  rule({
    id: "REPORT",
    gate: "no-report",
    layer: "L0",
    mode: "enforce",
    severity: "high",
    description:
      "A command or an acceptance check gives a parsed report, or the acceptance checks fail before and pass after",
    remediation:
      "Name a test command whose report is understood in verify.run, or give acceptance checks that fail at base",
    bindings: VERIFY_KNOWN,
    reads: ["verify"],
    evaluate: ({ verify }) => {
      if (verify.commands.some((command) => command.head.report !== null)) return pass();
      if (verify.checks.some((check) => check.head.report !== null)) return pass();
      if (
        verify.checks.length > 0 && verify.checks.every((check) => breaks(check.base) && holds(check.head))
      ) return pass();
      return fail(
        [{
          message: verify.commands.length === 0 && verify.checks.length === 0
            ? `Nothing was run that could tell whether the change works${
              verify.problem ? `: ${verify.problem}` : ""
            }`
            : "No command and no acceptance check gave a report that is understood; an exit code alone is no proof",
          remediation:
            "Add verify.run with a test command whose report is understood (deno, node, jest, vitest, mocha, pytest, unittest, go, cargo, JUnit XML, TAP), or acceptance checks that fail before the change",
        }],
        "passes when one command or check gives a report, or all acceptance checks fail at base and pass at head",
        { escalates: true },
      );
    },
  }),
  rule({
    id: "T7",
    gate: "result-integrity",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description:
      "Every command ended by itself, its exit code and its report agree, tests were really executed, none fails that did not before",
    remediation: "Let the runner run to its end and report every test",
    bindings: VERIFY_KNOWN,
    reads: ["verify"],
    selector: ({ verify }) => ({
      applies: verify.commands.length > 0,
      because: verify.commands.length > 0
        ? `${verify.commands.length} test commands`
        : "there is no test command; the gate no-report and the acceptance checks decide",
    }),
    evaluate: ({ verify }) => {
      const findings: Finding[] = [];
      const notes: Finding[] = [];
      const add = (message: string, remediation: string, path?: string) =>
        findings.push({ message, remediation, ...(path ? { path } : {}) });
      if (verify.problem !== undefined) {
        add(
          `Verification is not whole: ${verify.problem}`,
          "Make the verification run whole; what was not run counts as failed",
        );
      }
      let executed = 0;
      for (const command of verify.commands) {
        const { head, tester } = command;
        const what = argv(command);
        if (head.ended !== "by-itself") {
          add(
            `${what} did not end by itself (${head.ended})`,
            "Make the tests end by themselves within verify.timeoutSeconds and the output limit",
          );
          continue;
        }
        if (head.report === null) {
          if (tester !== null) {
            add(
              `${what} ended with exit code ${head.exitCode} but without the report of ${tester}${
                head.reportProblem ? `: ${head.reportProblem}` : ""
              }`,
              "Let the runner finish: code that ends the process, or replaces the runner, is refused",
            );
          } else if (head.exitCode !== 0) {
            add(
              `${what} failed with exit code ${head.exitCode}`,
              "Make the command succeed; it has no report that could say more",
            );
          }
          continue;
        }
        const { report } = head;
        executed += report.passed + report.failed;
        const forged = reportProblem(head);
        if (forged !== null) {
          add(`The report of ${what} contradicts itself: ${forged}`, "Leave the runner's report alone");
        }
        if (head.exitCode === 0 && report.failed > 0) {
          add(
            `${what} ended with exit code 0 although ${report.failed} tests failed`,
            "Do not hide failures from the exit code",
          );
        }
        if (head.exitCode !== 0 && report.failed === 0) {
          add(
            `${what} ended with exit code ${head.exitCode} although no test failed`,
            "Fix what made the runner fail beside the tests: a compile error, a leak, a threshold",
          );
        }
        const before = new Map(command.base?.report?.cases.map((test) => [test.name, test.status]) ?? []);
        for (const test of report.cases) {
          if (test.status !== "fail") continue;
          const status = before.get(test.name);
          // What passed before and fails now is told by T1, with the names to write down.
          if (status === "pass") continue;
          if (status === "fail") {
            notes.push({
              message: `${test.name} failed before the change and still fails`,
              remediation: "Not this change's doing",
              ...(test.path ? { path: test.path } : {}),
            });
          } else {add(
              `The new test ${test.name} fails${test.message ? `: ${test.message.slice(0, 200)}` : ""}`,
              "Make the test pass",
              test.path,
            );}
        }
      }
      if (verify.commands.some((command) => command.head.report !== null) && executed === 0) {
        add("The reports list no test that was executed: skipped is not passed", "Let at least one test run");
      }
      return findings.length > 0
        ? failIfAny(
          findings,
          "passes when each command ends by itself and its exit code and report say the same",
        )
        : pass(notes);
    },
  }),
];
