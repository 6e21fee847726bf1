import type { Event } from "../specs/mod.ts";
import type { Core } from "./core.ts";
import type { RunView } from "./port.ts";
import { viewOf } from "./projection.ts";
import { isFinal, isSettled, type RunFold } from "./state.ts";

const PAGE = 500;

/** Waits for changes of one run: each `next` resolves at a change since the one before, or when others may have made one. */
function changesOf(core: Core, run: string, signal: AbortSignal | undefined) {
  const release = core.attend(run);
  let dirty = false;
  let wake: () => void = () => {};
  const changed = () => {
    dirty = true;
    wake();
  };
  const unsubscribe = core.changes.subscribe(run, changed);
  signal?.addEventListener("abort", changed, { once: true });
  return {
    async next(): Promise<void> {
      if (!dirty && signal?.aborted !== true) await new Promise<void>((resolve) => wake = resolve);
      dirty = false;
    },
    close() {
      signal?.removeEventListener("abort", changed);
      unsubscribe();
      release();
    },
  };
}

/** Events as they are committed; ends after the last one of the run, or on abort. */
export async function* watchRun(
  core: Core,
  run: string,
  { after = 0, signal }: { after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Event, void, void> {
  const changes = changesOf(core, run, signal);
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
      const state = core.latest(run) ?? (await core.ledger.load(run))?.state;
      if (state === undefined) return;
      if (isFinal(state) && state.seq <= seen) return;
      if (state.seq > seen) continue;
      await changes.next();
    }
  } finally {
    changes.close();
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
  const changes = changesOf(core, run, signal);
  try {
    for (let first = driven;; first = undefined) {
      signal?.throwIfAborted();
      const state = core.latest(run) ?? first ?? (await core.ledger.load(run))?.state;
      if (state === undefined) throw new Error(`Cannot wait for ${run} as there is no such run`);
      if (isSettled(state)) return viewOf(state);
      await changes.next();
    }
  } finally {
    changes.close();
  }
}
