import type { Spec, TestCase, VerifyExecution, VerifyFacts } from "../../specs/mod.ts";
import { intentsOf, namesTest } from "../../specs/code/mod.ts";

export type Command = VerifyFacts["commands"][number];

/** All strings that the spec lets disappear or be rewritten. */
export function removesOf(spec: Spec): string[] {
  return intentsOf(spec).flatMap((intent) => intent.removes);
}

/** The declared map: what intents rename or move, and what the spec's own operations rename or move. */
export function renamesOf(spec: Spec): { from: string; to: string }[] {
  return [
    ...intentsOf(spec).flatMap((intent) => intent.renames),
    ...spec.operations.flatMap((operation) => {
      if (operation.op === "rename-symbol") return [{ from: operation.from, to: operation.to }];
      if (operation.op !== "move-symbol") return [];
      const { symbol, from, to } = operation;
      return [{ from: `${from}::${symbol}`, to: `${to}::${symbol}` }];
    }),
  ];
}

export function isNamed(removes: readonly string[], test: TestCase): boolean {
  return removes.some((entry) => namesTest(entry, test));
}

export function passing(execution: VerifyExecution | null): TestCase[] {
  return execution?.report?.cases.filter((test) => test.status === "pass") ?? [];
}

/** What passed at base, or why that is not known. */
export type Baseline = { known: true; tests: TestCase[] } | { known: false; why: string };

/**
 * The tests of a command that passed at base. A command that failed before it reported anything had nothing that passed; one that
 * was ended from outside, or ended well without a report, may have had.
 */
export function baselineOf(command: Command): Baseline {
  const { base, tester } = command;
  if (base === null) return { known: true, tests: [] };
  if (base.report !== null) return { known: true, tests: passing(base) };
  if (tester === null) return { known: true, tests: [] };
  if (base.ended === "by-itself" && base.exitCode !== null && base.exitCode !== 0) {
    return { known: true, tests: [] };
  }
  return {
    known: false,
    why: base.ended === "by-itself"
      ? `${argv(command)} ended well at base without a report${
        base.reportProblem ? ` (${base.reportProblem})` : ""
      }`
      : `${argv(command)} did not end by itself at base (${base.ended})`,
  };
}

export function argv(execution: { argv: readonly string[] }): string {
  const text = execution.argv.join(" ");
  return text.length > 120 ? `'${text.slice(0, 119)}…'` : `'${text}'`;
}

/** It ended by itself, with exit code 0, and what it reported does not contradict that. */
export function holds(execution: VerifyExecution): boolean {
  if (execution.ended !== "by-itself" || execution.exitCode !== 0) return false;
  const { report } = execution;
  return report === null || (report.failed === 0 && report.passed > 0);
}

/**
 * It ran and said no: by its exit code, by a failing test, or because it hung, crashed or ran out of memory, which the head must
 * not do. What never started says nothing.
 */
export function breaks(execution: VerifyExecution): boolean {
  if (execution.ended === "not-started" || execution.ended === "output-cap") return false;
  if (execution.ended !== "by-itself") return true;
  return (execution.exitCode !== null && execution.exitCode !== 0) || (execution.report?.failed ?? 0) > 0;
}

/** The name of a base test at head, after the declared renames and moves of files and symbols. */
export function renamedTest(test: TestCase, renames: readonly { from: string; to: string }[]): TestCase {
  let { name, path, title, suite } = test;
  for (const { from, to } of renames) {
    if (path === from || (from.endsWith("/") && path.startsWith(from))) {
      path = to + path.slice(from.length);
      if (name.startsWith(`${test.path}::`)) name = path + name.slice(test.path.length);
    } else if (namesTest(from, test) && from !== test.path) {
      const plain = to.includes("::") ? to.slice(to.indexOf("::") + 2) : to;
      title = plain.includes(" > ") ? plain.slice(plain.lastIndexOf(" > ") + 3) : plain;
      suite = plain.includes(" > ") ? plain.slice(0, plain.lastIndexOf(" > ")) : suite;
      name = `${path === "" ? "" : `${path}::`}${suite === "" ? "" : `${suite} > `}${title}`;
    }
  }
  return { ...test, name, path, title, suite };
}

/** The names that a base test may have at head: moved, renamed, or with a renamed symbol's word in its title. */
export function namesAtHead(test: TestCase, renames: readonly { from: string; to: string }[]): string[] {
  const moved = renamedTest(test, renames);
  const words = renames.filter(({ from, to }) =>
    /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(from) && !to.includes("/")
  );
  let worded = moved.name.slice(moved.path.length);
  for (const { from, to } of words) {
    worded = worded.replace(
      new RegExp(`(?<![\\p{L}\\p{N}_$])${from.replaceAll("$", "\\$")}(?![\\p{L}\\p{N}_$])`, "gu"),
      () => to,
    );
  }
  return [...new Set([moved.name, moved.name.slice(0, moved.path.length) + worded, test.name])];
}

/** Where the report agrees with itself: its counts are those of its cases, and no name stands twice. */
export function reportProblem(execution: VerifyExecution): string | null {
  const { report } = execution;
  if (report === null) return null;
  const count = (status: TestCase["status"]) => report.cases.filter((test) => test.status === status).length;
  for (
    const [status, total] of [["pass", report.passed], ["fail", report.failed], [
      "skip",
      report.skipped,
    ]] as const
  ) {
    if (count(status) !== total) return `it counts ${total} as '${status}' but lists ${count(status)}`;
  }
  const names = new Set(report.cases.map((test) => test.name));
  return names.size === report.cases.length ? null : "it lists a test twice under one name";
}
