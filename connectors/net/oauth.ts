/** OAuth 2 tokens: client credentials, and refresh tokens that rotate (RFC 6749). One renewal at a time, for all streams. */
import type { Json } from "../../specs/mod.ts";
import type { Auth } from "../../specs/foundry/mod.ts";
import type { Clock } from "../../kernel/mod.ts";
import { DataFailure, type SourceContext } from "../data/port.ts";
import { abortable } from "./limiter.ts";
import { digest } from "./credential.ts";
import { isObject } from "./lossless_json.ts";
import type { Redaction } from "./redaction.ts";

export type OAuthSettings = Extract<Auth, { type: "oauth2" }>;

export interface TokenKeeper {
  /** An access token that is not about to end. */
  token(signal: AbortSignal): Promise<string>;
  /** A token was refused: makes a new one unless somebody did already. False when there is no way to. */
  renew(refused: string | undefined, signal: AbortSignal): Promise<boolean>;
  /** Tokens and client secrets that it has used so far, for whichever run. */
  secrets(): readonly string[];
}

export interface TokenContext {
  readonly settings: OAuthSettings;
  readonly secret: (reference: string) => string;
  readonly vault: SourceContext["vault"];
  readonly clock: Clock;
  readonly hidden: Redaction;
  /** Posts the form to the token URL, and gives status and JSON (null when it is none). Throws DataFailure of kind `transient`. */
  readonly post: (form: Record<string, string>) => Promise<{ status: number; json: Json }>;
}

/** As kept in the vault. `of`: the refresh token of the environment that it descends from. */
interface Kept {
  access: string;
  refresh: string | null;
  /** From when on it is not used any more; null when the server does not tell. */
  endsMs: number | null;
  of: string;
}

/** A token is renewed so long before its end, or at half of its life when that is shorter. */
const MARGIN_MS = 60_000;

export function tokenKeeper(context: TokenContext): TokenKeeper {
  const { settings, vault, clock } = context;
  const known = new Set<string>();
  const hidden = {
    add(secret: string) {
      known.add(secret);
      context.hidden.add(secret);
    },
  };
  const secret = (reference: string | undefined): string | null => {
    if (reference === undefined) return null;
    const value = context.secret(reference).trim();
    hidden.add(value);
    return value;
  };
  const name = `oauth2-${digest(`${settings.tokenUrl} ${settings.clientId}`)}`;
  /** Another value in the environment means that a person gave a new grant: what was kept of the old one is void. */
  const origin = () => digest(`${secret(settings.refreshToken) ?? ""} ${settings.scope ?? ""}`);
  let current: Kept | null = null;
  let flight: Promise<boolean> | null = null;

  const kept = async (): Promise<Kept | null> => {
    const found = read(await vault.get(name));
    if (found === null || found.of !== origin()) return null;
    hidden.add(found.access);
    if (found.refresh !== null) hidden.add(found.refresh);
    return found;
  };
  const initial = (): Kept | null => {
    const access = secret(settings.accessToken);
    return access === null
      ? null
      : { access, refresh: secret(settings.refreshToken), endsMs: null, of: origin() };
  };

  const grant = async (refresh: string | null): Promise<Kept | "refused"> => {
    const clientSecret = secret(settings.clientSecret);
    const { status, json } = await context.post({
      ...(refresh === null
        ? { grant_type: "client_credentials" }
        : { grant_type: "refresh_token", refresh_token: refresh }),
      client_id: settings.clientId,
      ...(clientSecret === null ? {} : { client_secret: clientSecret }),
      ...(settings.scope === undefined ? {} : { scope: settings.scope }),
    });
    if (status < 200 || status > 299) return "refused";
    if (!isObject(json) || typeof json.access_token !== "string" || json.access_token === "") {
      throw new DataFailure(
        "contract",
        `The token URL of client ${
          JSON.stringify(settings.clientId)
        } answers ${status} without an access_token`,
        "Check that `tokenUrl` is the token endpoint of an OAuth 2 server.",
        { status },
      );
    }
    const next = typeof json.refresh_token === "string" && json.refresh_token !== ""
      ? json.refresh_token
      : refresh;
    hidden.add(json.access_token);
    if (next !== null) hidden.add(next);
    const seconds = Number(json.expires_in);
    return {
      access: json.access_token,
      refresh: next,
      endsMs: Number.isFinite(seconds) && seconds > 0
        ? clock.now() + seconds * 1000 - Math.min(MARGIN_MS, seconds * 500)
        : null,
      of: origin(),
    };
  };

  /** A rotated token works once: whoever used it first (another process, perhaps this very second) leaves its successor in the vault. */
  const successorOf = async (used: string | null, refused: string | undefined): Promise<Kept | null> => {
    for (let looks = 0; looks < 4; looks++) {
      if (looks > 0) await clock.sleep(500);
      const later = await kept();
      if (later !== null && later.refresh !== used && later.access !== refused) return later;
    }
    return null;
  };

  const make = async (refused: string | undefined): Promise<boolean> => {
    const stored = await kept();
    // Another process renewed it meanwhile.
    if (stored !== null && stored.access !== refused && !hasEnded(stored, clock.now())) {
      current = stored;
      return true;
    }
    const refresh = stored?.refresh ?? secret(settings.refreshToken);
    if (refresh === null && settings.clientSecret === undefined) return false;
    const made = await grant(refresh);
    if (made === "refused") {
      const successor = await successorOf(refresh, refused);
      if (successor === null) return false;
      current = successor;
      return true;
    }
    // Kept before it is used: a crash after this line finds the token that is valid now.
    await vault.put(name, JSON.stringify(made));
    current = made;
    return true;
  };

  const renew = (refused: string | undefined, signal: AbortSignal): Promise<boolean> => {
    if (current !== null && current.access !== refused && !hasEnded(current, clock.now())) {
      return Promise.resolve(true);
    }
    // Not ended by one stream's abort: the others wait for it, and a rotated token must reach the vault.
    flight ??= make(refused).finally(() => flight = null);
    return abortable(flight, signal);
  };

  return {
    async token(signal) {
      current ??= await kept() ?? initial();
      if (current === null || hasEnded(current, clock.now())) {
        if (!(await renew(current?.access, signal)) && current === null) {
          throw new DataFailure(
            "auth",
            `No access token could be had for client ${
              JSON.stringify(settings.clientId)
            }: the token URL refuses the grant`,
            "Give a fresh refresh token or client secret by the environment variable that the env file names.",
          );
        }
      }
      return (current as Kept).access;
    },
    renew,
    secrets: () => [...known],
  };
}

const hasEnded = (kept: Kept, nowMs: number): boolean => kept.endsMs !== null && kept.endsMs <= nowMs;

function read(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || typeof value.access !== "string" || typeof value.of !== "string") return null;
    return {
      access: value.access,
      refresh: typeof value.refresh === "string" ? value.refresh : null,
      endsMs: typeof value.endsMs === "number" ? value.endsMs : null,
      of: value.of,
    };
  } catch {
    return null;
  }
}
