/** Something that could have been meant. */
export interface Candidate {
  name: string;
  /** Where it is: `src/a.ts:12`. */
  at: string;
}

/** Names longer than this are cut before they are compared: the work stays small whatever a file holds. */
const MAX_COMPARED = 100;

/** Optimal string alignment distance: insert, delete, replace, swap of neighbours; letter case counts half. */
export function editDistance(left: string, right: string): number {
  const a = [...left.slice(0, MAX_COMPARED)];
  const b = [...right.slice(0, MAX_COMPARED)];
  let beforePrevious: number[] = [];
  let previous = b.map((_, j) => j + 1);
  previous.unshift(0);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const x = a[i - 1] ?? "", y = b[j - 1] ?? "";
      const replace = x === y ? 0 : x.toLowerCase() === y.toLowerCase() ? 0.5 : 1;
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + replace,
      );
      if (i > 1 && j > 1 && x === b[j - 2] && y === a[i - 2]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The candidates nearest to a name, best first; those that have nothing in common with it are left out. */
export function nearest(meant: string, candidates: Iterable<Candidate>, count = 5): Candidate[] {
  const name = meant.slice(0, MAX_COMPARED);
  const seen = new Set<string>();
  const scored: { candidate: Candidate; score: number }[] = [];
  for (const candidate of candidates) {
    const key = `${candidate.name}\0${candidate.at}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const other = candidate.name.slice(0, MAX_COMPARED);
    const longest = Math.max(name.length, other.length);
    const contained = other.toLowerCase().includes(name.toLowerCase()) ||
      (other.length > 2 && name.toLowerCase().includes(other.toLowerCase()));
    // A length apart by more than two thirds cannot come close: spares the quadratic comparison.
    const apart = Math.abs(name.length - other.length) > longest * 2 / 3;
    const distance = apart && !contained ? longest : editDistance(name, other);
    const score = contained ? Math.min(distance, longest / 3) : distance;
    if (score <= longest * 0.6) scored.push({ candidate, score });
  }
  scored.sort((x, y) =>
    x.score - y.score ||
    (x.candidate.name < y.candidate.name ? -1 : x.candidate.name > y.candidate.name ? 1 : 0) ||
    (x.candidate.at < y.candidate.at ? -1 : 1)
  );
  return scored.slice(0, count).map((it) => it.candidate);
}

/** The remedy's list of what could have been meant: `nearest: fooBar (src/a.ts:3), ...`. */
export function nearestRemedy(name: string, candidates: Iterable<Candidate>, otherwise: string): string {
  const found = nearest(name, candidates);
  if (found.length === 0) return otherwise;
  return `nearest: ${found.map((it) => `${it.name} (${it.at})`).join(", ")}`;
}
