import { z } from "zod";
import type { Problem, Result, TestReport } from "../../specs/mod.ts";
import type { TestOutput } from "../port.ts";
import { noReport, type ReportedCase, reportOf, reportProblem } from "./cases.ts";

/** The part of Jest's `--json` document that counts; Vitest writes the same shape. */
const Document = z.object({
  numTotalTests: z.number().int(),
  testResults: z.array(z.object({
    name: z.string(),
    status: z.string(),
    message: z.string().nullish(),
    assertionResults: z.array(z.object({
      ancestorTitles: z.array(z.string()),
      title: z.string(),
      status: z.enum(["passed", "failed", "skipped", "pending", "todo", "disabled", "focused"]),
      failureMessages: z.array(z.string()).nullish(),
    })),
  })),
});

/** Reads the JSON report of Jest and Vitest. A file that failed without a failing test is a case of its own, `(file)`. */
export function parseJestJson(tester: string, { report, root }: TestOutput): Result<TestReport, Problem> {
  if (report === null) return noReport(tester);
  let value: unknown;
  try {
    value = JSON.parse(report);
  } catch {
    return reportProblem(tester, "is no JSON document: it was cut off");
  }
  const read = Document.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    return reportProblem(tester, `does not have its shape (${issue?.path.join(".")}: ${issue?.message})`);
  }
  const cases: ReportedCase[] = [];
  let tests = 0;
  // Files end in any order; the order of names must not depend on it.
  const files = read.data.testResults.toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  for (const file of files) {
    for (const one of file.assertionResults) {
      tests++;
      cases.push({
        title: one.title,
        suite: one.ancestorTitles.filter((title) => title !== "").join(" > "),
        path: file.name,
        status: one.status === "passed" ? "pass" : one.status === "failed" ? "fail" : "skip",
        message: one.failureMessages?.[0],
      });
    }
    if (file.status === "failed" && !file.assertionResults.some((one) => one.status === "failed")) {
      cases.push({ title: "(file)", path: file.name, status: "fail", message: file.message ?? "" });
    }
  }
  if (read.data.numTotalTests !== tests) {
    return reportProblem(tester, `says that ${read.data.numTotalTests} tests ran and holds ${tests}`);
  }
  return reportOf(tester, cases, root);
}
