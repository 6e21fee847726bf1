import type { PhaseContext, PhaseResult } from "../../../kernel/mod.ts";
import type { FailureRecord } from "../../../specs/mod.ts";
import type { NoHandover } from "../implementers/port.ts";

const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 900_000;
/** A little over two hours with the waits above. */
const MOST_WAITS = 12;
/** A provider that asks for more than a day is asked again after one. */
const A_DAY_MS = 86_400_000;

/** The failure of a try that gave no proposal: of the implementer's own class where it told one, else of the task. */
export function failureOf(problem: NoHandover): FailureRecord {
  return problem.failure ?? {
    class: "task-code",
    source: "user-environment",
    retryable: false,
    message: problem.message.slice(0, 8000),
    ...(problem.remedy ? { remedy: problem.remedy.slice(0, 4000) } : {}),
  };
}

/**
 * What becomes of a phase that could not be done. A provider that is busy or away is waited for without a worker and without a lease;
 * everything else goes to the table of failures, by the class that the runtime gave it.
 */
export function unfinished(ctx: PhaseContext, failure: FailureRecord): PhaseResult {
  const busy = failure.class === "external" || failure.class === "resource";
  if (!busy || failure.source !== "provider" || !failure.retryable) return { kind: "failed", failure };
  const parks = ctx.parks ?? 0;
  if (parks >= MOST_WAITS) {
    return {
      kind: "failed",
      failure: {
        ...failure,
        class: "policy",
        retryable: false,
        message: `${failure.message} (waited ${parks} times)`.slice(0, 8000),
        question: "The provider of the model did not answer for hours. Try again now, or end the run?",
      },
    };
  }
  const asked = Math.min(failure.retryAfterMs ?? 0, A_DAY_MS);
  const waitMs = Math.max(asked, Math.min(FIRST_WAIT_MS * 2 ** parks, LONGEST_WAIT_MS));
  return {
    kind: "park",
    reason: `waits for a provider: ${failure.message}`.slice(0, 2000),
    untilMs: ctx.clock.now() + waitMs,
  };
}
