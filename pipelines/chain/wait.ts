import type { PhaseHandler } from "../../kernel/mod.ts";
import type { FailureRecord } from "../../specs/mod.ts";
import { nextLookAt } from "./look.ts";
import { chainStateOf } from "./state.ts";

/** The signal by which the run of a stage tells that it has come to a way out. */
export const STAGE_SIGNAL = "stage";

/** Parks until the run of a stage calls, or it is time to look; what woke it is consumed. */
export function wait(): PhaseHandler {
  return (ctx) => {
    const state = chainStateOf(ctx);
    if (state === null) throw new Error("Cannot wait for stages: there was no look at them");
    const called = ctx.signals.filter(({ name }) => name === STAGE_SIGNAL);
    const dueAt = nextLookAt(state);
    if (called.length > 0 || ctx.clock.now() >= dueAt) {
      return Promise.resolve({
        kind: "done",
        outcome: "woken",
        output: { signals: called.length },
        consumed: called.map(({ id }) => id),
      });
    }
    return Promise.resolve({ kind: "park", reason: state.waitsFor, untilMs: dueAt, signal: STAGE_SIGNAL });
  };
}

/** Ends a chain that is not whole: denied when a gate said no in one of its stages, failed when something could not be done. */
export function settle(): PhaseHandler {
  return (ctx) => {
    const state = chainStateOf(ctx);
    if (state === null) throw new Error("Cannot end a chain: there was no look at it");
    const stopped = Object.entries(state.stages).filter(([, { status, benign }]) =>
      status !== "completed" && !benign
    );
    if (stopped.some(([, { status }]) => status === "denied")) {
      return Promise.resolve({ kind: "done", outcome: "denied", output: { stopped: stopped.length } });
    }
    const message = stopped.map(([id, { status, why }]) =>
      `${id} is ${status}${why === null ? "" : `: ${why}`}`
    );
    const failure: FailureRecord = {
      class: "task-code",
      source: "user-environment",
      retryable: false,
      message: message.join("; ").slice(0, 7900),
      remedy: `Look at the runs of its stages; go on with what is left: forge chain resume ${ctx.run}`,
    };
    return Promise.resolve({ kind: "failed", failure });
  };
}
