import { z } from "zod";
import { ColumnType, PiiTreatment } from "./pipeline.ts";

const Count = z.number().int().min(0);

/** What the values of one column are like, among the rows that were looked at. */
export const ColumnProfile = z.strictObject({
  column: z.string(),
  type: ColumnType.nullable().describe("as the contract has it; null when it has none"),
  treatment: PiiTreatment.nullable().describe(
    "how personal data of the column is treated: then no value of it is told",
  ),
  values: Count.describe("rows that have a value"),
  nulls: Count.describe("rows without one"),
  distinct: Count.describe("different values"),
  min: z.union([z.number(), z.string()]).nullable().describe("least number, or first date"),
  max: z.union([z.number(), z.string()]).nullable(),
  mean: z.number().nullable(),
  deviation: z.number().nullable().describe("standard deviation"),
  quantiles: z.record(z.string(), z.number()).nullable().describe(
    "of numbers, by share: 0.05, 0.25, 0.5, 0.75, 0.95",
  ),
  histogram: z.array(z.strictObject({ from: z.number(), to: z.number(), count: Count })).max(64).nullable()
    .describe("numbers, or dates in milliseconds since 1970, in bins of one width"),
  lengths: z.strictObject({ min: Count, max: Count }).nullable().describe("of texts, in characters"),
  top: z.array(z.strictObject({ value: z.string().max(120), count: Count })).max(20).describe(
    "the most frequent texts that occur at least twice",
  ),
  hidden: Count.describe("frequent texts that are not told, as they look like credentials or personal data"),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

/** The columns of one load as it was staged. */
export const StreamProfile = z.strictObject({
  stream: z.string(),
  rows: Count.describe("accepted rows of the load"),
  profiled: Count.describe("rows that were looked at: all, or blocks of them spread evenly over the load"),
  columns: z.array(ColumnProfile).max(300),
  more: Count.describe("columns beyond these"),
});
export type StreamProfile = z.infer<typeof StreamProfile>;

/** The profiles of a run, as its evidence keeps them. */
export const RunProfile = z.strictObject({ v: z.literal(1), streams: z.array(StreamProfile) });
export type RunProfile = z.infer<typeof RunProfile>;
