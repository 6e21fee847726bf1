import type { Engine, RunView } from "../kernel/mod.ts";
import { isMoving, isOver, stackOf } from "../pipelines/mod.ts";

const BETWEEN_LOOKS_MS = 200;

/**
 * Waits until a run stands still. One that waits for the runs of its tasks does so only when none of these goes on by itself, and
 * what became of each was seen.
 */
export async function settledStack(
  engine: Pick<Engine, "settled" | "view">,
  run: string,
  signal?: AbortSignal,
): Promise<RunView> {
  for (;;) {
    const view = await engine.settled(run, signal);
    const stack = view.status === "parked" ? stackOf(view) : null;
    if (stack === null || stack.over) return view;
    let still = true;
    for (const task of Object.values(stack.runs)) {
      const known = task.run ?? (view.effects[task.key] as { run?: string } | undefined)?.run;
      if (known === undefined || isOver(task.status)) continue;
      const { status } = await engine.settled(known, signal);
      if (isMoving(status) || status !== task.status) still = false;
    }
    const now = await engine.view(run);
    if (still && now !== null && now.head.seq === view.head.seq) return view;
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
}
