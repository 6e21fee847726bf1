/**
 * The way of rows that need no look at each: pages of cells whose contract and rules ask for single values only. What passes is written
 * from the bytes it came in; every other row is made and goes the way of all rows (row_path.ts), in its place among the others.
 */
import { Buffer } from "node:buffer";
import { cellRows, type Cells, cellTexts, emptyRow } from "../../connectors/data/mod.ts";
import type { RowCheck } from "../../policies/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { type ColumnPlan, countValues, holdColumn } from "./cell_columns.ts";
import { cellLines } from "./cell_lines.ts";
import type { ContractCheck, PlainColumn } from "./contract.ts";
import { holdsCredential } from "./credential_scan.ts";
import type { RuleCount } from "./row_path.ts";

/** A page that was read so far that nothing of it can go another way. Nothing is counted or written yet. */
export interface PlainPage {
  readonly rows: number;
  readonly passed: number;
  /** Lines of rows that passed, each part followed by a row that did not; without such a row at the end. */
  readonly parts: readonly {
    readonly lines: Uint8Array;
    readonly count: number;
    readonly other: number | null;
  }[];
  rowOf(index: number): Row;
  /** Counts those that passed in the contract and the rules. */
  count(): void;
}

/** Reads a page, which is valid until the next one is read; null where it must go the way of rows. */
export type PlainPages = (cells: Cells) => PlainPage | null;

export function plainPages(given: {
  readonly contract: ContractCheck;
  readonly checks: readonly RowCheck[];
  readonly rules: readonly RuleCount[];
  readonly key: readonly string[];
  readonly secrets: ReadonlySet<string>;
}): PlainPages | null {
  const { contract, rules, key, secrets } = given;
  const checks = given.checks.flatMap(({ values }) => values === undefined ? [] : [values]);
  if (checks.length < given.checks.length) return null;
  let plan: Plan | null = null;
  let others = new Uint8Array(0);
  let values = new Float64Array(0);

  const planFor = (columns: readonly string[]): Plan | null => {
    const agreed = contract.plain(columns);
    if (agreed === null) return null;
    if (plan !== null && plan.columns === columns && isSame(plan.agreed, agreed.columns)) return plan;
    const empty = emptyRow(columns);
    const isOrdered = Object.keys(empty).every((name, at) => name === columns[at]);
    // Of a column that the file lacks no row has a value.
    const isJudged = checks.every((check) =>
      check.columns.every((name) => columns.includes(name) || check.holds(undefined))
    );
    const keys = key.map((name) => columns.indexOf(name)).filter((at) => at >= 0);
    if (!isOrdered || !isJudged || (key.length > 0 && keys.length === 0)) return null;
    const held = columns.map((name, at): ColumnPlan => ({
      ...agreed.columns[at] as PlainColumn,
      checks: checks.filter((check) => check.columns.includes(name)).map(({ holds }) => holds),
    }));
    const write = cellLines(columns, agreed.columns.map(({ type }) => type));
    return plan = { columns, agreed: agreed.columns, steady: agreed.steady, empty, held, keys, write };
  };

  return (cells) => {
    const { rows, columns } = cells;
    const plan = planFor(columns);
    if (plan === null) return null;
    if (others.length < rows) [others, values] = [new Uint8Array(rows), new Float64Array(rows)];
    others.fill(0, 0, rows);
    const textOf = cellTexts(cells);
    plan.held.forEach((held, column) => holdColumn(cells, textOf, column, held, others, values));
    if (plan.keys.length > 0) markKeyless(cells, plan.keys, others);
    const { bytes, cuts } = plan.write(cells, others);
    const rowOf = cellRows(cells, textOf, plan.empty);
    const left: number[] = [];
    for (let row = others.indexOf(1); row !== -1 && row < rows; row = others.indexOf(1, row + 1)) {
      left.push(row);
    }
    if (left.length > 0 && !plan.steady) return null;
    if (secrets.size > 0) {
      const read = [cells.bytes, bytes].map((part) => Buffer.from(part.buffer, part.byteOffset, part.length));
      const texts = [...read.map((part) => part.toString("utf8")), JSON.stringify(left.map(rowOf))];
      if (texts.some((text) => holdsCredential(text, secrets))) return null;
    }
    const passed = rows - left.length;
    const parts = [...left, null].map((other, at) => ({
      lines: bytes.subarray(at === 0 ? 0 : cuts[at - 1], cuts[at] ?? bytes.length),
      count: (other ?? rows) - (at === 0 ? 0 : left[at - 1] as number + 1),
      other,
    }));
    return {
      rows,
      passed,
      parts,
      rowOf,
      count() {
        contract.passed(columns, passed, countValues(cells, others));
        for (const rule of rules) rule.checked += passed;
      },
    };
  };
}

interface Plan {
  readonly columns: readonly string[];
  readonly agreed: readonly PlainColumn[];
  readonly steady: boolean;
  readonly empty: Row;
  readonly held: readonly ColumnPlan[];
  /** Columns of the key that the file has. */
  readonly keys: readonly number[];
  readonly write: ReturnType<typeof cellLines>;
}

const isSame = (a: readonly PlainColumn[], b: readonly PlainColumn[]): boolean =>
  a.every(({ type, required }, at) => type === b[at]?.type && required === b[at]?.required);

/** A part of a key may be missing; not all of it. */
function markKeyless(
  { rows, columns, starts, ends }: Cells,
  keys: readonly number[],
  others: Uint8Array,
): void {
  const width = columns.length;
  for (let row = 0; row < rows; row++) {
    if (keys.every((key) => starts[row * width + key] === ends[row * width + key])) others[row] = 1;
  }
}
