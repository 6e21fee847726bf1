import { keys } from "./keys.ts";
import type { Clock } from "./port.ts";
import type { Store } from "./store/port.ts";

/** Whatever calls back at the times of a cron expression (UTC, five fields): `Deno.cron`, a host's scheduler, a test. */
export interface Cron {
  /** Calls `fire` at the expression's times until the signal aborts. It may fire twice, in several processes, or late. */
  every(name: string, expression: string, fire: () => Promise<void>, signal: AbortSignal): void;
}

/** @param scheduledMs the minute that the job is for */
export type Job = (scheduledMs: number) => Promise<void>;

export interface Schedule {
  /** Runs a job at the times of an expression, once for each minute, however many processes fire it. */
  add(name: string, expression: string, job: Job): void;
  /** What a fire does: runs the job unless this minute has had it. For hosts that call in by themselves. */
  fire(name: string): Promise<"ran" | "skipped">;
  stop(): void;
}

const MINUTE_MS = 60_000;
const NAME = /^[A-Za-z0-9 _-]{1,64}$/;

/** Schedules whose ticks are guarded by a key in the store: a cron that fires twice runs the job once. */
export function createSchedule({ store, clock, cron }: { store: Store; clock: Clock; cron: Cron }): Schedule {
  const jobs = new Map<string, Job>();
  const life = new AbortController();

  async function fire(name: string): Promise<"ran" | "skipped"> {
    const job = jobs.get(name);
    if (job === undefined) throw new TypeError(`Cannot fire ${name} as no such job was added`);
    const minute = Math.floor(clock.now() / MINUTE_MS);
    if (!(await claimMinute(store, name, minute))) return "skipped";
    await job(minute * MINUTE_MS);
    return "ran";
  }

  return {
    add(name, expression, job) {
      if (!NAME.test(name)) {
        throw new TypeError(
          `Cannot schedule as a name must be letters, digits, blanks, _ and -: current value is ${name}`,
        );
      }
      if (jobs.has(name)) throw new TypeError(`Cannot schedule ${name} as it is scheduled already`);
      jobs.set(name, job);
      cron.every(name, expression, () => fire(name).then(() => {}), life.signal);
    },
    fire,
    stop: () => life.abort(),
  };
}

/** Whether this minute is ours: one key a name keeps the last minute that somebody took. */
async function claimMinute(store: Store, name: string, minute: number): Promise<boolean> {
  const key = keys.cron(name);
  const last = await store.get(key);
  // Also after the clock went back: that minute has had its run.
  if (typeof last?.value === "number" && last.value >= minute) return false;
  const taken = await store.commit({
    checks: [{ key, version: last?.version ?? null }],
    sets: [{ key, value: minute }],
  });
  return taken.ok;
}
