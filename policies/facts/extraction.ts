import type { PatchFacts } from "../../specs/mod.ts";
import type { PatchFactsInput } from "./extract.ts";

export type { PatchFactsInput };

/**
 * Reads everything that rules may know of a patch, once. What cannot be read is said, never left out. The extractors are loaded when
 * there is a patch: a run over data and most commands have none.
 */
export async function extractPatchFacts(input: PatchFactsInput): Promise<PatchFacts> {
  const module = await import("./extract.ts");
  return await module.extractPatchFacts(input);
}
