/** The phases of a run as a picture: where it was, where it is, and what each gate between said. */
import type { FC } from "hono/jsx";
import type { RunView } from "../../../kernel/mod.ts";
import type { Decision, WorkflowDefinition } from "../../../specs/mod.ts";
import { DECISION, Mark, type Tone } from "./words.tsx";

export type Stage = "done" | "current" | "waiting" | "asking" | "stopped" | "skipped" | "ahead" | "unreached";

const STAGE: Record<Stage, { tone: Tone; word: string }> = {
  done: { tone: "good", word: "done" },
  current: { tone: "busy", word: "under way" },
  waiting: { tone: "idle", word: "waiting" },
  asking: { tone: "warn", word: "asks a human" },
  stopped: { tone: "bad", word: "stopped here" },
  skipped: { tone: "idle", word: "not needed" },
  ahead: { tone: "idle", word: "ahead" },
  unreached: { tone: "idle", word: "not reached" },
};

/** Phases in the order in which a run meets them: along the transitions, from the start. */
export function phaseOrder(workflow: WorkflowDefinition): string[] {
  const order: string[] = [];
  const queue = [workflow.start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const phase = workflow.phases[name];
    if (phase === undefined || order.includes(name)) continue;
    order.push(name);
    for (const transition of Object.values(phase.on)) {
      if (!transition.to.startsWith("@")) queue.push(transition.to);
    }
  }
  return order;
}

/** What became of a phase. */
export function stageOf(view: RunView, name: string, order: readonly string[]): Stage {
  const visited = (view.visits[name] ?? 0) > 0;
  const over = ["completed", "denied", "failed", "cancelled"].includes(view.status);
  if (name === view.phase && !(over && view.status === "completed")) {
    switch (view.status) {
      case "denied":
      case "failed":
      case "cancelled":
        return "stopped";
      case "escalated":
        return "asking";
      case "queued":
      case "parked":
      case "paused":
        return "waiting";
      case "running":
      case "cancelling":
      case "completed":
        return "current";
    }
  }
  if (visited) return "done";
  const passed = order.slice(order.indexOf(name) + 1).some((later) => (view.visits[later] ?? 0) > 0);
  if (passed || view.status === "completed") return "skipped";
  return over ? "unreached" : "ahead";
}

export const Rail: FC<{ view: RunView; decisions: readonly Decision[] }> = ({ view, decisions }) => {
  const order = phaseOrder(view.workflow);
  return (
    <ol class="rail" aria-label="Phases">
      {order.map((name) => {
        const stage = stageOf(view, name, order);
        const visits = view.visits[name] ?? 0;
        const gate = decisions.findLast((decision) => decision.transition.from === name);
        return (
          <li class={`phase ${stage}`} aria-current={name === view.phase ? "step" : undefined}>
            <span class="dot">
              <Mark tone={STAGE[stage].tone} />
            </span>
            <span class="phase-name">{name}</span>
            <span class="phase-word">
              {STAGE[stage].word}
              {visits > 1 ? <span class="visits">{` ×${visits}`}</span> : null}
            </span>
            {gate === undefined ? null : (
              <span class={`gate-chip ${DECISION[gate.verdict].tone}`}>
                {`gate: ${DECISION[gate.verdict].word.toLowerCase()}`}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
};
