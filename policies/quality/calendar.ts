const DAY_MS = 86_400_000;
export type Step = "day" | "weekday" | "week" | "month" | "quarter" | "year";

/** Days since the epoch of an ISO date or instant in UTC; null when the text is none. */
export function dayOf(text: string): number | null {
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  return Number.isNaN(ms) ? null : Math.floor(ms / DAY_MS);
}

/** The number of the period that a day lies in: neighbours differ by one. Null for a day that the calendar leaves out. */
export function periodOf(day: number, every: Step, holidays: ReadonlySet<number>): number | null {
  const date = new Date(day * DAY_MS);
  switch (every) {
    case "day":
      return day;
    case "weekday":
      return isOff(day, holidays) ? null : workdays(day, holidays);
    case "week":
      // Weeks begin on Monday; the epoch was a Thursday.
      return Math.floor((day + 3) / 7);
    case "month":
      return date.getUTCFullYear() * 12 + date.getUTCMonth();
    case "quarter":
      return date.getUTCFullYear() * 4 + Math.floor(date.getUTCMonth() / 3);
    case "year":
      return date.getUTCFullYear();
  }
}

function isOff(day: number, holidays: ReadonlySet<number>): boolean {
  const weekday = (day + 4) % 7;
  return weekday === 0 || weekday === 6 || holidays.has(day);
}

/** Working days up to a day, holidays on weekdays taken off. */
function workdays(day: number, holidays: ReadonlySet<number>): number {
  const weeks = Math.floor((day + 3) / 7);
  const inWeek = ((day + 3) % 7) + 1;
  let off = 0;
  for (const holiday of holidays) {
    const weekday = (holiday + 4) % 7;
    if (holiday <= day && weekday !== 0 && weekday !== 6) off++;
  }
  return weeks * 5 + Math.min(inWeek, 5) - off;
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
