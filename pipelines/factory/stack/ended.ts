import type { Engine, RunView } from "../../../kernel/mod.ts";
import { FactoryInput } from "../input.ts";
import { isOver, stackOf } from "./state.ts";
import { TASK_SIGNAL } from "./wait.ts";

const ACTOR = { kind: "engine", id: "plan" } as const;

/** Tells the plan's run that the run of a task has come to a way out, and ends the tasks of a plan that is cancelled. */
export async function stackEnded(
  engine: Pick<Engine, "signal" | "control" | "view">,
  view: RunView,
  status: string,
): Promise<void> {
  const input = FactoryInput.safeParse(view.input);
  if (!input.success) return;
  if (input.data.task !== undefined) {
    const id = `${view.run}/${view.head.seq}`;
    await engine.signal(input.data.task.run, TASK_SIGNAL, { run: view.run, status }, ACTOR, id);
  }
  const stack = input.data.pr === "per-task" && status === "cancelled" ? stackOf(view) : null;
  for (const { run, key, status: was } of Object.values(stack?.runs ?? {})) {
    // One that was just begun stands only in the effect.
    const begun = run ?? (view.effects[key] as { run?: string } | undefined)?.run ?? null;
    const task = begun === null || isOver(was) ? null : await engine.view(begun);
    if (task === null || isOver(task.status)) continue;
    await engine.control(task.run, { action: "cancel", why: `the plan ${view.run} was cancelled` }, ACTOR);
  }
}
