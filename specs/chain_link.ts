import { z } from "zod";
import { Digest, RunId } from "./base.ts";
import { ChainName } from "./chain_shown.ts";

/** `base`, `patch`, `params.NAME`, `file.PATH` or `dataset.TABLE`. */
export const InputName = z.string().max(300).regex(
  /^[a-z][a-z0-9-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_./-]*)?$/,
  "write it as base, patch, params.NAME, file.PATH or dataset.TABLE",
);
/** `branch`, `rows`, or of one stream of several `orders.rows`. */
export const OutputName = z.string().max(200).regex(
  /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/,
  "write it as OUTPUT or STREAM.OUTPUT",
);
/** Where a run stands in a chain: kept in its input, so that the chain can be told again from the evidence of its runs. */
export const ChainLink = z.strictObject({
  name: ChainName,
  digest: Digest.describe("of the chain in canonical JSON"),
  stage: ChainName,
  run: RunId.optional().describe("the chain's own run"),
  from: z.array(z.strictObject({
    input: InputName,
    stage: ChainName,
    output: OutputName,
    run: RunId,
    type: z.string().max(40).optional(),
    digest: z.string().max(100).optional().describe("of what was taken: sha256 of the value, or a commit"),
    source: Digest.optional().describe("the dataset or change that it tells of"),
  })).max(50),
});
export type ChainLink = z.infer<typeof ChainLink>;
