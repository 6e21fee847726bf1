import type { ControlAction, ControlOutcome, Engine } from "../kernel/mod.ts";
import type { ModelDesk } from "../pipelines/models/mod.ts";
import type { Actor } from "../specs/mod.ts";

/** Actions by which somebody wants a run to be tried now. */
const TRIES: ReadonlySet<ControlAction["action"]> = new Set(["retry", "resume", "answer", "fork"]);

/** Before a run goes on because somebody said so: providers that were left alone are asked anew. */
export async function askedAnew(
  models: Pick<ModelDesk, "askAnew"> | undefined,
  { action }: Pick<ControlAction, "action">,
  nowMs: number,
): Promise<void> {
  if (TRIES.has(action)) await models?.askAnew?.(nowMs);
}

/** Resuming a parked run means not to wait any longer; the kernel calls that a retry. */
export async function actOn(
  engine: Pick<Engine, "view" | "control">,
  run: string,
  action: ControlAction,
  actor: Actor,
): Promise<ControlOutcome> {
  const parked = action.action === "resume" && (await engine.view(run))?.status === "parked";
  return await engine.control(run, parked ? { ...action, action: "retry" } : action, actor);
}
