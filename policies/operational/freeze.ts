/** When freeze windows are open. Times are those of the window's own zone, over the changes of its clock. */
import type { FreezeException, FreezeWindow, IntentType, Tier } from "../../specs/mod.ts";

/** Where a freeze window was declared. */
export interface FreezeSource {
  readonly window: FreezeWindow;
  /** `repository` for `.forge/policy.yaml`, else the id of the installation's window. */
  readonly source: string;
}

/** A window that is open at an instant. */
export interface OpenFreeze extends FreezeSource {
  readonly endsMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far back the begin of a window is looked for, step by step. */
const SPANS_MS = [DAY_MS, 8 * DAY_MS, 32 * DAY_MS, 367 * DAY_MS];
const MAX_TIMES = 200_000;

/** Why a window cannot be used, in words; null when it can. */
export async function freezeFault(window: FreezeWindow): Promise<string | null> {
  try {
    zoned(window.tz, 0);
  } catch {
    return `there is no time zone '${window.tz}'`;
  }
  if (window.from !== undefined && window.to !== undefined) {
    const [from, to] = [
      await instantOf(window.from, window.tz, "first"),
      await instantOf(window.to, window.tz, "last"),
    ];
    if (from === null || to === null) return `'${from === null ? window.from : window.to}' is no time`;
    return to > from ? null : "it ends before it begins";
  }
  for (const expression of [window.cron, window.until]) {
    if (expression === undefined) continue;
    const times = await cronTimes(expression, window.tz).catch((error) => error as Error);
    if (times instanceof Error) {
      return `'${expression}' is no cron expression: ${times.message.slice(0, 200)}`;
    }
    if (times(Date.UTC(2000, 0, 1)) === null) return `'${expression}' names no day of any year`;
  }
  return null;
}

/** Those of the windows that are open at an instant. Throws for a window that has a fault. */
export async function openFreezes(windows: readonly FreezeSource[], atMs: number): Promise<OpenFreeze[]> {
  const open: OpenFreeze[] = [];
  for (const one of windows) {
    const fault = await freezeFault(one.window);
    if (fault !== null) throw new Error(`Cannot read the freeze window of ${one.source}: ${fault}`);
    const endsMs = await endOf(one.window, atMs);
    if (endsMs !== null) open.push({ ...one, endsMs });
  }
  return open.sort((a, b) => b.endsMs - a.endsMs);
}

/** Whether a window lets a change through: by its tier, or because each of its intents is named. */
export function isExcepted(
  except: FreezeException,
  change: { tier: Tier; intents: readonly IntentType[] },
): boolean {
  return except.tiers.includes(change.tier) ||
    (change.intents.length > 0 && change.intents.every((intent) => except.intents.includes(intent)));
}

/** The end of the window when it is open; null when it is not. */
async function endOf(window: FreezeWindow, atMs: number): Promise<number | null> {
  if (window.from !== undefined && window.to !== undefined) {
    const from = await instantOf(window.from, window.tz, "first");
    const to = await instantOf(window.to, window.tz, "last");
    return from !== null && to !== null && from <= atMs && atMs < to ? to : null;
  }
  if (window.cron === undefined) return null;
  const begins = await cronTimes(window.cron, window.tz);
  const lastMs = window.hours === undefined ? null : window.hours * HOUR_MS;
  // A window that lasts so long began at most so long ago; one that ends by an expression may have begun a year ago.
  const spans = lastMs === null ? SPANS_MS : [lastMs];
  for (const span of spans) {
    const began = latest(begins, atMs - span, atMs);
    if (began === null) continue;
    const ends = lastMs === null ? (await cronTimes(window.until ?? "", window.tz))(began) : began + lastMs;
    return ends !== null && atMs < ends ? ends : null;
  }
  return null;
}

type Times = (afterMs: number) => number | null;

/** The last time in (afterMs, untilMs]. */
function latest(times: Times, afterMs: number, untilMs: number): number | null {
  let found: number | null = null;
  let seen = 0;
  for (let at = times(afterMs); at !== null && at <= untilMs; at = times(at)) {
    found = at;
    if (++seen > MAX_TIMES) throw new Error("a freeze window begins more often than can be looked through");
  }
  return found;
}

async function cronTimes(expression: string, tz: string): Promise<Times> {
  const { Cron } = await import("croner");
  const cron = new Cron(expression, { timezone: tz, paused: true, mode: "5-part" });
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null;
}

/**
 * The instant of a time of the zone's clock. A time that the clock shows twice is the first for a begin and the last for an end; one
 * that it jumps over is the first instant behind the gap.
 */
async function instantOf(text: string, tz: string, which: "first" | "last"): Promise<number | null> {
  if (text.endsWith("Z")) {
    const parsed = Date.parse(text);
    return Number.isNaN(parsed) ? null : parsed;
  }
  const wall = text.length === 10 ? `${text}T00:00:00` : text.length === 16 ? `${text}:00` : text;
  if (Number.isNaN(Date.parse(`${wall}Z`))) return null;
  const { Cron } = await import("croner");
  const first = new Cron(wall, { timezone: tz, paused: true }).nextRun(new Date(0))?.getTime() ?? null;
  if (first === null || which === "first") return first;
  // Clocks go back by an hour, or by half of one on Lord Howe Island.
  for (const back of [HOUR_MS, HOUR_MS / 2]) {
    if (zoned(tz, first + back) === zoned(tz, first)) return first + back;
  }
  return first;
}

/** What the zone's clock shows at an instant. */
function zoned(tz: string, ms: number): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: tz, dateStyle: "short", timeStyle: "medium" }).format(
    ms,
  );
}
