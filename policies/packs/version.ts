/** MAJOR.MINOR.PATCH as numbers. */
type Parts = readonly [number, number, number];

/** Whether a version lies in a range: every comparator holds. A pre-release is only in a range that is `*`, or names it in full. */
export function satisfies(version: string, range: string): boolean {
  const comparators = range.trim().replace(/(>=|<=|>|<|=|\^|~)\s+/g, "$1").split(/\s+/);
  if (comparators.length === 1 && comparators[0] === "*") return true;
  if (version.includes("-")) return false;
  return comparators.every((comparator) => holds(version, comparator));
}

function holds(version: string, comparator: string): boolean {
  const match = /^(>=|<=|>|<|=|\^|~)?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(comparator);
  if (!match) return false;
  const [, sign = "=", major = "0", minor, patch] = match;
  const low: Parts = [Number(major), Number(minor ?? 0), Number(patch ?? 0)];
  // The first version that the given digits do not name any more: 1.4 stands for every 1.4.x.
  const named: Parts = minor === undefined
    ? [low[0] + 1, 0, 0]
    : patch === undefined
    ? [low[0], low[1] + 1, 0]
    : [low[0], low[1], low[2] + 1];
  const at = partsOf(version);
  switch (sign) {
    case ">=":
      return compareParts(at, low) >= 0;
    case ">":
      return compareParts(at, named) >= 0;
    case "<":
      return compareParts(at, low) < 0;
    case "<=":
      return compareParts(at, named) < 0;
    case "=":
      return compareParts(at, low) >= 0 && compareParts(at, named) < 0;
    case "~":
      return compareParts(at, low) >= 0 &&
        compareParts(at, minor === undefined ? named : [low[0], low[1] + 1, 0]) < 0;
    case "^":
      return compareParts(at, low) >= 0 && compareParts(at, caretEnd(low, minor, patch)) < 0;
    default:
      return false;
  }
}

function caretEnd(low: Parts, minor: string | undefined, patch: string | undefined): Parts {
  if (low[0] > 0 || minor === undefined) return [low[0] + 1, 0, 0];
  if (low[1] > 0 || patch === undefined) return [0, low[1] + 1, 0];
  return [0, 0, low[2] + 1];
}

function partsOf(version: string): Parts {
  const [major = 0, minor = 0, patch = 0] = (version.split("-")[0] ?? "").split(".").map(Number);
  return [major, minor, patch];
}

function compareParts(a: Parts, b: Parts): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
