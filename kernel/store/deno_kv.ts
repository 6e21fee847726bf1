import type { Commit, Entry, Key, Store } from "./port.ts";
import type { Json } from "../../specs/mod.ts";
import { commitCost, LIMITS } from "./limits.ts";
import { topics } from "./topics.ts";
import { makeKvFile } from "./kv_file.ts";
import { queueHint } from "./kv_queue_hint.ts";

export interface KvStoreOptions {
  /** Send wake-ups through `kv.enqueue` too. A hint only: late, sometimes twice, and absent on the hosted platform. */
  queueHints?: boolean;
  /** How long a commit keeps trying while another process holds the file's write lock. */
  lockedMs?: number;
}

/**
 * Opens Deno KV as a Store: `":memory:"`, a file path, or the http(s) URL of a KV Connect server. The path is always explicit: a
 * path-less `openKv()` follows the configuration file and changes databases under one's feet.
 */
export async function openKvStore(location: string, options: KvStoreOptions = {}): Promise<Store> {
  if (location === "") {
    throw new TypeError('Cannot open a store as its location is empty: give a path, ":memory:" or a URL');
  }
  const isFile = location !== ":memory:" && !/^https?:\/\//.test(location);
  if (isFile) await makeKvFile(location);
  const kv = await Deno.openKv(location);
  const name = location === ":memory:" ? "kv-memory" : isFile ? "kv-file" : "kv-connect";
  return kvStore(kv, name, options);
}

/** Makes a Store of an open Deno KV; closing the store closes it. */
export function kvStore(kv: Deno.Kv, name: Store["name"], options: KvStoreOptions = {}): Store {
  const lockedMs = options.lockedMs ?? 15_000;
  const local = topics();
  const hint = options.queueHints === true ? queueHint(kv, local) : null;
  return {
    name,
    async get(key) {
      return entryOf(await retryLocked(() => kv.get([...key]), lockedMs));
    },
    async getMany(keys) {
      const pages: Promise<Deno.KvEntryMaybe<unknown>[]>[] = [];
      for (let i = 0; i < keys.length; i += GET_MANY) {
        const page = keys.slice(i, i + GET_MANY).map((key) => [...key]);
        pages.push(retryLocked(() => kv.getMany<unknown[]>(page), lockedMs));
      }
      return (await Promise.all(pages)).flat().map(entryOf);
    },
    async list(range, limit) {
      const list = async () => {
        const entries: Entry[] = [];
        const batchSize = Math.min(Math.max(limit, 1), LIST_BATCH);
        for await (const item of kv.list(selectorOf(range), { limit, batchSize, reverse: range.reverse })) {
          const entry = entryOf(item);
          if (entry !== null) entries.push(entry);
        }
        return entries;
      };
      return limit <= 0 ? [] : await retryLocked(list, lockedMs);
    },
    async commit(commit) {
      // A throw inside commit() can leave earlier mutations written on SQLite, so all that could throw is checked here.
      commitCost(commit);
      const values = (commit.sets ?? []).map(({ value }) => encode(value));
      const result = await retryLocked(() => atomicOf(kv, commit, values).commit(), lockedMs);
      return result.ok ? { ok: true, version: result.versionstamp } : { ok: false };
    },
    wake(topic) {
      local.wake(topic);
      hint?.send(topic);
    },
    subscribe: local.subscribe,
    async close() {
      await hint?.idle();
      kv.close();
    },
  };
}

const GET_MANY = 10;
const LIST_BATCH = 500;

function atomicOf(
  kv: Deno.Kv,
  { checks, sets, deletes }: Commit,
  values: readonly (string | Uint8Array | Wrapped)[],
) {
  const atomic = kv.atomic();
  // Deno KV only reads a key; its type merely does not say so.
  for (const { key, version } of checks ?? []) {
    atomic.check({ key: key as Deno.KvKey, versionstamp: version });
  }
  // Deletes first: a commit that moves a key onto itself keeps it.
  for (const key of deletes ?? []) atomic.delete(key as Deno.KvKey);
  (sets ?? []).forEach(({ key }, i) => atomic.set(key as Deno.KvKey, values[i]));
  return atomic;
}

/** Long text is kept as UTF-8 because V8 writes two bytes a character once one of them is beyond Latin-1. */
interface Wrapped {
  text: Uint8Array;
}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { fatal: true });
const STRING = "s";
const JSON_TEXT = "j";

function encode(value: Json | Uint8Array): string | Uint8Array | Wrapped {
  if (value instanceof Uint8Array) return value;
  const text = typeof value === "string" ? STRING + value : JSON_TEXT + JSON.stringify(value);
  return text.length <= LIMITS.valueBytes / 2 + 1 ? text : { text: utf8.encode(text) };
}

function decode(stored: unknown): Json | Uint8Array {
  if (stored instanceof Uint8Array) return stored;
  const text = typeof stored === "string" ? stored : fromUtf8.decode((stored as Wrapped).text);
  return text.startsWith(STRING) ? text.slice(1) : JSON.parse(text.slice(1));
}

function entryOf(entry: Deno.KvEntryMaybe<unknown>): Entry | null {
  if (entry.versionstamp === null) return null;
  return { key: entry.key as unknown as Key, value: decode(entry.value), version: entry.versionstamp };
}

function selectorOf(range: Parameters<Store["list"]>[0]): Deno.KvListSelector {
  const { prefix, start, end } = range;
  if (prefix !== undefined && (start === undefined || end === undefined)) {
    if (start !== undefined) return { prefix: [...prefix], start: [...start] };
    if (end !== undefined) return { prefix: [...prefix], end: [...end] };
    return { prefix: [...prefix] };
  }
  // Strings come before numbers and numbers before booleans: these two bound every key that we can write.
  return { start: [...(start ?? [""])], end: [...(end ?? [true])] };
}

/**
 * SQLite under two processes throws "database is locked" at once instead of waiting. Tries again, with jitter so that two do not
 * march in step; whatever else is thrown goes to the caller.
 */
async function retryLocked<T>(attempt: () => Promise<T>, forMs: number): Promise<T> {
  const until = Date.now() + forMs;
  for (let waitMs = 1;; waitMs = Math.min(waitMs * 2, 50)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLocked(error) || Date.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * waitMs));
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && /database (table )?is locked|SQLITE_BUSY/i.test(error.message);
}
