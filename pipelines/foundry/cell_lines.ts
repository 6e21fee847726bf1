/** Cells as JSON lines, byte by byte as `JSON.stringify` writes the rows that they are. */
import type { CellTables, ReadCells } from "../../connectors/data/wasm/cell_memory.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";

/** How the values of a column are written. */
const [TEXT, INTEGER, DECIMAL, BOOLEAN] = [0, 1, 2, 3];
const encoder = new TextEncoder();
/** What is written of a row beside its values: `null` or quotes in each column, and `}` with a line feed. */
const [PER_VALUE, PER_ROW] = [4, 2];
/** Numbers that are told of a column, and which of them is how many rows lack a value. */
const [FACTS, LACKING] = [8, 5];

export interface WrittenLines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the bytes of the rows in front of each row that is left out end. */
  readonly cuts: readonly number[];
  /** How many of the rows that were written have a value, by column. */
  readonly values: Float64Array<ArrayBuffer>;
}

/**
 * Makes the writer of rows with these columns; rows that are marked as others are left out. Lines go into `room`, or into memory of
 * their own where that is too small.
 */
export function cellLines(
  tables: CellTables,
  columns: readonly string[],
  types: readonly ColumnType[],
): (page: ReadCells, left: number, room: Uint8Array<ArrayBuffer>) => WrittenLines {
  const width = columns.length;
  const facts = new Int32Array(FACTS * width);
  let perRow = PER_ROW;
  columns.forEach((name, column) => {
    const head = encoder.encode(`${column === 0 ? "{" : ","}${JSON.stringify(name)}:"`);
    const at = tables.add(head);
    perRow += head.length + PER_VALUE;
    facts.set([kindOf(types[column]), at, head.length - 1, at, head.length, 0], FACTS * column);
  });
  const atFacts = tables.add(facts);
  return (page, left, room) => {
    const { bytes, cuts } = page.write(atFacts, perRow);
    const { buffer } = page.code.memory;
    const told = new Int32Array(buffer, atFacts, FACTS * width);
    const written = page.rows - left;
    const values = Float64Array.from(
      { length: width },
      (_, at) => written - (told[FACTS * at + LACKING] as number),
    );
    // A quarter more, so that the next page finds place in it.
    const into = room.length >= bytes.length ? room : new Uint8Array(Math.ceil(bytes.length * 1.25));
    into.set(bytes);
    return { bytes: into.subarray(0, bytes.length), cuts: [...cuts.subarray(0, left)], values };
  };
}

const kindOf = (type: ColumnType | undefined): number =>
  type === "decimal" ? DECIMAL : type === "integer" ? INTEGER : type === "boolean" ? BOOLEAN : TEXT;
