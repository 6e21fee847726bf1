/** Turns over processes: one entry per (host, credential, quota) in the kernel's Store. */
import { createHash } from "node:crypto";
import type { Store } from "../../kernel/mod.ts";
import type { SharedTurns } from "./limiter.ts";
import { LONGEST_WAIT_MS } from "./waiting.ts";

/** So many processes at one entry at once would be a fault of another kind. */
const MOST_TRIES = 200;

/** Each turn is one small commit, at most as many per second as the API allows requests. */
export function storeTurns(store: Store): SharedTurns {
  const update = async (
    key: string,
    change: (next: number) => { next: number; result: number },
  ): Promise<number> => {
    const at = ["net", "turns", createHash("sha256").update(key).digest("hex").slice(0, 32)];
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const entry = await store.get(at);
      const now = typeof entry?.value === "number" ? entry.value : 0;
      const { next, result } = change(now);
      if (next === now) return result;
      const done = await store.commit({
        checks: [{ key: at, version: entry?.version ?? null }],
        sets: [{ key: at, value: next }],
      });
      if (done.ok) return result;
    }
    throw new Error(`Cannot take a turn: ${MOST_TRIES} others were faster each time`);
  };
  return {
    take: (key, everyMs, nowMs) =>
      update(key, (stored) => {
        // Further off than any hold: left by a clock that was wrong.
        const next = stored > nowMs + LONGEST_WAIT_MS + 60_000 ? nowMs : stored;
        const turn = Math.max(next, nowMs);
        return { next: turn + everyMs, result: turn };
      }),
    async hold(key, untilMs, nowMs) {
      await update(key, (stored) => {
        const until = Math.min(untilMs, nowMs + LONGEST_WAIT_MS);
        return { next: Math.max(stored, until), result: until };
      });
    },
  };
}
