/**
 * CSV as a table of files. A text that a spreadsheet would take for a formula gets an apostrophe in front (also one that begins with
 * apostrophes before such a character, so that reading takes exactly one off again); numbers such as -5 stay. Missing values and
 * empty texts are both empty cells: CSV cannot tell them apart.
 */
import type { Json } from "../../specs/mod.ts";
import type { ColumnType, PinnedSchema, Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Sink } from "../data/sink_port.ts";
import { fileInput } from "../sources/file/bytes.ts";
import { fileAccess } from "../data/files.ts";
import { readCsv } from "../sources/file/csv.ts";
import { textUnit } from "../sources/file/unit.ts";
import { hashedFile } from "./files_disk.ts";
import { PART_BYTES, type PartFormat, READ_ROWS } from "./files_part.ts";
import { type FileSinkOptions, filesSink } from "./files.ts";

export function csvSink(path: string, options: FileSinkOptions & { delimiter?: string } = {}): Sink {
  const delimiter = options.delimiter ?? ",";
  if (delimiter.length !== 1 || /["'\r\n\0]/.test(delimiter)) {
    throw new DataFailure(
      "invalid",
      `${JSON.stringify(delimiter)} is no delimiter`,
      'Such as ",", ";" or a tab.',
    );
  }
  return filesSink(path, csvFormat(delimiter), options);
}

const BUFFER = 1024 * 1024;
/** With the wide forms, which spreadsheets in some languages take for the narrow ones. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A text as a spreadsheet may see it. */
export function formulaSafe(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

/** The text that `formulaSafe` was given. */
export function formulaBack(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

/** One cell, quoted where it has to be. */
export function csvCell(value: Json | undefined, delimiter: string): string {
  if (value === null || value === undefined) return "";
  // Numbers and truth values are not texts: nobody can hide a formula in them.
  if (typeof value !== "string" && typeof value !== "object") return String(value);
  const text = formulaSafe(typeof value === "string" ? value : JSON.stringify(value));
  const needsQuotes = text.includes(delimiter) || /["\r\n]/.test(text) || text.trim() !== text;
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line without its end. */
export function csvLine(row: Row, columns: readonly string[], delimiter: string): string {
  let line = "";
  for (let at = 0; at < columns.length; at++) {
    if (at > 0) line += delimiter;
    line += csvCell(row[columns[at] as string], delimiter);
  }
  // A line of nothing would be taken for no line.
  return line === "" && columns.length === 1 ? '""' : line;
}

export function csvFormat(delimiter: string): PartFormat {
  return {
    kind: "csv",
    extension: ".csv",
    adopts: false,
    async writer(path, columns) {
      const names = Object.keys(columns);
      const file = await hashedFile(path);
      let waiting = `${names.map((name) => csvCell(name, delimiter)).join(delimiter)}\r\n`;
      let rows = 0;
      let bytes = 0;
      const flush = async () => {
        const encoded = new TextEncoder().encode(waiting);
        bytes += encoded.length;
        waiting = "";
        await file.write(encoded);
      };
      return {
        async add(batch) {
          if (bytes > PART_BYTES) return false;
          for (const row of batch) waiting += `${csvLine(row, names, delimiter)}\r\n`;
          rows += batch.length;
          if (waiting.length > BUFFER) await flush();
          return true;
        },
        async end() {
          await flush();
          return { ...await file.end(), rows };
        },
        abandon: () => file.abandon(),
      };
    },
    read: (path, columns) => cellsOf(path, columns, delimiter),
  };
}

async function* cellsOf(path: string, columns: PinnedSchema, delimiter: string): AsyncGenerator<Row[]> {
  const file = await fileAccess({ base: "/", scratch: path }).file(path);
  const reader = await file.reader();
  try {
    const unit = await textUnit(
      { name: path, open: (from) => Promise.resolve(fileInput(reader, from)) },
      "utf-8",
    );
    const options = {
      delimiter,
      quote: '"',
      header: true,
      maxRecordBytes: 512 * 1024 * 1024,
      batchRows: READ_ROWS,
    };
    for await (const batch of readCsv(unit, options, null, () => {})) {
      const [bad] = batch.bad;
      if (bad !== undefined) {
        throw new DataFailure(
          "contract",
          `${bad.locator} is not as it was written: ${bad.reason}`,
          "Restore the part.",
        );
      }
      yield batch.rows.map((row) => {
        const typed: Row = {};
        for (const [name, value] of Object.entries(row)) {
          const column = formulaBack(name);
          typed[column] = typeof value === "string"
            ? valueOf(formulaBack(value), columns[column]?.type)
            : value;
        }
        return typed;
      });
    }
  } finally {
    reader.close();
  }
}

/** A cell as the value that it was. */
function valueOf(text: string, type: ColumnType | undefined): Json {
  switch (type) {
    case "integer":
    case "decimal": {
      const value = Number(text);
      return text.trim() !== "" && String(value) === text ? value : text;
    }
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "json":
      try {
        return JSON.parse(text) as Json;
      } catch {
        return text;
      }
    default:
      return text;
  }
}
