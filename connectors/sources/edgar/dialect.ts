/**
 * How SEC's servers answer. Source of the numbers: SEC's fair access notice (a declared User-Agent with a contact, at most ten
 * requests a second over all machines; who exceeds it is limited for about ten minutes).
 */
import { DataFailure, type HttpAnswer, type HttpDialect, type HttpVerdict } from "../../data/port.ts";
import type { ConnectorSettings } from "../../../specs/foundry/mod.ts";

export interface Hosts {
  /** JSON of companies: submissions, facts, frames. */
  readonly data: string;
  /** Documents and indexes. */
  readonly archives: string;
  /** Full-text search. */
  readonly search: string;
}

/** Nine, so that no window of a second ever holds more than ten. */
const REQUESTS_PER_SECOND = 9;
const LIMITED_MS = 10 * 60_000;

/** One base URL serves all three, for mirrors and tests. */
export function hostsOf(settings: ConnectorSettings): Hosts {
  const own = settings.baseUrl?.replace(/\/+$/, "");
  return {
    data: own ?? "https://data.sec.gov",
    archives: own ?? "https://www.sec.gov",
    search: own ?? "https://efts.sec.gov",
  };
}

export const edgarDialect: HttpDialect = {
  baseUrl: "https://data.sec.gov",
  hosts: ["www.sec.gov", "efts.sec.gov"],
  requestsPerSecond: REQUESTS_PER_SECOND,
  // All of a client's requests count together, whichever host they go to.
  quota: () => "sec",
  classify,
};

/** SEC answers 403 to three things: a path that is not there, a tool that does not say who it is, and too many requests. */
function classify(answer: HttpAnswer): HttpVerdict | undefined {
  if (answer.status !== 403) return undefined;
  const text = answer.text();
  if (/request rate threshold|too many requests|rate limit|exceeded/i.test(text)) {
    return { kind: "rate-limited", waitMs: LIMITED_MS, reason: "SEC limits this address" };
  }
  if (/undeclared automated tool|user.?agent|declare your traffic/i.test(text)) {
    return {
      kind: "auth",
      reason: "SEC wants to know who asks",
      remedy: "Give edgar.userAgent in the env file as SEC asks for it: company and e-mail address.",
    };
  }
  // The file store behind the archives says AccessDenied for what it does not have.
  if (
    /AccessDenied|access denied|NoSuchKey/i.test(text) || new URL(answer.url).pathname.includes("/Archives/")
  ) {
    return {
      kind: "not-found",
      reason: "SEC has no such file",
      remedy: "Check the CIK, accession number or period.",
    };
  }
  return undefined;
}

/** Throws `invalid` unless the env file says who asks, in the form that SEC wants. */
export function requireUserAgent(settings: ConnectorSettings): void {
  const agent = settings.userAgent ?? settings.headers?.["User-Agent"] ?? settings.headers?.["user-agent"];
  if (agent !== undefined && /\S+@\S+\.\S+/.test(agent)) return;
  throw new DataFailure(
    "invalid",
    agent === undefined
      ? "Cannot read EDGAR: the env file has no connectors.edgar.userAgent"
      : `Cannot read EDGAR: the user agent ${JSON.stringify(agent.slice(0, 100))} has no e-mail address`,
    'Declare who asks, as SEC requires it: userAgent: "Company Name contact@company.example"',
  );
}
