/** Chains: runs of code and of data one after the other, where what one gives is what another takes. */
import { z } from "zod";
import { Digest, err, ok, type Problem, type Result, RunId } from "./base.ts";
import { ColumnType } from "./foundry/terms.ts";
import { InputName, OutputName } from "./chain_link.ts";
import { ChainName, ChainStageShown, StageEnd } from "./chain_shown.ts";
import { ParamName } from "./param.ts";
import { readYamlTree } from "./read/yaml_tree.ts";
import { Denial, RunStatus } from "./result.ts";
import { ImplementerKind } from "./terms.ts";

const Name = ChainName;

const OutputRef = z.string().max(300).regex(
  /^[a-z][a-z0-9-]*\.[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/,
  "write it as STAGE.OUTPUT or STAGE.STREAM.OUTPUT",
);
const Scalar = z.union([z.string().max(10_000), z.number(), z.boolean()]);

/** One run of a chain: of code by a spec, or of data by a pipeline. */
export const ChainStage = z.strictObject({
  id: Name,
  spec: z.string().min(1).max(1000).optional().describe(
    "a run of code: the spec's file, relative to the chain's. With neither spec nor pipeline it is the spec that names the chain",
  ),
  pipeline: z.string().min(1).max(1000).optional().describe(
    "a run of data: the pipeline's file, relative to the chain's, or the id of one that is registered here",
  ),
  env: z.string().min(1).max(1000).optional().describe("the pipeline's env file, relative to the chain's"),
  mode: z.enum(["full", "incremental"]).optional().describe("of a pipeline; incremental unless told"),
  streams: z.array(z.string().min(1).max(100)).min(1).max(200).optional().describe(
    "of a pipeline: only these streams",
  ),
  repo: z.string().min(1).max(2000).optional().describe(
    "the repository, relative to the chain's file; else the one that the chain is run on",
  ),
  implementer: ImplementerKind.optional().describe("of a spec; what the spec says unless told"),
  with: z.record(InputName, OutputRef).default({}).describe(
    "input of this run -> output of another: { base: first.branch, params.rows: load.orders.rows }",
  ),
  set: z.record(ParamName, Scalar).optional().describe("parameters with values of the chain's own"),
  expects: z.record(InputName, z.record(z.string().min(1).max(256), ColumnType)).optional().describe(
    "of an input that is a dataset: columns that it has to have, with their types",
  ),
  after: z.array(Name).max(20).default([]).describe(
    "stages that have to be completed before, beside those it takes from",
  ),
  when: z.record(Name, z.array(StageEnd).min(1).max(4)).optional().describe(
    "stage -> ends after which this one is run; only completed unless told",
  ),
  secret: z.array(OutputName).max(50).optional().describe(
    "outputs that are never written into a text: they go to the inputs patch and dataset only",
  ),
});
export type ChainStage = z.infer<typeof ChainStage>;

/** What all runs of a chain may use together. */
export const ChainBudget = z.strictObject({
  usd: z.number().min(0).max(100_000).optional(),
  tokens: z.number().int().min(0).optional(),
  seconds: z.number().int().min(1).max(604_800).optional(),
  repairs: z.number().int().min(0).max(500).optional(),
});
export type ChainBudget = z.infer<typeof ChainBudget>;

export const Chain = z.strictObject({
  name: Name,
  description: z.string().max(10_000).optional(),
  budget: ChainBudget.optional().describe(
    "shared by all stages, each of which keeps its own limits, too; without it these alone hold",
  ),
  stages: z.array(ChainStage).min(1).max(20),
});
export type Chain = z.infer<typeof Chain>;

/** One end of a binding, as it was checked. */
export const ChainPortShown = z.strictObject({
  name: z.string(),
  type: z.string(),
  optional: z.boolean().describe("an input that need not be given; an output that a completed run may lack"),
  from: z.string().optional().describe("of an input: STAGE.OUTPUT"),
});
export type ChainPortShown = z.infer<typeof ChainPortShown>;

/** The document of a chain: `forge chain run --json`, `forge workflow chain --json`. */
export const ChainDocument = z.strictObject({
  run: RunId,
  status: z.union([RunStatus, z.enum(["queued", "running", "paused"])]),
  chain: Name,
  digest: Digest,
  id: z.string(),
  stages: z.array(ChainStageShown),
  denials: z.array(Denial),
  failure: z.object({ class: z.string(), message: z.string() }).loose().nullable(),
  evidence: z.strictObject({ id: z.string(), path: z.string(), digest: Digest }).nullable(),
  waiting: z.object({ reason: z.string() }).loose().nullable(),
  notes: z.array(z.string()),
});
export type ChainDocument = z.infer<typeof ChainDocument>;

/** What `forge chain validate` finds. */
export const ChainCheck = z.strictObject({
  valid: z.boolean(),
  chain: z.string().nullable(),
  digest: Digest.nullable(),
  stages: z.array(z.strictObject({
    id: Name,
    kind: z.enum(["code", "data"]),
    what: z.string(),
    dependsOn: z.array(Name),
    inputs: z.array(ChainPortShown),
    outputs: z.array(ChainPortShown),
  })),
  picture: z.string().describe("the plan as text"),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string(), remedy: z.string().optional() })),
  notes: z.array(z.string()).describe("what only a run can tell"),
});
export type ChainCheck = z.infer<typeof ChainCheck>;

/** Reads a chain from YAML or JSON, with every problem that its form has. */
export async function readChain(text: string): Promise<Result<Chain, Problem[]>> {
  const tree = await readYamlTree(text);
  if (tree.problems.length > 0) return err(tree.problems);
  return chainOf(tree.value);
}

/** A chain from a value, such as the body of a request. */
export function chainOf(value: unknown): Result<Chain, Problem[]> {
  const parsed = Chain.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map((issue) => ({
    code: "chain",
    path: issue.path.join("."),
    message: `${issue.path.join(".") || "the chain"}: ${issue.message}`,
    remedy: "See README, Chains",
  })));
}
