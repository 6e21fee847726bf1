import type { WorkflowDefinition } from "../../specs/mod.ts";

/** Looks at one chain; each is followed by a wait. */
const MOST_LOOKS = 10_000;

const on = (to: string) => ({ to, gated: false, denied: "@denied" as const });

/**
 * Begins the stages of a chain, each as a run of its own, and waits for them. It changes nothing itself: every change and every load is
 * judged by all gates in the run of its stage. A wait holds no worker.
 */
export const chainWorkflow: WorkflowDefinition = {
  id: "chain",
  version: "1.0.0",
  start: "look",
  seals: true,
  phases: {
    look: {
      handler: "chain-look",
      timeoutSeconds: 300,
      attempts: 5,
      on: {
        waits: { ...on("wait"), budget: MOST_LOOKS },
        done: on("@completed"),
        stopped: on("settle"),
      },
    },
    wait: { handler: "chain-wait", timeoutSeconds: 60, attempts: 5, on: { woken: on("look") } },
    settle: { handler: "chain-settle", timeoutSeconds: 60, attempts: 5, on: { denied: on("@denied") } },
  },
};
