/** Schedules of the registered pipelines: each tick starts what is due, once, however many processes tick. */
import type { Clock, RunView, Store } from "../kernel/mod.ts";
import { type Actor, err, type Json, ok, type Problem, type Result } from "../specs/mod.ts";
import { firstAfter, type Schedule, type ScheduleEntry, type ScheduleEvent } from "../specs/foundry/mod.ts";
import { afterwards, due, noted, refreshed, type ScheduleState, startState } from "./schedule_state.ts";

export interface WatchedPipeline {
  id: string;
  /** Null: it runs when it is asked to, and only its freshness is looked at. */
  schedule: Schedule | null;
  freshnessHours: number | null;
}
export type ScheduledPipeline = WatchedPipeline & { schedule: Schedule };

/** How old the data of a pipeline is, against what was promised by `sla.freshnessHours`. */
export interface Freshness {
  pipeline: string;
  hours: number;
  lastSuccess: string | null;
  staleSince: string | null;
}

export interface Schedules {
  list(): Promise<ScheduleEntry[]>;
  get(id: string): Promise<ScheduleEntry | null>;
  /** The next `count` times; null when the pipeline has no schedule here. */
  next(id: string, count: number): Promise<string[] | null>;
  pause(id: string, why: string, actor: Actor): Promise<ScheduleEntry | null>;
  /** Times that passed while it was paused are not made up for. */
  resume(id: string, actor: Actor): Promise<ScheduleEntry | null>;
  /** Starts a run now, paused or not; the schedule's own times stay as they are. */
  trigger(id: string, actor: Actor): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  /** Looks at every schedule once and starts what is due, and at every promise of freshness. Told of what happened. */
  tick(tell?: Tell): Promise<void>;
  /** Runs that something waits for which is due. */
  held(): Promise<string[]>;
  /** Judges every promise of freshness now, or that of one pipeline; a breach is an event once, until the data is fresh again. */
  freshness(id?: string, tell?: Tell): Promise<Freshness[]>;
}

type Tell = (event: ScheduleEvent & { pipeline: string }) => void;

export interface ScheduleWorld {
  store: Pick<Store, "get" | "commit">;
  clock: Pick<Clock, "now">;
  pipelines(): Promise<WatchedPipeline[]>;
  /** The pipeline's latest run that was neither a backfill nor a replay. */
  lastRun(id: string): Promise<RunView | null>;
  /** When such a run succeeded last, as far as is known; asked where the latest one did not. */
  lastSuccess?(id: string): Promise<number | null>;
  /** The same key gives the same run. */
  start(id: string, key: string, actor: Actor): Promise<Result<{ run: string; existed: boolean }, Problem>>;
  /** Cancels a run and waits for its end, within reason. */
  cancel(run: string, actor: Actor): Promise<void>;
}

const STATES = ["pipelines", "schedule"];
/** How long a time that somebody began to start stays theirs. */
const CLAIM_MS = 60_000;
/** A parked run holds nothing: the next one takes over from it. */
const UNDER_WAY = new Set<RunView["status"]>(["queued", "running", "paused", "cancelling"]);
const SCHEDULER: Actor = { kind: "schedule", id: "scheduler" };

