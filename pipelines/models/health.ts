/** Circuit breakers: a model whose provider keeps failing is left alone for a while, then tried with one call. */

export interface Circuit {
  /** Failures of the provider in a row. */
  readonly failures: number;
  /** When it was opened last; null while it is closed. */
  readonly openedMs: number | null;
  /** How often it was opened in a row, without a success in between. */
  readonly opened: number;
}

export type CircuitState = { readonly kind: "closed" | "half-open" } | {
  readonly kind: "open";
  readonly untilMs: number;
};

/** Circuits by `circuitKey`. */
export type Health = Readonly<Record<string, Circuit>>;

export const circuitKey = (provider: string, model: string): string => `${provider} ${model}`;

/** Failures in a row that open it. */
const LIMIT = 3;
const COOL_MS = 60_000;
const MAX_COOL_MS = 600_000;

const CLOSED: Circuit = { failures: 0, openedMs: null, opened: 0 };

/** How long it stays open: twice as long each time, ten minutes at most. */
const coolMs = (circuit: Circuit): number =>
  Math.min(COOL_MS * 2 ** Math.max(0, circuit.opened - 1), MAX_COOL_MS);

/** @param anewMs when a human last wanted everything asked anew: what was opened before is tried with one call */
export function circuitState(circuit: Circuit | undefined, atMs: number, anewMs = -1): CircuitState {
  if (circuit === undefined || circuit.openedMs === null) return { kind: "closed" };
  if (circuit.openedMs <= anewMs) return { kind: "half-open" };
  const untilMs = circuit.openedMs + coolMs(circuit);
  // A clock that was set back must not keep it open for longer than it would have been.
  return atMs >= untilMs || atMs < circuit.openedMs ? { kind: "half-open" } : { kind: "open", untilMs };
}

/** A model that its provider does not have: left alone for the longest time at once. */
export const notThere = (atMs: number): Circuit => ({ failures: LIMIT, openedMs: atMs, opened: 5 });

/** After a call: a success closes it; a failure of the provider counts, and the probe's opens it again. */
export function circuitAfter(
  circuit: Circuit | undefined,
  went: "well" | "failed",
  atMs: number,
  anewMs = -1,
): Circuit {
  if (went === "well") return CLOSED;
  const before = circuit ?? CLOSED;
  const failures = before.failures + 1;
  const { kind } = circuitState(before, atMs, anewMs);
  if (kind !== "half-open" && failures < LIMIT) return { ...before, failures };
  // Calls that were under way when it opened do not open it again.
  if (kind === "open") return { ...before, failures };
  return { failures, openedMs: atMs, opened: before.opened + 1 };
}
