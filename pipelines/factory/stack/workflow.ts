import type { WorkflowDefinition } from "../../../specs/mod.ts";
import { canonical, NEVER_REPAIRED, quickFix, repairing } from "../workflows.ts";

/** Looks of one stack; each is followed by a wait. */
const MOST_LOOKS = 2000;

const on = (to: string) => ({ to, gated: false, denied: "@denied" as const });

/**
 * Plans, and lets each task be a run of its own that opens a pull request on top of those that it needs. What it does itself changes
 * nothing: every change is judged by all gates in the run of its task. A wait holds no worker.
 */
export const perTask: WorkflowDefinition = {
  id: "per-task",
  version: "1.0.0",
  start: "explore",
  seals: true,
  phases: {
    ...Object.fromEntries(
      Object.entries(canonical.phases).filter(([name]) => ["explore", "plan", "design"].includes(name)),
    ),
    // Called as in every workflow, so that the gates before it are the same: what a plan needs an approval for, it needs here.
    implement: {
      handler: "stack-look",
      timeoutSeconds: 900,
      attempts: 5,
      on: {
        waits: { ...on("wait"), budget: MOST_LOOKS },
        opened: on("@completed"),
        stopped: on("settle"),
      },
    },
    wait: { handler: "stack-wait", timeoutSeconds: 60, attempts: 5, on: { woken: on("implement") } },
    settle: { handler: "stack-settle", timeoutSeconds: 60, attempts: 5, on: { denied: on("@denied") } },
  },
};

/** The workflow of a task's run. A change that is too large is not sent back to whoever made it: its task is split. */
export function taskWorkflow(): WorkflowDefinition {
  const repaired = repairing(quickFix);
  return {
    ...repaired,
    phases: Object.fromEntries(
      Object.entries(repaired.phases).map(([name, phase]) => [name, {
        ...phase,
        on: Object.fromEntries(
          Object.entries(phase.on).map(([outcome, transition]) => [
            outcome,
            transition.final === undefined
              ? transition
              : { ...transition, final: [...NEVER_REPAIRED, TOO_LARGE] },
          ]),
        ),
      }]),
    ),
  };
}

/** The rule by which a change is too large to be reviewed. */
export const TOO_LARGE = "core/C4";
