import type { PhaseContext, PhaseHandler, PhaseResult, RunView } from "../../../kernel/mod.ts";
import { denialsOf } from "../../../policies/mod.ts";
import type { EffectIntent, PullRequestRef, Spec } from "../../../specs/mod.ts";
import { Plan } from "../../../specs/code/mod.ts";
import { DEFAULT_TASKS } from "../dag/planned.ts";
import { type FactoryInput, readInput } from "../input.ts";
import { readJson } from "../../blob_reads.ts";
import { failed } from "../outcome.ts";
import type { FactoryPorts } from "../ports.ts";
import { stackPlaces } from "./order.ts";
import { splitTask } from "./split.ts";
import { isMoving, isOver, SHARED, stackJson, stackOf, type StackState, type Stopped } from "./state.ts";
import { beginTask, booked, shareOf, taskBranch } from "./task_run.ts";
import { TOO_LARGE } from "./workflow.ts";

/** The first wait after something happened; each one without is twice as long. */
const SOON_MS = 500;
const LATEST_MS = 30_000;

/**
 * Looks at the runs of a plan's tasks, and begins those whose turn it is: a task whose needs have their pull requests, on top of the
 * last of them. A task that is denied stops only what needs it.
 */
export function look(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    if (ports.runs === undefined) {
      throw new Error("Cannot begin runs of tasks: nothing here is wired to do that");
    }
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const own = await ports.runs.view(ctx.run);
    if (own === null) throw new Error(`Cannot look at ${ctx.run}: the ledger does not have it`);
    const before = await stateOf(ctx, spec, input);
    const known = new Map(Object.entries(before.runs).map(([task, { status }]) => [task, status]));
    const state = structuredClone(before);
    state.lookedAt = ctx.clock.now();
    if (state.over) again(state);
    await refresh(ports, ctx, state, own);

    let plan = await planIn(ctx, state);
    const large = tooLarge(state);
    if (large !== null && !isSplit(state, large.task)) {
      const made = await splitTask(ports, ctx, { input, spec, plan, state, stopped: large });
      if (!made.ok) return { kind: "failed", failure: made.error };
      plan = made.value;
    } else if (large !== null) {
      state.question ??=
        `Task ${large.task} was split once, and a part of it is still too large: ${large.why}`
          .slice(0, 2000);
    }

    const order = stackPlaces(plan.tasks).map(({ task }) => task.id);
    state.pulls.sort((a, b) => order.indexOf(a.task) - order.indexOf(b.task));
    const begun = await begin(ports, ctx, { input, spec, plan, state });
    if (!begun.ok) return begun.result;
    const skipped = skips(plan, state);
    tell(ctx, plan, state, known, skipped);
    const waits = Object.values(state.runs).filter(({ status }) => !isOver(status));
    state.over = waits.length === 0;
    state.waitsFor = waits.length === 0 ? "" : waitsFor(state);
    const called = (ctx.outputs.wait as { signals?: number } | undefined)?.signals ?? 0;
    state.quiet = called > 0 || begun.effects.length > 0 ? 0 : before.quiet + 1;
    const all = state.pulls.length === plan.tasks.length;
    if (state.over) state.stopped.push(...skipped.map((one) => ({ ...one, denials: [] })));
    return {
      kind: "done",
      outcome: !state.over ? "waits" : all ? "opened" : "stopped",
      output: stackJson(state),
      effects: begun.effects,
    };
  };
}

/** When to look again, where nothing calls before. */
export const nextLookAt = ({ lookedAt, quiet }: Pick<StackState, "lookedAt" | "quiet">): number =>
  lookedAt + Math.min(LATEST_MS, SOON_MS * 2 ** Math.min(quiet, 10));

/** The state so far; of another plan than the one that is there now nothing is taken over. */
async function stateOf(ctx: PhaseContext, spec: Spec, input: FactoryInput): Promise<StackState> {
  const planned = ctx.outputs.plan as { plan?: string; visit?: number } | undefined;
  const digest = planned?.plan ?? await ctx.blobs.put(JSON.stringify(oneTask(spec, input)));
  const of = `${planned?.visit ?? 1} ${digest}`;
  const found = stackOf({ outputs: ctx.outputs });
  if (found?.of === of) return found;
  return {
    stack: 1,
    of,
    plan: digest,
    split: [],
    runs: {},
    pulls: [],
    stopped: [],
    question: null,
    over: false,
    lookedAt: ctx.clock.now(),
    quiet: 0,
    waitsFor: "",
  };
}

