/** Versions and ranges of npm, Cargo and Python, as far as they can be decided without their tools. */
export type RangeDialect = "npm" | "cargo" | "pypi";

export type Version = readonly number[];
interface Comparator {
  readonly op: ">=" | ">" | "<" | "<=" | "=" | "!=";
  readonly version: Version;
}
/** Any of the lists holds when all of its comparators do. */
export type Range = readonly (readonly Comparator[])[];

/** The numbers of a version; a pre-release stands below its release. Null when it is none. */
export function parseVersion(text: string): Version | null {
  const found = /^[v=\s]*(\d{1,15}(?:\.\d{1,15}){0,5})(?:[-.]?([A-Za-z].*)|-(\d.*))?(?:\+.*)?$/.exec(
    text.trim().slice(0, 200),
  );
  if (!found) return null;
  const numbers = (found[1] ?? "").split(".").map(Number);
  while (numbers.length < 4) numbers.push(0);
  const tail = found[2] ?? found[3] ?? "";
  const before = tail !== "" && !/^(?:post|final|r\d|incompatible)/i.test(tail);
  return [...numbers, before ? -1 : 0, ...(before ? (tail.match(/\d{1,15}/g) ?? []).map(Number) : [])];
}

export function compareVersions(a: Version, z: Version): number {
  for (let at = 0; at < Math.max(a.length, z.length); at++) {
    const order = (a[at] ?? 0) - (z[at] ?? 0);
    if (order !== 0) return Math.sign(order);
  }
  return 0;
}

/** The numbers that a partial version gives, such as `1.2` or `1.x`. */
function partial(text: string): number[] | null {
  const found = /^[v=]*\s*(\d{1,15}|[xX*])(?:\.(\d{1,15}|[xX*]))?(?:\.(\d{1,15}|[xX*]))?/.exec(text);
  if (!found) return null;
  const numbers: number[] = [];
  for (const part of found.slice(1)) {
    if (part === undefined || /[xX*]/.test(part)) break;
    numbers.push(Number(part));
  }
  return numbers;
}

const full = (numbers: readonly number[]): Version => [...numbers, 0, 0, 0, 0].slice(0, 5);
const next = (numbers: readonly number[], at: number): Version =>
  full(numbers.slice(0, at + 1).map((value, index) => index === at ? value + 1 : value));

function caret(text: string): Comparator[] | null {
  const numbers = partial(text);
  if (numbers === null) return null;
  if (numbers.length === 0) return [];
  const low = parseVersion(text) ?? full(numbers);
  const first = numbers.findIndex((value) => value > 0);
  const at = first < 0 ? numbers.length - 1 : first;
  return [{ op: ">=", version: low }, { op: "<", version: next(numbers, at) }];
}

function tilde(text: string): Comparator[] | null {
  const numbers = partial(text);
  if (numbers === null) return null;
  if (numbers.length === 0) return [];
  return [{ op: ">=", version: parseVersion(text) ?? full(numbers) }, {
    op: "<",
    version: next(numbers, Math.min(1, numbers.length - 1)),
  }];
}

/** A bare version: exact when it is whole, else all that begin so. */
function bare(text: string): Comparator[] | null {
  const numbers = partial(text);
  if (numbers === null) return null;
  if (numbers.length === 0) return [];
  if (numbers.length < 3 && !/[-+]/.test(text)) {
    return [{ op: ">=", version: full(numbers) }, { op: "<", version: next(numbers, numbers.length - 1) }];
  }
  const version = parseVersion(text);
  return version === null ? null : [{ op: "=", version }];
}

