import type { Clock } from "./port.ts";

/** The wall clock. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        }, Math.min(Math.max(ms, 0), MAX_TIMEOUT_MS));
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
}

/** Beyond 2^31-1 ms a timer fires at once; callers look at the clock again after a sleep. */
const MAX_TIMEOUT_MS = 2_147_483_000;

export interface FakeClock extends Clock {
  /** Moves time on, waking sleepers in the order of their instants. */
  advance(ms: number): void;
  /** Sets the wall clock without waking those whose instant is not reached: a jump, as NTP makes them. */
  jump(ms: number): void;
  /** The instant of the next sleeper on the steady clock, or null. */
  next(): number | null;
  /** The steady clock: moves by `advance` only. */
  steady(): number;
}

/**
 * A clock that moves only when told. Sleeping follows a steady clock and `now()` the wall clock, so that `jump` can shift the one
 * without the other.
 */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let steady = 0;
  let wall = startMs;
  let order = 0;
  const sleepers: { at: number; order: number; wake: () => void }[] = [];
  const remove = (sleeper: (typeof sleepers)[number]) => {
    const i = sleepers.indexOf(sleeper);
    if (i >= 0) sleepers.splice(i, 1);
  };
  const earliest = () =>
    sleepers.reduce<(typeof sleepers)[number] | null>(
      (best, s) => best === null || s.at < best.at || (s.at === best.at && s.order < best.order) ? s : best,
      null,
    );
  return {
    now: () => wall,
    steady: () => steady,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { at: steady + Math.max(ms, 0), order: order++, wake: () => done() };
        const onAbort = () => {
          remove(sleeper);
          reject(signal?.reason);
        };
        const done = () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
    advance(ms) {
      const target = steady + ms;
      for (let s = earliest(); s !== null && s.at <= target; s = earliest()) {
        wall += Math.max(s.at - steady, 0);
        steady = Math.max(s.at, steady);
        remove(s);
        s.wake();
      }
      wall += target - steady;
      steady = target;
    },
    jump(ms) {
      wall += ms;
    },
    next: () => earliest()?.at ?? null,
  };
}
