import { DataFailure } from "../../connectors/data/mod.ts";
import { type Decimal, decimalOf, fitted, numeric, plus, shown, textOf, ZERO } from "../../policies/mod.ts";
import { cellOf } from "./transforms.ts";
import { type Json } from "../../specs/mod.ts";
import { compareValues, type Row, type Transform } from "../../specs/foundry/mod.ts";

export type SetStep = Extract<Transform, { op: "aggregate" | "pivot" | "ratio" }>;

/** A step over the whole of a load: rows go in, what came of them comes out at the end. Holds one group a key, never the rows. */
export interface SetRun {
  add(row: Row): void;
  end(): Row[];
}

const MAX_GROUPS = 1_000_000;
const MAX_DISTINCT = 5_000_000;

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
      const key = JSON.stringify(by.map((column) => cellOf(row, column)));
      const there = groups.get(key);
      if (there !== undefined) return there.value;
      if (groups.size >= MAX_GROUPS) {
        throw new DataFailure(
          "limit",
          `Cannot group by ${by.join(", ")}: there are more than ${MAX_GROUPS} groups`,
          "Group in the warehouse by SQL instead: a source with connector: sql",
        );
      }
      const value = make();
      groups.set(key, { head: Object.fromEntries(by.map((column) => [column, cellOf(row, column)])), value });
      return value;
    },
    all: () => groups.values(),
  };
}

interface Figure {
  count: number;
  /** Whole numbers, as long as their sum is exact as a double. */
  sum: number;
  /** All the rest of the sum, exactly. */
  exact: Decimal | null;
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
      exact: null,
      numbers: 0,
      min: null,
      max: null,
      first: null,
      last: null,
      distinct: kind === "distinct" ? new Set() : null,
    }));
  const groups = groupsOf(step.by, make);
  const sums = values.map(([, { function: kind }]) => kind === "sum" || kind === "mean");
  let distinct = 0;
  return {
    add(row) {
      const figures = groups.of(row);
      values.forEach(([, { column }], at) => {
        const figure = figures[at] as Figure;
        const value = column === undefined ? null : cellOf(row, column);
        if (column === undefined || value !== null) figure.count++;
        if (value === null) return;
        if (sums[at] === true && value !== "") addTo(figure, value, column ?? "");
        if (figure.min === null || compareValues(value, figure.min) < 0) figure.min = value;
        if (figure.max === null || compareValues(value, figure.max) > 0) figure.max = value;
        if (figure.first === null) figure.first = value;
        figure.last = value;
        if (figure.distinct === null) return;
        const before = figure.distinct.size;
        figure.distinct.add(JSON.stringify(value));
        distinct += figure.distinct.size - before;
        if (distinct > MAX_DISTINCT) {
          throw new DataFailure(
            "limit",
            `Cannot count different values of ${column}: there are more than ${MAX_DISTINCT}`,
            "Count in the warehouse by SQL instead: a source with connector: sql",
          );
        }
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
      return figure.exact === null ? figure.sum : fitted("decimal", textOf(sumOf(figure))) ?? null;
    case "mean":
      return figure.numbers === 0 ? null : tidy(Number(textOf(sumOf(figure))) / figure.numbers);
    case "distinct":
      return figure.distinct?.size ?? 0;
    case "min":
    case "max":
    case "first":
    case "last":
      return figure[kind];
  }
}

/** Adds a number without losing a digit of it. A text that is none cannot be left out in silence: the sum would be another one. */
function addTo(figure: Figure, value: Json, column: string): void {
  const sum = typeof value === "number" ? figure.sum + value : NaN;
  if (Number.isSafeInteger(value) && Number.isSafeInteger(sum)) figure.sum = sum;
  else {
    const exact = decimalOf(value);
    if (exact === null) {
      throw new DataFailure(
        "contract",
        `Cannot add up ${column}: ${shown(value)} is no number`,
        "Cast the column to decimal before the step: what is no number is set aside then",
      );
    }
    figure.exact = plus(figure.exact ?? ZERO, exact);
  }
  figure.numbers++;
}

const sumOf = ({ sum, exact }: Figure): Decimal => plus(exact ?? ZERO, { digits: BigInt(sum), scale: 0 });

/** Without the dust of binary sums: 0.1 + 0.2 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(15));
}

function pivot(step: Extract<SetStep, { op: "pivot" }>): SetRun {
  const names = new Set(step.names);
  const groups = groupsOf(step.by, (): Row => Object.fromEntries(step.names.map((name) => [name, null])));
  return {
    add(row) {
      const name = cellOf(row, step.name);
      const cells = groups.of(row);
      if (typeof name !== "object" && names.has(String(name))) {
        // Of several values the last one stays; one that is missing takes nothing away.
        cells[String(name)] = cellOf(row, step.value) ?? cells[String(name)] ?? null;
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
      const series = String(cellOf(row, step.series) ?? "");
      const value = cellOf(row, step.value);
      if (value === null) return;
      if (series === step.numerator) groups.of(row).numerator = value;
      else if (series === step.denominator) groups.of(row).denominator = value;
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
