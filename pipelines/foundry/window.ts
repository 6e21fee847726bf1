import { type Json } from "../../specs/mod.ts";
import { type Cursor, isOrdered, type LoadMode, orderOf } from "../../specs/foundry/mod.ts";

/** What of a stream one load covers. */
export interface Window {
  readonly from: Json;
  readonly to: Json;
}

/** An instant or date moved back by ISO durations, in the form of its type. */
export function movedBack(value: string, type: Cursor["type"], durations: readonly string[]): string {
  if (type === "date") {
    let day = Temporal.PlainDate.from(value.slice(0, 10));
    for (const duration of durations) day = day.subtract(wholeDays(duration));
    return day.toString();
  }
  let at = instantText(value).toZonedDateTimeISO("UTC");
  for (const duration of durations) at = at.subtract(Temporal.Duration.from(duration));
  return at.toInstant().toString();
}

/** A duration with a time of day covers at least a day of dates. */
function wholeDays(duration: string): Temporal.Duration {
  const given = Temporal.Duration.from(duration);
  const hasTime = given.hours + given.minutes + given.seconds > 0;
  return Temporal.Duration.from({
    years: given.years,
    months: given.months,
    weeks: given.weeks,
    days: given.days + (hasTime ? 1 : 0),
  });
}

function instantText(value: string): Temporal.Instant {
  const text = value.trim().replace(" ", "T");
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Temporal.Instant.from(`${text}T00:00:00Z`);
  return Temporal.Instant.from(/(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text.slice(10)) ? text : `${text}Z`);
}

const isNone = (duration: string) => Temporal.Duration.from(duration).blank;

/** The window of a run without a given range: from the committed cursor minus the lag to the start of the run. */
export function windowOf(
  cursor: Cursor | undefined,
  mode: LoadMode,
  range: { from: string | null; to: string | null },
  before: Json,
  startedAt: string,
): Window {
  if (cursor === undefined) return { from: null, to: null };
  if (mode === "backfill") return { from: range.from, to: range.to };
  if (mode === "full" || mode === "reprocess") return { from: null, to: null };
  const to = upperBound(cursor, startedAt);
  if (before === null) return { from: cursor.initial ?? null, to };
  const durations = [cursor.lag, ...(cursor.granularity === undefined ? [] : [cursor.granularity])].filter((
    one,
  ) => !isNone(one));
  const isTime = cursor.type === "date" || cursor.type === "datetime";
  if (durations.length === 0 || !isTime || typeof before !== "string") return { from: before, to };
  return { from: movedBack(before, cursor.type, durations), to };
}

/** Open end: the start of the run; for dates the day after, so that today is inside. */
function upperBound(cursor: Cursor, startedAt: string): Json {
  switch (cursor.type) {
    case "datetime":
      return startedAt;
    case "date":
      return Temporal.PlainDate.from(startedAt.slice(0, 10)).add({ days: 1 }).toString();
    default:
      return null;
  }
}

/** A range cut into parts of a width, in order. The last one may be shorter. */
export function partitionsOf(range: Window, type: Cursor["type"], width: string | undefined): Window[] {
  const { from, to } = range;
  if (width === undefined || typeof from !== "string" || typeof to !== "string") return [range];
  if (type !== "date" && type !== "datetime") return [range];
  const order = orderOf(type);
  const parts: Window[] = [];
  const first = from;
  for (let start = first, count = 1; (order(start, to) ?? 0) < 0; count++) {
    // From the beginning each time: the 31st plus one month plus one month is not the 31st plus two.
    const next = moved(first, type, width, count);
    const end = (order(next, to) ?? 1) < 0 ? next : to;
    parts.push({ from: start, to: end });
    start = end;
    if (parts.length > 4000) throw new RangeError("more than 4,000 partitions");
  }
  return parts.length === 0 ? [range] : parts;
}

function moved(value: string, type: Cursor["type"], width: string, times: number): string {
  const given = Temporal.Duration.from(width);
  const total = Temporal.Duration.from({
    years: given.years * times,
    months: given.months * times,
    weeks: given.weeks * times,
    days: given.days * times,
    hours: given.hours * times,
    minutes: given.minutes * times,
    seconds: given.seconds * times,
  });
  if (type === "date") {
    const next = Temporal.PlainDate.from(value.slice(0, 10)).add(total);
    if (next.equals(Temporal.PlainDate.from(value.slice(0, 10)))) {
      throw new RangeError(`partitions of ${width} are shorter than a day`);
    }
    return next.toString();
  }
  return instantText(value).toZonedDateTimeISO("UTC").add(total).toInstant().toString();
}

/** The value of a cursor's path in a row: the column itself, or along the dots. */
export function pathReader(path: string): (row: Readonly<Record<string, Json>>) => Json | undefined {
  const parts = path.split(".");
  return (row) => {
    const whole = row[path];
    if (whole !== undefined || parts.length === 1) return whole;
    let value: Json | undefined = row;
    for (const part of parts) {
      if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
      value = value[part];
    }
    return value;
  };
}

/** Keeps the greatest value of a cursor. Values of one form are compared as text, which is what makes it cheap. */
export function watermark(cursor: Cursor, start: Json): { see(value: Json): void; readonly value: Json } {
  const order = orderOf(cursor.type);
  const isText = cursor.type === "date" || cursor.type === "datetime";
  let greatest: Json = start;
  return {
    see(value) {
      if (greatest === null) {
        greatest = value;
        return;
      }
      if (isText && typeof value === "string" && typeof greatest === "string" && sameForm(value, greatest)) {
        if (value > greatest) greatest = value;
        return;
      }
      if ((order(value, greatest) ?? 0) > 0) greatest = value;
    },
    get value() {
      return greatest;
    },
  };
}

/** Two instants of equal length that end alike in `Z`, or two dates: their order is that of their texts. */
function sameForm(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  return a.length === 10 || (a.charCodeAt(a.length - 1) === 90 && b.charCodeAt(b.length - 1) === 90);
}

/** Whether a row of this cursor value is in the window, by the window's own ends. */
export function inWindow(cursor: Cursor, window: Window, withEnd: boolean): (value: Json) => boolean {
  const order = orderOf(cursor.type);
  const { from, to } = window;
  return (value) => {
    if (from !== null) {
      const isBefore = typeof value === "string" && typeof from === "string" && cursor.type !== "integer" &&
          cursor.type !== "decimal" && sameForm(value, from)
        ? value < from
        : (order(value, from) ?? -1) < 0;
      if (isBefore) return false;
    }
    return !withEnd || to === null || (order(value, to) ?? 1) < 0;
  };
}

/** A cursor never passes the start of its run: a date in the far future would hide all that comes after it. */
export function capped(cursor: Cursor, value: Json, startedAt: string): Json {
  if (cursor.type !== "date" && cursor.type !== "datetime") return value;
  if (!isOrdered(cursor.type, value)) return value;
  const limit = cursor.type === "date" ? startedAt.slice(0, 10) : startedAt;
  return (orderOf(cursor.type)(value, limit) ?? 0) > 0 ? limit : value;
}
