import type { Event } from "../specs/mod.ts";
import type { Core } from "./core.ts";
import type { RunView } from "./port.ts";
import { viewOf } from "./projection.ts";
import { isFinal, isSettled, type RunFold } from "./state.ts";

const PAGE = 500;

/** What this process hears of a run. */
interface Ear {
  /** The last state heard; null when it may be old by now. */
  latest: RunFold | null;
  /** Resolves when something was heard since the last time, or when the signal aborts. */
  next(): Promise<void>;
  close(): void;
}

/** Listens to a run; what is not `worth` hearing does not wake. */
function listenTo(
  core: Core,
  run: string,
  signal: AbortSignal | undefined,
  worth: (state: RunFold) => boolean,
): Ear {
  let heard = false;
  let wake: (() => void) | null = null;
  const ring = () => {
    heard = true;
    wake?.();
  };
  const close = core.attendance.listen(run, (state) => {
    ear.latest = state;
    if (state === null || worth(state)) ring();
  });
  signal?.addEventListener("abort", ring, { once: true });
  const ear: Ear = {
    latest: null,
    async next() {
      if (!heard && signal?.aborted !== true) await new Promise<void>((resolve) => wake = resolve);
      heard = false;
      wake = null;
    },
    close() {
      signal?.removeEventListener("abort", ring);
      close();
    },
  };
  return ear;
}

/** Events as they are committed; ends after the last one of the run, or on abort. */
export async function* watchRun(
  core: Core,
  run: string,
  { after = 0, signal }: { after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Event, void, void> {
  const ear = listenTo(core, run, signal, () => true);
  try {
    let seen = after;
    while (signal?.aborted !== true) {
      const page = await core.ledger.events(run, { after: seen, limit: PAGE });
      for (const event of page) {
        if (signal?.aborted) return;
        seen = event.seq;
        yield event;
      }
      if (page.length === PAGE) continue;
      const state = ear.latest ?? (await core.ledger.load(run))?.state;
      if (state === undefined) return;
      if (isFinal(state) && state.seq <= seen) return;
      if (state.seq > seen) continue;
      await ear.next();
    }
  } finally {
    ear.close();
  }
}

/**
 * The run once nothing more happens to it by itself.
 *
 * @param driven its state as this process has it, when it drives the run
 * @throws when there is no such run, or with the signal's reason.
 */
export async function settledRun(
  core: Core,
  run: string,
  signal: AbortSignal | undefined,
  driven: RunFold | undefined,
): Promise<RunView> {
  const ear = listenTo(core, run, signal, isSettled);
  try {
    for (let first = driven;; first = undefined) {
      signal?.throwIfAborted();
      const state = ear.latest ?? first ?? (await core.ledger.load(run))?.state;
      if (state === undefined) throw new Error(`Cannot wait for ${run} as there is no such run`);
      if (isSettled(state)) return viewOf(state);
      await ear.next();
    }
  } finally {
    ear.close();
  }
}
