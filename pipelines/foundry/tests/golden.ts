import { join } from "node:path";
import { jsonlSink, type Sink, sqliteSink } from "../../../connectors/data/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";

export const PAGES = 50;
const ROWS = 8;

/** Fifty pages with ties on the cursor, and in each page a row that must be set aside. */
export function crashPages(): Row[][] {
  return Array.from({ length: PAGES }, (_, page) =>
    Array.from({ length: ROWS }, (_, at): Row => ({
      id: page * ROWS + at,
      name: at === 3 ? null : `item ${page * ROWS + at}`,
      updated_at: new Date(Date.UTC(2026, 0, 1 + Math.floor(page / 2))).toISOString(),
    })));
}

/** Ids that must be in the table, in order. */
export const GOLDEN: readonly number[] = crashPages().flat().filter(({ name }) => name !== null).map((
  { id },
) => Number(id));
export const SET_ASIDE = PAGES;

export function crashPipeline(disposition: string): Record<string, unknown> {
  return {
    id: `crash-${disposition}`,
    streams: [{
      id: "items",
      source: { connector: "http", resource: "items" },
      ...(disposition === "merge" ? { primaryKey: ["id"] } : {}),
      cursor: { path: "updated_at" },
      write: { disposition },
      quality: [{ rule: "required", columns: ["name"], severity: "quarantine" }],
    }],
  };
}

export type SinkKind = "sqlite" | "jsonl";

/** Merges go to the warehouse, appends to files: what a kill can cut off is another thing in each. */
export const sinkFor = (disposition: string): SinkKind => disposition === "merge" ? "sqlite" : "jsonl";

export const sinkIn = (dir: string, kind: SinkKind): Sink =>
  kind === "sqlite" ? sqliteSink(join(dir, "out")) : jsonlSink(join(dir, "out"));
