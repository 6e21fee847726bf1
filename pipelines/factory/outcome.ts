import type { PhaseResult } from "../../kernel/mod.ts";
import type { FailureClass, FailureSource, Problem } from "../../specs/mod.ts";

/** Turns a problem into the failure of a phase: message and remedy stay together. */
export function failed(
  problem: Problem,
  classified: { class: FailureClass; source: FailureSource; retryable?: boolean },
): PhaseResult {
  return {
    kind: "failed",
    failure: {
      class: classified.class,
      source: classified.source,
      retryable: classified.retryable ?? false,
      message: problem.message.slice(0, 8000),
      ...(problem.remedy ? { remedy: problem.remedy.slice(0, 4000) } : {}),
    },
  };
}
