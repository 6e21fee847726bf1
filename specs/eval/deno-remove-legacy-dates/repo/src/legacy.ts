import { usDay } from "./dates.ts";

/** @deprecated The label of the old calendar. */
export function legacyLabel(instant: Date): string {
  return `on ${usDay(instant)}`;
}
