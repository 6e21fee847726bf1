/** A load that is to be published, and what became of it, as the ledger keeps them. */
import { z } from "zod";
import type { Published } from "../../connectors/data/mod.ts";
import { Digest } from "../../specs/mod.ts";
import { PinnedSchema, StreamState } from "../../specs/foundry/mod.ts";
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
