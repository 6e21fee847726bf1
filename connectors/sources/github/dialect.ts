/** How GitHub's REST API answers. Sources: GitHub's pages on rate limits and best practices for the REST API. */
import type { HttpAnswer, HttpDialect, HttpVerdict } from "../../data/port.ts";

/** What GitHub asks to wait at least when a secondary limit comes without a time. */
const SECONDARY_MS = 60_000;

export const githubDialect: HttpDialect = {
  baseUrl: "https://api.github.com",
  headers: { Accept: "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28" },
  // Requests at the same time are what secondary limits count first.
  concurrency: 1,
  quota: (url) =>
    /\/graphql$/.test(url.pathname) ? "graphql" : /\/search\//.test(url.pathname) ? "search" : "core",
  classify,
};

/** A limit comes as 403 or 429; without headers that tell its end, only its words tell it from a missing right. */
function classify(answer: HttpAnswer): HttpVerdict | undefined {
  if (answer.status === 451) {
    return { kind: "not-found", reason: "GitHub may not show it for legal reasons" };
  }
  if (answer.status !== 403 && answer.status !== 429) return undefined;
  if (/secondary rate limit|abuse detection/i.test(answer.text())) {
    return { kind: "rate-limited", waitMs: SECONDARY_MS, reason: "GitHub's secondary rate limit" };
  }
  if (/api rate limit exceeded/i.test(answer.text())) return { kind: "rate-limited" };
  return undefined;
}
