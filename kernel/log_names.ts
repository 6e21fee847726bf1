import type { Json } from "../specs/mod.ts";
import type { Entry, Key, Store } from "./store/port.ts";

/** Where names of leaves stand. A run's decisions have names that differ in a number only: neighbours share one value. */
export interface LogNames {
  /** The place of each name, or null; and what has to be written with the names that are added. */
  read(names: readonly string[]): Promise<{
    readonly places: (number | null)[];
    added(fresh: ReadonlyMap<string, number>): { key: Key; value: Json }[];
  }>;
}

/** How many numbers share a value: its names and places stay far below what a value may hold. */
const SHARED = 64;
/** Deno KV reads ten keys at once. */
const KEYS_A_READ = 10;

/** Names in the store below `root`. `shared` is false in a log that was begun when each name had a key of its own. */
export function logNames(store: Store, root: string, shared: boolean): LogNames {
  return {
    async read(names) {
      const cells = names.map((name) => cellOf(root, name, shared));
      const keys = new Map(cells.map(({ id, key }) => [id, key]));
      const ids = [...keys.keys()];
      const reads: Promise<(Entry | null)[]>[] = [];
      for (let at = 0; at < ids.length; at += KEYS_A_READ) {
        reads.push(store.getMany([...keys.values()].slice(at, at + KEYS_A_READ)));
      }
      const found = (await Promise.all(reads)).flat();
      const values = new Map(ids.map((id, at) => [id, found[at]?.value]));
      return {
        places: cells.map(({ id, member }) => placeIn(values.get(id), member)),
        added(fresh) {
          const sets: { key: Key; value: Json }[] = [];
          const cells = new Map<string, Record<string, number>>();
          for (const [name, place] of fresh) {
            const { id, key, member } = cellOf(root, name, shared);
            if (member === null) {
              sets.push({ key, value: place });
              continue;
            }
            let cell = cells.get(id);
            if (cell === undefined) {
              const before = values.get(id);
              cell = isRecord(before) ? { ...before } : {};
              cells.set(id, cell);
              sets.push({ key, value: cell });
            }
            cell[member] = place;
          }
          return sets;
        },
      };
    },
  };
}

/** What tells the value of one name from that of another: as many as names of a commit have it writes. */
export const cellId = (name: string, shared: boolean): string => cellOf("", name, shared).id;

function cellOf(
  root: string,
  name: string,
  shared: boolean,
): { id: string; key: Key; member: string | null } {
  const [, prefix, number] = /^(.+)\/(\d{1,15})$/.exec(name) ?? [];
  if (!shared || prefix === undefined || number === undefined) {
    return { id: name, key: [root, "named", name], member: null };
  }
  const cell = Math.floor(Number(number) / SHARED);
  return { id: `${prefix}/${cell}/`, key: [root, "names", prefix, cell], member: number };
}

function placeIn(value: unknown, member: string | null): number | null {
  const place = member === null
    ? value
    : isRecord(value) && Object.hasOwn(value, member)
    ? value[member]
    : null;
  return typeof place === "number" ? place : null;
}

function isRecord(value: unknown): value is Record<string, number> {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array) &&
    !Array.isArray(value);
}
