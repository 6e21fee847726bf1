import type { PhaseContext } from "../../../kernel/mod.ts";
import { redact } from "../../../policies/mod.ts";
import { digestOf, err, type FailureRecord, ok, type PlanTask, type Result } from "../../../specs/mod.ts";
import { Plan } from "../../../specs/code/mod.ts";
import { baseObjects } from "../base_objects.ts";
import type { Assignment, Handover, Implementer, NoHandover, RepairOrder } from "../implementers/port.ts";
import { readJson } from "../../blob_reads.ts";
import { workOn } from "../one_task.ts";
import { failureOf } from "../repair/unfinished.ts";
import { taskOf } from "../stack/task_of.ts";
import type { FactoryPorts } from "../ports.ts";
import { executeTasks, type NotExecuted, type TaskNews, type TaskStart } from "./execute.ts";
import { joinedHandover } from "./joined.ts";
import { memoryTaskRecords } from "./memory_records.ts";
import { claimedBy, ownOrder } from "./own_order.ts";
import {
  type Keeping,
  keepTask,
  type TaskFailure,
  type TaskRecord,
  type TaskRecords,
  type TaskWork,
  workOf,
} from "./records.ts";

/** Tasks at the same time, unless the installation says otherwise. */
export const DEFAULT_TASKS = 3;
/** How often a task is done again because its work did not fit. */
const REDO = 2;

/**
 * An implementer that carries out a plan of several tasks: each by the inner implementer in a clone of its own, their work merged into
 * the one workspace that it was given. The task of a plan of one, and a change that was sent back as a whole, go to the inner one as they are.
 */
export function planned(ports: FactoryPorts, inner: Implementer): Implementer {
  const records = ports.tasks ?? memoryTaskRecords();
  return {
    kind: inner.kind,
    async implement(ctx, given) {
      const own = await taskOf(ctx.blobs, given.input);
      if (own !== null) return await inner.implement(ctx, { ...given, task: decided(own.task, own.plan) });
      const plan = await planOf(ctx);
      if (plan === null) return await inner.implement(ctx, given);
      const [only, ...others] = plan.plan.tasks;
      if (only === undefined || others.length === 0) {
        return await inner.implement(ctx, only ? { ...given, task: decided(only, plan.plan) } : given);
      }
      const kept = await records.list(ctx.run, plan.key);
      const whole = kept.find((record) => record.task === WHOLE);
      const sentBack = whole !== undefined && whole.visit < ctx.visit;
      if (sentBack && given.repair) return await inner.implement(ctx, given);
      return await carriedOut(ports, inner, ctx, given, {
        ...plan,
        records,
        // Whoever sends the run back without findings wants it done anew.
        kept: kept.filter((record) => record.task !== WHOLE && (!sentBack || record.visit === ctx.visit)),
      });
    },
  };
}

/** The name under which the merged work of all tasks is kept; no task can be called so. */
const WHOLE = "*";

/** The plan of the run, and what its tasks are kept under: another plan, or the same one made anew, has another name. */
async function planOf(ctx: PhaseContext): Promise<{ plan: Plan; key: string } | null> {
  const output = ctx.outputs.plan as { plan?: string; visit?: number } | undefined;
  if (typeof output?.plan !== "string") return null;
  const plan = Plan.parse(await readJson(ctx.blobs, output.plan));
  return { plan, key: await digestOf(`${output.plan} ${output.visit ?? 1}`) };
}

