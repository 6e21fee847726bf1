import type { TestCase, TriedMutation, VerifyExecution } from "../../../specs/mod.ts";
import type { Run } from "./execute.ts";

/** A run at head, and what came of it. */
export interface HeadRun {
  run: Run;
  execution: VerifyExecution;
}

/** What a run says of the mutant in it; null when it says nothing that it did not say at head. */
export function noticed(
  { run, execution: head }: HeadRun,
  execution: VerifyExecution,
): Pick<TriedMutation, "outcome" | "by"> | null {
  if (execution.ended === "timeout") {
    return { outcome: "timeout", by: execution.argv.join(" ").slice(0, 200) };
  }
  const status = new Map(execution.report?.cases.map((one) => [one.name, one.status]));
  const before = head.report?.cases.filter((one) => one.status === "pass") ?? [];
  const failed = before.find(({ name }) => status.get(name) === "fail");
  if (failed !== undefined) return { outcome: "killed", by: failed.name.slice(0, 400) };
  const lost = before.find(({ name }) => status.get(name) !== "pass");
  const worse = execution.ended !== "by-itself" || (head.exitCode === 0 && execution.exitCode !== 0);
  if (lost === undefined && !worse) return null;
  return compiles(run) && !cameToTests(execution, before)
    ? { outcome: "not-compiled" }
    : { outcome: "killed", by: lost?.name.slice(0, 400) ?? execution.argv.join(" ").slice(0, 200) };
}

/** Runners before which a compiler stands, that refuses what does not fit. */
const compiles = ({ tester, command }: Run): boolean =>
  /^(?:go|cargo|maven|gradle)$/.test(tester?.id ?? "") ||
  (tester?.id === "deno" && !command.argv.includes("--no-check"));

/** A test that is missing was not compiled, unless the others of its file were seen, or it was the process that ended. */
function cameToTests(execution: VerifyExecution, before: readonly TestCase[]): boolean {
  const cases = new Set(execution.report?.cases.map(({ name }) => name));
  const files = new Set(before.filter(({ name }) => cases.has(name)).map(({ path }) => path));
  return before.every(({ name, path }) => cases.has(name) || files.has(path)) && files.size > 0;
}
