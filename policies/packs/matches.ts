import type { PatchFacts } from "../../specs/mod.ts";
import { contentsOf } from "../facts/content.ts";
import type { PatchFactsInput } from "../facts/extract.ts";
import type { JudgingPacks } from "./judging.ts";
import { secretMatches } from "./kinds/brought_secrets.ts";
import { patternMatches } from "./kinds/astgrep_match.ts";

/** The facts of a patch with what the patterns of these packs find in its files; the facts as they are when no pack has patterns. */
export async function withMatches(
  facts: PatchFacts,
  { packs }: JudgingPacks,
  read: PatchFactsInput["read"],
): Promise<PatchFacts> {
  const patterns = packs.flatMap((pack) => pack.patterns);
  const searches = packs.flatMap((pack) => pack.searches ?? []);
  if (patterns.length + searches.length === 0 || facts.change === null) return facts;
  const sides = contentsOf(read);
  return {
    ...facts,
    matches: {
      ...(patterns.length > 0 ? await patternMatches(patterns, facts.files, sides) : {}),
      ...await secretMatches(searches, facts.files, sides),
    },
  };
}
