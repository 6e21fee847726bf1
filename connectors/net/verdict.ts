/** What an answer means by the common table; a dialect may know better. */
import type { HttpAnswer, HttpDialect, HttpVerdict } from "../data/port.ts";
import { looksLimited } from "./waiting.ts";

/** Tried again: the server, or something between, was not able to answer. */
const TRANSIENT = new Set([408, 425, 500, 502, 503, 504]);
/** Server errors that trying again does not change. */
const LASTING = new Set([501, 505, 506, 508, 510, 511]);

/** The dialect's verdict, else the table's. `accept` are statuses that the caller wants as answers. */
export function judgeAnswer(
  answer: HttpAnswer,
  accept: readonly number[],
  dialect: HttpDialect,
): HttpVerdict {
  return dialect.classify?.(answer) ?? (accept.includes(answer.status) ? { kind: "ok" } : byStatus(answer));
}

function byStatus(answer: HttpAnswer): HttpVerdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "ok" };
  if (status === 401) {
    return {
      kind: "auth",
      remedy: "Check the credential that the env file names, and that it has not expired.",
    };
  }
  if (status === 429) return { kind: "rate-limited" };
  if (status === 403) {
    return looksLimited(answer)
      ? { kind: "rate-limited" }
      : { kind: "auth", remedy: "Give the credential the right to read this, or name what it may read." };
  }
  if (status === 404 || status === 410) {
    return {
      kind: "not-found",
      remedy: "Check the path and its parameters; some APIs also answer so without the right to read.",
    };
  }
  if (TRANSIENT.has(status) || (status >= 500 && !LASTING.has(status))) {
    return { kind: "transient", remedy: "Run again later; the run goes on where it stopped." };
  }
  if (status === 304) {
    return {
      kind: "contract",
      reason: "the server says `not modified` though nothing was said about an earlier answer",
    };
  }
  return {
    kind: "permanent",
    remedy: "Look at the request in the definition: the server will answer the same again.",
  };
}

/** What a server says about its failure, as one short line. */
export function excerpt(text: string): string {
  const plain = /^\s*</.test(text)
    ? text.replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, " ").replace(/<[^>]*>/g, " ")
    : text;
  // deno-lint-ignore no-control-regex -- control characters of a stranger do not belong into a terminal
  const line = plain.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
