/**
 * Whose turn it is to write to a warehouse. SQLite's own waiting (busy_timeout) stops the whole thread: a load that waits so for
 * another load of the same process would wait for one that cannot go on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";

export interface Busy {
  /** Longest wait for a writer of another process. */
  readonly waitMs?: number;
  readonly abort?: AbortSignal;
}

const WAIT_MS = 60_000;
const FIRST_MS = 5;
const LAST_MS = 100;

const turns = new Map<string, Promise<unknown>>();

/** One writer of a file at a time in this process, in the order in which they came. */
export function writingAlone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const done = (turns.get(path) ?? Promise.resolve()).then(work, work);
  const turn: Promise<unknown> = done.catch(() => {}).then(() => {
    if (turns.get(path) === turn) turns.delete(path);
  });
  turns.set(path, turn);
  return done;
}

/** Begins a transaction that writes; waits for writers of other processes without holding up what else this one does. */
export async function beginWriting(db: DatabaseSync, { waitMs = WAIT_MS, abort }: Busy): Promise<void> {
  db.exec("PRAGMA busy_timeout = 0");
  try {
    const until = performance.now() + waitMs;
    for (let delay = FIRST_MS;; delay = Math.min(2 * delay, LAST_MS)) {
      abort?.throwIfAborted();
      try {
        return db.exec("BEGIN IMMEDIATE");
      } catch (error) {
        const isBusy = error instanceof Error && /database (table )?is locked/.test(error.message);
        if (!isBusy || performance.now() > until) throw error;
      }
      await sleep(delay * (0.5 + Math.random()), undefined, abort === undefined ? {} : { signal: abort });
    }
  } finally {
    db.exec("PRAGMA busy_timeout = 10000");
  }
}
