/** A clock on which waiting takes no time: it leaps to the end of each sleep, and keeps how long it was. */
import type { Clock } from "../../../kernel/mod.ts";

export interface LeapingClock extends Clock {
  /** Lengths of all sleeps, in order. */
  readonly slept: readonly number[];
  /** Moves on without a sleep. */
  advance(ms: number): void;
}

export function leapingClock(startMs: number = Date.UTC(2026, 0, 1)): LeapingClock {
  const slept: number[] = [];
  let now = startMs;
  return {
    slept,
    now: () => now,
    advance: (ms) => void (now += ms),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      // Two sleepers that began together end together.
      const end = now + Math.max(ms, 0);
      slept.push(ms);
      await Promise.resolve();
      signal?.throwIfAborted();
      now = Math.max(now, end);
    },
  };
}