/** A spec that needs no plan is one task. */
function oneTask(spec: Spec, input: FactoryInput): Plan {
  return Plan.parse({
    v: 1,
    planner: "rules",
    tasks: [{
      id: "T1",
      title: spec.title,
      criteria: spec.acceptance.map(({ id }) => id),
      detail: `By ${input.implementer}`,
    }],
  });
}

async function planIn(ctx: PhaseContext, state: StackState): Promise<Plan> {
  return Plan.parse(await readJson(ctx.blobs, state.plan));
}

/** Somebody retries a run that was over: what has no pull request is begun once more. */
function again(state: StackState): void {
  state.over = false;
  state.stopped = [];
  state.question = null;
  for (const run of Object.values(state.runs)) {
    if (isOver(run.status) && run.status !== "completed") run.status = "again";
  }
}

/** What became of the runs that were begun. */
async function refresh(
  ports: FactoryPorts,
  ctx: PhaseContext,
  state: StackState,
  own: RunView,
): Promise<void> {
  state.pulls = [];
  state.stopped = [];
  for (const [task, run] of Object.entries(state.runs)) {
    run.run ??= (own.effects[run.key] as { run?: string } | undefined)?.run ?? null;
    const view = run.run === null ? null : await ports.runs?.view(run.run) ?? null;
    if (view === null || run.run === null) continue;
    // One that was denied may have been retried by itself; else it is begun once more.
    if (run.status === "again" && isOver(view.status) && view.status !== "completed") continue;
    run.status = view.status;
    if (!isOver(view.status)) {
      // A human may have given it more, or let it go on after it was over.
      for (const unit of SHARED) run.limits[unit] = view.budget[unit]?.limit ?? run.limits[unit] ?? 0;
      continue;
    }
    await booked(ctx, run, view);
    const pull = view.effects[`${run.run}/pull-request`] as unknown as PullRequestRef | undefined;
    if (view.status === "completed" && pull !== undefined) {
      const { number, url, branch, commit, base } = pull;
      state.pulls.push({ number, url, branch, commit, base, task, run: run.run });
    } else {
      state.stopped.push(stoppedOf(task, view));
    }
  }
}

function stoppedOf(task: string, view: RunView): Stopped {
  const decision = view.lastDecision;
  const denials = view.status === "denied" && decision !== null && decision.verdict !== "allow"
    ? denialsOf(decision).slice(0, 20)
    : [];
  const why = view.status === "completed"
    ? "its run was completed and opened no pull request"
    : denials[0]?.message ?? view.failure?.message ?? `its run is ${view.status}`;
  return {
    task,
    run: view.run,
    status: view.status,
    why: why.slice(0, 1000),
    denials: denials.map((denial) => ({ ...denial, message: `${task}: ${denial.message}` })),
  };
}

const tooLarge = (state: StackState): Stopped | null =>
  state.stopped.find(({ status, denials }) =>
    status === "denied" && denials.some(({ rule }) => rule === TOO_LARGE)
  ) ?? null;

/** Whether it is a part of a task that was split before. */
const isSplit = (state: StackState, task: string): boolean =>
  state.split.some((one) => task === one || task.startsWith(`${one}.`));

