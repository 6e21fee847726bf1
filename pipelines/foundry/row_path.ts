import type { Page } from "../../connectors/data/mod.ts";
import { compileRowRule, isMissing, isRowRule, type RowCheck, shown } from "../../policies/mod.ts";
import { type Json } from "../../specs/mod.ts";
import { isOrdered, type Row, type Stream } from "../../specs/foundry/mod.ts";
import type { ContractCheck, Fault } from "./contract.ts";
import type { LineWriter } from "./staging.ts";
import { isFault, type Step } from "./transforms.ts";
import { inWindow, pathReader, watermark, type Window } from "./window.ts";
import { holdsCredential } from "./credential_scan.ts";

export interface RuleCount {
  failed: number;
  checked: number;
  sample: Json[];
}

export interface PathCounts {
  read: number;
  accepted: number;
  quarantined: number;
  filtered: number;
  produced: number;
}

/** Where rows go. */
export interface RowSink {
  /** `at` is the row's place in its page, `original` the row as it was extracted. */
  good(row: Row, at: number, original: Row): void;
  bad(fault: Fault, locator: string, row: Json): void;
}

const SAMPLE = 10;
/** Rules of rows without their key, and without a usable value of the cursor's column. */
export const KEYLESS = "primary-key@2";
export const CURSORLESS = "cursor@1";

/** Compiled row rules of a stream, or the first that cannot be compiled. */
export async function rowChecks(stream: Stream): Promise<RowCheck[]> {
  const checks: RowCheck[] = [];
  for (const [at, rule] of stream.quality.entries()) {
    if (!isRowRule(rule)) continue;
    const compiled = await compileRowRule(rule);
    if (!compiled.ok) {
      throw new Error(
        `Cannot judge by streams ${stream.id} quality[${at}] (${rule.rule}): ${compiled.error}`,
      );
    }
    checks.push(compiled.value);
  }
  return checks;
}

/** Extraction: cursor and window, then the steps over single rows. One call a page, nothing allocated a row but the row itself. */
export function extraction(given: {
  stream: Stream;
  window: Window;
  /** Whether the window's end counts: it does for a backfill. */
  closed: boolean;
  start: Json;
  step: Step | null;
  treat: ((row: Row) => void) | null;
  counts: PathCounts;
}): {
  /** `past`: where rows go that need no transforms any more; to the others when left out. */
  page(page: Page, out: RowSink, past?: RowSink): void;
  readonly watermark: Json;
  readonly missing: number;
} {
  const { stream, window, closed, step, counts } = given;
  const { cursor } = stream;
  const read = cursor === undefined ? null : pathReader(cursor.path);
  const mark = cursor === undefined ? null : watermark(cursor, given.start);
  const within = cursor === undefined || (window.from === null && (!closed || window.to === null))
    ? null
    : inWindow(cursor, window, closed);
  let missing = 0;

  /** What becomes of a row by its cursor: taken, left out, or a fault. */
  const turn = (row: Row): Fault | boolean => {
    if (cursor === undefined || read === null || mark === null) return true;
    const value = read(row);
    if (isMissing(value)) {
      switch (cursor.onMissing) {
        case "include":
          return true;
        case "exclude":
          return false;
        case "quarantine":
          return { rule: CURSORLESS, reason: `the cursor's column ${cursor.path} is missing` };
        case "block":
          missing++;
          return true;
      }
    }
    if (value === undefined || !isPlausible(value) || !isOrdered(cursor.type, value)) {
      return {
        rule: CURSORLESS,
        reason: `the cursor's column ${cursor.path} is no ${cursor.type}: ${shown(value)}`,
      };
    }
    if (within !== null && !within(value)) return false;
    mark.see(value);
    return true;
  };

  return {
    page(page, out, past = out) {
      const { rows, transformed } = page;
      counts.read += rows.length;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at] as Row;
        if (transformed?.has(at) === true) {
          past.good(row, at, row);
          continue;
        }
        const taken = read === null ? true : turn(row);
        if (taken !== true) {
          if (taken === false) counts.filtered++;
          else out.bad(taken, page.locate(at), row);
          continue;
        }
        if (step === null) {
          out.good(row, at, row);
          continue;
        }
        const result = step(row);
        if (result === null) counts.filtered++;
        else if (isFault(result)) out.bad(result, page.locate(at), row);
        else if (Array.isArray(result)) {
          if (result.length === 0) counts.filtered++;
          else counts.produced += result.length - 1;
          for (const one of result as Row[]) out.good(one, at, row);
        } else out.good(result as Row, at, row);
      }
    },
    get watermark() {
      return mark === null ? given.start : mark.value;
    },
    get missing() {
      return missing;
    },
  };
}