async function carriedOut(
  ports: FactoryPorts,
  inner: Implementer,
  ctx: PhaseContext,
  given: Assignment,
  { plan, key, records, kept }: { plan: Plan; key: string; records: TaskRecords; kept: TaskRecord[] },
): Promise<Result<Handover, NoHandover>> {
  const base = await baseObjects(ports, ctx.run, given.input.repository);
  if (!base.ok) return err(base.error);
  const objects = base.value;
  const scratch = (what: string) => ports.scratch(ctx.run, `${what}-${crypto.randomUUID()}`);
  const keeping: Keeping = {
    records,
    blobs: ctx.blobs,
    objects,
    run: ctx.run,
    plan: key,
    place: () => scratch("task-kept"),
  };

  const byTask = new Map(kept.map((record) => [record.task, record]));
  const on = new Map<string, readonly string[]>(
    kept.filter((record) => record.on.length > 0).map((record) => [record.task, record.on]),
  );
  const failures = await records.failures(ctx.run, key);
  const ownRepair = (task: PlanTask): RepairOrder | null =>
    given.repair
      ? ownOrder(
        given.repair,
        task,
        failures.find((one) => one.task === task.id && one.visit === ctx.visit),
      )
      : null;
  const work = async (start: TaskStart): Promise<Result<TaskWork, NoHandover>> => {
    const record = start.conflict === null ? byTask.get(start.task.id) : undefined;
    if (record !== undefined && (record.base === start.base || start.sameGround)) {
      const found = await workOf(keeping, record);
      if (found !== null) return ok(found);
    }
    const repair = start.conflict === null
      ? ownRepair(start.task)
      : conflictOrder(given, start.conflict, start.round);
    const done = await workOnTask(
      ctx,
      inner,
      { ...given, repair },
      start,
      () => objects.workspace(scratch("task"), start.base),
    );
    if (!done.ok) {
      await records.putFailure(ctx.run, key, failureOfTask(start.task.id, ctx.visit, done.error));
      return done;
    }
    if (start.conflict !== null) {
      on.set(start.task.id, [...on.get(start.task.id) ?? [], ...start.conflict.with]);
    }
    const isKept = await keepTask(keeping, {
      task: start.task.id,
      visit: ctx.visit,
      on: on.get(start.task.id) ?? [],
      work: done.value,
    });
    const beyond = beyondClaims(start.task, done.value.paths);
    tellTask(
      ctx,
      start.task.id,
      [
        `${done.value.paths.length} files`,
        ...(beyond.length === 0 ? [] : [`beyond what it claimed: ${beyond.slice(0, 5).join(", ")}`]),
        ...(isKept ? [] : ["not kept, as a secret is in it"]),
      ].join("; "),
    );
    return done;
  };

  const executed = await executeTasks<TaskWork, NoHandover>({
    tasks: plan.tasks.map((task) => decided(task, plan)),
    base: objects.baseTree,
    concurrency: Math.max(1, ports.installation.tasks ?? DEFAULT_TASKS),
    redo: REDO,
    added: on,
    merge: (trees) => objects.merge(trees),
    work,
    told: (news) => tellNews(ctx, plan, news),
    signal: ctx.abort,
  });
  if (!executed.ok) return err(notCarriedOut(executed.error));
  const { tree, order, works } = executed.value;
  // It may hold a change of before: what comes of the plan takes its place.
  const applied = await given.workspace.apply(await objects.patch(await given.workspace.curateTree(), tree));
  const handover = joinedHandover(
    ctx.run,
    order.flatMap((task) => {
      const found = works.get(task);
      return found === undefined ? [] : [{ task, handover: found.handover }];
    }),
  );
  if (!applied.ok) return ok({ ...handover, problem: applied.error });
  await given.workspace.curateTree();
  // From now on what is sent back is the whole, not a task.
  await records.put(ctx.run, key, wholeRecord(ctx.visit, objects.baseTree, tree, await ctx.blobs.put("{}")));
  return ok(handover);
}

function wholeRecord(visit: number, base: string, tree: string, empty: string): TaskRecord {
  return { v: 1, task: WHOLE, visit, base, tree, ground: null, patch: empty, handover: empty, on: [] };
}

/** What was decided for all tasks stands in each of them. */
function decided(task: PlanTask, { decision }: Pick<Plan, "decision">): PlanTask {
  if (decision === "") return task;
  return {
    ...task,
    detail: `${task.detail}\n\nDecided for the whole change: ${decision}`.trim().slice(0, 20_000),
  };
}

/** One task in a clone of its own. */
async function workOnTask(
  ctx: PhaseContext,
  inner: Implementer,
  given: Assignment,
  { task, base }: TaskStart,
  open: () => Promise<Assignment["workspace"]>,
): Promise<Result<TaskWork, NoHandover>> {
  const workspace = await open();
  try {
    const worked = await workOn(taskContext(ctx, task), inner, { ...given, workspace, task });
    if (!worked.ok) return worked;
    const { handover, curated } = worked.value;
    if (curated === null) {
      return err({
        ...handover.problem ?? { code: "no-proposal", message: "it gave no proposal" },
        ...(handover.calls === undefined ? {} : { calls: handover.calls }),
      });
    }
    const { change } = curated;
    return ok({
      base,
      tree: change.tree,
      handover,
      found: false,
      paths: change.files.flatMap(({ path, from }) => from === undefined ? [path] : [from, path]),
    });
  } finally {
    await workspace.dispose();
  }
}

