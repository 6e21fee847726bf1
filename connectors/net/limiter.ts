/** Who may send when: one limiter per (host, credential, quota), for all streams of this process and, by SharedTurns, of all. */
import type { Clock } from "../../kernel/mod.ts";

/** Turns that processes share: an entry in the Store, or nothing where there is one process only. */
export interface SharedTurns {
  /** Takes the next turn of the key: the instant (ms since the epoch) from which on one request may be sent. */
  take(key: string, everyMs: number, nowMs: number): Promise<number>;
  /** No turn of the key comes before this instant. */
  hold(key: string, untilMs: number, nowMs: number): Promise<void>;
}

export interface Pace {
  readonly requestsPerSecond?: number;
  readonly concurrency: number;
}

export interface Turn {
  readonly waitedMs: number;
  /** The request is over. */
  leave(): void;
}

export interface Limiter {
  /**
   * Waits for a turn. A wait that would end later than `mostMs` from now is not begun: the result says until when instead. Rejects
   * with the signal's reason.
   */
  enter(pace: Pace, mostMs: number, signal: AbortSignal): Promise<Turn | { untilMs: number }>;
  /** Nobody sends before this instant. */
  hold(untilMs: number): Promise<void>;
}

/** Shared slots are a tenth further apart: lateness of one process must not bring two of them into one window. */
const SHARED_MARGIN = 1.1;

export function limiter(clock: Clock, key: string, turns?: SharedTurns): Limiter {
  const door = queue();
  let inside = 0;
  let freed: (() => void)[] = [];
  let next = 0;
  let held = 0;

  const free = () => {
    inside--;
    const waiting = freed;
    freed = [];
    for (const wake of waiting) wake();
  };

  /** The instant of the turn, once it has come; or the instant that is too far off. Only one is in here at a time. */
  const turn = async (pace: Pace, latest: number, signal: AbortSignal): Promise<number | null> => {
    const everyMs = pace.requestsPerSecond === undefined ? 0 : Math.ceil(1000 / pace.requestsPerSecond);
    let at = 0;
    let shared = false;
    for (;;) {
      signal.throwIfAborted();
      const now = clock.now();
      if (held > latest) return held;
      if (turns !== undefined && everyMs > 0 && !shared && held <= now) {
        at = await turns.take(key, everyMs * SHARED_MARGIN, now);
        shared = true;
      }
      // A wall clock that was set back must not make the next turn wait for longer than one interval.
      if (next - now > everyMs) next = now + everyMs;
      const due = Math.max(at, next, held);
      if (due > latest) return due;
      if (due <= now) {
        next = now + everyMs;
        return null;
      }
      await clock.sleep(due - now, signal);
    }
  };

  return {
    async enter(pace, mostMs, signal) {
      const leaveDoor = await door(signal);
      let began = 0;
      try {
        while (inside >= pace.concurrency) {
          await abortable(new Promise<void>((wake) => freed.push(wake)), signal);
        }
        // Waiting for others is no wait for a quota: the budget starts here.
        began = clock.now();
        const tooLate = await turn(pace, began + mostMs, signal);
        if (tooLate !== null) return { untilMs: tooLate };
        inside++;
      } finally {
        leaveDoor();
      }
      let left = false;
      return {
        waitedMs: Math.max(clock.now() - began, 0),
        leave() {
          if (!left) free();
          left = true;
        },
      };
    },
    async hold(untilMs) {
      held = Math.max(held, untilMs);
      await turns?.hold(key, untilMs, clock.now());
    },
  };
}

/** First come, first served; whoever gives up does not hold up the others. */
function queue(): (signal: AbortSignal) => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return async (signal) => {
    const before = last;
    let leave = () => {};
    last = new Promise<void>((resolve) => leave = resolve);
    try {
      await abortable(before, signal);
    } catch (error) {
      before.then(leave);
      throw error;
    }
    return leave;
  };
}

/** The promise's result, or the signal's reason when that comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
