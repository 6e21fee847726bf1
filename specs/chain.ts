/** Chains: runs one after the other, where what one gives is what another takes. */
import { z } from "zod";
import { Digest, err, ok, type Problem, type Result, RunId } from "./base.ts";
import { readYamlTree } from "./read/yaml_tree.ts";

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "lower-case letters, digits and dashes");

/** One run of a chain. */
export const ChainStage = z.strictObject({
  id: Name,
  spec: z.string().min(1).max(1000).describe("the spec's file, relative to the chain's"),
  repo: z.string().min(1).max(2000).optional().describe(
    "the repository, relative to the chain's file; else the chain's",
  ),
  with: z.record(
    Name,
    z.string().regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/, "write it as STAGE.OUTPUT"),
  ).default({}).describe("input of this run -> output of another: { base: first.branch }"),
  after: z.array(Name).max(20).default([]).describe(
    "stages that have to be completed before, beside those it takes from",
  ),
});
export type ChainStage = z.infer<typeof ChainStage>;

export const Chain = z.strictObject({
  name: Name,
  stages: z.array(ChainStage).min(1).max(20),
});
export type Chain = z.infer<typeof Chain>;

/** Where a run stands in a chain: kept in its input, so that the chain can be told again from the evidence of its runs. */
export const ChainLink = z.strictObject({
  name: Name,
  digest: Digest.describe("of the chain in canonical JSON"),
  stage: Name,
  from: z.array(z.strictObject({ input: Name, stage: Name, output: Name, run: RunId })).max(50),
});
export type ChainLink = z.infer<typeof ChainLink>;

/** Reads a chain from YAML or JSON, with every problem that its form has. */
export async function readChain(text: string): Promise<Result<Chain, Problem[]>> {
  const tree = await readYamlTree(text);
  if (tree.problems.length > 0) return err(tree.problems);
  const parsed = Chain.safeParse(tree.value);
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map((issue) => ({
    code: "chain",
    path: issue.path.join("."),
    message: `${issue.path.join(".") || "the chain"}: ${issue.message}`,
    remedy: "See docs/code.md, Chains",
  })));
}
