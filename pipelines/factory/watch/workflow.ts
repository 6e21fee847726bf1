import type { WorkflowDefinition } from "../../../specs/mod.ts";

/** Looks of one watch; each is followed by a wait. */
export const MOST_LOOKS = 2000;

/**
 * Watches one pull request: looks at it, waits for a webhook or the next time to look, and ends when it is merged, closed, or the time
 * is over. A wait holds no worker. It judges nothing itself: what is pushed is a run of its own, under all gates.
 */
export const watchWorkflow: WorkflowDefinition = {
  id: "watch",
  version: "1.0.0",
  start: "look",
  seals: true,
  phases: {
    look: {
      handler: "watch-look",
      timeoutSeconds: 600,
      attempts: 5,
      on: {
        waits: { to: "wait", gated: false, denied: "@denied", budget: MOST_LOOKS },
        ended: { to: "@completed", gated: false, denied: "@denied" },
        differs: { to: "@denied", gated: false, denied: "@denied" },
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
