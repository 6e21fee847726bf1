import { z } from "zod";
import { Autonomy, Digest, Instant, OperationRecord, WaiverFact } from "../specs/mod.ts";
import { DataFacts, LoadMode } from "../specs/foundry/mod.ts";
import { ApprovalFact } from "./approval_fact.ts";

/** What is known of a pipeline once it was read: before any row. */
export const PipelineFacts = z.strictObject({
  id: z.string().min(1),
  definition: Digest,
  environment: Digest,
  mode: LoadMode,
  tier: z.enum(["best-effort", "standard", "critical"]),
  classification: z.string(),
  streams: z.array(z.string()).min(1),
  packs: z.array(z.string()),
  /** How many quality rules each stream declares. */
  quality: z.record(z.string(), z.number().int().min(0)).optional(),
});
export type PipelineFacts = z.infer<typeof PipelineFacts>;

/** What publish asked for, to be held against what was judged. */
export const PublishedFacts = z.strictObject({
  loads: z.array(z.strictObject({ stream: z.string(), key: z.string(), staged: Digest })),
});
export type PublishedFacts = z.infer<typeof PublishedFacts>;

/** Everything that the rules of a data run's transition may read. `null`: a phase has not made it yet. */
export const DataJudgeInput = z.strictObject({
  transition: z.strictObject({ from: z.string().min(1), to: z.string().min(1) }),
  pipeline: PipelineFacts.nullable(),
  data: DataFacts.nullable(),
  /** Digest of what is staged, over all streams: what an approval is bound to. */
  subject: Digest.nullable(),
  published: PublishedFacts.nullable(),
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
  waivers: z.array(WaiverFact).max(400).optional(),
  /** How the fleet of runs did at this instant; absent where nobody keeps that. */
  operation: OperationRecord.optional(),
  at: Instant,
});
export type DataJudgeInput = z.infer<typeof DataJudgeInput>;
