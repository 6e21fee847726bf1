import type { WorkflowDefinition } from "../../specs/mod.ts";

const gated = (to: string) => ({ to, gated: true, denied: "@denied" as const });

const build = {
  implement: {
    handler: "implement",
    timeoutSeconds: 7200,
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
      timeoutSeconds: 900,
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

/**
 * Rules whose denial is never repaired by itself: secrets, hidden text, injections and flows of data (X), operations that destroy,
 * credentials, budgets and approvals (O), gaps of evidence and stale verdicts (E), what only the operator can change, and a judge that
 * could not judge.
 */
export const NEVER_REPAIRED: readonly string[] = [
  "core/X*",
  "core/O*",
  "core/E1",
  "core/E2",
  "core/SPEC",
  "core/INTENT",
  "core/POLICY",
  "core/AUTONOMY",
  "core/CLASS",
  "core/PACK",
  "core/EMPTY",
  "core/T10",
  "knowledge-safety/*",
  "kernel/*",
];

/** Phases whose denials lead back to implement. */
const REPAIRED = new Set(["implement", "verify", "review"]);

/**
 * The workflow for an implementer that can do it again: what implement, verify or review are denied goes back to implement, as often
 * as the budget of repairs says; then a human is asked. The tries of one round stay small, as each may be paid for.
 */
export function repairing(definition: WorkflowDefinition): WorkflowDefinition {
  return {
    ...definition,
    phases: Object.fromEntries(
      Object.entries(definition.phases).map(([name, phase]) => [
        name,
        REPAIRED.has(name)
          ? {
            ...phase,
            ...(name === "implement" ? { attempts: 4, timeoutSeconds: 7200 } : {}),
            // A model reads the diff: slower than rules, and it may have to be another one.
            ...(name === "review" ? { attempts: 3, timeoutSeconds: 1800 } : {}),
            on: Object.fromEntries(
              Object.entries(phase.on).map(([outcome, transition]) => [
                outcome,
                transition.gated
                  ? {
                    ...transition,
                    denied: "implement",
                    // The unit is the limit, which a human may raise; this one only closes the cycle.
                    deniedBudget: 100,
                    deniedUnit: "repairs",
                    exhausted: "@escalated" as const,
                    final: [...NEVER_REPAIRED],
                  }
                  : transition,
              ]),
            ),
          }
          : phase,
      ]),
    ),
  };
}

/** The workflows that a spec may name. */
export const workflows: Readonly<Record<string, WorkflowDefinition>> = {
  canonical,
  "quick-fix": quickFix,
};
