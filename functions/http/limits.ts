/** Limits of the door, and who has used how much of them: a token bucket and a count of open requests per key. */
import type { Trouble } from "./problem.ts";

export interface Limits {
  bodyBytes: number;
  bodyTimeoutMs: number;
  jsonDepth: number;
  /** Requests of one key: steady rate, and how many at once after a pause. */
  requestsPerSecond: number;
  burst: number;
  /** Requests of one key under way, and event streams of one key open. */
  concurrent: number;
  streams: number;
  heartbeatMs: number;
  /** How long a reader of events may leave its buffer full. */
  stallMs: number;
  sessionMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 1_048_576,
  bodyTimeoutMs: 30_000,
  jsonDepth: 32,
  requestsPerSecond: 100,
  burst: 300,
  concurrent: 64,
  streams: 32,
  heartbeatMs: 15_000,
  stallMs: 60_000,
  sessionMs: 12 * 3600_000,
};

interface Account {
  tokens: number;
  atMs: number;
  open: number;
  streams: number;
}

export interface Meter {
  /** Takes one request from the account, or says why not. The release must be called once the answer is done. */
  enter(account: string): { ok: true; leave: () => void } | { ok: false; trouble: Trouble };
  /** Counts an open event stream. */
  stream(account: string): { ok: true; leave: () => void } | { ok: false; trouble: Trouble };
  streams(): number;
}

/** Accounts that are full again and hold nothing open are forgotten beyond this many. */
const MAX_ACCOUNTS = 10_000;

/** A meter with the given limits. */
export function meter(limits: Limits, now: () => number): Meter {
  const accounts = new Map<string, Account>();
  let openStreams = 0;

  const account = (name: string): Account => {
    const at = now();
    const found = accounts.get(name);
    if (found !== undefined) {
      // A clock that steps back gives nothing and takes nothing.
      const passed = Math.max(0, at - found.atMs);
      found.tokens = Math.min(limits.burst, found.tokens + passed * limits.requestsPerSecond / 1000);
      found.atMs = at;
      return found;
    }
    if (accounts.size >= MAX_ACCOUNTS) {
      for (const [key, old] of accounts) {
        const refilled = old.tokens + (at - old.atMs) * limits.requestsPerSecond / 1000 >= limits.burst;
        if (refilled && old.open === 0 && old.streams === 0) accounts.delete(key);
      }
    }
    const fresh = { tokens: limits.burst, atMs: at, open: 0, streams: 0 };
    accounts.set(name, fresh);
    return fresh;
  };
  const once = (fn: () => void) => {
    let done = false;
    return () => {
      if (!done) fn();
      done = true;
    };
  };
  const atOnce = (what: string, limit: number): { ok: false; trouble: Trouble } => ({
    ok: false,
    trouble: {
      code: "too-many-at-once",
      detail: `This key already has ${limit} ${what} open, the limit here.`,
      remedy: "Wait for one of them to end.",
      headers: { "retry-after": "1" },
    },
  });

  return {
    enter(name) {
      const held = account(name);
      if (held.tokens < 1) {
        const seconds = Math.max(1, Math.ceil((1 - held.tokens) / limits.requestsPerSecond));
        return {
          ok: false,
          trouble: {
            code: "rate-limited",
            detail: `More than ${limits.requestsPerSecond} requests a second came for this key.`,
            remedy: `Try again in ${seconds} s.`,
            headers: { "retry-after": String(seconds) },
          },
        };
      }
      if (held.open >= limits.concurrent) return atOnce("requests", limits.concurrent);
      held.tokens -= 1;
      held.open += 1;
      return {
        ok: true,
        leave: once(() => {
          held.open -= 1;
        }),
      };
    },
    stream(name) {
      const held = account(name);
      if (held.streams >= limits.streams) return atOnce("event streams", limits.streams);
      held.streams += 1;
      openStreams += 1;
      return {
        ok: true,
        leave: once(() => {
          held.streams -= 1;
          openStreams -= 1;
        }),
      };
    },
    streams: () => openStreams,
  };
}
