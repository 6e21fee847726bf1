/** Approvals: what a human signs when an escalated run is answered, and what is asked of whom. */
import { z } from "zod";
import { Digest, Instant, RunId } from "./base.ts";
import { Layer } from "./decision.ts";
import { AnswerChoice, EscalationPacket } from "./escalation.ts";

/** predicateType of the in-toto statement that an answer is. */
export const APPROVAL_TYPE = "https://edgeforge.dev/approval/v1";

/** One question of one run: the run, and the place of `escalation.opened` in its ledger. */
export const ApprovalId = z.string().regex(
  /^apr_[0-9a-z]{8,40}-[1-9]\d{0,8}$/,
  "must be the id of an approval, such as apr_01m8abcd-14",
);
export type ApprovalId = z.infer<typeof ApprovalId>;

export const approvalIdOf = (run: string, seq: number): string => `apr_${run.slice("run_".length)}-${seq}`;

/** The run and the event that an id names; null when it is no id. */
export function approvalPlace(id: string): { run: string; seq: number } | null {
  if (!ApprovalId.safeParse(id).success) return null;
  const [, run = "", seq = ""] = /^apr_([0-9a-z]+)-(\d+)$/.exec(id) ?? [];
  return { run: `run_${run}`, seq: Number(seq) };
}

const Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** in-toto Statement v1 over what was shown: the patch of a change, the staged data of a load, or the question where there is neither. */
export const ApprovalStatement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.strictObject({
    name: z.enum(["change.patch", "staged-data", "escalation"]),
    digest: z.strictObject({ sha256: Hex }),
  })).length(1),
  predicateType: z.literal(APPROVAL_TYPE),
  predicate: z.strictObject({
    approver: z.string().min(1).max(200).describe("the principal whose key signs"),
    decision: AnswerChoice,
    run: RunId,
    escalation: ApprovalId,
    comment: Digest.describe("of the comment's text"),
    shown: Digest.describe("of the request as it was shown, in canonical JSON"),
    at: Instant,
    expiresAt: Instant,
  }),
});
export type ApprovalStatement = z.infer<typeof ApprovalStatement>;

/** What escalated, as it is shown to whoever answers. */
export const ApprovalGate = z.strictObject({
  rule: z.string(),
  gate: z.string(),
  layer: Layer,
  message: z.string(),
  path: z.string().optional(),
  line: z.number().int().optional(),
  remediation: z.string(),
  fingerprint: Digest.optional(),
});

/** What is asked: it does not change between the question and its answer. Its digest is what an answer signs as `shown`. */
export const ApprovalQuestion = z.strictObject({
  id: ApprovalId,
  run: RunId,
  family: z.enum(["code", "data"]),
  title: z.string(),
  openedAt: Instant,
  question: z.string(),
  reason: z.string(),
  transition: z.strictObject({ from: z.string(), to: z.string() }).nullable(),
  subject: Digest.nullable().describe("of the patch or of the staged data; an approval dies when it changes"),
  input: Digest.nullable().describe("of everything that the gates could read"),
  gates: z.array(ApprovalGate),
  options: z.array(z.string()),
});
export type ApprovalQuestion = z.infer<typeof ApprovalQuestion>;

/** An answer as the ledger has it, with what its signature is worth. */
export const ApprovalAnswer = z.strictObject({
  by: z.string(),
  choice: AnswerChoice,
  comment: z.string(),
  at: Instant,
  envelope: Digest.nullable().describe("the signed statement, a blob"),
  verified: z.boolean(),
  why: z.string().nullable().describe("why the signature does not count"),
  keyId: z.string().nullable(),
  selfApproved: z.boolean(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

/** `forge approval show`, one entry of `forge approval list` and of `GET /v1/approvals`. */
export const ApprovalRequest = ApprovalQuestion.extend({
  state: z.enum(["open", "answered", "closed"]).describe(
    "closed: the run went on or ended without an answer",
  ),
  shown: Digest.describe("digest of the question in canonical JSON: what an answer signs"),
  tier: z.enum(["best-effort", "standard", "critical"]).nullable(),
  requester: z.string().nullable(),
  mayApprove: z.array(z.strictObject({
    name: z.string(),
    as: z.enum(["second-principal", "self-approved"]),
  })).describe("principals whose approval would count"),
  answer: ApprovalAnswer.nullable(),
  packet: EscalationPacket.nullable().optional().describe(
    "of a change of code that waits: what was tried, what it may be, and how to answer; only where one question is shown",
  ),
});
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;
