/** Counters by name. They only add up, so that any order of runs gives the same sums, and what was added can be taken away again. */
export type Counters = Readonly<Record<string, number>>;

/** The sum of two; a name that comes to nothing is gone. */
export function addCounters(a: Counters, b: Counters, sign: 1 | -1 = 1): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) {
    const value = (sum[name] ?? 0) + sign * count;
    if (value === 0) delete sum[name];
    else sum[name] = value;
  }
  return sum;
}

/** The sum of any number of them. */
export function sumCounters(all: Iterable<Counters>): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const one of all) {
    for (const [name, count] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}

/** Eight bins an octave: a percentile is at most 9 % above what it stands for. */
const BINS = 8;

/** The bin of a duration. */
export function binOf(ms: number): number {
  return ms < 1 ? 0 : Math.floor(BINS * Math.log2(ms)) + 1;
}

/** The longest duration of a bin, in whole milliseconds. */
function longest(bin: number): number {
  return bin === 0 ? 1 : Math.ceil(2 ** (bin / BINS));
}

/** The counters under a prefix, without it. */
export function under(counters: Counters, prefix: string): [string, number][] {
  const found: [string, number][] = [];
  for (const [name, count] of Object.entries(counters)) {
    if (name.startsWith(prefix)) found.push([name.slice(prefix.length), count]);
  }
  return found;
}

/** Durations at the 50th, 95th and 99th percentile of a histogram whose bins are counters under a prefix; null when it is empty. */
export function percentiles(
  counters: Counters,
  prefix: string,
): { count: number; p50Ms: number; p95Ms: number; p99Ms: number } | null {
  const bins = under(counters, prefix).map(([bin, count]) => [Number(bin), count] as const)
    .filter(([bin, count]) => Number.isInteger(bin) && count > 0)
    .sort(([a], [b]) => a - b);
  const count = bins.reduce((sum, [, n]) => sum + n, 0);
  if (count === 0) return null;
  const at = (share: number) => {
    const rank = Math.max(1, Math.ceil(share * count));
    let seen = 0;
    for (const [bin, n] of bins) {
      seen += n;
      if (seen >= rank) return longest(bin);
    }
    return longest(bins.at(-1)?.[0] ?? 0);
  };
  return { count, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
