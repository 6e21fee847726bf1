/** The run of one task of a stack: its spec, what it stands on, what it may spend. */
import type { PhaseContext, RunView } from "../../../kernel/mod.ts";
import {
  type EffectIntent,
  err,
  type Json,
  ok,
  type Plan,
  type PlanTask,
  type Problem,
  type Result,
} from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import { FactoryInput, StackedTask } from "../input.ts";
import { branchName } from "../packet.ts";
import type { FactoryPorts } from "../ports.ts";
import type { LinkedRun } from "../watch/linked.ts";
import type { StackPlace } from "./order.ts";
import { SHARED, type StackedPull, type StackState } from "./state.ts";
import { taskWorkflow } from "./workflow.ts";

/** The spec of a task: what the whole spec says, of which it has to prove its own criteria within its own share. */
export function taskSpec(
  spec: Spec,
  { task, criteria }: Pick<StackPlace, "task" | "criteria">,
  limits: Readonly<Record<string, number>>,
): Spec {
  return Spec.parse({
    ...spec,
    title: task.title,
    acceptance: spec.acceptance.filter(({ id }) => criteria.includes(id)),
    workflow: "quick-fix",
    budget: {
      usd: (limits.costMicroUsd ?? 0) / 1_000_000,
      tokens: limits.tokens ?? 0,
      seconds: Math.min(86_400, Math.max(1, Math.ceil((limits.ms ?? 0) / 1000))),
      repairs: Math.min(50, limits.repairs ?? 0),
    },
  });
}

/**
 * A task's share: what is left, and is not the share of a run that goes on, divided by the tasks that are still to begin. What a run
 * leaves over is there for those after it.
 */
export function shareOf(
  ctx: Pick<PhaseContext, "budget">,
  state: Pick<StackState, "runs">,
  given: { unbegun: number; ms: number; after: readonly string[] },
): Record<string, number> {
  // Those that it came after were one after the other; what was worked beside them, or waited for people, took it no time.
  const took = given.after.reduce((sum, id) => sum + (state.runs[id]?.booked.ms ?? 0), 0);
  const limits: Record<string, number> = { ms: Math.max(0, given.ms - took) };
  for (const unit of SHARED) {
    let left = ctx.budget.left(unit);
    for (const run of Object.values(state.runs)) {
      left -= Math.max(0, (run.limits[unit] ?? 0) - (run.booked[unit] ?? 0));
    }
    const share = Math.max(0, left) / Math.max(1, given.unbegun);
    limits[unit] = unit === "repairs" ? Math.ceil(share) : Math.floor(share);
  }
  return limits;
}

/** What a run that is over has spent is the plan's, and the rest of its share is free; again when it was retried and spent more. */
export async function booked(
  ctx: Pick<PhaseContext, "budget">,
  run: StackState["runs"][string],
  view: Pick<RunView, "budget">,
): Promise<void> {
  run.booked.ms = view.budget.ms?.spent ?? 0;
  for (const unit of SHARED) {
    const spent = view.budget[unit]?.spent ?? 0;
    const more = spent - (run.booked[unit] ?? 0);
    run.limits[unit] = spent;
    if (more <= 0) continue;
    const reserved = await ctx.budget.reserve(unit, Math.min(more, ctx.budget.left(unit)));
    if (reserved.ok) await ctx.budget.commit(reserved.id, more);
    run.booked[unit] = spent;
  }
}

/** The branch of a task: the run's, and the task. Two tasks never have the same. */
export function taskBranch(title: string, run: string, plan: Plan, task: PlanTask, visit: number): string {
  const slug = (id: string) => id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "task";
  const own = slug(task.id);
  const same = plan.tasks.filter(({ id }) => slug(id) === own);
  const nth = same.findIndex(({ id }) => id === task.id);
  return `${branchName(title, run)}-${own}${nth > 0 ? `-${nth + 1}` : ""}${visit > 1 ? `-plan${visit}` : ""}`;
}

/** The effect that begins the run of a task. */
export async function beginTask(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: {
    input: FactoryInput;
    spec: Spec;
    plan: Plan;
    place: StackPlace;
    /** Pull requests of tasks that are done, in the order of the stack. */
    pulls: readonly StackedPull[];
    state: StackState;
    limits: Record<string, number>;
    n: number;
    branch: string;
  },
): Promise<Result<EffectIntent, Problem>> {
  const { input, spec, plan, place, pulls, state, limits, n, branch } = given;
  const { task, needs, after } = place;
  const below = after.flatMap((id) => pulls.filter((pull) => pull.task === id));
  const base = below.at(-1) ?? null;
  const repository = base === null ? ok(input.repository) : await openBranch(ports, input, base);
  if (!repository.ok) return repository;
  const own = taskSpec(spec, place, limits);
  const stands = ({ task: id, number, url, branch: at }: StackedPull) => ({
    task: id,
    number,
    url,
    branch: at,
  });
  const source = JSON.stringify(own, null, 2);
  const files = new Set(own.acceptance.flatMap(({ check }) => check?.files ?? []));
  const { pr: _, chain: __, ...before } = input;
  const linked: LinkedRun = {
    workflow: taskWorkflow(),
    input: asJson(FactoryInput.parse({
      ...before,
      spec: await ctx.blobs.put(JSON.stringify(own)),
      source: await ctx.blobs.put(source),
      format: "json",
      checks: Object.fromEntries(Object.entries(input.checks).filter(([path]) => files.has(path))),
      repository: repository.value,
      task: StackedTask.parse({
        run: ctx.run,
        plan: state.plan,
        id: task.id,
        nth: plan.tasks.findIndex(({ id }) => id === task.id) + 1,
        of: plan.tasks.length,
        branch,
        dependsOn: below.filter((pull) => task.dependsOn.includes(pull.task) || needs.includes(pull.task))
          .map(stands),
        base: base === null ? null : stands(base),
        holds: below.map((pull) => pull.task),
      }),
    })),
    title: task.title.slice(0, 200),
    limits,
  };
  return ok({
    key: `${ctx.run}/task/${state.of.slice(-12)}/${task.id}/${n}`,
    kind: "task-run",
    args: asJson(linked),
  });
}

/** The branch of a pull request as it is now, where the run's pull requests are opened. */
async function openBranch(
  ports: FactoryPorts,
  { repository }: FactoryInput,
  { branch, number, task }: StackedPull,
): Promise<Result<FactoryInput["repository"], Problem>> {
  const where = repository.remote === undefined ? repository.location : `${repository.remote}.git`;
  const opened = await ports.workspaces.open(where, branch);
  if (!opened.ok) {
    return err({
      ...opened.error,
      message: `Cannot stand on pull request ${number} (task ${task}): ${opened.error.message}`,
    });
  }
  const { location, gitDir, baseRef, baseCommit, baseTree } = opened.value;
  return ok({ ...repository, location, gitDir, baseRef, baseCommit, baseTree, dirty: false });
}

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
