/** A load that is to be published, and what became of it, as the ledger keeps them. */
import { z } from "zod";
import type { Published } from "../../connectors/data/mod.ts";
import { Digest } from "../../specs/mod.ts";
import { PinnedSchema, StreamCounts, StreamState } from "../../specs/foundry/mod.ts";
import { FoundryInput } from "./input.ts";
import { Unit } from "./plan.ts";
import { SegmentMark } from "./staging.ts";

/** All that the effect needs, durable before it acts. */
export const LoadOrder = z.strictObject({
  key: z.string(),
  unit: Unit,
  staged: Digest,
  segments: z.array(SegmentMark),
  replaces: z.array(z.string()),
  columns: PinnedSchema,
  census: z.boolean(),
  state: StreamState,
  inputs: Digest.nullable(),
  accepted: z.number(),
  counts: StreamCounts.pick({ read: true, produced: true, quarantined: true, filtered: true }).optional(),
  baselines: z.record(z.string(), z.json()),
  at: z.string(),
});
export type LoadOrder = z.infer<typeof LoadOrder>;

export const PublishArgs = z.strictObject({ input: FoundryInput, loads: z.array(Digest) });

/** What became of one load, in the ledger. */
export const LoadOutcome = z.strictObject({
  unit: z.string(),
  key: z.string(),
  written: z.number(),
  deduped: z.number(),
  deleted: z.number(),
  /** Rows that the other side refused. */
  dead: z.number().optional(),
  existed: z.boolean(),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      digest: z.string().nullable(),
      bytes: z.number().nullable(),
      rows: z.number(),
    }),
  ),
});
export type LoadOutcome = z.infer<typeof LoadOutcome>;

/** Why the rows of an order cannot be what was judged: rows that came and are nowhere, or that are there and never came. */
export function unaccounted({ accepted, counts, segments, unit }: LoadOrder): string | null {
  const staged = segments.reduce((sum, { rows }) => sum + rows, 0);
  if (staged !== accepted) return `${unit.id}: ${staged} rows are staged and ${accepted} were accepted`;
  if (counts === undefined) return null;
  const { read, produced, quarantined, filtered } = counts;
  return read + produced === accepted + quarantined + filtered
    ? null
    : `${unit.id}: ${read} rows read and ${produced} added are not ${accepted} accepted, ${quarantined} set aside and ${filtered} left out`;
}

export function outcomeOf(order: LoadOrder, published: Published): LoadOutcome {
  const { written, deduped, deleted, dead = [], existed } = published;
  return {
    unit: order.unit.id,
    key: order.key,
    written,
    deduped,
    deleted,
    ...(dead.length === 0 ? {} : { dead: dead.length }),
    existed,
    outputs: published.outputs.slice(0, 4),
  };
}
