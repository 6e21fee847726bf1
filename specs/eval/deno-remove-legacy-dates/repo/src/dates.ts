/** 2026-01-05 of an instant, in UTC. */
export function isoDay(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

/** @deprecated Day and month the American way; nobody calls it since 1.4. */
export function usDay(instant: Date): string {
  const [year, month, day] = isoDay(instant).split("-");
  return `${month}/${day}/${year}`;
}
