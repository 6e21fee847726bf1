import type { PatchFacts } from "../../specs/mod.ts";
import { contentsOf } from "../facts/content.ts";
import type { PatchFactsInput } from "../facts/extract.ts";
import type { JudgingPacks } from "./judging.ts";
import { patternMatches } from "./kinds/astgrep_match.ts";

/** The facts of a patch with what the patterns of these packs find in its files; the facts as they are when no pack has patterns. */
export async function withMatches(
  facts: PatchFacts,
  { packs }: JudgingPacks,
  read: PatchFactsInput["read"],
): Promise<PatchFacts> {
  const patterns = packs.flatMap((pack) => pack.patterns);
  if (patterns.length === 0 || facts.change === null) return facts;
  return { ...facts, matches: await patternMatches(patterns, facts.files, contentsOf(read)) };
}
