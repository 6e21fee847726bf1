import type { ControlAction, ControlOutcome, Engine } from "../kernel/mod.ts";
import type { Actor } from "../specs/mod.ts";

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
