/** How long a server asks to wait, and how long to wait when it does not say. */
import type { HttpAnswer } from "../data/port.ts";

/** No wait is believed beyond this, whatever a header says. */
export const LONGEST_WAIT_MS = 24 * 3600_000;
/** A reset further off than this is a mistake (milliseconds read as seconds, for example), not a promise. */
const ABSURD_MS = 7 * 24 * 3600_000;

/** When the limit ends by the answer's headers, in ms since the epoch; undefined when none of them can be believed. */
export function limitEnds(headers: Headers, nowMs: number): number | undefined {
  const told = [retryAfter(headers, nowMs), ...(isExhausted(headers) ? [reset(headers, nowMs)] : [])]
    .filter((at): at is number => at !== undefined);
  return told.length === 0 ? undefined : Math.min(Math.max(...told), nowMs + LONGEST_WAIT_MS);
}

/** `Retry-After`: seconds, or an HTTP date. */
export function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}(\.\d+)?$/.test(text)) return believed(nowMs + Number(text) * 1000, nowMs);
  return believed(httpDate(text), nowMs);
}

const RESET_HEADERS = ["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-resettime"];

/** Reset headers: epoch seconds, seconds from now, ISO 8601 or an HTTP date. Milliseconds and other absurd values are not believed. */
export function reset(headers: Headers, nowMs: number): number | undefined {
  for (const name of RESET_HEADERS) {
    const text = headers.get(name)?.trim();
    if (text === undefined || text === "") continue;
    const at = instant(text, nowMs);
    if (at !== undefined) return at;
  }
  // draft-ietf-httpapi-ratelimit-headers: `"default";r=0;t=50`, and `limit=100, remaining=0, reset=50` before it.
  const seconds = /(?:^|[;,\s])(?:t|reset)=(\d{1,9})/.exec(headers.get("ratelimit") ?? "")?.[1];
  return seconds === undefined ? undefined : believed(nowMs + Number(seconds) * 1000, nowMs);
}

/** Whether the answer says that nothing is left of the quota. An answer without such a header may still be about one. */
export function nothingLeft(headers: Headers): boolean {
  const left = ["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"]
    .map((name) => headers.get(name)?.trim()).find((text) => text !== undefined && text !== "") ??
    /(?:^|[;,\s])(?:r|remaining)=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1];
  return left !== undefined && Number(left) <= 0;
}

/** A reset counts when the quota is used up, or when the server does not tell what is left of it. */
function isExhausted(headers: Headers): boolean {
  const tells = [...headers.keys()].some((name) => /^(x-)?rate-?limit-remaining$/.test(name)) ||
    /(?:^|[;,\s])(?:r|remaining)=/.test(headers.get("ratelimit") ?? "");
  return !tells || nothingLeft(headers);
}

function instant(text: string, nowMs: number): number | undefined {
  if (/^\d{1,15}(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    // Nobody waits eleven days; whoever means an instant means one after 2001.
    return believed(seconds < 1e9 ? nowMs + seconds * 1000 : seconds * 1000, nowMs);
  }
  if (/^\d{4}-\d\d-\d\dT/.test(text)) {
    // Without a zone it is UTC: a server's local time is nothing that a client can know.
    const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`;
    return believed(Date.parse(zoned), nowMs);
  }
  return believed(httpDate(text), nowMs);
}

/** IMF-fixdate and the two older forms of RFC 9110; all of them mean GMT. */
function httpDate(text: string): number {
  if (!/^[A-Za-z]{3,9},? /.test(text)) return NaN;
  return Date.parse(/(GMT|UTC|[+-]\d{4})$/i.test(text) ? text : `${text} GMT`);
}

/** An instant that was some time ago means now. */
function believed(atMs: number, nowMs: number): number | undefined {
  if (!Number.isFinite(atMs) || atMs > nowMs + ABSURD_MS) return undefined;
  return Math.max(atMs, nowMs);
}

/** Jittered exponential: between half of the step and the whole of it. */
export function backoff(tries: number, random: () => number, firstMs = 500, mostMs = 30_000): number {
  const step = Math.min(firstMs * 2 ** Math.min(tries, 20), mostMs);
  return Math.round(step / 2 + random() * step / 2);
}

/** For classes of DataFailure that a 403 may mean. */
export function looksLimited(answer: Pick<HttpAnswer, "headers" | "text">): boolean {
  return answer.headers.has("retry-after") || nothingLeft(answer.headers) ||
    /rate[ -]?limit|too many requests|quota exceeded|abuse detection|request limit exceeded|throttl/i
      .test(answer.text().slice(0, 4000));
}
