import { ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { nearestRemedy } from "../nearest.ts";

/** A step into a configuration: a key, or an index where the container is a list. */
export type Segment = string | number;

/** Containers nested deeper than this are refused: the libraries recurse. */
export const MAX_DEPTH = 200;

/** The path of an operation as a list; `a.b.0` is taken apart at its dots. */
export function segmentsOf(path: string | readonly Segment[]): Result<Segment[], CodemodProblem> {
  if (typeof path !== "string") return ok([...path]);
  const segments = path.split(".");
  if (segments.includes("")) {
    return fail("invalid", `The path ${path} has an empty key`, {
      value: path,
      remedy: 'write the path as a list, such as ["a", "", "b.c"], when a key is empty or has a dot in it',
    });
  }
  return ok(segments);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Where a path leads in a value. `missing` is the number of last segments that are not there yet. */
export interface Located {
  /** With indices as numbers and keys as strings, by what the containers are. */
  path: Segment[];
  missing: number;
  current: unknown;
}

/**
 * Follows a path. Missing keys are fine (they will be made), an index beyond the end of a list and a key inside a
 * scalar are not: nothing there can be set.
 */
export function locate(
  root: unknown,
  segments: readonly Segment[],
  file: string,
): Result<Located, CodemodProblem> {
  const path: Segment[] = [];
  let current = root;
  for (const [i, segment] of segments.entries()) {
    const here = path.length === 0 ? "the top" : path.join(".");
    if (Array.isArray(current)) {
      const index = typeof segment === "number"
        ? segment
        : /^(0|[1-9]\d{0,8})$/.test(segment)
        ? Number(segment)
        : -1;
      if (index < 0 || index > current.length) {
        return fail(
          "no-match",
          `${file} has a list of ${current.length} at ${here}: ${segment} is no place in it`,
          {
            path: file,
            value: segments.join("."),
            remedy: current.length === 0
              ? "use 0 to put the first element"
              : `use 0 to ${current.length - 1}, or ${current.length} to append`,
          },
        );
      }
      path.push(index);
      if (index === current.length) {
        return ok({
          path: [...path, ...segments.slice(i + 1)],
          missing: segments.length - i,
          current: undefined,
        });
      }
      current = current[index];
    } else if (isRecord(current)) {
      const key = String(segment);
      path.push(key);
      if (!Object.hasOwn(current, key)) {
        return ok({
          path: [...path, ...segments.slice(i + 1)],
          missing: segments.length - i,
          current: undefined,
        });
      }
      current = current[key];
    } else {
      return fail("no-match", `${file} has no keys at ${here}: it is ${describe(current)}`, {
        path: file,
        value: segments.join("."),
        remedy: "set that value to an object first, or correct the path",
      });
    }
  }
  return ok({ path, missing: 0, current });
}

/** A missing intermediate key may be a slip of the pen: makes sense of it for the message. */
export function keyCandidates(root: unknown, segments: readonly Segment[], file: string): string {
  let current = root;
  for (const segment of segments) {
    if (!isRecord(current)) break;
    if (!Object.hasOwn(current, String(segment))) {
      return nearestRemedy(
        String(segment),
        Object.keys(current).map((name) => ({ name, at: file })),
        "the path names nothing near",
      );
    }
    current = current[String(segment)];
  }
  return "the path exists";
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (value instanceof Date) return "a date";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** A copy of `root` in which `path` holds `value`. Missing containers are objects. */
export function withValueAt(root: unknown, path: readonly Segment[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(root)) {
    const copy = [...root];
    copy[Number(first)] = withValueAt(root[Number(first)], rest, value);
    return copy;
  }
  const own = isRecord(root) ? root : {};
  const key = String(first);
  return { ...own, [key]: withValueAt(Object.hasOwn(own, key) ? own[key] : undefined, rest, value) };
}

/** Deep equality of configuration values; dates by what they say, key order does not matter. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "number" && typeof b === "number") return a === b; // 0 and -0
  if (a instanceof Date || b instanceof Date) {
    return a instanceof Date && b instanceof Date && JSON.stringify(a) === JSON.stringify(b);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((it, i) => sameValue(it, b[i]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]));
}
