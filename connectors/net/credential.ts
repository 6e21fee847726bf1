/** What a connector signs its requests with. Values are looked up when they are needed, and known to the redaction before they are used. */
import { createHash } from "node:crypto";
import type { Auth } from "../../specs/foundry/mod.ts";
import type { Redaction } from "./redaction.ts";
import type { OAuthSettings, TokenKeeper } from "./oauth.ts";

/** Put on a request: headers and query parameters. */
export interface Signature {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The OAuth access token in it, to tell whether a 401 is about the current one. */
  readonly token?: string;
  /** What it was made of, to be hidden by whoever keeps what the server answers. */
  readonly secrets?: readonly string[];
}

export interface Credential {
  /** Names the credential among others without telling it: for the limiter. */
  readonly id: string;
  readonly exists: boolean;
  sign(signal: AbortSignal): Promise<Signature>;
  /** After a 401: whether there is another token than the one that was refused. Without OAuth there never is. */
  renew(refused: string | undefined, signal: AbortSignal): Promise<boolean>;
}

const NOTHING: Signature = { headers: {}, query: {} };

export function credential(
  auth: Auth | undefined,
  secret: (reference: string) => string,
  hidden: Redaction,
  keeperFor: (settings: OAuthSettings) => TokenKeeper,
): Credential {
  const known = (reference: string): string => {
    const value = secret(reference).trim();
    hidden.add(value);
    return value;
  };
  const fixed = (id: string, sign: () => Signature): Credential => ({
    id,
    exists: true,
    sign: () => Promise.resolve().then(sign),
    renew: () => Promise.resolve(false),
  });
  switch (auth?.type) {
    case undefined:
    case "none":
      return { ...fixed("-", () => NOTHING), exists: false };
    case "bearer":
      return fixed(
        digest(known(auth.token)),
        () => ({
          ...NOTHING,
          headers: { authorization: `Bearer ${known(auth.token)}` },
          secrets: [known(auth.token)],
        }),
      );
    case "basic": {
      const pair = () => {
        const text = `${auth.email ?? auth.user ?? ""}:${known(auth.token)}`;
        hidden.add(text);
        return text;
      };
      const encoded = (text: string) =>
        btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
      return fixed(digest(encoded(pair())), () => ({
        ...NOTHING,
        headers: { authorization: `Basic ${encoded(pair())}` },
        secrets: [known(auth.token), pair()],
      }));
    }
    case "header":
      return fixed(
        digest(known(auth.value)),
        () => ({
          ...NOTHING,
          headers: { [auth.name.toLowerCase()]: known(auth.value) },
          secrets: [known(auth.value)],
        }),
      );
    case "query":
      return fixed(
        digest(known(auth.value)),
        () => ({ ...NOTHING, query: { [auth.name]: known(auth.value) }, secrets: [known(auth.value)] }),
      );
    case "oauth2": {
      const tokens = keeperFor(auth);
      return {
        id: digest(`${auth.tokenUrl} ${auth.clientId}`),
        exists: true,
        async sign(signal) {
          const token = await tokens.token(signal);
          return {
            ...NOTHING,
            headers: { authorization: `Bearer ${token}` },
            token,
            secrets: tokens.secrets(),
          };
        },
        renew: (refused, signal) => tokens.renew(refused, signal),
      };
    }
  }
}

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
