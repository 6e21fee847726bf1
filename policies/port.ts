import { z } from "zod";
import { Autonomy, Digest, ImplementerKind, Instant, OperationRecord, WaiverFact } from "../specs/mod.ts";
import {
  AgentSession,
  PatchFacts,
  RecordedRegistry,
  RunClones,
  Spec,
  VerifyFacts,
} from "../specs/code/mod.ts";
import { ApprovalFact } from "./approval_fact.ts";
import { RunRecords } from "./evidence/run_records.ts";

/** What a deterministic or other reviewer found. It may add findings; no gate passes because of it. */
export const ReviewFacts = z.object({
  reviewer: z.string().min(1),
  /** The model that read the diff; null when none did, absent in inputs of before one could. */
  mind: z.object({
    model: z.string().min(1),
    family: z.string().nullable(),
    otherFamily: z.boolean().nullable(),
    whole: z.boolean(),
  }).nullable().optional(),
  criteria: z.array(z.object({ id: z.string(), proven: z.boolean(), by: z.string() })),
  claims: z.array(z.object({ text: z.string(), ok: z.boolean() })),
  riskScore: z.number(),
  findings: z.array(z.object({
    /** Absent: a note. What blocks denies; nothing that a reviewer says lets a change through. */
    severity: z.enum(["info", "warn", "block"]).optional(),
    message: z.string(),
    path: z.string().optional(),
    line: z.number().int().optional(),
    remediation: z.string(),
  })),
});
export type ReviewFacts = z.infer<typeof ReviewFacts>;

/** Everything that would be published. */
export const Outgoing = z.object({
  title: z.string(),
  body: z.string(),
  message: z.string(),
  branch: z.string(),
});
export type Outgoing = z.infer<typeof Outgoing>;

/** One state of the content, by digest and tree. */
export const Subject = z.strictObject({ patch: Digest, tree: z.string(), base: z.string().optional() });
export type Subject = z.infer<typeof Subject>;

/**
 * Everything that the rules of one transition may read: data only, gathered before. `null` says that a phase has not made it
 * yet; a rule that needs what is null is an error, and denies.
 */
export const JudgeInput = z.strictObject({
  transition: z.strictObject({ from: z.string().min(1), to: z.string().min(1) }),
  spec: Spec.nullable(),
  specDigest: Digest.nullable(),
  /** What plan made, when there is a plan. */
  plan: z.strictObject({
    tasks: z.array(z.strictObject({
      id: z.string(),
      scope: z.array(z.string()),
      risk: z.enum(["low", "medium", "high"]).optional(),
    })),
    /** `rules`, or the model that made it; absent in inputs of before models planned. */
    planner: z.string().optional(),
    /** What an approval of the plan is bound to; absent where rules made it. */
    digest: Digest.optional(),
    /** A decision has to be taken first, or more than one component is touched. */
    decides: z.boolean().optional(),
  }).nullable(),
  proposal: z.strictObject({
    implementer: ImplementerKind,
    rederives: z.boolean().nullable(),
    /** One of the pull requests of a plan, with limits of its own for its size; absent otherwise. */
    stacked: z.literal(true).optional(),
  }).nullable(),
  patchFacts: PatchFacts.nullable(),
  verify: VerifyFacts.nullable(),
  review: ReviewFacts.nullable(),
  outgoing: Outgoing.nullable(),
  budget: z.record(
    z.string(),
    z.strictObject({ limit: z.number(), spent: z.number(), reserved: z.number() }),
  ),
  autonomy: z.strictObject({ ceiling: Autonomy, granted: Autonomy }),
  approvals: z.array(ApprovalFact),
  principals: z.strictObject({
    requester: z.string().min(1),
    /** Who may approve, by the trust root or the base ref's policy. */
    approvers: z.array(z.string()),
    /** Only one signing key is known to this installation. */
    singleKey: z.boolean(),
    /** Ids of the requester's keys: a second name for one of them is no second principal. */
    requesterKeys: z.array(z.string()).optional(),
  }),
  /** Text of `.forge/policy.yaml` at the base ref; null when the repository has none. */
  policy: z.string().nullable(),
  /** What package registries said of the change's new packages, by digest; absent when nobody asked. */
  registry: RecordedRegistry.optional(),
  /** What the clones held that the implementer and the verification worked in; absent when nobody looked. */
  clones: RunClones.optional(),
  /** What the run's own ledger tells of itself up to here; absent in inputs of before it was looked at, and outside of a run. */
  ledger: z.strictObject({
    events: z.number().int().min(0),
    head: z.string().max(200),
    gaps: z.array(z.string().max(500)).max(50),
    clockBackMs: z.number().min(0),
  }).optional(),
  /** Decisions and calls of models up to when what would be published was made; absent in inputs of before they were looked at. */
  records: RunRecords.optional(),
  /** The log of the session in which an agent made the change; absent where none did. */
  session: AgentSession.optional(),
  /** Names of the repository, by which waivers know it. */
  repository: z.array(z.string()).optional(),
  /** Exceptions of the base ref and of the installation, their signatures looked at. */
  waivers: z.array(WaiverFact).max(400).optional(),
  /** Digests of added lines that findings are about, by `path:line`: part of their fingerprints. */
  spans: z.record(z.string(), Digest).optional(),
  /** How the fleet of runs did at this instant; absent where nobody keeps that. */
  operation: OperationRecord.optional(),
  /** What verification ran on, and what release is about to publish or has published. */
  binding: z.strictObject({ verified: Subject.nullable(), released: Subject.nullable() }),
  at: Instant,
});
export type JudgeInput = z.infer<typeof JudgeInput>;