/** What an implementer is told when its work did not fit: it works on what is there now. */
function conflictOrder(
  { repair }: Assignment,
  { with: others, conflicts }: NonNullable<TaskStart["conflict"]>,
  round: number,
): RepairOrder {
  return {
    strategy: "fix",
    round: round - 1,
    findings: conflicts.map(({ path, kind, message }) => ({
      gate: "merge",
      path,
      message: `${kind}: ${message}`.slice(0, 2000),
      remediation: "Make this task's change on the files as they are now, and keep what the other tasks did",
    })),
    output: "",
    advice: `The workspace holds the merged work of ${others.join(", ")}; this task's own work is not in it`,
    except: repair?.except ?? [],
    record: { conflict: { with: [...others], paths: conflicts.map(({ path }) => path) } },
  };
}

/** The context of a task: the run's own budget and signal, its progress named after the task. */
function taskContext(ctx: PhaseContext, task: PlanTask): PhaseContext {
  const { run, phase, visit, attempt, idempotencyKey, input, outputs, signals, feedback } = ctx;
  return {
    run,
    phase,
    visit,
    attempt,
    ...(ctx.parks === undefined ? {} : { parks: ctx.parks }),
    idempotencyKey: `${idempotencyKey}/${task.id}`,
    input,
    outputs,
    signals,
    feedback,
    blobs: ctx.blobs,
    clock: ctx.clock,
    ids: ctx.ids,
    abort: ctx.abort,
    budget: ctx.budget,
    // What a machine reads (`model.called`) stays as it is.
    progress: (message, data) =>
      ctx.progress(/^[a-z]+\.[a-z]+$/.test(message) ? message : `${task.id}: ${message}`, data),
  };
}

const WORDS: Readonly<Record<TaskNews["state"], string>> = {
  waiting: "waits",
  running: "started",
  done: "done",
  found: "was done before",
  merged: "merged",
  failed: "failed",
  skipped: "skipped",
  conflict: "has to be done again",
};

function tellNews(ctx: PhaseContext, plan: Plan, { task, state, why, counts }: TaskNews): void {
  const title = plan.tasks.find(({ id }) => id === task)?.title ?? "";
  const done = counts.done + counts.merged;
  ctx.progress(
    `${task} ${WORDS[state]}${
      state === "running" ? `: ${title}` : why === undefined ? "" : `: ${why}`
    } (${done} of ${counts.total} done${counts.running > 0 ? `, ${counts.running} at work` : ""})`.slice(
      0,
      1900,
    ),
    {
      task: { id: task, state, ...(why === undefined ? {} : { why: why.slice(0, 1000) }) },
      counts: { ...counts },
    },
  );
}

function tellTask(ctx: PhaseContext, task: string, message: string): void {
  ctx.progress(`${task}: ${message}`, { of: task });
}

/** Changed paths that a task did not claim: told, not refused, as its clone is its own and the gates read the whole. */
function beyondClaims(task: PlanTask, paths: readonly string[]): string[] {
  const isClaimed = claimedBy(task);
  return paths.filter((path) => !isClaimed(path));
}

/** How a task failed, as its next try is told it: without secrets. */
function failureOfTask(task: string, visit: number, error: NoHandover): TaskFailure {
  const { message, remedy, ...failure } = failureOf(error);
  return {
    v: 1,
    task,
    visit,
    failure: {
      ...failure,
      message: redact(message),
      ...(remedy === undefined ? {} : { remedy: redact(remedy) }),
    },
    models: [...new Set((error.calls ?? []).map(({ model }) => model.slice(0, 200)))].slice(0, 50),
  };
}

/** Failed and skipped tasks as one problem; the failure that trying again cannot mend comes first. */
function notCarriedOut({ board, order, errors }: NotExecuted<TaskWork, NoHandover>): NoHandover {
  const failed = order.filter((id) => board.states.get(id) === "failed");
  const skipped = order.filter((id) => board.states.get(id) === "skipped");
  const told = [...failed, ...skipped].map((id) => `${id}: ${board.why.get(id)}`);
  const message = `${failed.length} of ${order.length} tasks failed${
    skipped.length > 0 ? `, ${skipped.length} skipped` : ""
  }. ${told.join("; ")}`.slice(0, 7900);
  const records = failed.flatMap((id) => errors.get(id)?.failure ?? []);
  const failure = records.find((one) => !one.retryable) ?? records[0] ?? conflictFailure(message);
  return {
    code: "tasks-failed",
    message,
    remedy: "Finished tasks are kept: retry the run, or plan it anew (forge workflow answer RUN --re-plan)",
    causes: failed.flatMap((id) => errors.get(id) ?? []),
    failure: { ...failure, message },
    calls: failed.flatMap((id) => errors.get(id)?.calls ?? []),
  };
}

/** Tasks that never fitted: the plan was wrong, not a provider. */
const conflictFailure = (message: string): FailureRecord => ({
  class: "agent-error",
  source: "factory",
  retryable: true,
  message,
});
