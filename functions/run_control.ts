import type { ControlAction, ControlOutcome, Engine, RunView } from "../kernel/mod.ts";
import { type PersonalData, privacyOf } from "../pipelines/mod.ts";
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

/** A run whose data key was destroyed does not go on: what it would work with is gone. */
export async function withoutKey(
  personal: Pick<PersonalData, "gone"> | undefined,
  { run, input }: Pick<RunView, "run" | "input">,
  { action }: Pick<ControlAction, "action">,
): Promise<Extract<ControlOutcome, { ok: false }> | null> {
  const privacy = TRIES.has(action) ? privacyOf(input) : null;
  const why = privacy === null ? null : await personal?.gone(privacy) ?? null;
  return why === null ? null : {
    ok: false,
    code: "conflict",
    message: `Cannot go on with ${run}: the data key of its personal data was destroyed (${why})`,
    remedy: "Submit it again as a new run; cancel this one, if it has not ended",
  };
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
