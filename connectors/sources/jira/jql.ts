/**
 * A stream's own JQL with the window of a run. Instants are told in milliseconds since the epoch: a date without a zone would be read
 * in the zone of whoever asks, to the minute, and a window would have gaps of hours.
 */

/** The query without its order; a word in quotes is no order. */
export function withoutOrder(jql: string): string {
  const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
  const plain = jql.replace(quoted, (text) => " ".repeat(text.length));
  const at = plain.search(/\border\s+by\b/i);
  return (at < 0 ? jql : jql.slice(0, at)).trim();
}

export interface JqlWindow {
  readonly fromMs: number | null;
  /** Backfills alone: an upper bound would never give an issue that changes all the time. */
  readonly beforeMs: number | null;
}

/** A bounded query in the given order. Jira Cloud refuses one that asks for everything. */
export function windowed(jql: string | undefined, window: JqlWindow, order: "updated" | "created"): string {
  const own = withoutOrder(jql ?? "");
  const parts = [
    ...(own === "" ? [] : [`(${own})`]),
    ...(window.fromMs === null ? [] : [`updated >= ${window.fromMs}`]),
    ...(window.beforeMs === null ? [] : [`updated < ${window.beforeMs}`]),
  ];
  if (parts.length === 0) parts.push("updated >= 0");
  return `${parts.join(" AND ")} ORDER BY ${order} ASC, key ASC`;
}
