/** Aggregates of a set by key: some in memory, the rest in a spool, so that any number of groups is judged in flat memory. */
import type { Json } from "../../specs/mod.ts";

/** Keeps pairs of texts outside of memory and gives them back in order of their keys; pairs of one key in the order in which they came. */
export interface Spool {
  write(pairs: Iterable<readonly [key: string, value: string]>): void;
  read(): Iterable<readonly [key: string, value: string]>;
  close(): void;
}

export interface Groups<T> {
  /** The part of the group that is at hand, new at first: whoever asks changes it in place. */
  at(key: string): T;
  /** Tells that a part at hand holds one entry more: many entries are put away as many groups are. */
  grew(): void;
  /** Every group once, in order of keys; parts that were put away in between are joined. */
  all(): Iterable<readonly [key: string, group: T]>;
  close(): void;
}

const AT_HAND = 10_000;
/** Most entries of all groups at hand, where groups hold lists. */
const ENTRIES = 250_000;

/**
 * Groups with an aggregate each. `join` takes the earlier part and the later one of a group and gives both as one. The aggregate
 * must be JSON.
 */
export function groupsOf<T extends Json>(
  spool: () => Spool,
  { make, join, atHand = AT_HAND }: { make: () => T; join: (earlier: T, later: T) => T; atHand?: number },
): Groups<T> {
  let near = new Map<string, T>();
  let far: Spool | null = null;
  let entries = 0;
  const putAway = () => {
    entries = 0;
    far ??= spool();
    far.write(textsOf(near));
    near = new Map();
  };
  return {
    at(key) {
      const there = near.get(key);
      if (there !== undefined) return there;
      if (near.size >= atHand || entries >= ENTRIES) putAway();
      const group = make();
      near.set(key, group);
      return group;
    },
    grew() {
      entries++;
    },
    *all() {
      if (far === null) {
        yield* [...near].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
        return;
      }
      putAway();
      let open: { key: string; group: T } | null = null;
      for (const [key, text] of far.read()) {
        const part = JSON.parse(text) as T;
        if (open !== null && open.key === key) open.group = join(open.group, part);
        else {
          if (open !== null) yield [open.key, open.group];
          open = { key, group: part };
        }
      }
      if (open !== null) yield [open.key, open.group];
    },
    close() {
      far?.close();
      far = null;
      near = new Map();
    },
  };
}

function* textsOf<T>(groups: ReadonlyMap<string, T>): Generator<[string, string]> {
  for (const [key, group] of groups) yield [key, JSON.stringify(group)];
}

/** A spool in memory, for small sets and tests. */
export function memorySpool(): Spool {
  let pairs: (readonly [string, string])[] = [];
  return {
    write(given) {
      for (const pair of given) pairs.push(pair);
    },
    read: () => pairs.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
    close: () => void (pairs = []),
  };
}
