/** Remembers which request an idempotency key came with, so that the same key with another body is noticed. */
import type { Store } from "../../kernel/mod.ts";
import { sha256Hex } from "./secret.ts";

export interface Replays {
  /** Digest of what a request asks, whatever the order of its fields on the wire. */
  fingerprint(parts: readonly unknown[]): Promise<string>;
  /** False when the key of this principal came with another request before. */
  fits(principal: string, key: string, fingerprint: string): Promise<boolean>;
  /** The first request with a key counts; a later one does not take its place. */
  remember(principal: string, key: string, fingerprint: string): Promise<void>;
}

/** In the store, where there is one, so that a restart forgets nothing; else the newest `max` keys of this process. */
export function replays(store?: Pick<Store, "get" | "commit">, max = 10_000): Replays {
  const fingerprint = (parts: readonly unknown[]) => sha256Hex(JSON.stringify(parts, sorted));
  return { fingerprint, ...(store === undefined ? inMemory(max) : inStore(store)) };
}

function inStore(store: Pick<Store, "get" | "commit">): Pick<Replays, "fits" | "remember"> {
  const place = (principal: string, key: string) => ["http", "idempotency", principal, key] as const;
  return {
    async fits(principal, key, fingerprint) {
      const kept = await store.get(place(principal, key));
      return kept === null || kept.value === fingerprint;
    },
    async remember(principal, key, value) {
      const at = place(principal, key);
      // Lost to another request with the same key: that one was first, and `fits` tells.
      await store.commit({ checks: [{ key: at, version: null }], sets: [{ key: at, value }] });
    },
  };
}

function inMemory(max: number): Pick<Replays, "fits" | "remember"> {
  const seen = new Map<string, string>();
  const name = (principal: string, key: string) => `${principal}\n${key}`;
  return {
    fits: (principal, key, fingerprint) =>
      Promise.resolve((seen.get(name(principal, key)) ?? fingerprint) === fingerprint),
    remember(principal, key, fingerprint) {
      if (!seen.has(name(principal, key))) seen.set(name(principal, key), fingerprint);
      const oldest = seen.keys().next().value;
      if (seen.size > max && oldest !== undefined) seen.delete(oldest);
      return Promise.resolve();
    },
  };
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
