import { literalSet } from "./literal_set.ts";

/** Which of many keywords a text holds, whatever their case: told in one pass. */
export interface KeywordSet {
  presentIn(text: string): ReadonlySet<string>;
}

export function keywordSet(keywords: readonly string[]): KeywordSet {
  const all = [...new Set(keywords.map((word) => word.toLowerCase()))];
  const literals = all.filter((word) => /^[\0-\x7f]{2,}$/.test(word));
  const others = all.filter((word) => !literals.includes(word));
  const set = literalSet(literals);
  /** Of each keyword those that begin it: only the longest is found at a place. */
  const begun = new Map(literals.map((word) => [word, literals.filter((other) => word.startsWith(other))]));
  return {
    presentIn(text) {
      const lower = text.toLowerCase();
      const found = new Set(others.filter((word) => lower.includes(word)));
      for (let hit = set.next(lower, 0); hit !== null; hit = set.next(lower, hit.index + 1)) {
        for (const word of begun.get(hit.literal) ?? []) found.add(word);
      }
      return found;
    },
  };
}
