import type { WorkflowDefinition } from "../../../specs/mod.ts";

const on = (to: string) => ({ to, gated: false, denied: "@denied" as const });

/** Looks at CI in one run; each is followed by a wait. */
const MOST_LOOKS = 5000;
/** Branches in one run: one or two for each change, and one for each time that a human says to try again. */
const MOST_ORDERS = 100;

/**
 * The same workflow with `verify` by the forge's CI. Between implement and verify nothing is judged: what was asked for and what came of
 * it are facts, and the gates stand where they stood.
 */
export function verifiedByCi(definition: WorkflowDefinition): WorkflowDefinition {
  const { implement, verify } = definition.phases;
  const to = implement?.on.implemented;
  if (implement === undefined || verify === undefined || to === undefined) {
    throw new Error(`Cannot verify ${definition.id} by CI: it has no way from implement to verify`);
  }
  return {
    ...definition,
    phases: {
      ...definition.phases,
      implement: { ...implement, on: { ...implement.on, implemented: { ...to, to: "ci-send" } } },
      "ci-send": {
        handler: "ci-send",
        timeoutSeconds: 900,
        attempts: 3,
        on: { sent: { ...on("ci-look"), budget: MOST_ORDERS }, told: on("verify") },
      },
      "ci-look": {
        handler: "ci-look",
        timeoutSeconds: 900,
        attempts: 8,
        on: {
          waits: { ...on("ci-wait"), budget: MOST_LOOKS },
          read: { ...on("ci-send"), budget: MOST_ORDERS },
          stuck: { ...on("ci-stuck"), budget: MOST_ORDERS },
        },
      },
      "ci-wait": { handler: "ci-wait", timeoutSeconds: 60, attempts: 5, on: { woken: on("ci-look") } },
      "ci-stuck": { handler: "ci-stuck", timeoutSeconds: 60, attempts: 1, on: { again: on("ci-send") } },
      verify: { ...verify, handler: "ci-verify" },
    },
  };
}
