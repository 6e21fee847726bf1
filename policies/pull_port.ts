import { z } from "zod";
import { Autonomy, Digest, Instant, OperationRecord } from "../specs/mod.ts";
import { ApprovalFact } from "./approval_fact.ts";

const Name = z.string().max(300);

/** A pull request as it was judged here, as its forge tells it, and as what it was merged. */
export const PullFacts = z.strictObject({
  url: z.string().max(2000),
  /** `merge`: it is about to be merged. `end`: whoever watches it is about to stop. */
  asks: z.enum(["merge", "end"]),
  /** What the gates judged, and the run that says so; null for a pull request of others. */
  judged: z.strictObject({
    run: z.string(),
    /** How that run ended. */
    status: z.string(),
    evidence: Digest.nullable(),
    head: z.string(),
    tree: z.string(),
    base: z.string(),
  }).nullable(),
  /** What the forge says; null where it was not asked or did not answer. */
  now: z.strictObject({
    state: z.enum(["open", "closed", "merged"]),
    draft: z.boolean(),
    head: z.string(),
    baseHead: z.string().nullable(),
    mergeable: z.string(),
    /** Not all checks and reviews could be read. */
    cut: z.boolean(),
    /** Of others than this installation. */
    checks: z.array(z.strictObject({ name: Name, state: z.string() })).max(2000),
    reviews: z.array(z.strictObject({
      by: Name,
      bot: z.boolean(),
      permission: z.string().nullable(),
      state: z.string(),
      commit: z.string().nullable(),
    })).max(2000),
  }).nullable(),
  /** The account that this installation writes as: its approval is none. */
  account: Name.nullable(),
  /** Changes that were asked for and are not made. */
  requests: z.number().int().min(0),
  /** A run works on it. */
  working: z.boolean(),
  /** Why the watch ends; null while it goes on. */
  ended: z.enum(["merged", "closed", "time", "looks", "forge"]).nullable(),
  merged: z.strictObject({
    commit: z.string().nullable(),
    tree: z.string().nullable(),
    verdict: z.enum(["as-judged", "differs", "unverified"]),
    why: z.string().max(2000),
  }).nullable(),
});
export type PullFacts = z.infer<typeof PullFacts>;

/** Pull requests that are merged one after the other. */
export const TrainFacts = z.strictObject({
  run: z.string(),
  /** The one that the transition is about; null where it is about all of them. */
  car: z.string().nullable(),
  /** Somebody has said that it is to be merged. */
  started: z.boolean(),
  cars: z.array(z.strictObject({
    id: Name,
    after: z.array(Name).max(100),
    /** Its place in the order in which they were merged; null while it is not. */
    merged: z.number().int().min(1).nullable(),
    /** Why it stands still; null when nothing keeps it. */
    stopped: z.string().max(2000).nullable(),
  })).min(1).max(100),
});
export type TrainFacts = z.infer<typeof TrainFacts>;

/** Everything that the rules may read of a transition in which a pull request, or a train of them, is merged or done with. */
export const PullJudgeInput = z.strictObject({
  transition: z.strictObject({ from: z.string().min(1), to: z.string().min(1) }),
  pull: PullFacts.nullable(),
  train: TrainFacts.nullable(),
  budget: z.record(
    z.string(),
    z.strictObject({ limit: z.number(), spent: z.number(), reserved: z.number() }),
  ),
  autonomy: z.strictObject({ ceiling: Autonomy, granted: Autonomy }),
  approvals: z.array(ApprovalFact),
  principals: z.strictObject({
    requester: z.string().min(1),
    approvers: z.array(z.string()),
    singleKey: z.boolean(),
    requesterKeys: z.array(z.string()).optional(),
  }),
  /** Text of `.forge/policy.yaml` at the base that was judged; null when the repository has none. */
  policy: z.string().nullable(),
  operation: OperationRecord.optional(),
  at: Instant,
}).refine(({ pull, train }) => pull !== null || train !== null, {
  message: "neither a pull request nor a train of them was given",
  path: ["pull"],
});
export type PullJudgeInput = z.infer<typeof PullJudgeInput>;
