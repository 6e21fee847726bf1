import { z } from "zod";
import { ChainLink, Digest, ImplementerKind, Json, RunPrivacy } from "../../specs/mod.ts";
import { Spec } from "../../specs/code/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import { readJson } from "../blob_reads.ts";

/** An open pull request that a run goes on with: its change takes the place of what the branch holds. */
export const Continued = z.strictObject({
  pull: z.strictObject({
    repository: z.string(),
    number: z.number().int().min(1),
    url: z.string(),
    branch: z.string(),
    base: z.string(),
  }),
  head: z.string().describe("the commit that the new one goes on top of"),
  mergesBase: z.boolean().describe("the base has moved: its new commits come in with this change"),
  pushes: z.boolean().describe("false: it is judged on its new base, and the branch stays as it is"),
  delivery: z.string().describe("the run that the branch holds the change of"),
  why: z.string().describe("what the new commit is for, in our words"),
  patch: Digest.nullable().describe("blob: the change so far, which an agent begins with"),
  findings: Digest.nullable().describe("blob: what is to be done about it; quoted data of others"),
});
export type Continued = z.infer<typeof Continued>;

const Below = z.strictObject({
  task: z.string(),
  number: z.number().int(),
  url: z.string(),
  branch: z.string(),
});

/** A task of a plan whose tasks are pull requests of their own. */
export const StackedTask = z.strictObject({
  run: z.string().describe("the run that planned it"),
  plan: Digest.describe("blob: the plan that it is a task of"),
  id: z.string(),
  nth: z.number().int().min(1).describe("its place in the plan"),
  of: z.number().int().min(1).describe("how many tasks the plan has"),
  branch: z.string(),
  dependsOn: z.array(Below).describe("pull requests that it cannot be merged before"),
  base: Below.nullable().describe("the pull request that it stands on; null: the base branch"),
  holds: z.array(z.string()).describe("tasks whose work its base holds"),
});
export type StackedTask = z.infer<typeof StackedTask>;

/** What a factory run is given, as the ledger keeps it: everything of size is a blob. */
export const FactoryInput = z.strictObject({
  kind: z.literal("factory"),
  spec: Digest.describe("the normalised spec as JSON"),
  source: Digest.describe("the spec as it was written"),
  format: z.string(),
  checks: z.record(z.string(), Digest).describe("held-out files: path beside the spec -> blob"),
  repository: z.strictObject({
    location: z.string(),
    gitDir: z.string(),
    baseRef: z.string(),
    baseCommit: z.string(),
    baseTree: z.string(),
    dirty: z.boolean(),
    places: z.array(z.string()).optional().describe("what it is known by: its origin, its directory"),
    remote: z.string().optional().describe("its page on the forge where the pull request is opened"),
  }),
  implementer: ImplementerKind,
  agent: z.string().max(100).optional().describe("of the implementer `cli`: whose program works"),
  patch: z.strictObject({
    digest: Digest.describe("of the patch as it was given"),
    stored: Digest.describe("blob: the same, or the redacted form when a secret was found"),
    withheld: z.array(
      z.strictObject({ rule: z.string(), path: z.string().optional(), line: z.number().int().optional() }),
    )
      .describe("where secrets were found; never their values"),
  }).nullable(),
  forge: z.enum(["local", "github", "gitlab"]),
  sandbox: z.enum(["bwrap", "none", "ci"]),
  verify: z.literal("ci").optional().describe("by the forge's CI, which sandbox says too; here, when absent"),
  requester: z.string(),
  personal: RunPrivacy.optional().describe("what it does with personal data; nothing, when absent"),
  continues: Continued.optional().describe("of a run that a watch has begun: the pull request it updates"),
  pr: z.literal("per-task").optional().describe("a pull request for each task of the plan; one, when absent"),
  task: StackedTask.optional().describe("of the run of one of these tasks"),
  params: z.record(z.string(), Json).optional().describe("values that the spec was run with"),
  chain: ChainLink.optional().describe("of a run of a chain: which runs it took what from"),
});
export type FactoryInput = z.infer<typeof FactoryInput>;

/** The run's input and spec, checked again on the way in. */
export async function readInput(
  blobs: PhaseContext["blobs"],
  input: Json,
): Promise<{ input: FactoryInput; spec: Spec }> {
  const parsed = FactoryInput.parse(input);
  return { input: parsed, spec: Spec.parse(await readJson(blobs, parsed.spec)) };
}
