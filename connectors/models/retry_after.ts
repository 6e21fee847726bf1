/** How long a provider asks to be left alone. */

/** Longer is an error of the provider's, or for a human to know. */
const LONGEST_MS = 7 * 24 * 3_600_000;

/** `retry-after-ms`, or `retry-after` in seconds or as an HTTP date; undefined when none is told or it is no such thing. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const exact = headers.get("retry-after-ms")?.trim();
  if (exact !== undefined && /^\d{1,15}(\.\d+)?$/.test(exact)) return bounded(Number(exact));
  const text = headers.get("retry-after")?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return bounded(Number(text) * 1000);
  // Date.parse reads far more than dates (`-1` is one): only the form of HTTP is taken.
  if (!/^[A-Za-z]{3,9}, \d{2}[ -][A-Za-z]{3}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : bounded(Math.max(0, at - nowMs));
}

const bounded = (ms: number): number => Math.min(Math.ceil(ms), LONGEST_MS);
