/**
 * Columns of cells held against their types and rules, one column after the other. A row with a value that is not plainly right is
 * only marked: whoever looks at the row says what it is. What is no work on bytes is asked value by value.
 */
import type { CellTables, ReadCells } from "../../connectors/data/wasm/cell_memory.ts";
import { type ByteCheck, fitted, type ValueCheck } from "../../policies/quality/value_rules.ts";
import type { Json } from "../../specs/mod.ts";
import type { PlainColumn } from "./contract.ts";

/** What one column is held against. */
export interface ColumnPlan {
  readonly type: PlainColumn["type"];
  readonly required: boolean;
  readonly checks: readonly Pick<ValueCheck, "holds" | "bytes">[];
}

/** Gives the text of a value by its place. */
type TextOf = (n: number) => string | null;

/** Marks the rows of a page in which something is not plainly right. */
export type ColumnHold = (page: ReadCells, textOf: TextOf) => void;

/** Makes what holds a column, of tables so many wide, against its plan. */
export function columnHold(
  tables: CellTables,
  width: number,
  column: number,
  { type, required, checks }: ColumnPlan,
): ColumnHold {
  const takesNone = !required && checks.every(({ holds }) => holds(null));
  const holds = [...typeHolds(type, width, column), ...checks.flatMap((check) => checkHold(check))];
  return (page, textOf) => {
    if (!takesNone) page.code.empties(column);
    for (const hold of holds) hold(page, textOf);
  };

  function checkHold({ holds, bytes = null }: ColumnPlan["checks"][number]): ColumnHold[] {
    if (bytes?.kind === "any") return [];
    switch (type) {
      case "integer":
      case "decimal": {
        if (bytes?.kind !== "within") return [(page) => holdValues(page, holds)];
        const { low, high } = bytes;
        return [({ code }) => code.within(low, high)];
      }
      case "boolean":
        return [(page) => holdValues(page, (value) => holds(value === 1))];
      default: {
        const sure = bytes === null ? null : byteHold(tables, column, bytes);
        if (sure === null) return [(page, textOf) => holdTexts(page, textOf, width, column, holds)];
        return [(page, textOf) => {
          const { unsure, others } = page;
          const count = sure(page);
          for (let at = 0; at < count; at++) {
            const row = unsure[at] as number;
            if (!holds(textOf(row * width + column))) others[row] = 1;
          }
        }];
      }
    }
  }
}

/** What the type of a column asks. */
function typeHolds(type: ColumnPlan["type"], width: number, column: number): ColumnHold[] {
  switch (type) {
    case "integer":
    case "decimal":
      return [({ code }) => code.numbers(column, type === "decimal" ? 1 : 0)];
    case "boolean":
      return [({ code }) => code.booleans(column)];
    case "date":
      return [({ code }) => code.days(column)];
    case "datetime":
      return [(page, textOf) => {
        holdTexts(page, textOf, width, column, (text) => fitted("datetime", text) !== undefined);
      }];
    case "string":
    case "json":
      return [];
  }
}

/** Names the rows of whose text it cannot say yes, and gives how many. */
type ByteHold = (page: ReadCells) => number;

function byteHold(tables: CellTables, column: number, check: ByteCheck): ByteHold | null {
  switch (check.kind) {
    case "any":
    case "within":
      return null;
    case "among": {
      const groups = groupsOf(tables, check.texts);
      return ({ code }) => code.among(column, groups);
    }
    case "like": {
      const { accepts, loops, skips, all, first, last, isFromStart, isToEnd } = check.like;
      const at = tables.add(accepts);
      const [fromStart, toEnd] = [isFromStart ? 1 : 0, isToEnd ? 1 : 0];
      return ({ code }) => code.like(column, at, loops, skips, all, first, last, fromStart, toEnd);
    }
  }
}

/** Lengths of texts that are compared by bytes. */
const LENGTHS = 257;

/** Texts by their lengths: for each length where they are and how many; each is filled up to words of eight bytes. */
function groupsOf(tables: CellTables, texts: readonly string[]): number {
  const groups = new Int32Array(2 * LENGTHS);
  for (let length = 1; length < LENGTHS; length++) {
    const same = texts.filter((text) => text.length === length);
    if (same.length === 0) continue;
    const bytes = 8 * Math.ceil(length / 8);
    const all = new Uint8Array(bytes * same.length);
    same.forEach((text, at) => new TextEncoder().encodeInto(text, all.subarray(at * bytes)));
    groups.set([tables.add(all), same.length], 2 * length);
  }
  return tables.add(groups);
}

function holdTexts(
  { rows, starts, ends, others }: ReadCells,
  textOf: TextOf,
  width: number,
  column: number,
  holds: (text: string) => boolean,
): void {
  for (let row = 0, n = column; row < rows; row++, n += width) {
    if (starts[n] !== ends[n] && !holds(textOf(n) as string)) others[row] = 1;
  }
}

function holdValues({ rows, values, others }: ReadCells, holds: (value: Json) => boolean): void {
  for (let row = 0; row < rows; row++) {
    const value = values[row] as number;
    // What is no number is none at all, or is marked already.
    if (value === value && !holds(value)) others[row] = 1;
  }
}
