import type { Clock } from "./port.ts";

/** Why a handler is told to stop. */
export type StopReason = "timeout" | "cancelled" | "lost" | "stopping";

export type Outcome<T> = { given: T } | { threw: unknown } | { gaveUp: StopReason };

/** A handler at work: how it is told to stop, and how long one waits for it to listen. */
export class Step {
  readonly deadlineMs: number;
  // Made when somebody asks for it: most steps end before they look.
  #abort: AbortController | null = null;
  #reason: StopReason | null = null;
  #giveUpAtMs = Infinity;
  #giveUp: ((reason: StopReason) => void) | null = null;
  readonly #graceMs: number;
  readonly #clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now">, timeoutMs: number, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.deadlineMs = clock.now() + timeoutMs;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#reason !== null && !this.#abort.signal.aborted) this.#abort.abort(stopped(this.#reason));
    return this.#abort.signal;
  }

  /** Why it was told to stop; the first reason counts. */
  get reason(): StopReason | null {
    return this.#reason;
  }

  /** Aborts the signal. The work is given up when it does not end within the grace. */
  stop(why: StopReason): void {
    if (this.#reason === null) {
      this.#reason = why;
      this.#giveUpAtMs = this.#clock.now() + this.#graceMs;
      this.#abort?.abort(stopped(why));
    }
    // A run that is somebody else's has no result to wait for.
    if (why === "lost" || this.#graceMs <= 0) this.#giveUp?.(this.#reason);
  }

  /** What the work gave or threw, or the reason why it was given up. */
  race<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      this.#giveUp = (gaveUp) => resolve({ gaveUp });
      try {
        work().then((given) => resolve({ given }), (threw) => resolve({ threw }));
      } catch (threw) {
        resolve({ threw });
      }
    });
  }

  /** Looks at the clock: a deadline that has passed stops the work, a grace that has passed gives it up. */
  tick(nowMs: number): void {
    if (this.#reason === null && nowMs >= this.deadlineMs) this.stop("timeout");
    else if (this.#reason !== null && nowMs >= this.#giveUpAtMs) this.#giveUp?.(this.#reason);
  }
}

function stopped(why: StopReason): DOMException {
  return new DOMException(`The step was stopped: ${why}`, "AbortError");
}
