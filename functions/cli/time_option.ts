import { usage } from "./command.ts";

const HOUR_MS = 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 168 * HOUR_MS };

/** An instant to come: a time from now (`12h`, `30d`, `4w`), a day, or an instant. Null when the option is not given. */
export function instantOption(
  given: string | boolean | undefined,
  name: string,
  now: string,
): string | null {
  if (typeof given !== "string") return null;
  const [, count, unit = ""] = /^(\d{1,4})([hdw])$/.exec(given) ?? [];
  const ms = count !== undefined
    ? Date.parse(now) + Number(count) * (UNIT_MS[unit] ?? Number.NaN)
    : /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/.test(given)
    ? Date.parse(given)
    : Number.NaN;
  if (!Number.isFinite(ms) || ms <= Date.parse(now)) {
    throw usage(
      `--${name} is no time to come`,
      `For example --${name} 30d, 2026-12-15 or 2026-12-15T12:00:00Z`,
      {
        value: given,
      },
    );
  }
  return new Date(ms).toISOString();
}
