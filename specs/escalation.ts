/** What a human gets with a question: everything that was known when it was asked, and what can be answered. */
import { z } from "zod";
import { Digest, Instant, RunId } from "./base.ts";
import { FailureRecord } from "./failure.ts";

export const AnswerChoice = z.enum([
  "approve",
  "reject",
  "retry",
  "retry-from",
  "change-budget",
  "re-plan",
  "cancel",
]);
export type AnswerChoice = z.infer<typeof AnswerChoice>;

/** Why the run may have come to this, from what other runs met: a guess that names what it rests on. */
export const Hypothesis = z.strictObject({
  text: z.string().max(2000),
  confidence: z.enum(["low", "medium", "high"]),
  evidence: z.array(z.strictObject({ run: RunId, what: z.string().max(500) })).max(20),
});
export type Hypothesis = z.infer<typeof Hypothesis>;

/** One round of the change, or one try of it that gave none. */
export const EscalationAttempt = z.strictObject({
  round: z.number().int().min(1),
  strategy: z.string().max(100),
  model: z.string().max(200).nullable(),
  verdict: z.string().max(50),
  patch: Digest.nullable(),
  gates: z.array(z.string().max(300)).max(100).describe("rules that denied"),
  tests: z.array(z.string().max(500)).max(20).describe("tests and criteria that failed"),
  failures: z.array(z.string().max(500)).max(20),
  tokens: z.number().int().min(0),
  costMicroUsd: z.number().int().min(0),
});
export type EscalationAttempt = z.infer<typeof EscalationAttempt>;

/** A way to answer, and the command for it. */
export const EscalationOption = z.strictObject({
  choice: AnswerChoice,
  does: z.string().max(500),
  command: z.string().max(500),
});
export type EscalationOption = z.infer<typeof EscalationOption>;

/** The packet of an escalation: a projection of the ledger, the same whenever it is made, but for the hypothesis. */
export const EscalationPacket = z.strictObject({
  v: z.literal(1),
  run: RunId,
  question: z.string().max(4000),
  reason: z.string().max(8000),
  at: Instant,
  spec: z.strictObject({ title: z.string().max(300), digest: Digest }),
  patch: z.strictObject({
    digest: Digest.nullable(),
    files: z.array(z.string().max(4096)).max(200),
    added: z.number().int().min(0),
    removed: z.number().int().min(0),
  }).nullable(),
  violations: z.array(z.strictObject({
    rule: z.string().max(300),
    gate: z.string().max(300),
    message: z.string().max(4000),
    path: z.string().max(4096).optional(),
    line: z.number().int().optional(),
    remediation: z.string().max(4000),
  })).max(60),
  attempts: z.array(EscalationAttempt).max(200),
  failure: FailureRecord.nullable(),
  hypothesis: Hypothesis.nullable(),
  budget: z.record(z.string(), z.strictObject({ limit: z.number(), spent: z.number() })),
  options: z.array(EscalationOption).max(20),
});
export type EscalationPacket = z.infer<typeof EscalationPacket>;
