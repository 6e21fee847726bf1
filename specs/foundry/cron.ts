/**
 * Times of a schedule. A time that the clock of the zone jumps over (in spring) is due at the first instant behind the gap; one
 * that the clock shows twice (in autumn) is due once when the expression names its hour, and in each hour when it names all hours.
 */
import { Cron } from "croner";
import type { Schedule } from "./pipeline.ts";

type Times = Pick<Schedule, "cron" | "tz">;

const parsed = ({ cron, tz }: Times) => new Cron(cron, { timezone: tz, paused: true, mode: "5-part" });

/** What is wrong with a cron expression of five fields, in words; null when nothing is. */
export function cronFault(cron: string): string | null {
  try {
    const next = parsed({ cron, tz: "UTC" }).nextRun(new Date(Date.UTC(2000, 0, 1)));
    return next === null ? "there is no such day in any year" : null;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
  }
}

/** The first due time after an instant; null when there is none any more. */
export function firstAfter(schedule: Times, afterMs: number): number | null {
  return parsed(schedule).nextRun(new Date(afterMs))?.getTime() ?? null;
}

const HOUR_MS = 3_600_000;
/** How far back it is looked, step by step: a minute's schedule over a year is not walked through for its newest times. */
const SPANS_MS = [HOUR_MS, 24 * HOUR_MS, 31 * 24 * HOUR_MS, 366 * 24 * HOUR_MS, Infinity];

/** Due times with `after < time <= until`, oldest first; the newest `limit` of them. */
export function timesBetween(schedule: Times, afterMs: number, untilMs: number, limit: number): number[] {
  const cron = parsed(schedule);
  let times: number[] = [];
  for (const span of SPANS_MS) {
    const from = Math.max(afterMs, untilMs - span);
    times = [];
    for (
      let at = cron.nextRun(new Date(from));
      at !== null && at.getTime() <= untilMs;
      at = cron.nextRun(at)
    ) times.push(at.getTime());
    if (times.length >= limit || from === afterMs) break;
  }
  return times.slice(-limit);
}
