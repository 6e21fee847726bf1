import type { Decision, EffectIntent, Event, Json } from "../specs/mod.ts";
import { feedbackOf } from "./transition.ts";
import type { PendingTransition, RunFold, Slot, Stage } from "./state.ts";

/** Events up to this size have their values in the snapshot too; bigger ones are found again by their number. */
export const INLINE_BYTES = 700;

/**
 * The folded state as text, without the workflow and the input (they stand in the first event) and without big values (they stand
 * in their own events). What is left is small, and does not grow with history.
 */
export function encodeSnapshot(state: RunFold): string {
  const slim = mapSlots(state, (slot) => slot.bytes <= INLINE_BYTES ? slot : without(slot));
  return JSON.stringify({ ...slim, workflow: undefined, input: undefined });
}

/** Numbers of the events that a decoded snapshot needs to be whole; the first is always among them. */
export function missingEvents(snapshot: RunFold): number[] {
  const seqs = new Set([1]);
  mapSlots(snapshot, (slot) => {
    if (!Object.hasOwn(slot, "value")) seqs.add(slot.seq);
    return slot;
  });
  return [...seqs];
}

/** The whole state, from a decoded snapshot and the events that it needs. */
export function hydrate(snapshot: RunFold, events: ReadonlyMap<number, Event>): RunFold {
  const eventAt = (seq: number): Event => {
    const event = events.get(seq);
    if (event === undefined) throw new Error(`Cannot read ${snapshot.run} as its event ${seq} is missing`);
    return event;
  };
  const accepted = eventAt(1);
  if (accepted.type !== "run.accepted") {
    throw new Error(`Cannot read ${snapshot.run} as its first event is ${accepted.type}, not run.accepted`);
  }
  const whole = mapSlots(
    snapshot,
    (slot, read) => Object.hasOwn(slot, "value") ? slot : { ...slot, value: read(eventAt(slot.seq)) },
  );
  return { ...whole, workflow: accepted.payload.workflow, input: accepted.payload.input };
}

/** A slot whose value stays in the ledger. */
function without<V>(slot: Slot<V>): Slot<V> {
  return { seq: slot.seq, bytes: slot.bytes } as Slot<V>;
}

type Visit = <V>(slot: Slot<V>, read: (event: Event) => V) => Slot<V>;

/** Visits every slot of a state, each with the way to read its value from its event. */
function mapSlots(state: RunFold, visit: Visit): RunFold {
  return {
    ...state,
    stage: mapStage(state.stage, visit),
    outputs: mapRecord(state.outputs, (slot, phase) => visit(slot, (event) => outputOf(event, phase))),
    effects: mapRecord(state.effects, (slot) => visit(slot, outcomeOf)),
    pending: mapRecord(state.pending, (effect) => ({ ...effect, args: visit(effect.args, argsOf) })),
    lastDecision: state.lastDecision === null ? null : visit(state.lastDecision, decisionOf),
    feedback: state.feedback === null ? null : visit(state.feedback, feedbackOf),
    signals: state.signals.length === 0
      ? state.signals
      : state.signals.map((signal) => ({ ...signal, payload: visit(signal.payload, signalOf) })),
  };
}

function mapStage(stage: Stage, visit: Visit): Stage {
  const asked = (slot: Slot<readonly EffectIntent[]> | null) => slot === null ? null : visit(slot, askedOf);
  const pending = (p: PendingTransition | null) => p === null ? null : { ...p, asked: asked(p.asked) };
  switch (stage.at) {
    case "allowed":
      return stage.asked === null ? stage : { ...stage, asked: asked(stage.asked) };
    case "routed":
    case "escalated":
      return stage.pending === null ? stage : { ...stage, pending: pending(stage.pending) };
    case "finished":
    case "escalating":
      return { ...stage, pending: { ...stage.pending, asked: asked(stage.pending.asked) } };
    case "accepted":
    case "running":
    case "parked":
    case "broken":
    case "ended":
      return stage;
  }
}

function mapRecord<V>(
  record: Readonly<Record<string, V>>,
  map: (value: V, key: string) => V,
): Readonly<Record<string, V>> {
  let changed: Record<string, V> | null = null;
  for (const key of Object.keys(record)) {
    const value = record[key] as V;
    const mapped = map(value, key);
    if (mapped === value) continue;
    changed ??= { ...record };
    changed[key] = mapped;
  }
  return changed ?? record;
}

function outputOf(event: Event, phase: string): Json {
  if (event.type === "phase.finished" || event.type === "output.copied") return event.payload.output;
  if (event.type === "run.accepted") return event.payload.outputs?.[phase] ?? null;
  throw unreadable(event, "an output");
}

function outcomeOf(event: Event): Json {
  if (event.type === "effect.done") return event.payload.outcome;
  throw unreadable(event, "an effect's outcome");
}

function argsOf(event: Event): Json {
  if (event.type === "effect.intended") return event.payload.args;
  throw unreadable(event, "an effect's arguments");
}

function askedOf(event: Event): readonly EffectIntent[] {
  if (event.type === "phase.finished") return event.payload.effects ?? [];
  throw unreadable(event, "the effects that were asked for");
}

function decisionOf(event: Event): Decision {
  if (event.type === "transition.decided") return event.payload.decision;
  throw unreadable(event, "a decision");
}

function signalOf(event: Event): Json {
  if (event.type === "signal.received") return event.payload.payload;
  throw unreadable(event, "a signal");
}

function unreadable(event: Event, what: string): Error {
  return new Error(`Cannot read ${event.run} as event ${event.seq} (${event.type}) should hold ${what}`);
}
