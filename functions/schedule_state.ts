/** What a schedule remembers, and the decisions of a tick over it. Pure: instants come in as numbers. */
import { type Schedule, type ScheduleEntry, type ScheduleEvent, timesBetween } from "../specs/foundry/mod.ts";

export interface ScheduleState {
  v: 1;
  /** Since when the schedule is known here. */
  since: number;
  /** Times up to here were looked at. */
  seen: number;
  /** Due times that have not begun, oldest first. */
  waiting: number[];
  /** The time that somebody starts at the moment, and until when it is theirs. */
  starting: { due: number; untilMs: number } | null;
  last: { due: number; run: string } | null;
  paused: ScheduleEntry["paused"];
  lastSuccess: number | null;
  staleSince: number | null;
  /** Newest first. */
  events: ScheduleEvent[];
  /** Events that ever were. */
  told: number;
}

/** A time that is looked at this late is on time: ticks come each minute. */
const ON_TIME_MS = 2 * 60_000;
const MOST_WAITING = 100;
const MOST_EVENTS = 50;
const HOUR_MS = 3_600_000;

const iso = (ms: number) => new Date(ms).toISOString();

export const startState = (nowMs: number): ScheduleState => ({
  v: 1,
  since: nowMs,
  seen: nowMs,
  waiting: [],
  starting: null,
  last: null,
  paused: null,
  lastSuccess: null,
  staleSince: null,
  events: [],
  told: 0,
});

/** The state with one more event. */
export const noted = (state: ScheduleState, event: ScheduleEvent): ScheduleState => ({
  ...state,
  events: [event, ...state.events].slice(0, MOST_EVENTS),
  told: state.told + 1,
});

/** Whether the data is as fresh as was promised, from the latest run that succeeded. */
export function refreshed(
  state: ScheduleState,
  run: string | null,
  success: number | null,
  freshnessHours: number | null,
  nowMs: number,
): { state: ScheduleState } {
  const lastSuccess = success === null ? state.lastSuccess : Math.max(success, state.lastSuccess ?? 0);
  const next = { ...state, lastSuccess };
  if (freshnessHours === null) return { state: { ...next, staleSince: null } };
  const ends = (lastSuccess ?? state.since) + freshnessHours * HOUR_MS;
  const at = iso(nowMs);
  if (nowMs > ends && state.staleSince === null) {
    return {
      state: noted({ ...next, staleSince: ends }, {
        at,
        kind: "stale",
        due: null,
        run: null,
        detail: `no run has succeeded for more than ${freshnessHours} h; the last ${
          lastSuccess === null ? "one is yet to come" : `was at ${iso(lastSuccess)}`
        }`,
      }),
    };
  }
  if (nowMs <= ends && state.staleSince !== null) {
    return {
      state: noted({ ...next, staleSince: null }, {
        at,
        kind: "fresh",
        due: null,
        run,
        detail: `it was stale since ${iso(state.staleSince)}`,
      }),
    };
  }
  return { state: next };
}

/** The times that have come since the last look, as far as missed ones are made up for. */
export function due(
  schedule: Schedule,
  state: ScheduleState,
  nowMs: number,
): { state: ScheduleState; late: number[]; onTime: number[] } {
  const seen = { ...state, seen: Math.max(state.seen, nowMs) };
  if (state.paused !== null) return { state: seen, late: [], onTime: [] };
  const from = Math.max(state.seen, windowStart(schedule.window, nowMs));
  const times = timesBetween(schedule, from, nowMs, MOST_WAITING);
  const late = times.filter((at) => nowMs - at > ON_TIME_MS);
  const onTime = times.slice(late.length);
  const kept = schedule.catchup === "all"
    ? late
    : schedule.catchup === "one" && onTime.length === 0
    ? late.slice(-1)
    : [];
  const dropped = late.slice(0, late.length - kept.length);
  const newest = dropped.at(-1);
  return {
    state: newest === undefined ? seen : noted(seen, {
      at: iso(nowMs),
      kind: "missed",
      due: iso(newest),
      run: null,
      detail: `${dropped.length} time${
        dropped.length === 1 ? "" : "s"
      } passed while nobody looked (catchup: ${schedule.catchup})`,
    }),
    late: kept,
    onTime,
  };
}

/** What of it waits, when a run is under way or not; whether that run is to be cancelled. */
export function afterwards(
  schedule: Schedule,
  taken: ReturnType<typeof due>,
  active: string | null,
  nowMs: number,
): { state: ScheduleState; cancels: boolean } {
  const { state, late, onTime } = taken;
  const busy = active ?? (state.starting !== null && state.starting.untilMs > nowMs ? "another start" : null);
  switch (schedule.overlap) {
    case "skip": {
      const room = busy === null && state.waiting.length === 0 && late.length === 0;
      const kept = room ? onTime.slice(-1) : [];
      const waiting = [...state.waiting, ...late, ...kept];
      const skipped = onTime.filter((at) => !kept.includes(at));
      return {
        state: skipped.reduce((before, at) =>
          noted(before, {
            at: iso(nowMs),
            kind: "skipped",
            due: iso(at),
            run: active,
            detail: busy === null ? "an earlier time comes first" : `${busy} still goes on`,
          }), { ...state, waiting: waiting.slice(-MOST_WAITING) }),
        cancels: false,
      };
    }
    case "queue":
      return {
        state: { ...state, waiting: [...state.waiting, ...late, ...onTime].slice(-MOST_WAITING) },
        cancels: false,
      };
    case "cancel-other": {
      const all = [...state.waiting, ...late, ...onTime];
      // Missed times that are all made up for do not cancel each other: only a new one does.
      const waiting = onTime.length > 0 ? all.slice(-1) : all;
      const cancels = active !== null && onTime.length > 0;
      return {
        state: cancels
          ? noted({ ...state, waiting }, {
            at: iso(nowMs),
            kind: "cancelled",
            due: iso(waiting[0] ?? nowMs),
            run: active,
            detail: "the next time of the schedule has come",
          })
          : { ...state, waiting: waiting.slice(-MOST_WAITING) },
        cancels,
      };
    }
  }
}

const windowStart = (window: string, nowMs: number): number =>
  Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC").subtract(window).epochMilliseconds;
