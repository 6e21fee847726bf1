import { createHmac } from "node:crypto";
import type { Json } from "../../specs/mod.ts";
import type { PiiTreatment, Row } from "../../specs/foundry/mod.ts";

const REMEMBERED = 20_000;
export const MASK = "***";
const HASH = /^[0-9a-f]{64}$/;

/** Which declared columns rows had while they were treated: a misspelt one protects nothing, and its column would be stored as it came. */
export interface Met {
  /** Declared columns that some row had. */
  readonly found: Set<string>;
  /** Declared columns that some row had no place for. */
  readonly lacking: Set<string>;
  /** Names of the columns that came while one was lacking, for a remedy. */
  readonly columns: Set<string>;
}

const NAMED_ROWS = 1_000;
const NAMED_COLUMNS = 200;

/**
 * Treats the columns with personal data, in place, before anything is written: hash (keyed, stable within an installation), mask,
 * drop. Names match whatever their case; dots lead into nested values. In rows that were `treated` before, a hash stays as it is.
 */
export function treatmentOf(
  pii: Readonly<Record<string, PiiTreatment>>,
  key: Uint8Array,
  met?: Met,
): ((row: Row, treated?: boolean) => void) | null {
  const entries = Object.entries(pii);
  if (entries.length === 0) return null;
  const known = new Map<string, string>();
  const hashed = (value: Json): string => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const before = known.get(text);
    if (before !== undefined) return before;
    const digest = createHmac("sha256", key).update(text).digest("hex");
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, digest);
    return digest;
  };
  const treat = (
    holder: { [name: string]: Json },
    name: string,
    treatment: PiiTreatment,
    treated: boolean,
  ) => {
    const value = holder[name];
    if (treatment === "drop") delete holder[name];
    else if (treated && treatment === "hash" && typeof value === "string" && HASH.test(value)) return;
    else if (value !== null && value !== undefined && value !== "") {
      holder[name] = treatment === "hash" ? hashed(value) : MASK;
    }
  };
  const names = new Map<string, string[]>();
  /** Columns of a row that one entry means: found once for each set of columns that comes. */
  const matching = (row: Row, column: string): string[] => {
    if (Object.hasOwn(row, column)) return [column];
    const folded = column.toLowerCase();
    const cached = names.get(folded)?.filter((name) => Object.hasOwn(row, name)) ?? [];
    if (cached.length > 0) return cached;
    const found = Object.keys(row).filter((name) => name.toLowerCase() === folded);
    if (found.length > 0) names.set(folded, found);
    return found;
  };
  let named = 0;
  const lacks = (row: Row, column: string) => {
    if (met === undefined || met.found.has(column)) return;
    met.lacking.add(column);
    if (named++ >= NAMED_ROWS) return;
    for (const name of Object.keys(row)) if (met.columns.size < NAMED_COLUMNS) met.columns.add(name);
  };
  return (row, treated = false) => {
    for (const [column, treatment] of entries) {
      const own = matching(row, column);
      for (const name of own) treat(row, name, treatment, treated);
      if (own.length > 0) {
        met?.found.add(column);
        continue;
      }
      const way = column.includes(".")
        ? along(row, column.split("."), (holder, name) => treat(holder, name, treatment, treated))
        : "lost";
      if (way === "found") met?.found.add(column);
      else if (way === "lost") lacks(row, column);
    }
  };
}

/**
 * Counts, by column, values that reach the table in a declared column and are neither hash nor mask: a transform made the column
 * anew of what nobody declared. Null when nothing is hashed or masked. Dropped columns need no values: they must not be there.
 */
export function untreatedIn(
  pii: Readonly<Record<string, PiiTreatment>>,
  found: Record<string, number>,
): ((row: Row) => void) | null {
  const wanted = new Map(
    Object.entries(pii).filter(([, how]) => how !== "drop").map(([column, how]) => [
      column.toLowerCase(),
      how,
    ]),
  );
  if (wanted.size === 0) return null;
  return (row) => {
    for (const name in row) {
      const how = wanted.get(name.toLowerCase());
      const value = row[name];
      if (how === undefined || value === null || value === undefined || value === "") continue;
      const isTreated = how === "mask" ? value === MASK : typeof value === "string" && HASH.test(value);
      if (!isTreated) found[name] = (found[name] ?? 0) + 1;
    }
  };
}

/** Every place that a dotted path leads to; lists are walked through. `empty`: what it leads through holds nothing in this row. */
function along(
  value: Json,
  path: readonly string[],
  visit: (holder: { [name: string]: Json }, name: string) => void,
): "found" | "lost" | "empty" {
  if (Array.isArray(value)) {
    const ways = value.map((one) => along(one, path, visit));
    return ways.includes("found") ? "found" : ways.includes("lost") ? "lost" : "empty";
  }
  if (value === null) return "empty";
  if (typeof value !== "object") return "lost";
  const [name = "", ...rest] = path;
  if (!Object.hasOwn(value, name)) return "lost";
  if (rest.length > 0) return along(value[name] ?? null, rest, visit);
  visit(value, name);
  return "found";
}
