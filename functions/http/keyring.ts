/** Keys of the HTTP interface: `forge_<id>.<secret>`, kept as digests, each of one principal, scoped and expiring. */
import { z } from "zod";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Entry, Key, Store } from "../../kernel/mod.ts";
import { hmac, randomToken, sameText, sha256Hex } from "./secret.ts";

export const Scope = z.enum(["read", "run", "approve"]);
export type Scope = z.infer<typeof Scope>;
export const ALL_SCOPES: readonly Scope[] = Scope.options;

const KeyRecord = z.strictObject({
  id: z.string(),
  principal: z.string(),
  scopes: z.array(Scope),
  hash: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  issuedBy: z.string().nullable().default(null),
  revokedAt: z.string().nullable().default(null),
  revokedBy: z.string().nullable().default(null),
});
type KeyRecord = z.infer<typeof KeyRecord>;

/** Who a request speaks for, proven by a key. */
export interface Principal {
  /** The key's id: the unit of limits. */
  readonly key: string;
  /** The name that the ledger records. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The key of whoever started this process: its answers are the owner's own, never a second person's. */
  readonly owner: boolean;
}

export type KeyInfo = Omit<KeyRecord, "hash">;

export interface Session {
  readonly token: string;
  readonly csrf: string;
  readonly principal: Principal;
}

export interface KeyRing {
  /** Makes a key and keeps its digest in the store. The key itself is shown once, here. */
  issue(
    key: { principal: string; scopes: readonly Scope[]; ttlMs?: number; by?: string },
  ): Promise<Result<string, Problem>>;
  /** A key that lives as long as this process; `preset` is one that the operator chose. */
  ephemeral(principal: string, preset?: string): Promise<Result<string, Problem>>;
  /** Ends a key and every session that was opened with it; its record stays. False when no such key is valid. */
  revoke(id: string, by?: string): Promise<boolean>;
  /** The valid keys, or with `ended` also the revoked and expired ones. Never a secret. */
  list(options?: { ended?: boolean }): Promise<KeyInfo[]>;
  /** The principal of a presented key; null for anything that is not a valid key now. */
  verify(presented: string): Promise<Principal | null>;
  /** A session for a browser: the token goes into a cookie, the CSRF token into its pages. Never outlives its key. */
  openSession(principal: Principal, ttlMs: number): Promise<Session>;
  session(token: string): Promise<Session | null>;
  /** Ends a session here and now; another instance of a hosted server refuses it when it expires. */
  closeSession(token: string): void;
}

