import type { PhaseHandler } from "../../../kernel/mod.ts";
import type { FailureRecord } from "../../../specs/mod.ts";
import { stackOf } from "./state.ts";

/** Ends a stack that is not whole: denied when a gate said no, failed when something could not be done, asked when a human has to. */
export function settle(): PhaseHandler {
  return (ctx) => {
    const state = stackOf({ outputs: ctx.outputs });
    if (state === null) throw new Error("Cannot end a stack: there was no look at it");
    const message = `${state.pulls.length} pull requests are open, ${state.stopped.length} tasks have none. ${
      state.stopped.map(({ task, status, why }) => `${task} (${status}): ${why}`).join("; ")
    }`.slice(0, 7900);
    const base = { source: "user-environment", retryable: false, message } as const;
    if (state.question !== null) {
      const failure: FailureRecord = {
        class: "policy",
        ...base,
        remedy: "Say how to split it and plan anew (--re-plan), raise the limit by a waiver, or end the run",
        question: `${state.question}. How should it be split?`.slice(0, 2000),
      };
      return Promise.resolve({ kind: "failed", failure });
    }
    if (state.stopped.some(({ status }) => status === "denied")) {
      ctx.progress(message.slice(0, 1900));
      return Promise.resolve({ kind: "done", outcome: "denied", output: { stopped: state.stopped.length } });
    }
    return Promise.resolve({
      kind: "failed",
      failure: {
        class: "task-code",
        ...base,
        remedy: `Retry what is left: forge workflow retry ${ctx.run} --phase implement`,
      },
    });
  };
}