function comparator(text: string, dialect: RangeDialect): Comparator[] | null {
  const found = /^(===?|~=|!=|>=|<=|>|<|\^|~|=)?\s*(.+)$/.exec(text.trim());
  if (!found) return null;
  const [, op = "", rest = ""] = found;
  switch (op) {
    case "^":
      return caret(rest);
    case "~":
      return tilde(rest);
    case "~=": {
      const numbers = partial(rest);
      if (numbers === null || numbers.length < 2) return null;
      const low = parseVersion(rest);
      return low === null
        ? null
        : [{ op: ">=", version: low }, { op: "<", version: next(numbers, numbers.length - 2) }];
    }
    case "":
      return dialect === "cargo" ? (rest === "*" ? [] : caret(rest)) : bare(rest);
    case "=":
    case "==":
    case "===": {
      if (dialect === "pypi" && rest.endsWith(".*")) return bare(rest);
      const version = parseVersion(rest);
      if (dialect !== "pypi" && (partial(rest)?.length ?? 0) < 3) return bare(rest);
      return version === null ? null : [{ op: "=", version }];
    }
    case "!=": {
      const version = parseVersion(rest.replace(/\.\*$/, ""));
      return version === null || rest.endsWith(".*") ? [] : [{ op: "!=", version }];
    }
    case ">":
    case "<=": {
      const numbers = partial(rest);
      if (numbers === null) return null;
      if (numbers.length < 3 && dialect !== "pypi") {
        if (numbers.length === 0) return [];
        return [{ op: op === ">" ? ">=" : "<", version: next(numbers, numbers.length - 1) }];
      }
      const version = parseVersion(rest);
      return version === null ? null : [{ op, version }];
    }
    case ">=":
    case "<": {
      const version = parseVersion(rest) ?? (partial(rest) ? full(partial(rest) ?? []) : null);
      return version === null ? null : [{ op, version }];
    }
    default:
      return null;
  }
}

/** The range as comparators; null when it is none that can be decided here (a tag, a git reference, a marker). */
export function parseRange(text: string, dialect: RangeDialect): Range | null {
  const whole = text.trim();
  if (whole.length > 300) return null;
  if (whole === "" || whole === "*" || whole === "latest") return [[]];
  const any: Comparator[][] = [];
  for (const part of whole.split("||")) {
    const hyphen = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(part);
    const pieces = hyphen
      ? [`>=${hyphen[1]}`, `<=${hyphen[2]}`]
      : part.trim().replace(/(===?|~=|!=|>=|<=|[<>^~=])\s+/g, "$1").split(/[\s,]+/).filter((one) =>
        one !== ""
      );
    const all: Comparator[] = [];
    for (const piece of pieces) {
      const one = comparator(piece, dialect);
      if (one === null) return null;
      all.push(...one);
    }
    any.push(all);
  }
  return any;
}

/** Whether a version lies in a range; null when nobody here can tell. */
export function satisfies(version: string, range: string, dialect: RangeDialect): boolean | null {
  const [one, parsed] = [parseVersion(version), parseRange(range, dialect)];
  if (one === null || parsed === null) return null;
  return parsed.some((all) =>
    all.every((each) => {
      const order = compareVersions(one, each.version);
      switch (each.op) {
        case ">=":
          return order >= 0;
        case ">":
          return order > 0;
        case "<":
          return order < 0;
        case "<=":
          return order <= 0;
        case "=":
          return order === 0;
        case "!=":
          return order !== 0;
        default:
          return unknownOperator(each.op);
      }
    })
  );
}

function unknownOperator(op: never): never {
  throw new Error(`${JSON.stringify(op)} is no comparison`);
}

/** Lowest version that a range lets in, and whether it is one version alone. Null when nobody here can tell. */
export function boundsOf(
  range: string,
  dialect: RangeDialect,
): { low: Version; high: Version | null; pin: boolean } | null {
  const parsed = parseRange(range, dialect);
  if (parsed === null || parsed.length === 0) return null;
  let low: Version | null = null;
  let high: Version | null = null;
  let open = false;
  for (const all of parsed) {
    let [own, top]: [Version, Version | null] = [full([]), null];
    for (const { op, version } of all) {
      if (op === ">=" || op === ">" || op === "=") own = version;
      if (op === "<" || op === "<=" || op === "=") top = version;
    }
    if (low === null || compareVersions(own, low) < 0) low = own;
    if (top === null) open = true;
    else if (high === null || compareVersions(top, high) > 0) high = top;
  }
  const only = parsed[0] ?? [];
  return {
    low: low ?? full([]),
    high: open ? null : high,
    pin: parsed.length === 1 && only.length === 1 && only[0]?.op === "=",
  };
}
