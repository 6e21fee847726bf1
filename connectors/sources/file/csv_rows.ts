/** Records of a chunk as rows, and those that are none, each with its line. */
import { Buffer } from "node:buffer";
import type { BadRow } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import type { ParsedChunk } from "./csv_parse.ts";
import type { Batch } from "./unit.ts";

/** Text kept of a line that is set aside. */
const KEPT = 10_000;

export interface RowSettings {
  readonly columns: readonly string[];
  /** A row with all columns, and nothing in them. */
  readonly empty: Row;
  readonly width: number;
  readonly name: string;
  readonly line: number;
  readonly isBinary: boolean;
  readonly hasNul: boolean;
  readonly isTranscoded: boolean;
}

/** A record has all values of the header, or it is set aside with the reason. */
export function rowsOf(
  parsed: ParsedChunk,
  settings: RowSettings,
): Omit<Batch, "next"> & { lastIsBad: boolean } {
  const { columns, width, name } = settings;
  const isSuspect = settings.isBinary || settings.hasNul || settings.isTranscoded;
  const rows: Row[] = [];
  const bad: BadRow[] = [];
  /** Record of each row, once a record is no row. */
  let records: number[] | null = null;
  let lastBad = -1;
  const lineOf = (record: number) => settings.line + parsed.lineOf(record) - 1;
  const setAside = (record: number, rule: string, reason: string, row: Json) => {
    records ??= rows.map((_, index) => index);
    lastBad = record;
    bad.push({ rule, reason, row, locator: `${name}#line=${lineOf(record)}` });
  };
  for (let record = 0; record < parsed.cells.length; record++) {
    let cells = parsed.cells[record] as readonly string[];
    const problem = parsed.problems?.get(record);
    if (problem !== undefined) {
      setAside(record, "parse", problem, { line: shown(cells[0] ?? "", settings.isBinary) });
      continue;
    }
    if (cells.length === 1 && (cells[0] === "" || (width > 1 && cells[0]?.trim() === ""))) {
      records ??= rows.map((_, index) => index);
      continue;
    }
    if (isSuspect) {
      const looked = settings.isBinary ? decoded(cells) : cells;
      if (looked === null || (settings.isTranscoded && cells.some((cell) => cell.includes("\ufffd")))) {
        const text = cells.map((cell) => shown(cell, settings.isBinary));
        setAside(record, "encoding", "it has bytes that are no text in the file's encoding", text);
        continue;
      }
      cells = looked;
      if (settings.hasNul && cells.some((cell) => cell.includes("\0"))) {
        setAside(record, "nul-byte", "it has a NUL byte", cells.map((cell) => shown(cell, false)));
        continue;
      }
    }
    if (cells.length !== width) {
      const reason = `it has ${cells.length} values, and the header has ${columns.length} names`;
      setAside(record, "ragged", reason, cells.slice(0, 1000).map((cell) => shown(cell, false)));
      continue;
    }
    if (width > columns.length && cells[width - 1] !== "") {
      const reason = `it has a value behind the last column, ${
        JSON.stringify((cells[width - 1] ?? "").slice(0, 100))
      }`;
      setAside(record, "ragged", reason, cells.map((cell) => shown(cell, false)));
      continue;
    }
    // A copy has the form of all rows from the start; one that grows column by column takes twice as long.
    const row: Row = { ...settings.empty };
    for (let column = 0; column < columns.length; column++) {
      const cell = cells[column] as string;
      row[columns[column] as string] = cell === "" ? null : cell;
    }
    records?.push(record);
    rows.push(row);
  }
  const places: readonly number[] | null = records;
  return {
    rows,
    bad,
    locate: (index) => `line=${lineOf(places === null ? index : places[index] ?? 0)}`,
    lastIsBad: lastBad === parsed.cells.length - 1,
  };
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** Values of a chunk that was read byte by byte; null when one of them is no UTF-8. */
function decoded(cells: readonly string[]): string[] | null {
  try {
    return cells.map((cell) => strict.decode(Buffer.from(cell, "latin1")));
  } catch {
    return null;
  }
}

/** Text for whoever looks at what was set aside, bounded. */
function shown(cell: string, isBinary: boolean): string {
  const text = isBinary ? Buffer.from(cell, "latin1").toString("utf8") : cell;
  return text.length > KEPT ? `${text.slice(0, KEPT)}... (${text.length} characters)` : text;
}
