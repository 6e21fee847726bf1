/** Ticks of the schedules: each minute, in one process of those that share a store. */
import { type Clock, createSchedule, type Cron, type Schedule, type Store } from "../kernel/mod.ts";
import type { Schedules } from "./schedules.ts";

/** `Deno.cron` of this process. */
export const denoCron: Cron = {
  every: (name, expression, fire, signal) => {
    Deno.cron(name, expression, { signal }, fire).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};

/** Looks at the schedules now, and then each minute until it is stopped. What happens is told as lines of JSON. */
export function scheduleTicks(given: {
  schedules: Pick<Schedules, "tick">;
  store: Pick<Store, "get" | "commit">;
  clock: Clock;
  cron: Cron;
  tell: (line: string) => void;
}): Pick<Schedule, "stop"> & { ready: Promise<void> } {
  const { schedules, tell } = given;
  const tick = async () => {
    try {
      await schedules.tick(({ kind, ...event }) =>
        tell(JSON.stringify({ event: `schedule.${kind}`, ...event }))
      );
    } catch (error) {
      const causes = error instanceof AggregateError ? error.errors : [error];
      for (const cause of causes) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        tell(JSON.stringify({ event: "schedule.error", detail }));
      }
    }
  };
  const schedule = createSchedule({ store: given.store as Store, clock: given.clock, cron: given.cron });
  schedule.add("pipeline-schedules", "* * * * *", tick);
  // Times that passed while no server ran are seen at once.
  return { ready: tick(), stop: () => schedule.stop() };
}
