const MOST_LINES = 20_000;
const MOST_WORK = 2_000_000;
const MOST_SHOWN = 30;

/** The lines of a file that look most like those that were searched for, or nothing when none do. */
export function nearestLines(lines: readonly string[], wanted: readonly string[]): string {
  const searched = wanted.filter((line) => line.trim() !== "");
  if (searched.length === 0 || lines.length === 0 || lines.length > MOST_LINES) return "";
  const looked = searched.slice(0, Math.max(1, Math.floor(MOST_WORK / lines.length / 4)));
  const same = new Set(searched.map((line) => line.trim()));
  const bags = looked.map(bigrams);
  // A line counts by how much it is like any that was searched for; the window with the most is shown.
  const scores = lines.map((line) => {
    const text = line.trim();
    if (text === "") return 0;
    if (same.has(text)) return 1;
    const own = bigrams(line);
    const best = Math.max(...bags.map((bag) => likeness(own, bag)));
    return best > 0.5 ? best : 0;
  });
  const length = Math.min(wanted.length, MOST_SHOWN);
  let [best, at, sum] = [0, 0, 0];
  for (let end = 0; end < scores.length; end++) {
    sum += scores[end] ?? 0;
    if (end >= length) sum -= scores[end - length] ?? 0;
    if (sum > best + 1e-9) [best, at] = [sum, Math.max(0, end - length + 1)];
  }
  if (best < 0.6) return "";
  const from = Math.max(0, at - 2);
  return lines.slice(from, Math.min(lines.length, at + length + 2)).map((line) => line.slice(0, 400)).join(
    "\n",
  );
}

function bigrams(line: string): ReadonlySet<string> {
  const text = line.trim().slice(0, 200);
  const bag = new Set<string>();
  for (let at = 0; at < Math.max(1, text.length - 1); at++) bag.add(text.slice(at, at + 2));
  return bag;
}

function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const one of a) if (b.has(one)) shared++;
  return 2 * shared / (a.size + b.size);
}
