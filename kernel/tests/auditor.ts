import assert from "node:assert/strict";
import type { Event, Json } from "../../specs/mod.ts";
import { isChained } from "../envelope.ts";
import { GENESIS } from "../genesis.ts";
import { fold } from "../fold.ts";
import { lastText } from "../keys.ts";
import { type Ledger } from "../ledger.ts";
import { statusOf } from "../state.ts";
import type { SimulatedBackend } from "../store/simulated.ts";
import { outputOf, type Outside, type Program } from "./program.ts";

/** What was done to a run from outside. */
export interface RunStory {
  readonly run: string;
  readonly program: Program;
  /** Ids of signals that were acknowledged. */
  readonly signals: Set<string>;
  cancelled: boolean;
  rejected: boolean;
  paused: boolean;
}

/** What the seed did to time. */
export interface Times {
  readonly jumped: boolean;
  /** A worker may have been taken for dead while it was at work. */
  readonly overlaps: boolean;
}

/** Recomputes from the ledger what must hold of a run that has ended, whatever happened on the way. */
export function auditRun(events: readonly Event[], story: RunStory, out: Outside, times: Times): void {
  auditChain(events);
  auditEnd(events, story);
  auditPhases(events, story);
  auditEffects(events, out, times.overlaps);
  auditSignals(events, story);
  if (!times.jumped) auditTimers(events);
  auditCancel(events);
  auditBudget(events);
}

/** I5: gap-free, each hash covers the one before, a decision for each gated step, nothing after the end. */
function auditChain(events: readonly Event[]): void {
  let prevHash = GENESIS;
  let parent: string | null = null;
  events.forEach((event, i) => {
    assert.equal(event.seq, i + 1, `I5: event ${i + 1} has number ${event.seq}`);
    assert.equal(event.parent, parent, `I5: event ${event.seq} follows another than the one before`);
    assert.ok(isChained(event, prevHash), `I5: event ${event.seq} breaks the chain`);
    prevHash = event.hash;
    parent = event.id;
  });
  assert.equal(new Set(events.map((e) => e.id)).size, events.length, "I5: an event id is there twice");
  const [first] = events;
  assert.ok(first?.type === "run.accepted", "I5: the first event is not run.accepted");
  const { phases } = first.payload.workflow;
  events.forEach((event, i) => {
    if (event.type !== "phase.finished") return;
    if (phases[event.payload.phase]?.on[event.payload.outcome]?.gated !== true) return;
    const next = events.slice(i + 1).find((e) =>
      e.type === "transition.decided" || e.type === "phase.entered"
    );
    if (next === undefined) return;
    assert.equal(next.type, "transition.decided", `I5: ${event.payload.phase} was left without a decision`);
  });
}

/** I1: exactly one end; sealed once after it, and last. I4: the end that the program has without faults. */
function auditEnd(events: readonly Event[], { program, cancelled, rejected }: RunStory): void {
  const ends = events.filter((e) => e.type === "run.ended");
  assert.equal(ends.length, 1, `I1: the run ended ${ends.length} times`);
  const [end] = ends;
  assert.ok(end?.type === "run.ended");
  const after = events.slice(end.seq).map((e) => e.type).filter((type) => type !== "evidence.failed");
  assert.deepEqual(after, program.workflow.seals ? ["evidence.sealed"] : [], "I5: events after the end");
  const { status } = end.payload;
  const possible = new Set<string>([program.expected]);
  if (cancelled) possible.add("cancelled");
  if (rejected) possible.add("denied");
  assert.ok(possible.has(status), `I4: ended as ${status}, not as ${[...possible].join(" or ")}`);
}

/** I2: a phase that was finished is not entered or finished again; I4: its output is that of a run without faults. */
function auditPhases(events: readonly Event[], { program }: RunStory): void {
  const finished = new Map<string, Json>();
  const entered: string[] = [];
  for (const event of events) {
    if (event.type === "phase.entered") {
      assert.equal(event.payload.visit, 1, `I2: ${event.payload.phase} was entered again`);
      entered.push(event.payload.phase);
    }
    if (event.type !== "phase.finished") continue;
    const { phase, output } = event.payload;
    assert.ok(!finished.has(phase), `I2: ${phase} was finished twice`);
    finished.set(phase, output);
    const index = Number(phase.slice(1));
    const before = index === 0 ? null : finished.get(`p${index - 1}`) ?? null;
    assert.deepEqual(output, outputOf(index, before), `I4: ${phase} gave another output`);
  }
  assert.deepEqual(
    entered,
    program.commands.slice(0, entered.length).map((_, i) => `p${i}`),
    "I4: the order of phases",
  );
  const end = events.find((e) => e.type === "run.ended");
  if (end?.type === "run.ended" && end.payload.status === "completed") {
    assert.equal(finished.size, program.commands.length, "I4: completed without all its phases");
  }
}

