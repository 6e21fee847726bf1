import { z } from "zod";
import { Instant } from "./base.ts";
import { Verdict } from "./decision.ts";
import { ScanDocument } from "./scan.ts";

/** How much of a review leaves this machine. */
export const ReviewTier = z.enum(["observe", "advise", "converse", "govern"]).describe(
  "observe: nothing; advise: a neutral check with annotations; converse: and one comment; govern: the check fails or passes",
);
export type ReviewTier = z.infer<typeof ReviewTier>;

/** A score that explains itself: every point has its reason, and the record that the reason is taken from. */
export const ExplainedScore = z.strictObject({
  score: z.number().int().min(0).max(100),
  from: z.number().int().min(0).max(100).describe("where the sum begins"),
  points: z.array(z.strictObject({
    points: z.number().int(),
    reason: z.string(),
    record: z.string().describe("where it stands in this document, such as scan.findings[3]"),
  })).describe("`from` and these, cut to 0 and 100, are the score"),
});
export type ExplainedScore = z.infer<typeof ExplainedScore>;

/** `forge pr review --json`. */
export const PullReview = z.strictObject({
  v: z.literal(1),
  status: ScanDocument.shape.status,
  tier: ReviewTier,
  pull: z.strictObject({
    repository: z.string(),
    number: z.number().int().min(1),
    url: z.string(),
    title: z.string(),
    state: z.string(),
    draft: z.boolean(),
    mergeable: z.string(),
    base: z.string(),
    head: z.string(),
    checks: z.array(
      z.strictObject({ name: z.string(), state: z.string(), required: z.boolean().nullable() }),
    ),
    reviews: z.array(z.strictObject({ by: z.string(), state: z.string(), ofHead: z.boolean() })),
  }).nullable().describe("null for a range, and for what the forge would not tell"),
  gates: z.array(z.strictObject({
    gate: z.string(),
    verdict: Verdict,
    rules: z.array(z.string()),
    denied: z.number().int(),
    escalated: z.number().int(),
    notes: z.number().int(),
  })),
  readiness: ExplainedScore.describe("100: nothing that is known is in the way of a merge"),
  risk: ExplainedScore.describe("0: nothing that is known makes it risky"),
  scan: ScanDocument,
  published: z.array(
    z.strictObject({
      what: z.enum(["check-run", "status", "comment"]),
      id: z.string(),
      url: z.string().nullable(),
    }),
  ),
  notes: z.array(z.string()),
  at: Instant,
});
export type PullReview = z.infer<typeof PullReview>;
