import type { Json } from "../../specs/mod.ts";
import { commitCost } from "./limits.ts";
import type { Commit, Entry, Key, Store } from "./port.ts";
import { topics } from "./topics.ts";

/** What is about to happen, or has just happened, at a simulated store. */
export interface SimulatedOperation {
  readonly kind: "get" | "getMany" | "list" | "commit";
  readonly commit?: Commit;
}

/**
 * Hooks of one client. Each may wait (time passes, others come in between), throw (the client sees an error), or never resolve (the
 * client is dead). What `after` does comes too late to undo the operation: that is an acknowledgement that got lost.
 */
export interface SimulatedFaults {
  before?(operation: SimulatedOperation): Promise<void>;
  after?(operation: SimulatedOperation): Promise<void>;
  /** Whether a wake-up gets lost. */
  losesWake?(topic: string): boolean;
}

/** What the clients of a simulated store have in common. */
export interface SimulatedBackend {
  /** A client with faults of its own. */
  open(faults?: SimulatedFaults): Store;
  /** Every entry, in key order. */
  dump(): Entry[];
  /** Commits that took place. */
  commits(): number;
}

interface Kept {
  readonly key: Key;
  readonly value: string | Uint8Array;
  readonly version: string;
}

/**
 * A store in memory with the commit semantics of the real ones, for tests: one backend, any number of failing clients.
 *
 * @param onCommit told about each commit that takes place, in order
 */
export function simulatedBackend(onCommit: (commit: Commit) => void = () => {}): SimulatedBackend {
  const entries: Kept[] = [];
  let clock = 0;
  const bus = topics();

  /** Index of the first entry at or after a key. */
  function lowerBound(key: Key): number {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys((entries[middle] as Kept).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function find(key: Key): Kept | null {
    const kept = entries[lowerBound(key)];
    return kept !== undefined && compareKeys(kept.key, key) === 0 ? kept : null;
  }

  function apply(commit: Commit): { ok: true; version: string } | { ok: false } {
    for (const { key, version } of commit.checks ?? []) {
      if ((find(key)?.version ?? null) !== version) return { ok: false };
    }
    const version = String(++clock).padStart(20, "0");
    for (const key of commit.deletes ?? []) {
      const at = lowerBound(key);
      const kept = entries[at];
      if (kept !== undefined && compareKeys(kept.key, key) === 0) entries.splice(at, 1);
    }
    for (const { key, value } of commit.sets ?? []) {
      const at = lowerBound(key);
      const kept = entries[at];
      const there = kept !== undefined && compareKeys(kept.key, key) === 0;
      entries.splice(at, there ? 1 : 0, { key: [...key], value: frozen(value), version });
    }
    onCommit(commit);
    return { ok: true, version };
  }

  function range({ prefix, start, end, reverse }: Parameters<Store["list"]>[0], limit: number): Entry[] {
    const from = start ?? prefix ?? [];
    const found: Entry[] = [];
    const inside = (kept: Kept) =>
      (prefix === undefined || (startsWith(kept.key, prefix) && kept.key.length > prefix.length)) &&
      (end === undefined || compareKeys(kept.key, end) < 0);
    const all = entries.slice(lowerBound(from)).filter(inside);
    for (const kept of reverse ? all.reverse() : all) {
      if (found.length >= limit) break;
      found.push(entryOf(kept));
    }
    return found;
  }

  function open(faults: SimulatedFaults = {}): Store {
    let closed = false;
    async function through<T>(operation: SimulatedOperation, act: () => T): Promise<T> {
      if (closed) throw new Error("Cannot use a store that was closed");
      await faults.before?.(operation);
      const result = act();
      await faults.after?.(operation);
      return result;
    }
    return {
      name: "simulated",
      get: (key) =>
        through({ kind: "get" }, () => {
          const kept = find(key);
          return kept === null ? null : entryOf(kept);
        }),
      getMany: (keys) =>
        through({ kind: "getMany" }, () =>
          keys.map((key) => {
            const kept = find(key);
            return kept === null ? null : entryOf(kept);
          })),
      list: (bounds, limit) => through({ kind: "list" }, () => range(bounds, limit)),
      async commit(commit) {
        commitCost(commit);
        return await through({ kind: "commit", commit }, () => apply(commit));
      },
      wake(topic) {
        if (faults.losesWake?.(topic) !== true) bus.wake(topic);
      },
      subscribe: bus.subscribe,
      close() {
        closed = true;
        return Promise.resolve();
      },
    };
  }

  return { open, dump: () => entries.map(entryOf), commits: () => clock };
}

/** Values are kept as text or a copy of bytes, so that nobody shares an object with the store. */
function frozen(value: Json | Uint8Array): string | Uint8Array {
  return value instanceof Uint8Array ? value.slice() : JSON.stringify(value);
}

function entryOf({ key, value, version }: Kept): Entry {
  return { key, value: typeof value === "string" ? JSON.parse(value) : value.slice(), version };
}

function startsWith(key: Key, prefix: Key): boolean {
  return prefix.every((part, i) => key[i] === part);
}

const utf8 = new TextEncoder();

/** Deno KV's order: strings by their UTF-8 bytes come before numbers; a key comes before those that begin with it. */
export function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const left = a[i];
    const right = b[i];
    if (left === right) continue;
    if (typeof left === "number" && typeof right === "number") return left - right;
    if (typeof left === "string" && typeof right === "string") return compareText(left, right);
    return typeof left === "string" ? -1 : 1;
  }
  return a.length - b.length;
}

function compareText(a: string, b: string): number {
  const left = utf8.encode(a);
  const right = utf8.encode(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