/** I3: every effect that is done was intended and allowed before, is there outside, and is there once per key. */
function auditEffects(events: readonly Event[], out: Outside, overlaps: boolean): void {
  const intended = new Set<string>();
  const done = new Set<string>();
  for (const event of events) {
    if (event.type === "effect.intended") {
      assert.ok(!intended.has(event.payload.key), `I3: ${event.payload.key} was intended twice`);
      intended.add(event.payload.key);
    }
    if (event.type === "effect.done") {
      assert.ok(intended.has(event.payload.key), `I3: ${event.payload.key} was done before it was intended`);
      assert.ok(!done.has(event.payload.key), `I3: ${event.payload.key} was done twice`);
      assert.ok(out.acts.has(event.payload.key), `I3: ${event.payload.key} is recorded and not there`);
      done.add(event.payload.key);
    }
  }
  const gaveUp = events.some((e) => e.type === "effect.failed" && e.payload.final);
  const end = events.find((e) => e.type === "run.ended");
  for (const key of intended) {
    if (gaveUp || (end?.type === "run.ended" && end.payload.status === "cancelled")) continue;
    assert.ok(done.has(key), `I3: the run ended before ${key} was done`);
  }
  for (const [key, acts] of out.acts) {
    if (events[0] === undefined || !key.startsWith(`${events[0].run}/`)) continue;
    assert.ok(intended.has(key), `I3: ${key} was done without an intent`);
    assert.ok(acts === 1 || overlaps, `I3: ${key} was done ${acts} times`);
  }
}

/** I7: a signal is kept once, whenever it came, and consumed at most once. */
function auditSignals(events: readonly Event[], { signals, program }: RunStory): void {
  const kept = new Set<string>();
  const consumed = new Set<string>();
  for (const event of events) {
    if (event.type === "signal.received") {
      assert.ok(!kept.has(event.payload.id), `I7: signal ${event.payload.id} was kept twice`);
      kept.add(event.payload.id);
    }
    if (event.type === "signal.consumed") {
      assert.ok(kept.has(event.payload.id), `I7: signal ${event.payload.id} was consumed before it came`);
      assert.ok(!consumed.has(event.payload.id), `I7: signal ${event.payload.id} was consumed twice`);
      consumed.add(event.payload.id);
    }
  }
  for (const id of signals) assert.ok(kept.has(id), `I7: signal ${id} was acknowledged and lost`);
  for (const event of events) {
    if (event.type !== "phase.finished") continue;
    const command = program.commands[Number(event.payload.phase.slice(1))];
    if (command?.kind !== "signal" || command.withTimeout) continue;
    assert.ok(
      [...consumed].some((id) => id.endsWith(`-${event.payload.phase}`)),
      `I7: ${event.payload.phase} went on without its signal`,
    );
  }
}

/** I6: no timer fires before its instant, and none twice. */
function auditTimers(events: readonly Event[]): void {
  const set = new Map<string, number>();
  for (const event of events) {
    if (event.type === "timer.set") set.set(event.payload.id, Date.parse(event.payload.at));
    if (event.type !== "timer.fired") continue;
    const at = set.get(event.payload.id);
    assert.ok(at !== undefined, `I6: timer ${event.payload.id} fired without being set, or twice`);
    assert.ok(
      Date.parse(event.at) >= at,
      `I6: timer ${event.payload.id} fired ${at - Date.parse(event.at)} ms early`,
    );
    set.delete(event.payload.id);
  }
}

/** I10: no phase is entered once the cancel is in the ledger. */
function auditCancel(events: readonly Event[]): void {
  const at = events.findIndex((e) => e.type === "run.cancelling");
  if (at < 0) return;
  const later = events.slice(at + 1).find((e) => e.type === "phase.entered" || e.type === "phase.finished");
  assert.equal(later, undefined, `I10: ${later?.type} after the cancel`);
}

/** Nothing stays reserved, and nothing beyond the limit is spent. */
function auditBudget(events: readonly Event[]): void {
  let state: Parameters<typeof fold>[0] = null;
  for (const event of events) state = fold(state, event, 0);
  assert.ok(state !== null);
  assert.deepEqual(state.reservations, {}, "a reservation stays open");
  for (const [unit, { limit, spent }] of Object.entries(state.budget)) {
    if (unit !== "ms") assert.ok(spent <= limit, `${unit}: spent ${spent} of ${limit}`);
  }
}

/** After everything ended: no run is owned, the queue is empty, each run has the index key of its status and no other. */
export async function auditStore(
  backend: SimulatedBackend,
  ledger: Ledger,
  runs: readonly string[],
): Promise<void> {
  const entries = backend.dump();
  const under = (name: string) => entries.filter((e) => e.key[0] === "kernel" && e.key[1] === name);
  assert.deepEqual(under("queue").map((e) => e.key), [], "the queue is not empty");
  const expected: string[] = [];
  for (const run of runs) {
    const record = await ledger.load(run);
    assert.ok(record !== null, `I1: ${run} is lost`);
    assert.equal(record.owner, null, `${run} is still owned by ${record.owner}`);
    expected.push(`${statusOf(record.state)} ${run}`);
    // The snapshot and its tail say the same as the whole history.
    let replayed: Parameters<typeof fold>[0] = null;
    for (const event of await ledger.events(run, { limit: 100_000 })) replayed = fold(replayed, event, 0);
    assert.deepEqual(strip(replayed), strip(record.state), `${run}: the replay differs from the snapshot`);
  }
  const found = under("status").map((e) => `${e.key[2]} ${lastText(e.key)}`);
  assert.deepEqual(found.sort(), expected.sort(), "the index of statuses");
  assert.deepEqual(
    under("run").map((e) => lastText(e.key)).sort(),
    [...runs].sort(),
    "the runs that are kept",
  );
}

/** Sizes of slots depend on how the state was read; what they hold does not. */
function strip(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state, (key, value) => key === "bytes" ? 0 : value));
}
