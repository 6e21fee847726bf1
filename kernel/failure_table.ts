import type { FailureClass, FailureRecord, FailureStrategy } from "../specs/mod.ts";

/** What is done about a class of failures. */
export interface FailureRule {
  /** While tries are left. */
  readonly first: Exclude<FailureStrategy, "escalate" | "fail" | "re-plan">;
  /** From the second try on, when it differs. */
  readonly again?: Exclude<FailureStrategy, "escalate" | "fail" | "re-plan">;
  /** When the tries are used up, or a try is no use. */
  readonly last: "fail" | "escalate" | "re-plan";
  /** Wait before the next try: this, doubled each time, up to `maxMs`. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export type FailureTable = Readonly<Record<FailureClass, FailureRule>>;

/**
 * Class of failure -> what the runtime does. The runtime classifies, never the agent. `wait` parks the run, holding no worker;
 * `repair` and `switch-model` tell the phase about the failure through `feedback`.
 */
export const FAILURE_TABLE: FailureTable = {
  "agent-error": { first: "repair", again: "switch-model", last: "escalate", baseMs: 0, maxMs: 0 },
  "task-code": { first: "repair", last: "fail", baseMs: 0, maxMs: 0 },
  "tool-error": { first: "retry", last: "fail", baseMs: 200, maxMs: 5_000 },
  "external": { first: "retry", again: "wait", last: "fail", baseMs: 1_000, maxMs: 300_000 },
  "policy": { first: "repair", last: "escalate", baseMs: 0, maxMs: 0 },
  "resource": { first: "wait", last: "fail", baseMs: 5_000, maxMs: 300_000 },
  "timeout": { first: "retry", last: "fail", baseMs: 500, maxMs: 30_000 },
  "concurrency": { first: "retry", last: "fail", baseMs: 50, maxMs: 2_000 },
  "data-integrity": { first: "retry", last: "fail", baseMs: 100, maxMs: 1_000 },
  "unknown": { first: "retry", last: "fail", baseMs: 200, maxMs: 5_000 },
};

const WORTH_PARKING_MS = 1_000;
/** A provider that asks for more than a day is asked again after one. */
const LONGEST_WAIT_MS = 86_400_000;

/**
 * What to do about a failure.
 *
 * @param tries how many tries of this visit have failed, this one included
 * @param attempts how many the phase may have
 * @param random in [0, 1): spreads the waits of many runs that failed together
 */
export function planFor(
  failure: FailureRecord,
  tries: number,
  attempts: number,
  random: number,
  table: FailureTable = FAILURE_TABLE,
): { strategy: FailureStrategy; delayMs: number } {
  const rule = table[failure.class];
  // A policy failure and a lost agent have a human to go to when a try is no use, and so has a failure that asks something; the rest is
  // told as it is.
  if (!failure.retryable || tries >= attempts) {
    const asks = failure.question !== undefined && rule.last === "fail";
    return { strategy: asks ? "escalate" : rule.last, delayMs: 0 };
  }
  // Who refuses and says how long is waited for without holding a worker.
  if (failure.retryAfterMs !== undefined && failure.retryAfterMs >= WORTH_PARKING_MS) {
    return { strategy: "wait", delayMs: Math.min(failure.retryAfterMs, LONGEST_WAIT_MS) };
  }
  const delayMs = Math.min(rule.baseMs * 2 ** (tries - 1), rule.maxMs);
  return {
    strategy: tries > 1 && rule.again !== undefined ? rule.again : rule.first,
    delayMs: Math.round(delayMs * (0.75 + random / 2)),
  };
}
