import type { Blobs, TransitionInput } from "../../../kernel/mod.ts";
import type { ApprovalFact, JudgeInput } from "../../../policies/mod.ts";
import { globBeyond, isTestPath } from "../../../policies/code/mod.ts";
import { Digest, type Spec } from "../../../specs/mod.ts";
import { intentsOf, Plan } from "../../../specs/code/mod.ts";
import { readJson } from "../../blob_reads.ts";

type PlanFacts = JudgeInput["plan"];

/** What the gates read of a plan: of rules its intents, of a model its claims. Null before there is one. */
export async function plannedFacts(
  blobs: Blobs,
  outputs: TransitionInput["outputs"],
  spec: Spec,
): Promise<PlanFacts> {
  const output = outputs.plan as
    | { plan?: unknown; tasks: { id: string; intents?: { scope: string[] }[] }[] }
    | undefined;
  if (!output) return null;
  const digest = Digest.safeParse(output.plan);
  if (!digest.success) {
    return {
      tasks: output.tasks.map(({ id, intents = [] }) => ({
        id,
        scope: intents.flatMap(({ scope }) => scope),
      })),
    };
  }
  const plan = Plan.parse(await readJson(blobs, digest.data));
  const scope = intentsOf(spec).flatMap((intent) => intent.scope);
  // Tests beside the scope are in scope without being named in it; that they are was checked against the base.
  const beside = (glob: string) => isTestPath(glob) && globBeyond(glob, scope) !== null;
  return {
    planner: plan.planner,
    digest: digest.data,
    decides: plan.decision !== "" || plan.components.length > 1,
    tasks: plan.tasks.map(({ id, files, risk }) => ({
      id,
      risk,
      scope: files.filter((file) => !beside(file)),
    })),
  };
}

/**
 * The approvals that a transition may read: those of a plan count where work begins and nowhere else, so that nobody is taken to have
 * seen a change who saw its plan.
 */
export async function approvalsAbout(
  blobs: Blobs,
  approvals: readonly ApprovalFact[],
  plan: PlanFacts,
  to: string,
): Promise<ApprovalFact[]> {
  const found: ApprovalFact[] = [];
  for (const approval of approvals) {
    const ofPlan = approval.patch !== undefined &&
      (approval.patch === plan?.digest || await isPlan(blobs, approval.patch));
    if (!ofPlan || to === "implement") found.push(approval);
  }
  return found;
}

async function isPlan(blobs: Blobs, digest: string): Promise<boolean> {
  const bytes = await blobs.get(digest);
  if (bytes === null || bytes[0] !== 0x7b) return false;
  try {
    return Plan.safeParse(JSON.parse(new TextDecoder().decode(bytes))).success;
  } catch {
    return false;
  }
}
