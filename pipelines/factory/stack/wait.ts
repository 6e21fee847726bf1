import type { PhaseHandler } from "../../../kernel/mod.ts";
import { nextLookAt } from "./look.ts";
import { stackOf } from "./state.ts";

/** The signal by which the run of a task tells that it has ended. */
export const TASK_SIGNAL = "task";

/** Parks until the run of a task calls, or it is time to look; what woke it is consumed. */
export function wait(): PhaseHandler {
  return (ctx) => {
    const state = stackOf({ outputs: ctx.outputs });
    if (state === null) throw new Error("Cannot wait for tasks: there was no look at them");
    const called = ctx.signals.filter(({ name }) => name === TASK_SIGNAL);
    const dueAt = nextLookAt(state);
    if (called.length > 0 || ctx.clock.now() >= dueAt) {
      return Promise.resolve({
        kind: "done",
        outcome: "woken",
        output: { signals: called.length },
        consumed: called.map(({ id }) => id),
      });
    }
    return Promise.resolve({ kind: "park", reason: state.waitsFor, untilMs: dueAt, signal: TASK_SIGNAL });
  };
}
