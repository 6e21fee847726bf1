/**
 * Text to records by papaparse, where papaparse is exact: chunks with one kind of line end and without quoting faults. Everything
 * else goes the careful way (csv_scan.ts), and its answer for a chunk is thrown away when it reports a fault.
 */
import { type Dialect, scanCsv } from "./csv_scan.ts";

interface PapaResult {
  readonly data: string[][];
  readonly errors: readonly unknown[];
  readonly meta: { readonly cursor: number };
}
interface PapaParser {
  parse(input: string, baseIndex: number, ignoreLastRow: boolean): PapaResult;
}
interface PapaLibrary {
  readonly Parser: new (config: Record<string, unknown>) => PapaParser;
}

/** A chunk of text as records. */
export interface ParsedChunk {
  readonly cells: readonly (readonly string[])[];
  /** By index of `cells`: why it is no row. Null: none has a problem. */
  readonly problems: ReadonlyMap<number, string> | null;
  readonly consumed: number;
  /** First line of each record, counted from 1 at the chunk's start. */
  lineOf(index: number): number;
  /** Physical lines that were consumed. */
  readonly lines: number;
}

/** What a chunk's bytes tell about its lines. */
export interface LineEnds {
  readonly lf: number;
  readonly crlf: number;
  readonly cr: number;
}

export type ChunkParser = (
  text: string,
  ends: LineEnds,
  options: { final: boolean; giveUp: boolean; maxRecords: number },
) => ParsedChunk;

/** Loads papaparse at first use. */
export async function chunkParser(dialect: Dialect): Promise<ChunkParser> {
  const { default: papa } = await import("papaparse") as unknown as { default: PapaLibrary };
  const parserFor = (newline: string) =>
    new papa.Parser({
      delimiter: dialect.delimiter,
      newline,
      quoteChar: dialect.quote,
      escapeChar: dialect.escape,
      header: false,
      dynamicTyping: false,
    });
  const byLf = parserFor("\n");
  const byCrlf = parserFor("\r\n");
  // papaparse looks one character back for a backslash, which is wrong after an escaped backslash.
  const papaReads = dialect.comment === null && dialect.escape === dialect.quote && dialect.quote !== "" &&
    dialect.delimiter.length === 1;
  return (text, ends, options) => {
    const uniform = ends.cr === 0 || (ends.cr === ends.crlf && ends.crlf === ends.lf);
    if (papaReads && uniform && !options.giveUp) {
      const endsInLine = options.final && !text.endsWith("\n");
      const result = (ends.cr === 0 ? byLf : byCrlf).parse(text, 0, !endsInLine);
      const complete = !options.final || result.meta.cursor === text.length;
      if (result.errors.length === 0 && complete && result.data.length <= options.maxRecords) {
        return fast(text, ends.lf, result.data, result.meta.cursor, options.final);
      }
    }
    return careful(text, dialect, options);
  };
}

function fast(
  text: string,
  lf: number,
  cells: readonly (readonly string[])[],
  consumed: number,
  final: boolean,
): ParsedChunk {
  let rest = 0;
  for (let at = text.indexOf("\n", consumed); at !== -1; at = text.indexOf("\n", at + 1)) rest++;
  const lines = lf - rest + (final && !text.endsWith("\n") ? 1 : 0);
  let starts: number[] | null = null;
  return {
    cells,
    problems: null,
    consumed,
    lines,
    lineOf(index) {
      if (lines === cells.length) return index + 1;
      // Only whoever asks for a line pays for finding it: values have line breaks in them.
      starts ??= startsOf(cells);
      return starts[index] ?? 0;
    },
  };
}

/** First line of each record, of records whose values are exact: one line each, and one more for each break in a value. */
function startsOf(cells: readonly (readonly string[])[]): number[] {
  const starts = new Array<number>(cells.length);
  let line = 1;
  for (let record = 0; record < cells.length; record++) {
    starts[record] = line++;
    for (const cell of cells[record] as readonly string[]) {
      for (let at = cell.indexOf("\n"); at !== -1; at = cell.indexOf("\n", at + 1)) line++;
    }
  }
  return starts;
}

function careful(
  text: string,
  dialect: Dialect,
  options: { final: boolean; giveUp: boolean; maxRecords: number },
): ParsedChunk {
  const scan = scanCsv(text, dialect, options);
  const problems = new Map<number, string>();
  for (const [index, record] of scan.records.entries()) {
    if (record.problem !== null) problems.set(index, record.problem);
  }
  return {
    cells: scan.records.map((record) => record.cells),
    problems: problems.size === 0 ? null : problems,
    consumed: scan.consumed,
    lines: scan.lines,
    lineOf: (index) => scan.records[index]?.line ?? 0,
  };
}
