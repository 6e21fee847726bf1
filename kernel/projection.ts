import type { Json } from "../specs/mod.ts";
import type { RunView } from "./port.ts";
import { type RunFold, type Slot, statusOf } from "./state.ts";

/** What people and phases see of a run: a projection of its folded state. */
export function viewOf(state: RunFold): RunView {
  return {
    run: state.run,
    status: statusOf(state),
    title: state.title,
    workflow: state.workflow,
    phase: state.phase,
    visits: state.visits,
    input: state.input,
    outputs: valuesOf(state.outputs),
    effects: valuesOf(state.effects),
    lastDecision: state.lastDecision?.value ?? null,
    failure: state.sealFailure ?? state.failure,
    escalation: state.escalation,
    evidence: state.evidence,
    budget: state.budget,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    head: { seq: state.seq, hash: state.hash },
    forkedFrom: state.forkedFrom,
    parent: state.parent,
  };
}

/** Slots without their places. */
export function valuesOf(slots: Readonly<Record<string, Slot>>): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const key of Object.keys(slots)) values[key] = slots[key]?.value ?? null;
  return values;
}
