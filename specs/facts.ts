import { z } from "zod";
import { Change } from "./change.ts";

/** Facts of a patch, extracted once, with the extractors' versions. Rules are predicates over these. */
export const PatchFacts = z.strictObject({
  v: z.literal(1),
  extractors: z.record(z.string(), z.string()),
  change: Change.nullable().describe("null when the patch does not parse or apply"),
  applies: z.strictObject({ ok: z.boolean(), problem: z.string().optional() }),
});
export type PatchFacts = z.infer<typeof PatchFacts>;
