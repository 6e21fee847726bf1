/** Which columns of the source each column of a table is made of, read from the steps backwards. */
import type { Stream, Transform } from "../../specs/foundry/mod.ts";

/** How a value came from another one, in OpenLineage's words. */
export interface Influence {
  type: "DIRECT" | "INDIRECT";
  subtype: "IDENTITY" | "TRANSFORMATION" | "AGGREGATION" | "JOIN" | "FILTER" | "GROUP_BY" | "CONDITIONAL";
}
export interface Origin extends Influence {
  field: string;
  /** The table that a join took it from; null: the stream's source. */
  table: string | null;
  /** The value was hashed or masked on its way. */
  masking: boolean;
}

export interface ColumnOrigins {
  /** By column of the table. One whose steps cannot be read back is left out: nothing is told rather than something wrong. */
  fields: Record<string, Origin[]>;
  /** What decides about whole rows: filters, groups and the keys of joins. */
  dataset: Origin[];
}

const IDENTITY: Influence = { type: "DIRECT", subtype: "IDENTITY" };
const CHANGED: Influence = { type: "DIRECT", subtype: "TRANSFORMATION" };
const MOST_INFLUENCES = 40;

/** The origins of a stream's columns. `known`: columns of the table, which expressions may name. */
export function columnOrigins(
  stream: Pick<Stream, "transforms" | "pii">,
  known: readonly string[],
): ColumnOrigins {
  const steps = stream.transforms;
  const masked = new Set(
    Object.entries(stream.pii).filter(([, how]) => how !== "drop").map(([name]) => name.toLowerCase()),
  );
  const fields: ColumnOrigins["fields"] = Object.create(null);
  for (const column of known) {
    const origins = traced(steps, steps.length, column, IDENTITY, masked);
    if (origins !== null) fields[column] = unique(origins);
  }
  const dataset: Origin[] = [];
  steps.forEach((step, at) => {
    for (const [column, influence] of decisive(step)) {
      dataset.push(...traced(steps, at, column, influence, masked) ?? []);
    }
  });
  return { fields, dataset: unique(dataset) };
}

/** Columns that decide about rows, not about values. */
function decisive(step: Transform): [string, Influence][] {
  const indirect = (columns: readonly string[], subtype: Influence["subtype"]) =>
    columns.map((column): [string, Influence] => [column, { type: "INDIRECT", subtype }]);
  switch (step.op) {
    case "filter":
      return indirect(namesIn(step.expression), "FILTER");
    case "join":
      return indirect(Object.keys(step.on), "JOIN");
    case "aggregate":
    case "pivot":
    case "ratio":
      return indirect(step.by, "GROUP_BY");
    default:
      return [];
  }
}

/** Goes back from a column behind the first `end` steps; null when a step on its way cannot be read back. */
function traced(
  steps: readonly Transform[],
  end: number,
  column: string,
  influence: Influence,
  masked: ReadonlySet<string>,
): Origin[] | null {
  for (let at = end - 1; at >= 0; at--) {
    const step = steps[at] as Transform;
    const before = (columns: readonly string[], how: Influence): Origin[] | null => {
      const origins: Origin[] = [];
      for (const one of columns) {
        const found = traced(steps, at, one, joined(influence, how), masked);
        if (found === null) return null;
        origins.push(...found);
      }
      return origins.slice(0, MOST_INFLUENCES);
    };
    switch (step.op) {
      case "select":
      case "drop":
      case "filter":
        continue;
      case "rename": {
        const from = Object.entries(step.columns).find(([, to]) => to === column);
        if (from !== undefined) column = from[0];
        continue;
      }
      case "cast":
        if (Object.hasOwn(step.columns, column)) influence = joined(influence, CHANGED);
        continue;
      case "derive":
        if (step.column === column) return before(namesIn(step.expression), CHANGED);
        continue;
      case "explode":
        if ((step.as ?? step.column) === column) {
          column = step.column;
          influence = joined(influence, CHANGED);
        }
        continue;
      case "join":
        if (!step.columns.includes(column)) continue;
        return [{ ...influence, field: column, table: step.table, masking: false }];
      case "aggregate": {
        if (step.by.includes(column)) continue;
        const value = Object.hasOwn(step.values, column) ? step.values[column] : undefined;
        if (value === undefined) return null;
        return before(value.column === undefined ? [] : [value.column], {
          type: "DIRECT",
          subtype: "AGGREGATION",
        });
      }
      case "pivot": {
        if (step.by.includes(column)) continue;
        return both(
          before([step.value], CHANGED),
          before([step.name], { type: "INDIRECT", subtype: "CONDITIONAL" }),
        );
      }
      case "ratio":
        if (step.by.includes(column)) continue;
        if (column !== step.as) return null;
        return both(
          before([step.value], CHANGED),
          before([step.series], { type: "INDIRECT", subtype: "CONDITIONAL" }),
        );
      default:
        // Code and SQL are not read: what they make of columns is not known here.
        return null;
    }
  }
  return [{ ...influence, field: column, table: null, masking: masked.has(column.toLowerCase()) }];
}

const both = (a: Origin[] | null, b: Origin[] | null) => a === null || b === null ? null : [...a, ...b];

/** Of two influences on the way the one that changes more. */
function joined(later: Influence, earlier: Influence): Influence {
  if (later.type === "INDIRECT" || earlier.type === "DIRECT" && earlier.subtype === "IDENTITY") return later;
  return later.subtype === "AGGREGATION" && earlier.type === "DIRECT" ? later : earlier;
}

function unique(origins: readonly Origin[]): Origin[] {
  const seen = new Map<string, Origin>();
  for (const one of origins) {
    seen.set(`${one.table ?? ""} ${one.field} ${one.type} ${one.subtype}`, one);
  }
  return [...seen.values()].slice(0, MOST_INFLUENCES);
}

/** Names that an expression reads: identifiers that are no member, no function, no text and no word of the language. */
export function namesIn(expression: string): string[] {
  const found = new Set<string>();
  const bare = expression.replaceAll(
    /[rRbB]{0,2}("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\/\/[^\n]*/g,
    (_, text: string | undefined, at: number) => {
      // row["name"] names a column as well as name does.
      const isKey = text !== undefined && /\brow\s*\[\s*$/.test(expression.slice(0, at));
      if (isKey) found.add(text.slice(1, -1));
      return " ";
    },
  );
  for (const match of bare.matchAll(/(\.\s*)?([A-Za-z_][A-Za-z0-9_]*)(\s*\()?/g)) {
    const [, dot, name = "", call] = match;
    const isMember = dot !== undefined && !/\brow\s*$/.test(bare.slice(0, match.index));
    if (isMember || call !== undefined || WORDS.has(name)) continue;
    found.add(name);
  }
  return [...found].slice(0, MOST_INFLUENCES);
}

const WORDS = new Set(["true", "false", "null", "in", "row"]);
