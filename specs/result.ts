import { z } from "zod";
import { Digest, Instant, RunId } from "./base.ts";
import { ChainShown } from "./chain_shown.ts";
import { FailureClass, FailureSource } from "./failure.ts";
import { Layer } from "./decision.ts";
import { PlanShown } from "./plan_shown.ts";

export const RunStatus = z.enum(["completed", "denied", "failed", "escalated", "cancelled", "parked"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const Denial = z.strictObject({
  gate: z.string(),
  layer: Layer,
  rule: z.string(),
  message: z.string(),
  path: z.string().optional(),
  line: z.number().int().optional(),
  remediation: z.string(),
  fingerprint: Digest.optional().describe("what a waiver names"),
});
export type Denial = z.infer<typeof Denial>;

export const PullRequestRef = z.strictObject({
  number: z.number().int().min(1),
  url: z.string(),
  branch: z.string(),
  commit: z.string(),
  base: z.string(),
});
export type PullRequestRef = z.infer<typeof PullRequestRef>;

/** A pull request of one task of a plan. */
export const TaskPullRequest = PullRequestRef.extend({
  task: z.string(),
  run: RunId.describe("the run that judged it and opened it"),
});
export type TaskPullRequest = z.infer<typeof TaskPullRequest>;

/** Calls of models of which nobody told what they took, such as a stream that was cut. */
const UntoldUsage = z.strictObject({
  calls: z.number().int().min(1),
  tokens: z.number().int().min(0).describe(
    "the most that they can have taken, prompt and answer together: counted against the budget, and no part of tokensIn and tokensOut",
  ),
});

export const Usage = z.strictObject({
  tokensIn: z.number().int().describe("as providers counted them, with what a cache gave and took"),
  tokensOut: z.number().int(),
  costUsd: z.number().describe("with the worst case of each call that told nothing"),
  seconds: z.number(),
  repairs: z.number().int(),
  untold: UntoldUsage.optional().describe("absent when every call told what it took"),
});
export type Usage = z.infer<typeof Usage>;

/** What a run that does not move waits for, and who or what moves it. */
export const Waiting = z.strictObject({
  reason: z.string().describe("what it waits for, and why"),
  until: Instant.nullable().describe("when it goes on by itself; null when it does not by time"),
  remedy: z.string().describe("what to do"),
});
export type Waiting = z.infer<typeof Waiting>;

/** What `forge run --json` prints and what `GET /v1/runs/:id` answers. `running` and `queued` are seen over HTTP only. */
export const RunDocument = z.object({
  run: RunId,
  status: z.union([RunStatus, z.enum(["queued", "running", "paused"])]),
  phase: z.string(),
  title: z.string().optional(),
  createdAt: Instant.optional(),
  updatedAt: Instant.optional(),
  pullRequest: PullRequestRef.nullable().describe(
    "of a run with a pull request for each task: the last one that is open, in the order of the plan",
  ),
  pullRequests: z.array(TaskPullRequest).optional().describe(
    "of a run with a pull request for each task: those that are open, in the order of the plan",
  ),
  denials: z.array(Denial),
  failure: z.object({
    class: FailureClass,
    source: FailureSource,
    retryable: z.boolean(),
    message: z.string(),
  }).loose().nullable(),
  evidence: z.strictObject({ id: z.string(), path: z.string(), digest: Digest }).nullable(),
  usage: Usage,
  plan: PlanShown.nullable().optional().describe(
    "of a run whose plan has several tasks, or was made by a model",
  ),
  chain: ChainShown.optional().describe("of the run of a chain: its stages, each a run of its own"),
  waiting: Waiting.nullable().default(null).describe("of a run that is parked, paused or escalated"),
  notes: z.array(z.string()).default([]).describe(
    "what the reader should know, such as uncommitted work that was left out",
  ),
});
export type RunDocument = z.infer<typeof RunDocument>;

/** Exit code of the command line for a status (interfaces: exit codes). */
export const EXIT_CODE: Record<RunStatus, number> = {
  completed: 0,
  denied: 1,
  failed: 1,
  escalated: 3,
  parked: 3,
  cancelled: 4,
};