const PRESENTED = /^forge_([A-Za-z0-9][A-Za-z0-9_-]{0,63})\.([A-Za-z0-9._~+/=-]{1,200})$/;
/** 22 characters of base64url are 132 bits. */
const MIN_SECRET = 22;
const SESSION_TOKEN = /^(([A-Za-z0-9_-]{1,64})\.(\d{1,16})\.[A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

const KEYS: Key = ["http", "key"];

/**
 * Keys over the store; without one, only ephemeral keys. Sessions are signed and kept nowhere: by a secret of this process, or,
 * with a preset key, by one derived from it, so that the instances of a hosted server know each other's sessions.
 */
export function keyRing(
  options: { store?: Pick<Store, "get" | "list" | "commit">; now?: () => number } = {},
): KeyRing {
  const { store, now = Date.now } = options;
  const ownKeys = new Map<string, KeyRecord>();
  const closed = new Map<string, number>();
  let signing = randomToken();

  const info = ({ hash: _, ...rest }: KeyRecord): KeyInfo => rest;
  const parseKey = (entry: Entry | null | undefined) => {
    const parsed = KeyRecord.safeParse(entry?.value);
    return parsed.success ? parsed.data : null;
  };
  const keyRecord = async (id: string): Promise<KeyRecord | null> => {
    const record = ownKeys.get(id) ?? parseKey(await store?.get([...KEYS, id]));
    return record === null || hasEnded(record) ? null : record;
  };
  const hasEnded = (record: KeyRecord) =>
    record.revokedAt !== null || (record.expiresAt !== null && Date.parse(record.expiresAt) <= now());
  const principalOf = (record: KeyRecord): Principal => ({
    key: record.id,
    name: record.principal,
    scopes: new Set(record.scopes),
    owner: ownKeys.has(record.id),
  });
  const record = async (
    id: string,
    secret: string,
    principal: string,
    scopes: readonly Scope[],
    ttlMs?: number,
    by?: string,
  ): Promise<KeyRecord> => {
    const hash = await sha256Hex(secret);
    const made = now();
    return {
      id,
      principal,
      scopes: [...scopes],
      hash,
      createdAt: new Date(made).toISOString(),
      expiresAt: ttlMs === undefined ? null : new Date(made + ttlMs).toISOString(),
      issuedBy: by ?? null,
      revokedAt: null,
      revokedBy: null,
    };
  };
  const badPrincipal = (principal: string): Problem | null =>
    /^[\p{L}\p{N}][\p{L}\p{N} ._@:+-]{0,99}$/u.test(principal) ? null : {
      code: "invalid-principal",
      message:
        "Cannot make a key as its principal is not a name of 1 to 100 letters, digits, spaces or ._@:+-",
      remedy: "Use a name such as ada or ada@example.com.",
    };
  const sessionOf = async (token: string, principal: Principal): Promise<Session> => ({
    token,
    principal,
    csrf: await hmac(signing, `csrf ${token}`),
  });

  return {
    async issue({ principal, scopes, ttlMs, by }) {
      const bad = badPrincipal(principal);
      if (bad !== null) return err(bad);
      if (store === undefined) {
        return err({
          code: "no-store",
          message: "Cannot keep a key as this ring has no store.",
          remedy: "Use ephemeral().",
        });
      }
      const id = (await sha256Hex(randomToken())).slice(0, 12);
      const secret = randomToken();
      const made = await record(id, secret, principal, scopes, ttlMs, by);
      const key = [...KEYS, id];
      const { ok: kept } = await store.commit({
        checks: [{ key, version: null }],
        sets: [{ key, value: made }],
      });
      if (!kept) throw new Error(`the store refused a new key under a fresh id ${id}`);
      return ok(`forge_${id}.${secret}`);
    },
    async ephemeral(principal, preset) {
      const bad = badPrincipal(principal);
      if (bad !== null) return err(bad);
      const presented = preset ?? `forge_${(await sha256Hex(randomToken())).slice(0, 12)}.${randomToken()}`;
      const match = PRESENTED.exec(presented);
      const [id, secret] = [match?.[1], match?.[2]];
      if (id === undefined || secret === undefined || secret.length < MIN_SECRET) {
        return err({
          code: "invalid-key",
          message:
            `Cannot use the preset key as it is not forge_<id>.<secret> with a secret of at least ${MIN_SECRET} characters.`,
          remedy: "Leave FORGE_KEY unset to get a new key at each start, or set one with 128 random bits.",
        });
      }
      if (preset !== undefined) signing = await hmac(preset, "session");
      ownKeys.set(id, await record(id, secret, principal, ALL_SCOPES));
      return ok(presented);
    },
    async revoke(id, by) {
      if (ownKeys.delete(id)) return true;
      const key = [...KEYS, id];
      while (store !== undefined) {
        const entry = await store.get(key);
        const found = parseKey(entry);
        if (entry === null || found === null || hasEnded(found)) return false;
        const value = { ...found, revokedAt: new Date(now()).toISOString(), revokedBy: by ?? null };
        const { ok: kept } = await store.commit({
          checks: [{ key, version: entry.version }],
          sets: [{ key, value }],
        });
        if (kept) return true;
      }
      return false;
    },
    async list(options = {}) {
      const kept: KeyRecord[] = [];
      let start: Key | undefined;
      while (store !== undefined) {
        const page = await store.list(
          start === undefined ? { prefix: KEYS } : { start, end: [...KEYS.slice(0, -1), `${KEYS.at(-1)}\0`] },
          500,
        );
        kept.push(...page.map(parseKey).filter((found) => found !== null));
        const last = page.at(-1)?.key;
        if (last === undefined || page.length < 500) break;
        start = [...last.slice(0, -1), `${last.at(-1)}\0`];
      }
      return [...ownKeys.values(), ...kept].filter((one) => options.ended === true || !hasEnded(one)).map(
        info,
      );
    },
    async verify(presented) {
      const match = PRESENTED.exec(presented);
      const [id, secret] = [match?.[1], match?.[2]];
      if (id === undefined || secret === undefined) return null;
      const [found, hash] = [await keyRecord(id), await sha256Hex(secret)];
      const same = sameText(hash, found?.hash ?? "0".repeat(64));
      return same && found !== null ? principalOf(found) : null;
    },
    async openSession(principal, ttlMs) {
      const body = `${principal.key}.${now() + ttlMs}.${randomToken(16)}`;
      return await sessionOf(`${body}.${await hmac(signing, body)}`, principal);
    },
    async session(token) {
      const match = SESSION_TOKEN.exec(token);
      const [body = "", id = "", expires = "", mac = ""] = match?.slice(1) ?? [];
      if (!sameText(mac, await hmac(signing, body)) || Number(expires) <= now() || closed.has(token)) {
        return null;
      }
      const key = await keyRecord(id);
      return key === null ? null : await sessionOf(token, principalOf(key));
    },
    closeSession(token) {
      for (const [old, expires] of closed) if (expires <= now()) closed.delete(old);
      const expires = SESSION_TOKEN.exec(token)?.[3];
      if (expires !== undefined) closed.set(token, Number(expires));
    },
  };
}
