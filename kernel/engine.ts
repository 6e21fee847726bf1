import type { Actor, EventBody, Json } from "../specs/mod.ts";
import { planControl, refusal } from "./control.ts";
import { type Core, createCore } from "./core.ts";
import { forkRun } from "./fork.ts";
import { keys } from "./keys.ts";
import { EventRefused } from "./envelope.ts";
import { type Draft, draftOn } from "./run_record.ts";
import { next } from "./machine.ts";
import type { ControlOutcome, Engine, EngineOptions } from "./port.ts";
import { viewOf } from "./projection.ts";
import { statusOf } from "./state.ts";
import type { Commit, Key } from "./store/port.ts";
import { submitRun } from "./submit.ts";
import { listRuns } from "./list.ts";
import { settledRun, watchRun } from "./watch.ts";
import { createWorker, WORK_TOPIC, type Worker } from "./worker.ts";

/**
 * The engine: accepts runs, drives them to their end, answers for them.
 *
 * A committed step never runs again; a step in flight at a crash may, and has an idempotency key. No acknowledged run is lost.
 */
export function createEngine(options: EngineOptions): Engine {
  const core = createCore(options);
  const worker = createWorker(core);
  return {
    start: () => worker.start(),
    stop: (graceMs = 10_000) => worker.stop(graceMs),
    submit: (submission) => submitRun(core, worker, submission),
    async asked(idempotencyKey) {
      const entry = await core.store.get(keys.asked(idempotencyKey));
      return typeof entry?.value === "string" ? entry.value : null;
    },
    control: (run, action, actor) =>
      action.action === "fork"
        ? forkRun(core, worker, run, action.phase, actor)
        : change(core, worker, run, actor, (state, driven) => planControl({ state, driven }, action, actor)),
    signal: (run, name, payload, actor, id) => signal(core, worker, run, name, payload, actor, id),
    async view(run) {
      const record = await core.ledger.load(run);
      return record === null ? null : viewOf(record.state);
    },
    events: (run, page) => core.ledger.events(run, page),
    watch: (run, from) => watchRun(core, run, from),
    list: (page) => listRuns(core, page),
    settled: (run, abort) => settledRun(core, run, abort, worker.stateOf(run)),
    sweep: () => worker.sweep(),
    metrics: () => ({
      ...core.counters,
      active: worker.activeRuns(),
      concurrency: core.settings.concurrency,
    }),
  };
}

type Planned = { ok: true; value: EventBody[] } | {
  ok: false;
  error: Extract<ControlOutcome, { ok: false }>;
};

/**
 * Appends what somebody asks for to a run, whoever drives it; again when the run moved meanwhile.
 *
 * @param once a key that is written along, so that the same request counts once
 */
async function change(
  core: Core,
  worker: Worker,
  run: string,
  actor: Actor,
  plan: (state: Draft["state"], driven: boolean) => Planned,
  once?: { key: Key },
): Promise<ControlOutcome> {
  for (;;) {
    if (once !== undefined && (await core.store.get(once.key)) !== null) return { ok: true, run };
    const record = await core.ledger.load(run);
    if (record === null) return refusal("not-found", `there is no run ${run}`, "look at the list of runs");
    const planned = plan(record.state, record.owner !== null);
    if (!planned.ok) return planned.error;
    if (planned.value.length === 0) return { ok: true, run };
    try {
      const draft = draftOn(record);
      core.ledger.extend(draft, planned.value, actor);
      // What follows by itself is done at once when no worker is there to do it.
      if (record.owner === null) follow(core, draft);
      const marked: Commit = once === undefined ? {} : {
        checks: [{ key: once.key, version: null }],
        sets: [{ key: once.key, value: core.clock.now() }],
      };
      const outcome = await core.ledger.commit(draft, { kind: "keep" }, marked);
      if (!outcome.ok) {
        core.counters.conflicts++;
        continue;
      }
      core.attendance.tell(draft.state);
      worker.touched(run);
      if (outcome.record.dueMs !== null && outcome.record.owner === null) {
        worker.wake(outcome.record.dueMs);
        // Ours is awake; others on the same store are told.
        core.store.wake(WORK_TOPIC);
      }
      return { ok: true, run };
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error;
      return refusal("invalid", error.message, "make it smaller, or pass a blob's digest");
    }
  }
}

/** Adds what the machine appends without anybody's work: a phase entered, an end. */
function follow(core: Core, draft: Draft): void {
  for (;;) {
    const command = next(draft.state, core.clock.now());
    if (command.do !== "append") return;
    core.ledger.extend(draft, command.bodies, core.actor);
  }
}

function signal(
  core: Core,
  worker: Worker,
  run: string,
  name: string,
  payload: Json,
  actor: Actor,
  id: string = core.ids.uuid(),
): Promise<ControlOutcome> {
  const plan = (state: Draft["state"]): Planned =>
    state.stage.at === "ended"
      ? {
        ok: false,
        error: refusal(
          "conflict",
          `${run} has ended as ${statusOf(state)}`,
          "signals go to runs that have not",
        ),
      }
      : { ok: true, value: [{ type: "signal.received", v: 1, payload: { id, name, payload } }] };
  return change(core, worker, run, actor, plan, { key: keys.signal(run, id) });
}
