import { parseJson } from "../../connectors/data/mod.ts";
import { compileExpression, fitted, shown } from "../../policies/mod.ts";
import { err, type Json, ok, type Result } from "../../specs/mod.ts";
import { type Row, type Transform } from "../../specs/foundry/mod.ts";
import type { Fault } from "./contract.ts";
import type { SetStep } from "./set_steps.ts";

/** What a step makes of one row: the row, several, none, or a fault. */
export type Step = (row: Row) => Row | readonly Row[] | null | Fault;

/** Rows of a table by a key, for joins. */
export type Lookup = (
  table: string,
  on: readonly string[],
  columns: readonly string[],
) => Promise<(key: string) => Row | null | typeof MANY>;

/** Rows of one key that do not agree. */
export const MANY = Symbol("many");

const SET_STEPS: ReadonlySet<Transform["op"]> = new Set<SetStep["op"]>(["aggregate", "pivot", "ratio"]);

/** Steps over single rows; from the first function on those over batches of rows; and from the first step over the set on, the rest. */
export function splitSteps(
  steps: readonly Transform[],
): { rowwise: readonly Transform[]; batchwise: readonly Transform[]; setwise: readonly Transform[] } {
  const set = steps.findIndex(({ op }) => SET_STEPS.has(op));
  const before = set < 0 ? steps : steps.slice(0, set);
  const first = before.findIndex(({ op }) => op === "typescript");
  const batch = first < 0 ? before.length : first;
  return {
    rowwise: before.slice(0, batch),
    batchwise: before.slice(batch),
    setwise: steps.slice(before.length),
  };
}

export const isSetStep = (step: Transform): step is SetStep => SET_STEPS.has(step.op);

export function isFault(value: Row | readonly Row[] | null | Fault): value is Fault {
  return value !== null && !Array.isArray(value) && FAULT in value;
}

/** Told apart from a row, which may have columns of any name. */
const FAULT = Symbol("fault");
const fault = (rule: string, reason: string): Fault => ({ rule, reason, [FAULT]: true }) as Fault;

/** Compiles the steps over single rows into one function; null when there are none. */
export async function compileSteps(
  steps: readonly Transform[],
  lookup: Lookup,
): Promise<Result<Step | null, string>> {
  const made: Step[] = [];
  for (const [at, step] of steps.entries()) {
    const compiled = await compileStep(step, lookup);
    if (!compiled.ok) return err(`transforms[${at}] (${step.op}): ${compiled.error}`);
    made.push(compiled.value);
  }
  if (made.length === 0) return ok(null);
  const [only] = made;
  return ok(made.length === 1 && only !== undefined ? only : (row) => chained(row, made, 0));
}

function chained(row: Row, steps: readonly Step[], from: number): Row | readonly Row[] | null | Fault {
  let current = row;
  for (let at = from; at < steps.length; at++) {
    const result = (steps[at] as Step)(current);
    if (result === null || isFault(result)) return result;
    if (!Array.isArray(result)) {
      current = result as Row;
      continue;
    }
    const all: Row[] = [];
    for (const one of result) {
      const rest = chained(one, steps, at + 1);
      if (rest === null) continue;
      if (isFault(rest)) return rest;
      if (Array.isArray(rest)) all.push(...rest);
      else all.push(rest as Row);
    }
    return all;
  }
  return current;
}

