import type { FoundryRecords } from "../../pipelines/foundry/mod.ts";
import type { PersonalData } from "../../pipelines/mod.ts";
import { unmarked, withTexts } from "../../policies/mod.ts";
import type { Json } from "../../specs/mod.ts";

type Quarantine = FoundryRecords["quarantine"];

/** Beside a row with marks: the key under which their values are kept. */
const KEY = "$personal";

/**
 * Rows that were set aside, with marks in the place of personal data where their run asks for it. A run that takes them in again gets the
 * values back, as long as their key is there; everybody else sees the marks.
 */
export function privateQuarantine(plain: Quarantine, personal: PersonalData | undefined): Quarantine {
  if (personal === undefined) return plain;
  return {
    ...plain,
    async put(pipeline, rows) {
      const privacy = personal.current();
      if (privacy === null) return await plain.put(pipeline, rows);
      const { mark, settled } = await personal.of(privacy);
      const marked = rows.map((one) => {
        const row = withTexts(one.row, mark);
        return {
          ...one,
          reason: mark(one.reason),
          locator: mark(one.locator),
          row: row === one.row ? row : { [KEY]: privacy.kid, row },
        };
      });
      await settled();
      await plain.put(pipeline, marked);
    },
    async list(filter) {
      const found = await plain.list(filter);
      const within = personal.current() !== null;
      const values = new Map<string, ReadonlyMap<string, string>>();
      const kids = new Set(found.flatMap(({ row }) => keptUnder(row)?.kid ?? []));
      if (within) { for (const kid of kids) values.set(kid, await personal.opened(kid)); }
      return found.map((one) => {
        const kept = keptUnder(one.row);
        if (kept === null) return one;
        const known = values.get(kept.kid);
        return {
          ...one,
          row: known === undefined ? kept.row : withTexts(kept.row, (text) => unmarked(text, known)),
        };
      });
    },
  };
}

function keptUnder(row: Json): { kid: string; row: Json } | null {
  if (row === null || typeof row !== "object" || Array.isArray(row)) return null;
  const { [KEY]: kid, row: marked } = row;
  return typeof kid === "string" && marked !== undefined ? { kid, row: marked } : null;
}
