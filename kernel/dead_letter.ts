import type { EventBody, FailureRecord } from "../specs/mod.ts";
import { closings } from "./budget.ts";
import { type RunFold, visitOf } from "./state.ts";

/** What ends a run that crashes its workers, wherever it stands. */
export function deadLetter(state: RunFold, times: number): EventBody[] {
  const failure: FailureRecord = {
    class: "resource",
    source: "platform",
    retryable: false,
    message: `The worker went away ${times} times at this step of the run`,
    remedy: "Look at what the step does to its process (memory, native crashes), then retry the run",
  };
  if (state.sealing !== null) {
    const { status } = state.sealing;
    return [{
      type: "evidence.failed",
      v: 1,
      payload: { status, attempt: state.sealing.failures + 1, failure, final: true },
    }];
  }
  const [key] = Object.keys(state.pending);
  if (key !== undefined) {
    return [{
      type: "effect.failed",
      v: 1,
      payload: { key, attempt: (state.pending[key]?.failures ?? 0) + 1, failure, final: true },
    }];
  }
  switch (state.stage.at) {
    case "ended":
    case "escalated":
      return [];
    case "running":
      return [{
        type: "phase.failed",
        v: 1,
        payload: {
          phase: state.phase,
          visit: visitOf(state),
          attempt: state.failures + 1,
          failure,
          strategy: "fail",
        },
      }];
    case "accepted":
    case "routed":
    case "parked":
    case "finished":
    case "allowed":
    case "escalating":
    case "broken":
      // No work of a phase is under way here, so there is nothing that could fail but the run itself.
      return [...closings(state), { type: "run.ended", v: 1, payload: { status: "failed", failure } }];
  }
}
