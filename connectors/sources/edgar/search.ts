/**
 * Full-text search. Its paging ends near 10,000 hits, so a range of days with as many is halved until each part has less: what is
 * left out at the end of a long list would never be seen.
 */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { strange } from "./company.ts";

export const PAGE_HITS = 100;
/** As the service counts: this many and more are told as this many. */
export const MOST_HITS = 10_000;

export interface Hits {
  readonly total: number;
  readonly rows: Row[];
}

/** One page of hits. Throws `contract` for another shape. */
export function hitsOf(document: Json, url: string): Hits {
  const hits = isObject(document) ? document.hits : undefined;
  if (!isObject(hits) || !Array.isArray(hits.hits)) throw strange(url, "no hits.hits");
  const total = isObject(hits.total) ? hits.total.value : hits.total;
  if (typeof total !== "number" || !Number.isSafeInteger(total) || total < 0) {
    throw strange(url, "no total of hits");
  }
  const rows = hits.hits.map((hit: Json) => {
    if (!isObject(hit) || !isObject(hit._source) || typeof hit._id !== "string") {
      throw strange(url, "a hit without _id and _source");
    }
    const [accession = null, document = null] = hit._id.split(":");
    return { id: hit._id, accession, document, ...hit._source };
  });
  return { total, rows };
}

/** Two halves of a range of days, or null for a single day. */
export function halves(from: string, to: string): [[string, string], [string, string]] | null {
  if (from >= to) return null;
  const [first, last] = [Temporal.PlainDate.from(from), Temporal.PlainDate.from(to)];
  const days = first.until(last, { largestUnit: "days" }).days;
  const middle = first.add({ days: Math.floor(days / 2) });
  return [[from, middle.toString()], [middle.add({ days: 1 }).toString(), to]];
}
