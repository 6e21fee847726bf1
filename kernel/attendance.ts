import type { Clock } from "./port.ts";
import type { RunFold } from "./state.ts";

/** Told a state that this process has committed or read; null when others may have changed the run. */
export type Listener = (state: RunFold | null) => void;

/** Who waits for which run in this process. */
export interface Attendance {
  /** Tells those who wait for the run. */
  tell(state: RunFold): void;
  /** Listens until the function that is returned is called. */
  listen(run: string, listener: Listener): () => void;
}

/** How often others' commits are looked for. */
const POLL_MS = 500;
/** A reason of our own: making a DOMException each time costs more than the wait. */
const NOBODY = new Error("nobody waits");

export function attendance(clock: Clock): Attendance {
  const listeners = new Map<string, Set<Listener>>();
  let polling = false;
  let nap = new AbortController();

  /** While somebody waits, has all who wait look from time to time: other processes do not tell us. */
  async function poll(): Promise<void> {
    polling = true;
    while (listeners.size > 0) {
      nap = new AbortController();
      const slept = await clock.sleep(POLL_MS, nap.signal).then(() => true, () => false);
      if (!slept) continue;
      for (const set of [...listeners.values()]) {
        for (const listener of [...set]) listener(null);
      }
    }
    polling = false;
  }

  return {
    tell(state) {
      const set = listeners.get(state.run);
      if (set === undefined) return;
      for (const listener of [...set]) listener(state);
    },
    listen(run, listener) {
      const set = listeners.get(run) ?? new Set();
      set.add(listener);
      listeners.set(run, set);
      if (!polling) void poll();
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(run) === set) listeners.delete(run);
        if (listeners.size === 0) nap.abort(NOBODY);
      };
    },
  };
}
