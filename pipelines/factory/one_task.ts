import type { PhaseContext } from "../../kernel/mod.ts";
import { type Change, ok, type Result } from "../../specs/mod.ts";
import type { Assignment, Handover, Implementer, NoHandover } from "./implementers/port.ts";

/** What one implementer left in one workspace: its claims, and git's diff. Only the diff is believed. */
export interface Worked {
  readonly handover: Handover;
  /** Null when the proposal could not be put into the workspace (`handover.problem`). */
  readonly curated: { readonly change: Omit<Change, "patch">; readonly patch: Uint8Array } | null;
}

/**
 * Lets one implementer work on one assignment in the assignment's workspace, then reads git's diff. Nothing of it is judged or
 * kept here: a run with several tasks calls this once per task, each in a workspace of its own, and proposes their sum once.
 */
export async function workOn(
  ctx: PhaseContext,
  implementer: Implementer,
  assignment: Assignment,
): Promise<Result<Worked, NoHandover>> {
  const handover = await implementer.implement(ctx, assignment);
  if (!handover.ok) return handover;
  const curated = handover.value.problem ? null : await assignment.workspace.curate();
  return ok({ handover: handover.value, curated });
}
