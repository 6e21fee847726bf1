import type { VerifyExecution, VerifyFacts } from "../../../specs/mod.ts";

/**
 * What the implementer could see against what it could not (T9 of the gate catalogue): tests of the repository and held-out checks,
 * both at head. A check that gives no report counts as one by its exit code.
 */
export function gapOf(
  commands: readonly VerifyExecution[],
  checks: readonly VerifyExecution[],
): NonNullable<VerifyFacts["gap"]> {
  const visible = { passed: 0, failed: 0 };
  for (const { report, ended, exitCode } of commands) {
    if (report !== null) {
      visible.passed += report.passed;
      visible.failed += report.failed;
    } else if (ended === "by-itself" && exitCode === 0) visible.passed++;
    else visible.failed++;
  }
  const held = checks.filter(({ ended, exitCode, report }) =>
    ended === "by-itself" && exitCode === 0 &&
    (report === null || (report.failed === 0 && report.passed > 0))
  ).length;
  return { visible, heldOut: { passed: held, failed: checks.length - held } };
}