/** Begins what may begin, at most so many that the installation's number is at work. */
async function begin(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: { input: FactoryInput; spec: Spec; plan: Plan; state: StackState },
): Promise<{ ok: true; effects: EffectIntent[] } | { ok: false; result: PhaseResult }> {
  const { input, spec, plan, state } = given;
  const planned = ctx.outputs.plan as { visit?: number } | undefined;
  const atOnce = Math.max(1, ports.installation.tasks ?? DEFAULT_TASKS);
  const done = new Set(state.pulls.map(({ task }) => task));
  const gone = new Set([
    ...state.stopped.map(({ task }) => task),
    ...skips(plan, state).map(({ task }) => task),
  ]);
  const isNew = (id: string) => state.runs[id] === undefined || state.runs[id]?.status === "again";
  const effects: EffectIntent[] = [];
  for (const place of stackPlaces(plan.tasks)) {
    const { task, needs, after } = place;
    const moving = Object.values(state.runs).filter(({ status }) => isMoving(status)).length;
    if (moving >= atOnce) break;
    if (!isNew(task.id) || !needs.every((id) => done.has(id))) continue;
    if (!after.every((id) => done.has(id) || gone.has(id))) continue;
    const unbegun = plan.tasks.filter(({ id }) => isNew(id) && !gone.has(id)).length;
    const limits = shareOf(ctx, state, { unbegun, ms: spec.budget.seconds * 1000, after });
    if ((limits.ms ?? 0) <= 0) {
      state.stopped.push({
        task: task.id,
        run: null,
        status: "failed",
        why: `the time of the run is used up (${spec.budget.seconds} s)`,
        denials: [],
      });
      gone.add(task.id);
      continue;
    }
    const n = (state.runs[task.id]?.n ?? 0) + 1;
    const branch = taskBranch(spec.title, ctx.run, plan, task, planned?.visit ?? 1);
    const effect = await beginTask(ports, ctx, {
      ...{ input, spec, plan, place, pulls: state.pulls, state, limits, n },
      branch: n > 1 ? `${branch}-try${n}` : branch,
    });
    if (!effect.ok) {
      return { ok: false, result: failed(effect.error, { class: "external", source: "user-environment" }) };
    }
    effects.push(effect.value);
    state.runs[task.id] = { n, key: effect.value.key, limits, booked: {}, run: null, status: "new" };
  }
  return { ok: true, effects };
}

/** Tasks that are not begun as what they need will not be there. */
function skips(plan: Plan, state: StackState): Omit<Stopped, "denials">[] {
  const gone = new Set(state.stopped.map(({ task }) => task));
  const found: Omit<Stopped, "denials">[] = [];
  for (const { task, needs } of stackPlaces(plan.tasks)) {
    const missing = needs.filter((id) => gone.has(id));
    if (missing.length === 0 || gone.has(task.id)) continue;
    if (state.runs[task.id] !== undefined && state.runs[task.id]?.status !== "again") continue;
    gone.add(task.id);
    found.push({
      task: task.id,
      run: null,
      status: "skipped",
      why: `${missing.join(", ")} has no pull request`,
    });
  }
  return found;
}

const TOLD: Readonly<Record<string, string>> = {
  completed: "done",
  denied: "failed",
  failed: "failed",
  cancelled: "failed",
};

/** What is new since the look before, a task at a time. */
function tell(
  ctx: PhaseContext,
  plan: Plan,
  state: StackState,
  known: ReadonlyMap<string, string>,
  skipped: readonly Omit<Stopped, "denials">[],
): void {
  const opened = (id: string) => state.pulls.find(({ task }) => task === id);
  const say = (id: string, is: string, message: string, why?: string) =>
    ctx.progress(`${id} ${message} (${state.pulls.length} of ${plan.tasks.length} open)`.slice(0, 1900), {
      task: { id, state: is, ...(why === undefined ? {} : { why: why.slice(0, 1000) }) },
    });
  for (const [id, { status, run }] of Object.entries(state.runs)) {
    if (known.get(id) === status) continue;
    const stopped = state.stopped.find(({ task }) => task === id);
    const pull = opened(id);
    if (status === "new") say(id, "running", "begins");
    else if (pull !== undefined) say(id, "done", `is pull request ${pull.number}, on ${pull.base}`);
    else if (stopped !== undefined) {
      say(id, TOLD[status] ?? "failed", `${status}: ${stopped.why}`, stopped.why);
    } else if (!isMoving(status)) {
      say(id, "running", `waits: its run ${run} is ${status}`, `${run} is ${status}`);
    }
  }
  for (const { task, why } of skipped) say(task, "skipped", `skipped: ${why}`, why);
}

/** What a stack that waits is told to wait for; a human is named before time. */
function waitsFor(state: StackState): string {
  const still = Object.entries(state.runs).filter(([, { status }]) => !isOver(status) && !isMoving(status));
  if (still.length > 0) {
    return still.map(([task, { run, status }]) => `task ${task} is ${status} (${run})`).join("; ").slice(
      0,
      900,
    );
  }
  const moving = Object.entries(state.runs).filter(([, { status }]) => isMoving(status));
  return `tasks at work: ${moving.map(([task]) => task).join(", ")}`.slice(0, 900);
}
