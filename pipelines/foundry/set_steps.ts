import { numeric } from "../../policies/mod.ts";
import { compareValues, type Json, type Row, type Transform } from "../../specs/mod.ts";

export type SetStep = Extract<Transform, { op: "aggregate" | "pivot" | "ratio" }>;

/** A step over the whole of a load: rows go in, what came of them comes out at the end. Holds one group a key, never the rows. */
export interface SetRun {
  add(row: Row): void;
  end(): Row[];
}

const MAX_GROUPS = 1_000_000;

export function setRun(step: SetStep): SetRun {
  switch (step.op) {
    case "aggregate":
      return aggregate(step);
    case "pivot":
      return pivot(step);
    case "ratio":
      return ratio(step);
  }
}

function groupsOf<T>(by: readonly string[], make: () => T) {
  const groups = new Map<string, { head: Row; value: T }>();
  return {
    of(row: Row): T {
      const key = JSON.stringify(by.map((column) => row[column] ?? null));
      const there = groups.get(key);
      if (there !== undefined) return there.value;
      if (groups.size >= MAX_GROUPS) {
        throw new RangeError(`Cannot group by ${by.join(", ")}: there are more than ${MAX_GROUPS} groups`);
      }
      const value = make();
      groups.set(key, { head: Object.fromEntries(by.map((column) => [column, row[column] ?? null])), value });
      return value;
    },
    all: () => groups.values(),
  };
}

interface Figure {
  count: number;
  sum: number;
  numbers: number;
  min: Json;
  max: Json;
  first: Json;
  last: Json;
  distinct: Set<string> | null;
}

function aggregate(step: Extract<SetStep, { op: "aggregate" }>): SetRun {
  const values = Object.entries(step.values);
  const make = (): Figure[] =>
    values.map(([, { function: kind }]) => ({
      count: 0,
      sum: 0,
      numbers: 0,
      min: null,
      max: null,
      first: null,
      last: null,
      distinct: kind === "distinct" ? new Set() : null,
    }));
  const groups = groupsOf(step.by, make);
  return {
    add(row) {
      const figures = groups.of(row);
      values.forEach(([, { column }], at) => {
        const figure = figures[at] as Figure;
        const value = column === undefined ? null : row[column] ?? null;
        if (column === undefined || value !== null) figure.count++;
        if (value === null) return;
        const number = numeric(value);
        if (number !== null) {
          figure.sum += number;
          figure.numbers++;
        }
        if (figure.min === null || compareValues(value, figure.min) < 0) figure.min = value;
        if (figure.max === null || compareValues(value, figure.max) > 0) figure.max = value;
        if (figure.first === null) figure.first = value;
        figure.last = value;
        figure.distinct?.add(JSON.stringify(value));
      });
    },
    end() {
      return [...groups.all()].map(({ head, value }) => {
        const row: Row = { ...head };
        values.forEach(([name, { function: kind }], at) => {
          row[name] = figureOf(kind, value[at] as Figure);
        });
        return row;
      });
    },
  };
}

function figureOf(
  kind: Extract<SetStep, { op: "aggregate" }>["values"][string]["function"],
  figure: Figure,
): Json {
  switch (kind) {
    case "count":
      return figure.count;
    case "sum":
      return tidy(figure.sum);
    case "mean":
      return figure.numbers === 0 ? null : tidy(figure.sum / figure.numbers);
    case "distinct":
      return figure.distinct?.size ?? 0;
    case "min":
    case "max":
    case "first":
    case "last":
      return figure[kind];
  }
}

/** Without the dust of binary sums: 0.1 + 0.2 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(15));
}

function pivot(step: Extract<SetStep, { op: "pivot" }>): SetRun {
  const names = new Set(step.names);
  const groups = groupsOf(step.by, (): Row => Object.fromEntries(step.names.map((name) => [name, null])));
  return {
    add(row) {
      const name = row[step.name];
      const cells = groups.of(row);
      if (typeof name !== "object" && name !== undefined && names.has(String(name))) {
        cells[String(name)] = row[step.value] ?? null;
      }
    },
    end: () => [...groups.all()].map(({ head, value }) => ({ ...head, ...value })),
  };
}

/** Two series over one date: the quotient where both are there and the lower one is not zero. */
function ratio(step: Extract<SetStep, { op: "ratio" }>): SetRun {
  const groups = groupsOf(step.by, () => ({ numerator: null as Json, denominator: null as Json }));
  return {
    add(row) {
      const series = String(row[step.series] ?? "");
      if (series === step.numerator) groups.of(row).numerator = row[step.value] ?? null;
      else if (series === step.denominator) groups.of(row).denominator = row[step.value] ?? null;
    },
    end() {
      const rows: Row[] = [];
      for (const { head, value } of groups.all()) {
        const [top, bottom] = [numeric(value.numerator), numeric(value.denominator)];
        if (top === null || bottom === null || bottom === 0) continue;
        rows.push({
          ...head,
          [step.numerator]: value.numerator,
          [step.denominator]: value.denominator,
          [step.as]: tidy(top / bottom),
        });
      }
      return rows;
    },
  };
}
