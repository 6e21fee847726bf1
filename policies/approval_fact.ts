import { z } from "zod";
import { Digest, Instant } from "../specs/mod.ts";

/** A human's answer, bound to the patch that was shown. */
export const ApprovalFact = z.strictObject({
  by: z.string().min(1),
  patch: z.string().optional(),
  at: Instant,
  selfApproved: z.boolean(),
  /** The signed answer, a blob. */
  envelope: Digest.optional(),
  keyId: z.string().optional(),
  /** Whether the signature holds and is of the approver's key; absent in inputs of before signatures were looked at. */
  verified: z.boolean().optional(),
  /** Why it does not. */
  why: z.string().max(1000).optional(),
  expiresAt: Instant.optional(),
});
export type ApprovalFact = z.infer<typeof ApprovalFact>;
