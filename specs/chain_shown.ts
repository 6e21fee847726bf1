/** A chain that was begun, as documents and pages show it. */
import { z } from "zod";
import { Digest, RunId } from "./base.ts";

export const ChainName = z.string().regex(
  /^[a-z][a-z0-9-]{0,62}$/,
  "lower-case letters, digits and dashes",
);

/** How a stage can end that another one may wait for. */
export const StageEnd = z.enum(["completed", "denied", "failed", "cancelled"]);
export type StageEnd = z.infer<typeof StageEnd>;

/** Where a stage stands: as its run, or before it has one. */
export const StageStatus = z.enum([
  ...StageEnd.options,
  "escalated",
  "parked",
  "paused",
  "queued",
  "running",
  "waiting",
  "skipped",
  "refused",
]);
export type StageStatus = z.infer<typeof StageStatus>;

/** A stage of a chain that was begun. */
export const ChainStageShown = z.strictObject({
  id: ChainName,
  kind: z.enum(["code", "data"]),
  what: z.string().describe("its spec's title or file, or its pipeline"),
  dependsOn: z.array(z.strictObject({
    stage: ChainName,
    takes: z.array(z.string()).describe("input <- output"),
    ends: z.array(StageEnd),
  })),
  status: StageStatus,
  run: RunId.nullable(),
  why: z.string().nullable(),
  evidence: z.strictObject({ id: z.string(), digest: Digest }).nullable(),
  outputs: z.record(z.string(), z.string()).describe(
    "what it has given, as text; of what is no text its digest",
  ),
});
export type ChainStageShown = z.infer<typeof ChainStageShown>;

/** A chain's run: in the run's document, `forge chain show --json`, `GET /v1/chains/:id`. */
export const ChainShown = z.strictObject({
  name: ChainName,
  digest: Digest,
  id: z.string().describe("names this execution: with the same name it goes on where it was"),
  stages: z.array(ChainStageShown),
});
export type ChainShown = z.infer<typeof ChainShown>;
