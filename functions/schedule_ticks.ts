/** Ticks of the schedules: each minute, in one process of those that share a store. */
import { type Clock, createSchedule, type Cron, type Store } from "../kernel/mod.ts";
import type { Schedules } from "./schedules.ts";

/** `Deno.cron` of this process. */
export const denoCron: Cron = {
  every: (name, expression, fire, signal) => {
    Deno.cron(name, expression, { signal }, fire).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};

/**
 * Looks at the schedules now, each minute, and when a run ends that others wait for, until it is stopped. Takes away staging that is
 * past its time, each hour. What happens is told as lines of JSON.
 */
export function scheduleTicks(given: {
  schedules: Pick<Schedules, "tick" | "held">;
  /** The end of a run, wherever it runs. */
  settled?: (run: string, signal: AbortSignal) => Promise<unknown>;
  sweep?: () => Promise<readonly { kind: string; name: string; bytes: number }[]>;
  store: Pick<Store, "get" | "commit">;
  clock: Clock;
  cron: Cron;
  tell: (line: string) => void;
}): { ready: Promise<void>; stop(): Promise<void> } {
  const { schedules, settled, sweep, tell } = given;
  const life = new AbortController();
  const watched = new Map<string, Promise<void>>();
  const trouble = (event: string, error: unknown) => {
    for (const cause of error instanceof AggregateError ? error.errors : [error]) {
      tell(JSON.stringify({ event, detail: cause instanceof Error ? cause.message : String(cause) }));
    }
  };
  /** What waits for a run begins as it ends, not at the next minute. */
  const watch = (run: string): void => {
    if (settled === undefined || watched.has(run) || life.signal.aborted) return;
    const ended = settled(run, life.signal).then(() => true, () => false).then(async (isOver) => {
      watched.delete(run);
      if (isOver && !life.signal.aborted) await tick();
    });
    watched.set(run, ended);
  };
  const tick = async () => {
    try {
      await schedules.tick(({ kind, ...event }) =>
        tell(JSON.stringify({ event: `schedule.${kind}`, ...event }))
      );
      for (const run of await schedules.held()) watch(run);
    } catch (error) {
      trouble("schedule.error", error);
    }
  };
  const clean = async () => {
    try {
      for (const { kind, name, bytes } of await sweep?.() ?? []) {
        tell(JSON.stringify({ event: "staging.removed", kind, name, bytes }));
      }
    } catch (error) {
      trouble("staging.error", error);
    }
  };
  const schedule = createSchedule({ store: given.store as Store, clock: given.clock, cron: given.cron });
  schedule.add("pipeline-schedules", "* * * * *", tick);
  if (sweep !== undefined) schedule.add("pipeline-staging", "17 * * * *", clean);
  // Times that passed while no server ran are seen at once.
  return {
    ready: Promise.all([tick(), clean()]).then(() => {}),
    async stop() {
      life.abort();
      schedule.stop();
      await Promise.all(watched.values());
    },
  };
}
