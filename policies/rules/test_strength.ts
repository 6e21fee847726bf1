import type { Finding, VerifyFacts } from "../../specs/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { VERIFY_KNOWN } from "./bindings.ts";
import {
  argv,
  baselineOf,
  type Command,
  isNamed,
  namesAtHead,
  passing,
  removesOf,
  renamesOf,
} from "./execution.ts";

const quoted = (name: string): string => JSON.stringify(name);

/** Base test files that this change edits, moves or deletes. */
function changedTestFiles(
  patch: { files: readonly { path: string; from?: string | undefined; status: string; kind: string }[] },
  verify: VerifyFacts,
): Set<string> {
  const known = new Set(verify.testFiles.base);
  return new Set(
    patch.files.filter((file) => file.status !== "A" && file.status !== "C").map((file) =>
      file.from ?? file.path
    )
      .filter((path) => known.has(path)),
  );
}

/** L2: tests still mean what they meant, and a failure is seen. */
export const testStrengthRules = [
  rule({
    id: "T4",
    gate: "weakened-tests",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "The tests as they were at base pass on the changed code, unless the spec's removes names them",
    remediation: "Keep the behaviour that the old tests describe, or name them in intent.removes",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "proposal", "patch", "verify"],
    selector: ({ proposal, patch, verify }) => {
      // The spec's own operations wrote the tests as they are now: nobody else had a hand in it, and T1 still holds them to pass.
      if (proposal.implementer === "codemod" && proposal.rederives === true) {
        return { applies: false, because: "the diff re-derives byte-equal from the spec's operations" };
      }
      const changed = changedTestFiles(patch, verify);
      const ran = verify.commands.some((command) => command.baseTestsOnHead !== null);
      const applies = (changed.size > 0 && verify.commands.some((command) => command.base !== null)) || ran;
      return {
        applies,
        because: applies
          ? `test files of base changed: ${
            [...changed].slice(0, 20).join(", ") || "by the testers' own list"
          }`
          : "no test file of base changed",
      };
    },
    evaluate: ({ spec, patch, verify }) => {
      const removes = removesOf(spec);
      const renames = renamesOf(spec);
      const changed = changedTestFiles(patch, verify);
      const findings: Finding[] = [];
      const missing: Finding[] = [];
      for (const command of verify.commands) {
        if (command.base === null) continue;
        const baseline = baselineOf(command);
        if (baseline.known && baseline.tests.length === 0 && command.tester !== null) continue;
        const replay = command.baseTestsOnHead;
        if (replay === null) {
          missing.push({
            message: `The old tests were not run on the new code by ${argv(command)}, although ${
              [...changed].slice(0, 5).join(", ")
            } changed`,
            remediation:
              "Run the base versions of the test files on head; without that, weakened tests cannot be told from honest ones",
          });
          continue;
        }
        findings.push(...weakened(command, removes, renames, changed));
      }
      if (findings.length > 0) {
        return fail(
          findings,
          "passes when the old tests pass on the new code, or the ones that must change are in intent.removes",
        );
      }
      return missing.length > 0
        ? {
          verdict: "error",
          findings: missing,
          counterfactual: "can be judged once the old tests ran on the new code",
        }
        : pass();
    },
  }),
  rule({
    id: "T6",
    gate: "planted-failure",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description: "A failing test that was planted in a file the command collects is seen to fail",
    remediation: "Leave the test runner, its settings and its assertions alone",
    bindings: VERIFY_KNOWN,
    reads: ["verify"],
    selector: ({ verify }) => {
      const plantable = verify.commands.filter((command) => command.tester !== null);
      return {
        applies: plantable.length > 0,
        because: plantable.length > 0
          ? `${plantable.length} commands with a known runner`
          : "no command has a runner that is known, so that nothing can be planted; the gate no-report decides",
      };
    },
    evaluate: ({ verify }) => {
      const blind: Finding[] = [];
      const unproven: Finding[] = [];
      for (const command of verify.commands.filter((one) => one.tester !== null)) {
        const { planted, plantProblem } = command;
        if (planted === null) {
          unproven.push({
            message: `No failing test could be planted for ${argv(command)}: ${
              plantProblem ?? "no reason was given"
            }`,
            remediation:
              "Use a test command whose test files are found by the runner's conventions, or let a human decide",
          });
          continue;
        }
        const { execution, others = [], spoiled = [] } = planted;
        const failed = execution.report?.cases.filter((test) => test.status === "fail") ?? [];
        const sound = execution.ended === "by-itself" && execution.exitCode !== 0;
        const how = execution.ended !== "by-itself"
          ? `the command did not end by itself (${execution.ended})`
          : execution.exitCode === 0
          ? "the command ended with exit code 0"
          : "the report does not list it as failed";
        for (const { path, marker } of [planted, ...others]) {
          if (sound && failed.some((test) => `${test.name} ${test.title}`.includes(marker))) continue;
          blind.push({
            message: `A failing test was planted in ${path}, but ${
              argv(command)
            } did not see it fail: ${how}`,
            path,
            remediation:
              "Undo what keeps failing tests from failing: changed assertions, runner settings, filters, early exits",
          });
        }
        const names = new Set(failed.map(({ name }) => name));
        for (const { path, name } of spoiled) {
          if (sound && names.has(name)) continue;
          blind.push({
            message: `${quoted(name)} was made to expect something else, and still ${
              argv(command)
            } did not see it fail`,
            path,
            remediation:
              "Undo what lets a wrong result pass: values that equal everything, changed assertions, code that knows its tests",
          });
        }
      }
      if (blind.length > 0) {
        return fail([...blind, ...unproven], "passes when the planted test is reported as failed");
      }
      return failIfAny(unproven, "passes when a failing test can be planted and is seen to fail", {
        escalates: true,
      });
    },
  }),
];

/**
 * Base tests that do not pass on the new code as they were, by their own path and name: a test of the same title elsewhere may be
 * a weakened copy.
 */
function weakened(
  command: Command,
  removes: readonly string[],
  renames: readonly { from: string; to: string }[],
  changed: ReadonlySet<string>,
): Finding[] {
  const replay = command.baseTestsOnHead;
  if (replay === null) return [];
  const baseline = baselineOf(command);
  if (!baseline.known) return [];
  if (command.tester === null) {
    return command.base?.exitCode === 0 && command.base.ended === "by-itself" &&
        (replay.ended !== "by-itself" || replay.exitCode !== 0)
      ? [{
        message: `${argv(command)} fails when the tests are as they were before the change (${
          replay.ended === "by-itself" ? `exit code ${replay.exitCode}` : replay.ended
        })`,
        remediation: `Keep the behaviour that the old tests describe; changed test files: ${
          [...changed].slice(0, 10).join(", ")
        }`,
      }]
      : [];
  }
  const passed = new Set(passing(replay).map((test) => test.name));
  const findings: Finding[] = [];
  for (const before of baseline.tests) {
    const names = namesAtHead(before, renames);
    if (names.some((name) => passed.has(name))) continue;
    if (isNamed(removes, before)) continue;
    findings.push({
      message: `${
        quoted(before.name)
      } does not pass on the new code as it was before the change: the change rewrote, moved or dropped it`,
      ...(before.path ? { path: before.path } : {}),
      remediation: `Keep the behaviour that it describes, or add ${
        quoted(before.name)
      } to intent.removes, which lets it be rewritten`,
    });
  }
  return findings;
}
