/** Who asks, and whether they may: keys, cookies, scopes, CSRF. */
import { sameText } from "./secret.ts";
import type { Caller, Door, DoorContext } from "./door.ts";
import type { KeyRing, Scope } from "./keyring.ts";
import type { Trouble } from "./problem.ts";

/** Cookies do not tell ports apart: with the port in the name two servers on one machine keep their own sessions. */
export function cookieName(url: URL): string {
  return url.protocol === "https:" ? "__Host-forge_session" : `forge_session_${url.port || "80"}`;
}

/** The value of a cookie of the request, or null. The first of two with one name counts, as RFC 6265 orders them. */
export function cookieOf(request: Request, name: string): string | null {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** The cookie that carries a session, or takes it away when the token is empty. */
export function sessionCookie(url: URL, token: string, maxAgeSeconds: number): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  return `${cookieName(url)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}

/** The key of an `Authorization: Bearer` header, or null. */
export function bearerOf(request: Request): string | null {
  return /^bearer +([^\s]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
}

/** Who asks. A header that does not hold is nobody, whatever the cookie says. */
export async function callerOf(request: Request, keys: KeyRing): Promise<Caller | null> {
  if (request.headers.has("authorization")) {
    const presented = bearerOf(request);
    const principal = presented === null ? null : await keys.verify(presented);
    return principal === null ? null : { principal, session: null };
  }
  const token = cookieOf(request, cookieName(new URL(request.url)));
  const session = token === null ? null : await keys.session(token);
  return session === null ? null : { principal: session.principal, session };
}

export const UNAUTHORIZED: Trouble = {
  code: "unauthorized",
  detail: "The request carries no valid key.",
  remedy: "Send 'Authorization: Bearer forge_<id>.<secret>'. forge serve prints a key when it starts.",
  headers: { "www-authenticate": 'Bearer realm="edgeforge"' },
};

/** Why this caller may not do what needs the scope, or null. */
export function scopeTrouble(caller: Caller, scope: Scope): Trouble | null {
  if (caller.principal.scopes.has(scope)) return null;
  return {
    code: "forbidden",
    detail: `This needs a key with the scope '${scope}'.`,
    remedy: "Use another key; a key's scopes do not change.",
  };
}

/** Why a change by cookie is refused: another site's page has the cookie sent along, but cannot know the token. */
export function csrfTrouble(caller: Caller, presented: string | null): Trouble | null {
  if (caller.session === null || sameText(presented ?? "", caller.session.csrf)) return null;
  return {
    code: "forbidden-csrf",
    detail: "The request came with a session cookie, but without that session's token.",
    remedy: "Reload the page and try again, or use a key in the Authorization header.",
  };
}

/** The account that limits are counted on: the key, or the address of whoever has none. */
export function accountOf(c: DoorContext, caller: Caller | null): string {
  return caller === null ? `remote ${c.env?.remote ?? "unknown"}` : `key ${caller.principal.key}`;
}

/** The caller that the route's guard let through. */
export function callerIn(c: DoorContext): Caller {
  const caller = c.get("caller");
  if (caller === null) throw new Error(`route ${c.req.path} has no guard, but asks who calls`);
  return caller;
}

/** Counts a request, or says why it is one too many. */
export const enter = (door: Door, c: DoorContext, caller: Caller | null) =>
  door.meter.enter(accountOf(c, caller));
