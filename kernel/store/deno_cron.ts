import type { Cron } from "../schedule.ts";

/**
 * `Deno.cron` as the kernel's cron. In memory and per process: what fires while the process is down is lost, and two processes
 * both fire, which the schedule's guard makes harmless.
 */
export function denoCron(): Cron {
  return {
    every(name, expression, fire, signal) {
      // Retries are on by default here and would run a failed job several times within its minute.
      Deno.cron(name, expression, { backoffSchedule: [], signal }, fire);
    },
  };
}
