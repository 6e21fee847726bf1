/** Remembers which request an idempotency key came with, so that the same key with another body is noticed. */
import { sha256Hex } from "./secret.ts";

export interface Replays {
  /** Digest of what a request asks, whatever the order of its fields on the wire. */
  fingerprint(parts: readonly unknown[]): Promise<string>;
  /** False when the key of this principal came with another request before. */
  fits(principal: string, key: string, fingerprint: string): boolean;
  remember(principal: string, key: string, fingerprint: string): void;
}

/** The newest `max` keys. The ledger itself keeps the key with its run for good; this only compares bodies. */
export function replays(max = 10_000): Replays {
  const seen = new Map<string, string>();
  const name = (principal: string, key: string) => `${principal}\n${key}`;
  return {
    fingerprint: (parts) => sha256Hex(JSON.stringify(parts, sorted)),
    fits: (principal, key, fingerprint) => (seen.get(name(principal, key)) ?? fingerprint) === fingerprint,
    remember(principal, key, fingerprint) {
      seen.delete(name(principal, key));
      seen.set(name(principal, key), fingerprint);
      const oldest = seen.keys().next().value;
      if (seen.size > max && oldest !== undefined) seen.delete(oldest);
    },
  };
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
