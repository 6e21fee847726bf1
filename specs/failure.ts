import { z } from "zod";
import { SENSITIVE } from "./sensitive.ts";

export const FailureClass = z.enum([
  "agent-error",
  "task-code",
  "tool-error",
  "external",
  "policy",
  "resource",
  "timeout",
  "concurrency",
  "data-integrity",
  "unknown",
]);
export type FailureClass = z.infer<typeof FailureClass>;

export const FailureSource = z.enum(["factory", "user-environment", "provider", "platform"]);
export type FailureSource = z.infer<typeof FailureSource>;

/** Why something could not be judged or done. The runtime classifies, never the agent. */
export const FailureRecord = z.strictObject({
  class: FailureClass,
  source: FailureSource,
  retryable: z.boolean(),
  message: z.string().max(8000).meta(SENSITIVE),
  remedy: z.string().max(4000).meta(SENSITIVE).optional(),
  evidence: z.string().max(500).optional().describe(
    "where the proof lies: a blob digest or an artifact path",
  ),
  question: z.string().max(2000).optional().meta({
    description: "what a human is asked, where the failure ends at one",
    ...SENSITIVE,
  }),
  retryAfterMs: z.number().int().min(0).optional().describe("how long whoever refused asked to wait"),
});
export type FailureRecord = z.infer<typeof FailureRecord>;
