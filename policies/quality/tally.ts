/** Counts keys of a set that may be large. Whoever gives it decides where the keys lie. */
export interface Tally {
  /** How often the key was added before this time. */
  add(key: string): number;
  has(key: string): boolean;
  /** Different keys. */
  readonly size: number;
  close(): void;
}

/** Keys in memory, for small sets and tests. */
export function memoryTally(): Tally {
  const counts = new Map<string, number>();
  return {
    add(key) {
      const before = counts.get(key) ?? 0;
      counts.set(key, before + 1);
      return before;
    },
    has: (key) => counts.has(key),
    get size() {
      return counts.size;
    },
    close: () => counts.clear(),
  };
}
