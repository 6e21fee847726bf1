import type { Commit, Key } from "./port.ts";
import type { Json } from "../../specs/mod.ts";

/**
 * What one commit may hold: the smallest of what our backends take. Deno KV takes 65,536 bytes a value after V8 has serialized it,
 * 2,048 bytes a key, 100 checks, 1,000 mutations, 819,200 bytes in all and 81,920 bytes of keys (the page says 90 KiB, the
 * runtime 80).
 */
export const LIMITS = {
  valueBytes: 60_000,
  keyBytes: 2_000,
  checks: 100,
  mutations: 1_000,
  totalBytes: 800_000,
  totalKeyBytes: 80_000,
} as const;

/** Strings up to this length fit at two bytes a character, whatever is in them. */
const SAFE_LENGTH = LIMITS.valueBytes / 2;
const utf8 = new TextEncoder();

/** An upper bound of a key's encoded bytes: a part has a tag and an end, a number takes eight bytes, a zero byte two. */
export function keyBytes(key: Key): number {
  let bytes = 0;
  for (const part of key) {
    if (typeof part === "number") bytes += 9;
    else if (part.length <= 100) bytes += part.length * 3 + 2;
    else bytes += utf8.encode(part).byteLength + part.split("\u0000").length + 1;
  }
  return bytes;
}

/** An upper bound of a value's stored bytes. Throws for what has no JSON form. */
export function valueBytes(value: Json | Uint8Array): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === "string") return textBytes(value);
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`Cannot store a value as it must be JSON or bytes: current type is ${typeof value}`);
  }
  return textBytes(text);
}

function textBytes(text: string): number {
  return text.length <= SAFE_LENGTH ? text.length * 2 : utf8.encode(text).byteLength;
}

export interface Cost {
  checks: number;
  mutations: number;
  keyBytes: number;
  totalBytes: number;
}

/**
 * The cost of a commit, after checking every key and value of it.
 *
 * @throws {RangeError | TypeError} naming the key and the limit, before anything has reached the backend.
 */
export function commitCost(commit: Commit): Cost {
  const cost: Cost = { checks: 0, mutations: 0, keyBytes: 0, totalBytes: 0 };
  for (const check of commit.checks ?? []) {
    addKey(cost, check.key);
    cost.checks++;
  }
  for (const { key, value } of commit.sets ?? []) {
    addKey(cost, key);
    const bytes = valueBytes(value);
    if (bytes > LIMITS.valueBytes) {
      throw new RangeError(
        `Cannot store ${
          JSON.stringify(key)
        } as a value must be at most ${LIMITS.valueBytes} bytes: current size is ${bytes}. ` +
          "Put it into a blob and store the digest",
      );
    }
    cost.totalBytes += bytes;
    cost.mutations++;
  }
  for (const key of commit.deletes ?? []) {
    addKey(cost, key);
    cost.mutations++;
  }
  for (const name of ["checks", "mutations", "keyBytes", "totalBytes"] as const) {
    const limit = name === "keyBytes" ? LIMITS.totalKeyBytes : LIMITS[name];
    if (cost[name] > limit) {
      throw new RangeError(
        `Cannot commit as ${name} must be at most ${limit} in one commit: current value is ${
          cost[name]
        }. Split it`,
      );
    }
  }
  return cost;
}

function addKey(cost: Cost, key: Key): void {
  const bytes = checkedKeyBytes(key);
  cost.keyBytes += bytes;
  cost.totalBytes += bytes;
}

function checkedKeyBytes(key: Key): number {
  if (key.length === 0) throw new RangeError("Cannot store under an empty key: give it at least one part");
  for (const part of key) {
    if (typeof part === "string" || Number.isFinite(part)) continue;
    throw new TypeError(
      `Cannot store under ${JSON.stringify(key)} as each part must be a string or a finite number`,
    );
  }
  const bytes = keyBytes(key);
  if (bytes > LIMITS.keyBytes) {
    throw new RangeError(
      `Cannot store under ${
        JSON.stringify(key).slice(0, 80)
      }… as a key must be at most ${LIMITS.keyBytes} bytes: current size is ${bytes}`,
    );
  }
  return bytes;
}
