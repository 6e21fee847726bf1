const FORM = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

/** The numbers of a version, and its pre-release part. */
export function parse(version) {
  const match = FORM.exec(version);
  if (match === null) throw new SyntaxError(`not a version: ${version}`);
  return { numbers: match.slice(1, 4).map(Number), pre: match[4] ?? null };
}

/** -1, 0 or 1: the order of two versions. */
export function compare(a, b) {
  const left = parse(a);
  const right = parse(b);
  for (let i = 0; i < 3; i++) {
    if (left.numbers[i] !== right.numbers[i]) return left.numbers[i] < right.numbers[i] ? -1 : 1;
  }
  return 0;
}
