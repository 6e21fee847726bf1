import { instantOf } from "../../specs/foundry/mod.ts";

const DAY_MS = 86_400_000;
const HOUR_NS = 3_600_000_000_000n;
export type Step = "hour" | "day" | "weekday" | "week" | "month" | "quarter" | "year";

/** The days that are counted as working days. */
export interface Calendar {
  isOff(day: number): boolean;
  /** Working days up to and with a day, from a fixed start on. */
  workdays(day: number): number;
}

const NAMES = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/** The epoch was a Thursday. */
const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

/** A calendar with these days of the week and these dates off. */
export function calendarOf(weekend: readonly string[], holidays: readonly string[]): Calendar {
  const off = new Set(weekend.map((name) => NAMES.indexOf(name)));
  const dates = [...new Set(holidays.flatMap((day) => dayOf(day) ?? []))]
    .filter((day) => !off.has(weekdayOf(day))).sort((a, b) => a - b);
  const known = new Set(dates);
  // Working days of a week that begins on Sunday, up to and with each of its days.
  const upTo: number[] = [];
  for (let weekday = 0, count = 0; weekday < 7; weekday++) {
    if (!off.has(weekday)) count++;
    upTo.push(count);
  }
  return {
    isOff: (day) => off.has(weekdayOf(day)) || known.has(day),
    workdays(day) {
      const weeks = Math.floor((day + 4) / 7);
      return weeks * (7 - off.size) + (upTo[weekdayOf(day)] ?? 0) - notAbove(dates, day);
    },
  };
}

/** How many of the sorted days are not after a day. */
function notAbove(days: readonly number[], day: number): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] ?? Infinity) <= day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Days since the epoch of an ISO date or instant: the day as it is written, so that midnight in Berlin is the day in Berlin. Null
 * when the text is none, also for days that do not exist.
 */
export function dayOf(text: string): number | null {
  if (instantOf(text) === null) return null;
  return Math.floor(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / DAY_MS);
}

/** The number of the period that a text's instant lies in: neighbours differ by one. `off`: a day that the calendar leaves out; null: no date. */
export function periodOf(text: string, every: Step, calendar: Calendar): number | "off" | null {
  if (every === "hour") {
    const at = instantOf(text);
    // Hours are those of UTC: where clocks are set forward none is missing.
    return at === null ? null : Number(at >= 0n ? at / HOUR_NS : (at - HOUR_NS + 1n) / HOUR_NS);
  }
  const day = dayOf(text);
  if (day === null) return null;
  const date = new Date(day * DAY_MS);
  switch (every) {
    case "day":
      return day;
    case "weekday":
      return calendar.isOff(day) ? "off" : calendar.workdays(day);
    case "week":
      // Weeks begin on Monday.
      return Math.floor((day + 3) / 7);
    case "month":
      return date.getUTCFullYear() * 12 + date.getUTCMonth();
    case "quarter":
      return date.getUTCFullYear() * 4 + Math.floor(date.getUTCMonth() / 3);
    case "year":
      return date.getUTCFullYear();
  }
}

/** Milliseconds of an ISO 8601 duration; months are 30 days and years 365 where a length is asked for. */
export function durationMs(text: string): number {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
    text,
  );
  if (match === null) {
    throw new RangeError(`Cannot read the duration '${text}': it must be ISO 8601, such as P3D`);
  }
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(1).map((part) =>
    Number(part ?? 0)
  );
  const whole = (years ?? 0) * 365 + (months ?? 0) * 30 + (weeks ?? 0) * 7 + (days ?? 0);
  return whole * DAY_MS + (hours ?? 0) * 3_600_000 + (minutes ?? 0) * 60_000 + (seconds ?? 0) * 1000;
}
