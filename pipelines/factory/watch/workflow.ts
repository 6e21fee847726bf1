import type { WorkflowDefinition } from "../../../specs/mod.ts";

/** Looks of one watch; each is followed by a wait. */
export const MOST_LOOKS = 2000;

/**
 * Watches one pull request: looks at it, waits for a webhook or the next time to look, and ends when it is merged, closed, or the time
 * is over. A wait holds no worker. What is pushed is a run of its own, under all gates; a merge, and the end, are judged here.
 */
export const watchWorkflow: WorkflowDefinition = {
  id: "watch",
  version: "1.1.0",
  start: "look",
  seals: true,
  phases: {
    look: {
      handler: "watch-look",
      timeoutSeconds: 600,
      attempts: 5,
      on: {
        waits: { to: "wait", gated: false, denied: "@denied", budget: MOST_LOOKS },
        merges: {
          ...{ to: "wait", gated: true, budget: MOST_LOOKS },
          // What was well when it was looked at may not be when it is judged: it is looked at again.
          ...{ denied: "wait", deniedBudget: 100 },
        },
        ended: { to: "@completed", gated: true, denied: "@denied" },
      },
    },
    wait: {
      handler: "watch-wait",
      timeoutSeconds: 60,
      attempts: 5,
      on: { woken: { to: "look", gated: false, denied: "@denied" } },
    },
  },
};
