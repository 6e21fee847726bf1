import type { WorkflowDefinition } from "../../specs/mod.ts";

const gated = (to: string) => ({ to, gated: true, denied: "@denied" as const });

const build = {
  implement: {
    handler: "implement",
    timeoutSeconds: 1800,
    attempts: 2,
    on: { implemented: gated("verify") },
  },
  verify: { handler: "verify", timeoutSeconds: 7200, attempts: 2, on: { verified: gated("review") } },
  review: { handler: "review", timeoutSeconds: 300, attempts: 2, on: { reviewed: gated("release") } },
  release: {
    handler: "release",
    timeoutSeconds: 600,
    attempts: 3,
    on: { released: gated("observe"), "released-locally": gated("@completed") },
  },
  observe: { handler: "observe", timeoutSeconds: 300, attempts: 3, on: { observed: gated("@completed") } },
};

/**
 * The whole way: explore, plan, design (when the spec mixes intents), implement, verify, review, release, observe. The local
 * forge has nobody to watch, so that release ends the run there.
 */
export const canonical: WorkflowDefinition = {
  id: "canonical",
  version: "1.0.0",
  start: "explore",
  seals: true,
  phases: {
    explore: { handler: "explore", timeoutSeconds: 300, attempts: 2, on: { explored: gated("plan") } },
    plan: {
      handler: "plan",
      timeoutSeconds: 300,
      attempts: 2,
      on: { planned: gated("implement"), "needs-design": gated("design") },
    },
    design: { handler: "design", timeoutSeconds: 300, attempts: 2, on: { designed: gated("implement") } },
    ...build,
  },
};

/** For a change that needs no plan: implement, verify, review, release, under the same gates. */
export const quickFix: WorkflowDefinition = {
  id: "quick-fix",
  version: "1.0.0",
  start: "implement",
  seals: true,
  phases: { ...build },
};

/** The workflows that a spec may name. */
export const workflows: Readonly<Record<string, WorkflowDefinition>> = {
  canonical,
  "quick-fix": quickFix,
};
