import { err, ok, type Problem, type Result, type TestCase, type TestReport } from "../../specs/mod.ts";

/** A case as a runner tells it, before it has its unique name. */
export interface ReportedCase {
  title: string;
  suite?: string;
  path?: string;
  /** What stands before `::` in the name when the runner tells no file, such as a Go package. */
  group?: string;
  status: TestCase["status"];
  message?: string;
}

const maxCases = 100_000;
const maxMessage = 2_000;
const maxName = 4_000;

// deno-lint-ignore no-control-regex -- terminal colours and other control characters are what this removes
const control = /\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Text of a runner without terminal colours and control characters. */
export function plainText(text: string): string {
  return text.replace(control, "");
}

/** A report from the cases in the runner's order. Names that come twice get ` #2`, ` #3`: stable while the order is. */
export function reportOf(
  tester: string,
  reported: readonly ReportedCase[],
  root?: string,
): Result<TestReport, Problem> {
  if (reported.length > maxCases) {
    return reportProblem(tester, `holds ${reported.length} tests, more than ${maxCases}`);
  }
  const seen = new Map<string, number>();
  const cases: TestCase[] = [];
  const counts = { pass: 0, fail: 0, skip: 0 };
  for (const one of reported) {
    const title = plainText(one.title);
    const suite = plainText(one.suite ?? "");
    const path = relativePath(one.path ?? "", root);
    const group = one.group ?? path;
    const base = `${group === "" ? "" : `${group}::`}${suite === "" ? "" : `${suite} > `}${title}`;
    if (base.length > maxName) {
      return reportProblem(tester, `holds a test name of ${base.length} characters, more than ${maxName}`);
    }
    const times = (seen.get(base) ?? 0) + 1;
    seen.set(base, times);
    const message = one.message === undefined ? "" : messageText(one.message, root);
    cases.push({
      name: times === 1 ? base : `${base} #${times}`,
      title,
      suite,
      path,
      status: one.status,
      ...(message === "" ? {} : { message }),
    });
    counts[one.status]++;
  }
  // A test that is really called "x #2" may meet the second "x": then the report cannot be told apart.
  if (new Set(cases.map((one) => one.name)).size !== cases.length) {
    return reportProblem(tester, "holds two tests whose names cannot be told apart");
  }
  return ok({ tester, cases, passed: counts.pass, failed: counts.fail, skipped: counts.skip });
}

/** Makes a path of a report relative to the checkout, with forward slashes and without `./`. */
export function relativePath(path: string, root?: string): string {
  let text = plainText(path).replaceAll("\\", "/").replace(/^file:\/\//, "");
  if (root !== undefined && text.startsWith(`${root}/`)) text = text.slice(root.length + 1);
  return text.replace(/^(\.\/)+/, "");
}

function messageText(message: string, root?: string): string {
  const text = plainText(message.slice(0, 4 * maxMessage)).trim();
  const local = root === undefined ? text : text.replaceAll(`${root}/`, "").replaceAll(root, ".");
  return local.slice(0, maxMessage).toWellFormed();
}

/** A report that is not understood: an error, never an empty report. */
export function reportProblem(tester: string, why: string): { ok: false; error: Problem } {
  return err({
    code: "test-report",
    message: `The report of ${tester} cannot be used: it ${why}`,
    remedy: "Run the same command by hand and look at what it reports; a test process must end by itself.",
  });
}

/** The report is absent: what the engine asked for was never written. */
export function noReport(tester: string): { ok: false; error: Problem } {
  return err({
    code: "test-report-missing",
    message: `${tester} wrote no report: the test process ended before it was done, or it never started`,
    remedy: "Look for an exit call in a test or in code that tests import, and at the output of the command.",
  });
}
