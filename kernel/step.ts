/** Why a handler is told to stop. */
export type StopReason = "timeout" | "cancelled" | "lost" | "stopping";

/** A handler at work: how it is told to stop, and how long one waits for it to listen. */
export interface Step {
  readonly signal: AbortSignal;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  /** The reason, once there is one; the first one counts. */
  reason(): StopReason | null;
  /** Aborts the signal. The work is given up when it does not end within the grace. */
  stop(reason: StopReason): void;
  /** The work's result, or the reason why it was given up. */
  race<T>(work: Promise<T>): Promise<{ given: T } | { gaveUp: StopReason }>;
  /** Looks at the clock: a deadline that has passed stops the work, a grace that has passed gives it up. */
  tick(nowMs: number): void;
}

export function step(nowMs: number, timeoutMs: number, graceMs: number, now: () => number): Step {
  // Made when somebody asks for it: most steps end before they look.
  let abort: AbortController | null = null;
  let reason: StopReason | null = null;
  let giveUpAtMs = Infinity;
  let giveUp: (reason: StopReason) => void = () => {};
  const givenUp = new Promise<StopReason>((resolve) => giveUp = resolve);
  const deadlineMs = nowMs + timeoutMs;
  const stop = (why: StopReason) => {
    if (reason === null) {
      reason = why;
      giveUpAtMs = now() + graceMs;
      abort?.abort(stopped(why));
    }
    // A run that is somebody else's has no result to wait for.
    if (why === "lost" || graceMs <= 0) giveUp(reason);
  };
  return {
    get signal() {
      abort ??= new AbortController();
      if (reason !== null && !abort.signal.aborted) abort.abort(stopped(reason));
      return abort.signal;
    },
    startedAtMs: nowMs,
    deadlineMs,
    reason: () => reason,
    stop,
    race: (work) =>
      Promise.race([
        work.then((given) => ({ given })),
        givenUp.then((gaveUp) => ({ gaveUp })),
      ]),
    tick(at) {
      if (reason === null && at >= deadlineMs) stop("timeout");
      else if (reason !== null && at >= giveUpAtMs) giveUp(reason);
    },
  };
}

function stopped(why: StopReason): DOMException {
  return new DOMException(`The step was stopped: ${why}`, "AbortError");
}
