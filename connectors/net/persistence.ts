/** Trying again: within the bounds of tries, of the run's retries, and of waiting for quotas. */
import { DataFailure } from "../data/port.ts";
import { type ExchangeContext, limiterKey } from "./exchange.ts";
import type { Plan } from "./request.ts";
import { backoff } from "./waiting.ts";

const RETRIES = 5;
/** A body that is not what it should be is rarely cured by a sixth try. */
const SHAPE_RETRIES = 2;
/** A port that nobody listens on answers at once: whoever starts there does so within seconds. */
const CLOSED_MOST_MS = 2_000;
const RETRY_BUDGET = 100;
/** A server that says `later` so often in a row means no. */
const MOST_LIMITED = 20;
const LIMITED_FIRST_MS = 1000;
const LIMITED_MOST_MS = 120_000;

/** What one try came to when it is neither a reply nor the end. */
export class Setback extends Error {
  constructor(
    /** What is thrown when there is no further try. */
    readonly failure: DataFailure,
    readonly more: {
      /** What the server asked for. */
      waitMs?: number;
      /** The shortest wait that the dialect knows of. */
      floorMs?: number;
      /** A kept connection had been closed: once more, at once. */
      stale?: boolean;
      /** Nobody listens there. */
      closed?: boolean;
      /** The bytes came, and were not what they should be. */
      shape?: boolean;
      /** The server did nothing with it: safe to repeat, whatever the method. */
      untouched?: boolean;
      /** A 401 to this OAuth token (undefined: none). */
      refused?: { token: string | undefined };
    } = {},
  ) {
    super(failure.message);
  }
}

export interface Bounds {
  readonly connector: string;
  readonly signal: AbortSignal;
  readonly waitBudgetMs: number;
  readonly retries?: number;
  readonly retryBudget?: number;
  readonly progress?: (message: string) => void;
}

/** Calls `once` until it gives a result; a Setback decides whether and when it is called again. Anything else is thrown on. */
export async function persist<T>(
  planned: Plan,
  context: ExchangeContext,
  bounds: Bounds,
  once: (waitMs: number, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { pool: { clock, hidden, random, limiterFor }, used } = context;
  const { signal } = bounds;
  let left = bounds.waitBudgetMs;
  let [failed, shapeless, limited, renewed, stale] = [0, 0, 0, false, false];
  const spend = () => {
    if (used.retried >= (bounds.retryBudget ?? RETRY_BUDGET + used.made / 10)) return false;
    used.retried++;
    return true;
  };
  for (;;) {
    signal.throwIfAborted();
    const before = used.waitedMs;
    let setback: Setback;
    try {
      return await once(left, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Setback)) throw error;
      setback = error;
    }
    left -= used.waitedMs - before;
    const { failure, more } = setback;
    if (more.refused !== undefined) {
      const again = !renewed && await context.credentials().renew(more.refused.token, signal);
      if (!again || !spend()) throw failure;
      renewed = true;
      continue;
    }
    const mayRepeat = planned.idempotent || more.untouched === true;
    if (failure.kind === "rate-limited") {
      const wait = limitWait(more, limited, random);
      // All streams with this credential wait, and the next turn is the wait itself.
      await limiterFor(limiterKey(planned.target, context)).hold(clock.now() + wait);
      if (wait > left || limited >= MOST_LIMITED || !mayRepeat || !spend()) {
        const untilMs = clock.now() + wait;
        throw new DataFailure(failure.kind, failure.message, failure.remedy, { ...failure.more, untilMs });
      }
      limited++;
      const host = planned.target.url.host;
      bounds.progress?.(
        hidden.hide(`${bounds.connector}: waits ${Math.ceil(wait / 1000)} s for ${host}'s limit`),
      );
      continue;
    }
    if (more.stale === true && !stale && mayRepeat && spend()) {
      stale = true;
      continue;
    }
    if (more.shape === true) shapeless++;
    const givesUp = shapeless > SHAPE_RETRIES || failed >= (bounds.retries ?? RETRIES);
    if (givesUp || !mayRepeat || !spend()) throw final(failure, failed + 1, more.shape);
    const wait = more.closed === true
      ? backoff(failed, random, undefined, CLOSED_MOST_MS)
      : Math.max(backoff(failed, random), more.waitMs ?? 0);
    failed++;
    await clock.sleep(wait, signal);
    used.waitedMs += wait;
  }
}

/** What the server asked for; without it, or when it asks for none again and again, a longer one each time. */
function limitWait(more: Setback["more"], limited: number, random: () => number): number {
  if (more.waitMs !== undefined && more.waitMs > 0) return more.waitMs;
  const floor = more.floorMs ?? 0;
  return backoff(
    limited,
    random,
    Math.max(LIMITED_FIRST_MS, floor * 2),
    Math.max(LIMITED_MOST_MS, floor * 8),
  );
}

/** With the number of tries; a body that stays wrong is no accident but a contract. */
function final(why: DataFailure, tries: number, shape = false): DataFailure {
  return new DataFailure(
    shape ? "contract" : why.kind,
    tries > 1 ? `${why.message} (${tries} tries)` : why.message,
    why.remedy,
    { ...why.more, cause: why.cause, tries },
  );
}
