import type { Blobs } from "../../../kernel/mod.ts";
import type { PlanTask } from "../../../specs/mod.ts";
import { Plan } from "../../../specs/code/mod.ts";
import type { FactoryInput } from "../input.ts";
import { readJson } from "../../blob_reads.ts";

/** The task that a run is of, from the plan that it was given; null when it is of none. */
export async function taskOf(
  blobs: Blobs,
  { task }: FactoryInput,
): Promise<{ plan: Plan; task: PlanTask } | null> {
  if (task === undefined) return null;
  const plan = Plan.parse(await readJson(blobs, task.plan));
  const own = plan.tasks.find(({ id }) => id === task.id);
  if (own === undefined) throw new Error(`Cannot find the task ${task.id} in the plan ${task.plan}`);
  return { plan, task: own };
}
