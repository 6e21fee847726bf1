import type { Json } from "../../specs/mod.ts";

/** Ordered: strings and numbers as Deno KV orders them. */
export type Key = readonly (string | number)[];

export interface Entry {
  key: Key;
  value: Json | Uint8Array;
  /** Opaque; changes with every write of the key. */
  version: string;
}

export interface Commit {
  /** All must hold, or nothing is written. `version: null` means absent. */
  checks?: readonly { key: Key; version: string | null }[];
  sets?: readonly { key: Key; value: Json | Uint8Array }[];
  deletes?: readonly Key[];
}

/**
 * The intersection of what every backend has. All reads are strong. A commit is all or nothing, also when the backend throws:
 * an adapter validates sizes and types before it calls the backend.
 */
export interface Store {
  readonly name: "kv-memory" | "kv-file" | "kv-connect" | "postgres" | "simulated";
  get(key: Key): Promise<Entry | null>;
  getMany(keys: readonly Key[]): Promise<(Entry | null)[]>;
  /** In key order, `limit` entries at most; `start`/`end` bound the range (start inclusive, end exclusive). */
  list(range: { prefix?: Key; start?: Key; end?: Key; reverse?: boolean }, limit: number): Promise<Entry[]>;
  commit(commit: Commit): Promise<{ ok: true; version: string } | { ok: false }>;
  /** A hint to whoever subscribed, here and (where the backend can) elsewhere; may be lost, never relied on. */
  wake(topic: string): void;
  subscribe(topic: string, fn: () => void): () => void;
  close(): Promise<void>;
}
