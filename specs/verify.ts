import { z } from "zod";
import { GitSha } from "./base.ts";
import { MutationFacts } from "./mutation.ts";
import { VerifyExecution } from "./report.ts";

/** Runs of a forge's CI that results were read from, as the forge tells of them. */
export const CiFacts = z.strictObject({
  forge: z.enum(["github", "gitlab"]),
  workflow: z.strictObject({
    path: z.string(),
    digest: z.string().describe("of the file at base: what the change does to it had no say"),
    shipped: z.boolean().describe("the very text that `forge init --ci` writes; else the repository's own"),
  }),
  rounds: z.array(z.strictObject({
    branch: z.string().describe("thrown away once it was read"),
    commit: GitSha,
    run: z.string(),
    url: z.string().nullable(),
    attempts: z.number().int().describe("that there were when it was read; the first alone counts"),
    jobs: z.array(z.strictObject({
      id: z.string(),
      name: z.string(),
      conclusion: z.string(),
      log: z.string().describe("digest of the log as it was read, a blob"),
    })),
    refused: z.array(z.string()).describe("runs for this commit that do not count, and why"),
  })),
  isolation: z.enum(["user", "none"]).describe(
    "user: what was tried ran as another user than the script that tells how it ended; none: it could have told lies",
  ),
  network: z.literal("open"),
});
export type CiFacts = z.infer<typeof CiFacts>;

/**
 * What verification gathered, as data: policies judge it, nothing here says pass or fail.
 * Every execution ran in a clean checkout, in the sandbox, with the engine's own report file.
 */
export const VerifyFacts = z.strictObject({
  v: z.literal(1),
  sandbox: z.strictObject({
    level: z.enum(["bwrap", "none", "ci"]).describe(
      "ci: observed by the forge's CI, which told what ran and how it ended; not sandboxed by this engine",
    ),
    detail: z.string(),
    memoryLimit: z.boolean(),
  }),
  ci: CiFacts.optional().describe("of the level ci: the runs that were looked at"),
  prepared: z.array(VerifyExecution).default([]).describe(
    "dependency installation, its own step, scripts off",
  ),
  commands: z.array(z.strictObject({
    argv: z.array(z.string()),
    tester: z.string().nullable().describe(
      "null: nobody understands its report; it counts by exit code only",
    ),
    base: VerifyExecution.nullable().describe("null: this command does not exist at base"),
    head: VerifyExecution,
    baseTestsOnHead: VerifyExecution.nullable()
      .describe(
        "base's tests and what they lean on laid over head, renames applied; what the change added to the tests is gone; null when it " +
          "touches no test, or only adds test files for runners that keep files apart",
      ),
    headTestsOnBase: VerifyExecution.nullable()
      .describe(
        "head's added and changed tests and what they lean on laid over base; null when there are none, or the command is not at base",
      ),
    planted: z.strictObject({
      path: z.string(),
      marker: z.string(),
      execution: VerifyExecution,
      others: z.array(z.strictObject({ path: z.string(), marker: z.string() })).optional()
        .describe("more files with a failing test of their own in the same execution"),
      spoiled: z.array(z.strictObject({ path: z.string(), name: z.string() })).optional()
        .describe(
          "tests that wait for something else than before in the same execution, so that they must fail",
        ),
    }).nullable(),
    plantProblem: z.string().optional().describe("why no failing test could be planted"),
  })),
  checks: z.array(z.strictObject({
    id: z.string(),
    argv: z.array(z.string()),
    base: VerifyExecution,
    head: VerifyExecution,
  })).describe("held-out acceptance checks, their files restored from beside the spec"),
  testFiles: z.strictObject({
    base: z.array(z.string()),
    head: z.array(z.string()),
  }).describe("paths that hold tests, by verify.tests or by the testers' conventions"),
  mutation: MutationFacts.optional().describe("what the tests notice of small changes in the changed lines"),
  gap: z.strictObject({
    visible: z.strictObject({ passed: z.number().int(), failed: z.number().int() }),
    heldOut: z.strictObject({ passed: z.number().int(), failed: z.number().int() }),
  }).optional().describe(
    "tests of the repository at head that the implementer could see, and held-out checks at head that it could not; counted in tests of the repository and in checks",
  ),
  problem: z.string().optional().describe(
    "why verification could not be gathered whole, such as 'no way to test this repository was found'",
  ),
});
export type VerifyFacts = z.infer<typeof VerifyFacts>;
