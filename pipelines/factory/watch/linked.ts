/** Runs that a watch begins: a fix of what was asked or failed, and the same change judged again on a base that has moved. */
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { EffectIntent, Json, WorkflowDefinition } from "../../../specs/mod.ts";
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { isAgent } from "../implement.ts";
import { type Continued, FactoryInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { quickFix, repairing } from "../workflows.ts";
import type { CarriedFindings } from "./carried.ts";
import type { Delivered } from "./delivered.ts";
import { fixKey, type WatchInput } from "./record.ts";

/** What the effect submits: small, durable before it is done. */
export interface LinkedRun {
  workflow: WorkflowDefinition;
  input: Json;
  title: string;
  limits: Record<string, number>;
}

/** A fix by the agent that made the change: it begins with the change as it is, and hears what is to be done about it. */
export async function fixRun(
  ctx: PhaseContext,
  given: {
    watch: WatchInput;
    delivered: Delivered;
    n: number;
    why: string;
    findings: CarriedFindings;
    /** What all runs of this pull request have left to spend. */
    left: Record<string, number>;
    /** The base has moved: this one takes its place. */
    repository?: FactoryInput["repository"];
  },
): Promise<EffectIntent> {
  const { delivered, n } = given;
  return intent(ctx, given, {
    implementer: delivered.origin.implementer,
    workflow: repairing(quickFix),
    patch: null,
    repository: given.repository ?? delivered.input.repository,
    continues: {
      ...continued(given, given.repository !== undefined),
      patch: delivered.proposal.stored,
      findings: await ctx.blobs.put(JSON.stringify(given.findings)),
    },
    title: `Fix ${n} of pull request ${given.watch.pull.number}: ${delivered.spec.title}`,
  });
}

/**
 * The same change on the base as it is now, under all gates, which is what a merge makes of it: operations run again, a patch is applied again. Of an agent the recorded
 * change is applied, so that nothing is paid for what stays the same.
 */
export function regateRun(
  ctx: PhaseContext,
  given: {
    watch: WatchInput;
    delivered: Delivered;
    n: number;
    why: string;
    left: Record<string, number>;
    repository: FactoryInput["repository"];
    /** The forge wants the base on the branch before it merges, or something has to leave the branch; else nothing is pushed. */
    pushes: boolean;
    /** The base becomes a parent of what is pushed. */
    mergesBase: boolean;
  },
): Result<EffectIntent, Problem> {
  const { delivered } = given;
  const { implementer, patch } = delivered.origin;
  const { proposal } = delivered;
  const replays = isAgent(implementer);
  if (replays && proposal.stored === null) {
    return err({
      code: "patch-withheld",
      message: "Cannot judge the change again on the new base: its patch was withheld",
      remedy: "Start a new run on the new base",
    });
  }
  return ok(intent(ctx, given, {
    implementer: replays ? "patch" : implementer,
    workflow: quickFix,
    patch: replays && proposal.stored !== null
      ? { digest: proposal.patch, stored: proposal.stored, withheld: proposal.withheld }
      : patch,
    repository: given.repository,
    continues: { ...continued(given, given.mergesBase), pushes: given.pushes, patch: null, findings: null },
    title: `Pull request ${given.watch.pull.number} on its new base: ${delivered.spec.title}`,
  }));
}

function continued(
  given: { watch: WatchInput; delivered: Delivered; why: string },
  mergesBase: boolean,
): Omit<Continued, "patch" | "findings"> {
  return {
    pull: given.watch.pull,
    head: given.delivered.pull.commit,
    mergesBase,
    pushes: true,
    delivery: given.delivered.run,
    why: given.why,
  };
}

function intent(
  ctx: PhaseContext,
  given: { watch: WatchInput; delivered: Delivered; n: number; left: Record<string, number> },
  run: {
    implementer: FactoryInput["implementer"];
    workflow: WorkflowDefinition;
    patch: FactoryInput["patch"];
    repository: FactoryInput["repository"];
    continues: Continued;
    title: string;
  },
): EffectIntent {
  const { input, spec } = given.delivered;
  // Where it stood in a chain, or that a plan became several pull requests, is over.
  const before = Object.fromEntries(
    Object.entries(input).filter(([name]) => name !== "chain" && name !== "pr"),
  );
  const linked: LinkedRun = {
    workflow: run.workflow,
    input: JSON.parse(JSON.stringify(FactoryInput.parse({
      ...before,
      implementer: run.implementer,
      patch: run.patch,
      repository: run.repository,
      continues: run.continues,
    }))) as Json,
    title: run.title.slice(0, 200),
    limits: { ...given.left, ms: spec.budget.seconds * 1000, repairs: spec.budget.repairs },
  };
  return { key: fixKey(ctx.run, given.n), kind: "watch-run", args: linked as unknown as Json };
}

/** Where the base of the pull request is now, fetched from its forge. */
export async function openBase(
  ports: FactoryPorts,
  { watch, delivered, base, baseHead }: {
    watch: WatchInput;
    delivered: Delivered;
    /** The branch that it goes into now. */
    base: string;
    baseHead: string;
  },
): Promise<Result<FactoryInput["repository"], Problem>> {
  const { repository } = watch.pull;
  const opened = await ports.workspaces.open(`${repository}.git`, base);
  if (!opened.ok) return opened;
  const { location, gitDir, baseRef, baseCommit, baseTree } = opened.value;
  if (baseCommit !== baseHead) {
    return err({
      code: "base-moved",
      message: `Cannot judge on ${baseHead}: ${base} is at ${baseCommit} by now`,
      remedy: "The next look does",
    });
  }
  return ok({
    ...delivered.input.repository,
    ...{ location, gitDir, baseRef, baseCommit, baseTree, dirty: false },
  });
}