/** A number as a time is taken; other kinds of values are left to the comparison. */
function isPlausible(value: Json): boolean {
  return typeof value === "string" || typeof value === "number";
}

/** Contract, key and row rules, compiled once: a fault, or null with the row fitted in place. */
export function admission(given: {
  stream: Stream;
  contract: ContractCheck;
  checks: readonly RowCheck[];
  rules: RuleCount[];
  /** Why the sink has no place for a row; absent where it takes every row. */
  refuses?: ((row: Row) => { reason: string } | null) | null;
}): (row: Row) => Fault | null {
  const { stream, contract, checks, rules } = given;
  const refuses = given.refuses ?? null;
  const key = stream.primaryKey ?? [];
  const needsKey = key.length > 0;
  const count = checks.length;
  return (row) => {
    const misfit = contract.check(row);
    if (misfit !== null) return misfit;
    const refused = refuses === null ? null : refuses(row);
    if (refused !== null) return { rule: "sink-value@1", reason: refused.reason };
    // A part of a key may be missing, as the start of a fact that holds at an instant; not all of it.
    if (needsKey && key.every((name) => (row[name] ?? null) === null)) {
      return {
        rule: KEYLESS,
        reason: key.length === 1
          ? `the key's column ${key[0]} is missing`
          : `all columns of the key are missing: ${key.join(", ")}`,
      };
    }
    let fault: Fault | null = null;
    for (let at = 0; at < count; at++) {
      const check = checks[at] as RowCheck;
      const tally = rules[at] as RuleCount;
      tally.checked++;
      if (check.holds(row)) continue;
      tally.failed++;
      const isSample = tally.sample.length < SAMPLE;
      const sets = check.rule.severity === "quarantine" && fault === null;
      if (!isSample && !sets) continue;
      const reason = check.reason(row).slice(0, 1000);
      if (isSample) tally.sample.push(reason.slice(0, 200));
      if (sets) fault = { rule: check.version, reason: `${check.name}: ${reason}` };
    }
    return fault;
  };
}

const LINES = 200;

/**
 * Writes what is accepted as lines, some at a time: `flush` writes the rest. A credential of the run is taken out and counted by its
 * column. A row that was given must not change until it is written.
 */
export function acceptedLines(
  writer: LineWriter,
  secrets: ReadonlySet<string>,
  found: Record<string, number>,
): { add(row: Row): void; flush(): void } {
  let rows: Row[] = [];
  const flush = () => {
    if (rows.length === 0) return;
    const given = rows;
    rows = [];
    const text = linesOf(given);
    if (!holdsCredential(text, secrets)) return writer.line(text, given.length);
    writer.line(linesOf(given.map((row) => withoutSecrets(row, secrets, found))), given.length);
  };
  return {
    add(row) {
      rows.push(row);
      if (rows.length >= LINES) flush();
    },
    flush,
  };
}

/** Rows as JSON lines. Written as one array where the marks between its rows can be told from what rows hold: that is faster. */
export function linesOf(rows: readonly Row[]): string {
  const parts = JSON.stringify(rows).slice(1, -1).split("},{");
  return parts.length === rows.length
    ? parts.join("}\n{")
    : rows.map((row) => JSON.stringify(row)).join("\n");
}

const HIDDEN = "[credential]";

/** Every text of a value with credentials of the run replaced; columns that held one are counted. */
export function withoutSecrets(row: Row, secrets: ReadonlySet<string>, found: Record<string, number>): Row {
  if (secrets.size === 0) return row;
  const clean = (value: Json): Json => {
    if (typeof value === "string") return hidden(value, secrets);
    if (Array.isArray(value)) return value.map(clean);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [hidden(name, secrets), clean(inner)]),
    );
  };
  const cleaned: Row = {};
  for (const name in row) {
    const before = row[name] ?? null;
    const after = clean(before);
    const column = hidden(name, secrets);
    if (JSON.stringify(before) !== JSON.stringify(after) || column !== name) {
      found[column] = (found[column] ?? 0) + 1;
    }
    cleaned[column] = after;
  }
  return cleaned;
}

export function hidden(text: string, secrets: ReadonlySet<string>): string {
  let clean = text;
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, HIDDEN);
  return clean;
}
