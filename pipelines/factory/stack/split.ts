import type { PhaseContext } from "../../../kernel/mod.ts";
import { scopeOf } from "../../../policies/code/mod.ts";
import { err, type FailureRecord, ok, type PlanTask, type Result, type Spec } from "../../../specs/mod.ts";
import { Plan } from "../../../specs/code/mod.ts";
import { isLocalOnly, taskClassOf } from "../../models/task_class.ts";
import { freshWorkspace } from "../base_objects.ts";
import type { FactoryInput } from "../input.ts";
import { redactedPlan } from "../planner/redacted.ts";
import { planByModel } from "../planner/model.ts";
import type { FactoryPorts } from "../ports.ts";
import { stackPlaces } from "./order.ts";
import type { StackState, Stopped } from "./state.ts";
import { taskSpec } from "./task_run.ts";

/** Lines without tests that a pull request of a stack should have at most. */
export const SOFT_LINES = 300;

/**
 * Makes several tasks of one whose change was too large to be reviewed: a planner is asked once. Where there is none, or it gives one
 * task again, the question goes to a human.
 */
export async function splitTask(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: { input: FactoryInput; spec: Spec; plan: Plan; state: StackState; stopped: Stopped },
): Promise<Result<Plan, FailureRecord>> {
  const { input, spec, plan, state, stopped } = given;
  const place = stackPlaces(plan.tasks).find(({ task }) => task.id === stopped.task);
  if (place === undefined) throw new Error(`Cannot split ${stopped.task}: the plan has no such task`);
  state.split.push(stopped.task);
  const unsplit = (why: string) => {
    state.question = `Task ${stopped.task} is too large for one pull request, and ${why}: ${stopped.why}`;
    return ok(plan);
  };
  if (await ports.models?.available().then(({ ok: there }) => there) !== true || ports.models === undefined) {
    return unsplit("no model can be asked to split it");
  }
  const clone = await freshWorkspace(ports, ctx.run, input.repository, `split-${ctx.visit}`);
  if (!clone.ok) return unsplit(clone.error.message);
  const paths = await clone.value.list("base").finally(() => clone.value.dispose());
  const own: Spec = {
    ...taskSpec(spec, place, {}),
    description: `${spec.description}\n\nThe one task of it that is to be split:\n${place.task.detail}`
      .slice(0, 20_000),
  };
  const scope = scopeOf(spec, paths);
  const made = await planByModel(ports.models, ctx, {
    spec: own,
    specDigest: input.spec,
    paths,
    inScope: (path) => scope.reasonFor(path) !== null,
    explored: null,
    guidance: [
      `This is one task of a larger plan. Its change was refused as it is too large to be reviewed. Split it into at least two ` +
      `tasks of at most ${SOFT_LINES} changed lines each without tests; each has to pass all tests by itself and be proven by a test.`,
    ],
    before: stopped.why,
    need: taskClassOf({ phase: "plan", spec }),
    localOnly: isLocalOnly(spec),
  });
  if (!made.ok) {
    return made.error.failure.retryable ? err(made.error.failure) : unsplit(made.error.failure.message);
  }
  state.calls = await ctx.blobs.put(JSON.stringify(made.value.calls));
  const parts = redactedPlan(made.value.plan);
  if (parts.unclear.length > 0) return unsplit(parts.unclear.join(" "));
  if (parts.tasks.length < 2) return unsplit("the planner sees no way to split it");
  const tasks = withParts(plan.tasks, place.task, parts.tasks);
  if (tasks === null) return unsplit("its parts' names would be too long");
  const split = Plan.parse({ ...plan, tasks });
  state.plan = await ctx.blobs.put(JSON.stringify(split));
  state.tasks = tasks.map(({ id, title, dependsOn }) => ({ id, title: title.slice(0, 200), dependsOn }));
  delete state.runs[stopped.task];
  state.stopped = state.stopped.filter(({ task }) => task !== stopped.task);
  ctx.progress(
    `${stopped.task} is too large for one pull request: split into ${
      tasks.filter(({ id }) => id.startsWith(`${stopped.task}.`)).map(({ id }) => id).join(", ")
    }`.slice(0, 1900),
  );
  return ok(split);
}

/** The tasks with one of them in parts: the parts need what it needed, and what needed it needs all of them. */
export function withParts(
  tasks: readonly PlanTask[],
  whole: PlanTask,
  parts: readonly PlanTask[],
): PlanTask[] | null {
  const name = (id: string) => `${whole.id}.${id}`;
  if (parts.some(({ id }) => name(id).length > 32) || tasks.length + parts.length - 1 > 50) return null;
  const named = parts.map((part) => ({
    ...part,
    id: name(part.id),
    dependsOn: [...whole.dependsOn, ...part.dependsOn.map(name)],
    // What nobody of them serves is served together, which the last one proves.
    criteria: part.criteria,
  }));
  const served = new Set(named.flatMap(({ criteria }) => criteria));
  const missing = whole.criteria.filter((criterion) => !served.has(criterion));
  return tasks.flatMap((task) =>
    task.id === whole.id ? named.map((part) => ({ ...part, criteria: [...part.criteria, ...missing] })) : [{
      ...task,
      dependsOn: task.dependsOn.flatMap((id) => id === whole.id ? named.map((part) => part.id) : [id]),
    }]
  );
}
