/** What the run of a chain is given, as the ledger keeps it: everything of size is a blob. */
import { z } from "zod";
import { ChainName, Digest, ImplementerKind, Json } from "../../specs/mod.ts";
import { Chain } from "../../specs/code/mod.ts";
import { BudgetLimits } from "../../specs/code/mod.ts";

const InputType = z.enum([
  "revision",
  "patch",
  "dataset",
  "document",
  "param:string",
  "param:integer",
  "param:number",
  "param:boolean",
  "param:date",
]);
/** Types of the inputs that are bound, as they were checked. */
const Inputs = z.record(z.string(), InputType);
const Requester = z.strictObject({ kind: z.enum(["user", "key"]), id: z.string().min(1).max(200) });

/** A stage that is a run of code: its spec and what was said beside it, as it was when the chain was accepted. */
const CodeRequest = z.strictObject({
  kind: z.literal("code"),
  what: z.string(),
  inputs: Inputs,
  secrets: z.array(z.string()).describe("outputs that are never told"),
  spec: Digest.describe("the spec's text"),
  specName: z.string().nullable(),
  checks: z.record(z.string(), Digest).describe("held-out files; those that are bound are not among them"),
  workflow: z.string().nullable().describe("in place of the spec's: of the spec that names the chain"),
  repo: z.string(),
  base: z.string().nullable(),
  implementer: ImplementerKind.nullable(),
  agent: z.string().nullable(),
  patch: Digest.nullable(),
  forge: z.string().nullable(),
  params: z.record(z.string(), Json),
  budget: BudgetLimits,
});
export type CodeRequest = z.infer<typeof CodeRequest>;

const DataRequest = z.strictObject({
  kind: z.literal("data"),
  what: z.string(),
  inputs: Inputs,
  secrets: z.array(z.string()).describe("outputs that are never told"),
  pipeline: Digest.describe("the pipeline's text"),
  name: z.string().nullable(),
  folder: z.string(),
  environment: Digest.nullable(),
  environmentName: z.string().nullable(),
  environmentFolder: z.string().nullable(),
  mode: z.enum(["full", "incremental"]),
  streams: z.array(z.string()),
  confined: z.strictObject({ root: z.string().nullable() }).nullable(),
  params: z.record(z.string(), Json),
  seconds: z.number(),
});
export type DataRequest = z.infer<typeof DataRequest>;

export const StageRequest = z.discriminatedUnion("kind", [CodeRequest, DataRequest]);
export type StageRequest = z.infer<typeof StageRequest>;

export const ChainInput = z.strictObject({
  kind: z.literal("chain"),
  name: ChainName,
  digest: Digest.describe("of the chain in canonical JSON"),
  id: z.string(),
  chain: Chain,
  requests: z.record(ChainName, StageRequest),
  requester: Requester,
});
export type ChainInput = z.infer<typeof ChainInput>;
