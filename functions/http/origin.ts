/** Who may talk to this server through somebody's browser: the Host allow-list and the Origin check. */
import type { Trouble } from "./problem.ts";
import { shown } from "./shown.ts";

/** Host names that always mean this machine. */
export const LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"] as const;

export interface OriginPolicy {
  /** `name` (any port) or `name:port`, lower case; IPv6 in brackets. */
  allowedHosts: readonly string[];
  /** Other origins whose pages may call the API with a key, such as `https://ci.example`. */
  allowedOrigins: readonly string[];
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/;

function hostAllowed(host: string, allowed: readonly string[]): boolean {
  const match = HOST.exec(host);
  if (match === null) return false;
  const name = match[1] ?? "";
  return allowed.some((entry) => entry === name || entry === host);
}

/** The origin of a request whose page was served by this very server. */
function sameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/**
 * Refuses a host that is not ours (DNS rebinding makes a foreign page same-origin with us) and a page of another
 * origin. A request without `Origin` comes from no page, or is a navigation, which cannot read the answer.
 */
export function originTrouble(request: Request, policy: OriginPolicy): Trouble | null {
  const urlHost = new URL(request.url).host.toLowerCase();
  const host = (request.headers.get("host") ?? urlHost).toLowerCase();
  for (const name of [host, urlHost]) {
    if (!hostAllowed(name, policy.allowedHosts)) {
      return {
        code: "misdirected-host",
        detail: `This server does not answer for the host ${shown(name)}.`,
        remedy: "Use an allowed host name, or start the server with --allow-host NAME.",
      };
    }
  }
  const origin = request.headers.get("origin")?.toLowerCase();
  if (origin !== undefined) {
    if (sameOrigin(origin, host) || policy.allowedOrigins.includes(origin)) return null;
    return {
      code: "forbidden-origin",
      detail: `Pages of the origin ${shown(origin)} may not use this server.`,
      remedy: "Call it from its own pages, or from a program that sends no Origin.",
    };
  }
  const site = request.headers.get("sec-fetch-site");
  if (
    request.method !== "GET" && request.method !== "HEAD" && (site === "cross-site" || site === "same-site")
  ) {
    return { code: "forbidden-origin", detail: "Pages of another site may not change anything here." };
  }
  return null;
}

/** CORS headers for an allowed foreign origin; nothing for everyone else. Cookies never cross. */
export function corsHeaders(request: Request, policy: OriginPolicy): Record<string, string> {
  const origin = request.headers.get("origin")?.toLowerCase();
  if (policy.allowedOrigins.length === 0) return {};
  if (origin === undefined || !policy.allowedOrigins.includes(origin)) return { vary: "origin" };
  return {
    "vary": "origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "location, retry-after, idempotency-replayed",
  };
}
