import { parseDuration } from "./duration.ts";

/** When a timer that starts at `startMs` ends. */
export function endOf(startMs: number, duration: string): number {
  return startMs + parseDuration(duration);
}
