/** What the ledger of a run says of the work of models: which changes passed the gates, and which did not. */
import type { Event, TaskClass } from "../../specs/mod.ts";
import { ModelCall } from "../../specs/code/mod.ts";

export interface WorkOutcome {
  /** The event that decided it. */
  readonly seq: number;
  readonly model: string;
  readonly task: TaskClass;
  readonly passed: boolean;
}

/** Purposes of calls that change code. Who only planned or advised has no part in the outcome. */
const WORK = new Set(["implement", "repair", "conflict"]);
/** Phases that judge a change; passing the first of them is what counts. */
const JUDGED = new Set(["implement", "verify", "review"]);
const VERIFIED = "verify";

/**
 * Outcomes in the order of the ledger: a change that was verified and allowed is a success of those who made it, one that was denied,
 * or that its own maker gave up, a failure. A question to a human is neither. A recording says nothing of a model.
 */
export function workOutcomes(events: readonly Event[]): WorkOutcome[] {
  const found: WorkOutcome[] = [];
  let makers = new Map<string, { model: string; task: TaskClass }>();
  const settle = (seq: number, passed: boolean) => {
    for (const { model, task } of makers.values()) found.push({ seq, model, task, passed });
    makers = new Map();
  };
  for (const event of events) {
    switch (event.type) {
      case "phase.progress": {
        if (event.payload.message !== "model.called") break;
        const call = ModelCall.safeParse(event.payload.data);
        // Only who answered had a hand in it.
        if (!call.success || call.data.recording || call.data.trouble !== null) break;
        const { purpose, model, task } = call.data;
        if (WORK.has(purpose)) makers.set(`${model} ${task}`, { model, task });
        break;
      }
      case "phase.failed": {
        const { phase, failure } = event.payload;
        if (phase === "implement" && failure.class === "agent-error") settle(event.seq, false);
        break;
      }
      case "transition.decided": {
        const { transition: { from }, verdict } = event.payload.decision;
        if (!JUDGED.has(from)) break;
        if (verdict === "deny") settle(event.seq, false);
        else if (verdict === "escalate") makers = new Map();
        else if (from === VERIFIED) settle(event.seq, true);
        break;
      }
    }
  }
  return found;
}
