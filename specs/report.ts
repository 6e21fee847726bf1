import { z } from "zod";

export const CaseStatus = z.enum(["pass", "fail", "skip"]);

/** One test that a runner reported. `name` is unique in the report: `path::suite > title`, as far as the runner tells. */
export const TestCase = z.strictObject({
  name: z.string(),
  title: z.string(),
  suite: z.string().default(""),
  path: z.string().default(""),
  status: CaseStatus,
  message: z.string().max(4000).optional(),
});
export type TestCase = z.infer<typeof TestCase>;

/** What really ran, as the runner's own report says. */
export const TestReport = z.strictObject({
  tester: z.string(),
  cases: z.array(TestCase),
  passed: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
});
export type TestReport = z.infer<typeof TestReport>;

/** One command that verification ran, and what came of it. */
export const VerifyExecution = z.strictObject({
  argv: z.array(z.string()),
  on: z.enum([
    "base",
    "head",
    "head+planted",
    "head+mutant",
    "base+checks",
    "head+checks",
    "base-tests-on-head",
    "head-tests-on-base",
    "prepare",
  ]),
  exitCode: z.number().int().nullable(),
  ended: z.enum(["by-itself", "timeout", "output-cap", "memory", "signal", "not-started"]),
  report: TestReport.nullable(),
  reportProblem: z.string().optional().describe("why there is no report"),
  seconds: z.number(),
  outputDigest: z.string(),
  outputTail: z.string().max(8000),
});
export type VerifyExecution = z.infer<typeof VerifyExecution>;