async function compileStep(step: Transform, lookup: Lookup): Promise<Result<Step, string>> {
  switch (step.op) {
    case "select": {
      const { columns } = step;
      return ok((row) => {
        const kept: Row = {};
        for (const column of columns) kept[column] = cellOf(row, column);
        return kept;
      });
    }
    case "drop": {
      const dropped = new Set(step.columns);
      return ok((row) => {
        const kept: Row = {};
        for (const column in row) {
          if (dropped.has(column)) continue;
          if (column === "__proto__") own(kept, column, row[column]);
          else kept[column] = row[column] ?? null;
        }
        return kept;
      });
    }
    case "rename": {
      return ok(renaming(new Map(Object.entries(step.columns))));
    }
    case "cast": {
      const casts = Object.entries(step.columns);
      return ok((row) => {
        const cast: Row = { ...row };
        for (const [column, type] of casts) {
          const value = cellOf(row, column);
          if (value === null || (value === "" && type !== "string")) {
            cast[column] = null;
            continue;
          }
          const fit = fitted(
            type,
            type === "string" && typeof value === "object" ? JSON.stringify(value) : value,
          );
          if (fit === undefined) return fault("cast@1", `${column} is no ${type}: ${shown(value)}`);
          cast[column] = type === "json" && typeof fit === "string" ? parsed(fit) : fit;
        }
        return cast;
      });
    }
    case "derive": {
      const compiled = await compileExpression(step.expression);
      if (!compiled.ok) return compiled;
      return ok((row) => {
        const result = compiled.value(row);
        if (!result.ok) return fault("derive@1", `${step.column} cannot be derived: ${result.error}`);
        return { ...row, [step.column]: result.value };
      });
    }
    case "filter": {
      const compiled = await compileExpression(step.expression);
      if (!compiled.ok) return compiled;
      return ok((row) => {
        const result = compiled.value(row);
        if (!result.ok) return fault("filter@1", `${step.expression}: ${result.error}`);
        if (typeof result.value !== "boolean") {
          return fault("filter@1", `${step.expression} gives ${shown(result.value)}, not true or false`);
        }
        return result.value ? row : null;
      });
    }
    case "explode": {
      const name = step.as ?? step.column;
      return ok((row) => {
        const value = cellOf(row, step.column);
        const list = typeof value === "string" ? parsed(value) : value;
        if (list === null) return [];
        if (!Array.isArray(list)) return fault("explode@1", `${step.column} is no list: ${shown(value)}`);
        const { [step.column]: _, ...rest } = row;
        if (name !== step.column && Object.hasOwn(rest, name) && (rest[name] ?? null) !== null) {
          return fault(
            "explode@1",
            `${step.column} cannot become ${name}: the row has a column ${name} already`,
          );
        }
        return list.map((one) => ({ ...rest, [name]: one }));
      });
    }
    case "join": {
      const left = Object.keys(step.on);
      const right = Object.values(step.on);
      const find = await lookup(step.table, right, step.columns);
      return ok((row) => {
        const key = joinKey(row, left);
        const found = key === null ? null : find(key);
        if (found === MANY) {
          return fault(
            "join@1",
            `${step.table} has several rows that differ for ${
              left.map((name) => `${name} ${shown(cellOf(row, name))}`).join(", ")
            }`,
          );
        }
        if (found === null && step.missing === "quarantine") {
          return fault(
            "join@1",
            `${step.table} has no row for ${
              left.map((name) => `${name} ${shown(cellOf(row, name))}`).join(", ")
            }`,
          );
        }
        const joined: Row = { ...row };
        for (const column of step.columns) joined[column] = found?.[column] ?? null;
        return joined;
      });
    }
    case "aggregate":
    case "pivot":
    case "ratio":
      return err("it is a step over the set");
    case "typescript":
      return err("it is a step over batches of rows");
  }
}

/** New names for columns. A name that the row has for something else, and does not give away, would be two values in one place. */
function renaming(names: ReadonlyMap<string, string>): Step {
  const targets = [...names].filter(([from, to]) => from !== to && !names.has(to));
  return (row) => {
    for (const [from, to] of targets) {
      if (!Object.hasOwn(row, to) || (row[to] ?? null) === null || (row[from] ?? null) === null) continue;
      return fault("rename@1", `${from} cannot become ${to}: the row has a column ${to} already`);
    }
    const renamed: Row = {};
    for (const column in row) {
      const to = names.get(column) ?? column;
      const value = row[column] ?? null;
      if (to === "__proto__") own(renamed, to, value);
      // Of two values for one name at most one is not null here.
      else if (value !== null || !Object.hasOwn(renamed, to)) renamed[to] = value;
    }
    return renamed;
  };
}

/** Both sides of a join by text, so that 7 meets "7". Null when a part is missing: what is unknown meets nothing. */
export function joinKey(row: Row, columns: readonly string[]): string | null {
  const parts: Json[] = [];
  for (const column of columns) {
    const value = cellOf(row, column);
    if (value === null) return null;
    parts.push(typeof value === "object" ? value : String(value));
  }
  return JSON.stringify(parts);
}

/** The value of a column. Asked for a column `constructor` that it does not have, an object answers with a function of the language. */
export function cellOf(row: Row, column: string): Json {
  const value: unknown = row[column];
  return value === undefined || typeof value === "function" ? null : value as Json;
}

/** A column whose name means something to the language, as data. */
function own(row: Row, column: string, value: Json | undefined): void {
  Object.defineProperty(row, column, {
    value: value ?? null,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** JSON in a text, its long numbers as text; a text that is none as it is. */
function parsed(text: string): Json {
  try {
    return /\d{15}|[eE]/.test(text) ? parseJson(new TextEncoder().encode(text)) : JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
