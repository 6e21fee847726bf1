import type { WorkflowDefinition } from "../../../specs/mod.ts";

/** Looks of one train; each is followed by a wait. */
export const MOST_LOOKS = 5000;

/**
 * Merges pull requests of several repositories one after the other: looks at how each stands, waits, and ends when all are merged or
 * nothing can move any more. A wait holds no worker. It merges nothing itself: the watch of each does, under its gates.
 */
export const trainWorkflow: WorkflowDefinition = {
  id: "train",
  version: "1.0.0",
  start: "look",
  seals: true,
  phases: {
    look: {
      handler: "train-look",
      timeoutSeconds: 600,
      attempts: 5,
      on: {
        waits: { to: "wait", gated: false, denied: "@denied", budget: MOST_LOOKS },
        ended: { to: "@completed", gated: true, denied: "@denied" },
      },
    },
    wait: {
      handler: "train-wait",
      timeoutSeconds: 60,
      attempts: 5,
      on: { woken: { to: "look", gated: false, denied: "@denied" } },
    },
  },
};