export function schedules(world: ScheduleWorld): Schedules {
  const { store, clock } = world;
  const iso = (ms: number) => new Date(ms).toISOString();

  async function read(id: string): Promise<{ state: ScheduleState; version: string | null }> {
    const entry = await store.get([...STATES, id]);
    return entry === null
      ? { state: startState(clock.now()), version: null }
      : { state: entry.value as unknown as ScheduleState, version: entry.version };
  }

  /** Changes a schedule's state as one step; what the change answers comes back. Null leaves it as it is. */
  async function change<T>(
    id: string,
    by: (state: ScheduleState) => { state: ScheduleState; value: T } | null,
  ): Promise<T | null> {
    for (;;) {
      const { state, version } = await read(id);
      const changed = by(state);
      if (changed === null) return null;
      const put = await store.commit({
        checks: [{ key: [...STATES, id], version }],
        sets: [{ key: [...STATES, id], value: changed.state as unknown as Json }],
      });
      if (put.ok) return changed.value;
    }
  }

  const note = (id: string, event: Omit<ScheduleEvent, "at">) =>
    change(id, (state) => ({ state: noted(state, { ...event, at: iso(clock.now()) }), value: true }));

  const isScheduled = (one: WatchedPipeline): one is ScheduledPipeline => one.schedule !== null;
  const scheduled = async () => (await world.pipelines()).filter(isScheduled);
  const find = async (id: string) => (await scheduled()).find((one) => one.id === id) ?? null;

  /** The latest run, and when one succeeded last. */
  async function latest({ id, freshnessHours }: WatchedPipeline) {
    const run = await world.lastRun(id);
    const success = run?.status === "completed"
      ? Date.parse(run.updatedAt)
      : freshnessHours === null
      ? null
      : await world.lastSuccess?.(id) ?? null;
    return { run, success };
  }

  /** Does something to a pipeline's state and tells the events that came of it. */
  async function telling(id: string, tell: Tell, work: () => Promise<void>): Promise<void> {
    const before = (await read(id)).state.told;
    try {
      await work();
    } finally {
      const { state } = await read(id);
      const fresh = state.events.slice(0, Math.max(0, state.told - before)).toReversed();
      for (const event of fresh) tell({ pipeline: id, ...event });
    }
  }

  /** Notes whether its data is as fresh as was promised. */
  async function judge(one: WatchedPipeline): Promise<Freshness | null> {
    const { id, freshnessHours: hours } = one;
    if (hours === null) return null;
    const { run, success } = await latest(one);
    const state = await change(id, (before) => {
      const { state } = refreshed(before, run?.run ?? null, success, hours, clock.now());
      return { state, value: state };
    });
    const at = (ms: number | null | undefined) => ms == null ? null : iso(ms);
    return { pipeline: id, hours, lastSuccess: at(state?.lastSuccess), staleSince: at(state?.staleSince) };
  }

  async function entryOf(one: ScheduledPipeline): Promise<ScheduleEntry> {
    const { id, schedule, freshnessHours } = one;
    const { state: kept } = await read(id);
    const { run, success } = await latest(one);
    const state = refreshed(kept, run?.run ?? null, success, freshnessHours, clock.now()).state;
    return {
      pipeline: id,
      ...schedule,
      paused: state.paused,
      next: state.paused === null ? nextTimes(schedule, clock.now(), 3) : [],
      waiting: state.waiting.map(iso),
      last: run === null ? null : {
        due: state.last?.run === run.run ? iso(state.last.due) : null,
        run: run.run,
        at: run.createdAt,
        status: run.status,
      },
      freshness: freshnessHours === null ? null : {
        hours: freshnessHours,
        lastSuccess: state.lastSuccess === null ? null : iso(state.lastSuccess),
        staleSince: state.staleSince === null ? null : iso(state.staleSince),
      },
      events: state.events,
    };
  }

  /** Takes the first waiting time for this process, starts its run, and records that. */
  async function begin({ id, schedule }: ScheduledPipeline): Promise<void> {
    const now = clock.now();
    const claimed = await change<number>(id, (state) => {
      if (state.starting !== null && state.starting.untilMs > now) return null;
      // One whose owner is gone is started again: the key of its run is the same, so that it stays one run.
      const at = state.starting?.due ?? state.waiting[0];
      if (at === undefined) return null;
      const waiting = state.starting === null ? state.waiting.slice(1) : state.waiting;
      return { state: { ...state, waiting, starting: { due: at, untilMs: now + CLAIM_MS } }, value: at };
    });
    if (claimed === null) return;
    // What throws here leaves the claim: when it has run out, the time is started again under the same key.
    const started = await world.start(id, `schedule:${id}:${iso(claimed)}`, SCHEDULER);
    await change(id, (state) => {
      const free = { ...state, starting: null };
      const event = { at: iso(clock.now()), due: iso(claimed) };
      if (!started.ok && started.error.code === "busy" && schedule.overlap === "queue") {
        return { state: { ...free, waiting: [claimed, ...free.waiting] }, value: true };
      }
      return {
        state: started.ok
          ? noted({ ...free, last: { due: claimed, run: started.value.run } }, {
            ...event,
            kind: "started",
            run: started.value.run,
            detail: started.value.existed ? "an unfinished run was gone on with" : "",
          })
          : noted(free, {
            ...event,
            kind: "refused",
            run: null,
            detail: `${started.error.message}${
              started.error.causes?.[0] === undefined ? "" : `: ${started.error.causes[0].message}`
            }`.slice(0, 1000),
          }),
        value: true,
      };
    });
  }

  async function tickOne(one: ScheduledPipeline): Promise<void> {
    const { id, schedule, freshnessHours } = one;
    const now = clock.now();
    const { run, success } = await latest(one);
    const active = run !== null && UNDER_WAY.has(run.status) ? run.run : null;
    const toCancel = await change(id, (before) => {
      const { state } = refreshed(before, run?.run ?? null, success, freshnessHours, now);
      const taken = due(schedule, state, now);
      const next = afterwards(schedule, taken, active, now);
      return {
        state: next.state,
        value: next.cancels ? active : null,
      };
    });
    if (toCancel !== null) await world.cancel(toCancel, SCHEDULER);
    const still = active === null ? null : await world.lastRun(id);
    if (still === null || !UNDER_WAY.has(still.status)) await begin(one);
  }

  return {
    async list() {
      return await Promise.all((await scheduled()).map(entryOf));
    },
    async get(id) {
      const found = await find(id);
      return found === null ? null : await entryOf(found);
    },
    async next(id, count) {
      const found = await find(id);
      return found === null ? null : nextTimes(found.schedule, clock.now(), count);
    },
    async pause(id, why, actor) {
      const found = await find(id);
      if (found === null) return null;
      const at = iso(clock.now());
      await change(id, (state) =>
        state.paused !== null ? null : {
          state: noted({ ...state, paused: { at, by: actor.id, why }, waiting: [] }, {
            at,
            kind: "paused",
            due: null,
            run: null,
            detail: `by ${actor.id}${why === "" ? "" : `: ${why}`}`,
          }),
          value: true,
        });
      return await entryOf(found);
    },
    async resume(id, actor) {
      const found = await find(id);
      if (found === null) return null;
      await change(id, (state) =>
        state.paused === null ? null : {
          state: noted({ ...state, paused: null, seen: clock.now() }, {
            at: iso(clock.now()),
            kind: "resumed",
            due: null,
            run: null,
            detail: `by ${actor.id}`,
          }),
          value: true,
        });
      return await entryOf(found);
    },
    async trigger(id, actor) {
      if (await find(id) === null) {
        return err({ code: "not-found", message: `There is no schedule of '${id}'` });
      }
      const started = await world.start(id, `trigger:${id}:${clock.now()}:${crypto.randomUUID()}`, actor);
      if (started.ok) {
        const { run } = started.value;
        await note(id, { kind: "triggered", due: null, run, detail: `by ${actor.id}` });
      }
      return started.ok ? ok(started.value) : started;
    },
    async tick(tell = () => {}) {
      const errors: unknown[] = [];
      for (const one of await world.pipelines()) {
        try {
          await telling(one.id, tell, async () => {
            if (isScheduled(one)) await tickOne(one);
            else await judge(one);
          });
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, "Cannot look after every schedule");
    },
    async held() {
      const runs: string[] = [];
      for (const { id } of await scheduled()) {
        const { state } = await read(id);
        if (state.waiting.length === 0) continue;
        const run = await world.lastRun(id);
        if (run !== null && UNDER_WAY.has(run.status)) runs.push(run.run);
      }
      return runs;
    },
    async freshness(id, tell = () => {}) {
      const found: Freshness[] = [];
      for (const one of await world.pipelines()) {
        if (id !== undefined && one.id !== id) continue;
        await telling(one.id, tell, async () => {
          const judged = await judge(one);
          if (judged !== null) found.push(judged);
        });
      }
      return found;
    },
  };

  function nextTimes(schedule: Schedule, afterMs: number, count: number): string[] {
    const times: string[] = [];
    for (let at = firstAfter(schedule, afterMs); at !== null && times.length < count;) {
      times.push(iso(at));
      at = firstAfter(schedule, at);
    }
    return times;
  }
}
