/** How a CSV file is written, told from its first lines: delimiter, quote, header. What is declared always wins. */
import { DataFailure } from "../../data/port.ts";
import { type Dialect, scanCsv } from "./csv_scan.ts";

export interface CsvParams {
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly comment?: string;
  /** Whether there is one, or the names themselves (then the file has none). */
  readonly header?: boolean | readonly string[];
  /** Physical lines in front of the header that are no part of the table. */
  readonly skipLines?: number;
}

export interface CsvShape {
  readonly dialect: Dialect;
  readonly columns: readonly string[];
  /** Each record has one more, empty cell at its end. */
  readonly trailing: boolean;
  /** Characters and lines in front of the first record that is data. */
  readonly skip: { readonly characters: number; readonly lines: number };
  readonly confidence: { readonly delimiter: number; readonly header: number };
  /** What a reader of the log should know. */
  readonly notes: readonly string[];
}

const DELIMITERS = [",", "\t", ";", "|"] as const;

/** Reads the shape off the first characters of the decoded text (`final`: they are all there is). */
export function csvShape(sample: string, params: CsvParams, final: boolean, name: string): CsvShape {
  const notes: string[] = [];
  let at = 0;
  let lines = 0;
  const nextLine = () => {
    const end = /\r\n|\n|\r/g;
    end.lastIndex = at;
    const found = end.exec(sample);
    at = found === null ? sample.length : found.index + found[0].length;
    lines++;
  };
  const separator = /^sep=(.)(?:\r\n|\n|\r|$)/.exec(sample);
  if (separator !== null) nextLine();
  for (let skipped = 0; skipped < (params.skipLines ?? 0); skipped++) nextLine();
  const quote = params.quote ?? quoteOf(sample.slice(at));
  const base = { quote, escape: params.escape ?? quote, comment: params.comment ?? null };

  let delimiter = params.delimiter ?? separator?.[1];
  let delimiterConfidence = 1;
  if (delimiter === undefined) {
    const guess = delimiterOf(sample.slice(at), base, final);
    delimiter = guess.delimiter;
    delimiterConfidence = guess.confidence;
    if (delimiterConfidence < 0.5) {
      throw new DataFailure(
        "contract",
        `The delimiter of ${name} cannot be told: no candidate gives its lines the same number of values`,
        'Say it by `delimiter`, such as ";".',
      );
    }
  }
  const dialect: Dialect = { delimiter, ...base };
  let { records } = scanCsv(sample.slice(at), dialect, { final, maxRecords: 200 });
  const usual = mode(
    records.filter((record) => record.problem === null && !isBlank(record.cells)).map((r) => r.cells.length),
  );

  // Lines in front of the table: blank ones, and comments that have not the table's width.
  while (params.skipLines === undefined && records.length > 0) {
    const cells = records[0]?.cells ?? [];
    const isComment = cells[0]?.startsWith("#") === true && cells.length !== usual.value;
    if (!isBlank(cells) && !isComment) break;
    if (isComment) notes.push(`line ${lines + 1} is read as a comment`);
    nextLine();
    records = scanCsv(sample.slice(at), dialect, { final, maxRecords: 200 }).records;
  }
  const first = records[0];
  if (first === undefined) {
    if (sample.slice(at).trim() !== "") {
      throw new DataFailure(
        "contract",
        `The first record of ${name} does not end within ${sample.length} characters`,
        'A quote may be open, or the file is no CSV; say `quote: ""` when quotes are plain text.',
      );
    }
    const columns = Array.isArray(params.header) ? unique(params.header as readonly string[]).columns : [];
    return shape(dialect, columns, false, { characters: at, lines }, delimiterConfidence, 1, notes);
  }
  if (first.problem !== null) {
    throw new DataFailure(
      "contract",
      `The first line of ${name} cannot be read: ${first.problem}`,
      'Mend the line, or say `quote: ""` when quotes are plain text.',
      { locator: `${name}#line=${lines + 1}` },
    );
  }
  if (Array.isArray(params.header)) {
    const names = unique(params.header as readonly string[]);
    return shape(dialect, names.columns, false, { characters: at, lines }, delimiterConfidence, 1, notes);
  }
  const rest = records.slice(1).filter((record) => record.problem === null && !isBlank(record.cells));
  const header = typeof params.header === "boolean"
    ? { is: params.header, confidence: 1 }
    : headerOf(first.cells, rest.map((record) => record.cells));
  const same = rest.filter((record) => record.cells.length === usual.value).length;
  const width = first.cells.length;
  if (
    header.is && width !== usual.value && width + 1 !== usual.value && rest.length >= 10 &&
    same > rest.length * 0.9
  ) {
    throw new DataFailure(
      "contract",
      `Line ${
        lines + 1
      } of ${name} has ${width} names, and ${same} of ${rest.length} lines after it have ${usual.value} values`,
      "Say how many lines stand in front of the header by `skipLines`, or the `delimiter`.",
      { locator: `${name}#line=${lines + 1}` },
    );
  }
  const sampleCells = rest.map((record) => record.cells);
  const trailing = sampleCells.length > 0 &&
    (header.is && first.cells.at(-1)?.trim() === "" && width > 1
      ? sampleCells.every((cells) => cells.length === width && cells.at(-1) === "")
      : header.is && sampleCells.every((cells) => cells.length === width + 1 && cells.at(-1) === ""));
  if (!header.is) {
    notes.push(
      `read without a header (confidence ${header.confidence}): columns are named column_1, column_2, ...`,
    );
    const columns = first.cells.map((_, index) => `column_${index + 1}`);
    return shape(
      dialect,
      columns,
      false,
      { characters: at, lines },
      delimiterConfidence,
      header.confidence,
      notes,
    );
  }
  const labels = trailing && first.cells.at(-1)?.trim() === "" ? first.cells.slice(0, -1) : first.cells;
  const names = unique(labels);
  notes.push(...names.notes);
  const skip = { characters: at + first.end, lines: lines + linesIn(sample.slice(at, at + first.end)) };
  return shape(dialect, names.columns, trailing, skip, delimiterConfidence, header.confidence, notes);
}

const shape = (
  dialect: Dialect,
  columns: readonly string[],
  trailing: boolean,
  skip: { characters: number; lines: number },
  delimiter: number,
  header: number,
  notes: readonly string[],
): CsvShape => ({ dialect, columns, trailing, skip, confidence: { delimiter, header }, notes });

const isBlank = (cells: readonly string[]): boolean => cells.length === 1 && cells[0]?.trim() === "";

function linesIn(text: string): number {
  const ends = text.match(/\r\n|\n|\r/g)?.length ?? 0;
  return /[\r\n]$/.test(text) ? ends : ends + 1;
}

/** Most frequent number, and its share. */
function mode(counts: readonly number[]): { value: number; share: number } {
  const seen = new Map<number, number>();
  for (const count of counts) seen.set(count, (seen.get(count) ?? 0) + 1);
  const [value = 1, times = 0] = [...seen].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  return { value, share: counts.length === 0 ? 0 : times / counts.length };
}

function quoteOf(sample: string): string {
  if (sample.includes('"')) return '"';
  const single = sample.match(/(?:^|[,;\t|\r\n])'[^'\r\n]*'(?=[,;\t|\r\n]|$)/g)?.length ?? 0;
  return single >= 2 ? "'" : '"';
}

/** The candidate that gives the most records the same number of cells, the header's number among them. */
function delimiterOf(
  sample: string,
  base: Omit<Dialect, "delimiter">,
  final: boolean,
): { delimiter: string; confidence: number } {
  let best = { delimiter: ",", confidence: 0, width: 1 };
  let isOneColumn = true;
  for (const delimiter of DELIMITERS) {
    const { records } = scanCsv(sample, { delimiter, ...base }, { final, maxRecords: 200 });
    const counts = records.filter((r) => r.problem === null && !isBlank(r.cells)).map((r) => r.cells.length);
    const { value, share } = mode(counts);
    if (counts.some((count) => count > 1)) isOneColumn = false;
    if (value < 2) continue;
    const confidence = share * (counts[0] === value ? 1 : 0.8);
    // Decimal commas: where both are regular, the comma stands within the values.
    if (confidence > best.confidence || (confidence === best.confidence && best.delimiter === ",")) {
      best = { delimiter, confidence, width: value };
    }
  }
  if (best.width > 1) return best;
  return { delimiter: ",", confidence: isOneColumn ? 1 : 0.6 };
}

const NUMBER = /^[+-]?(\d+([.,]\d+)?|\.\d+)([eE][+-]?\d+)?%?$/;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}$/;
const YEAR = /^(19|20)\d{2}$/;
const kind = (cell: string): "number" | "date" | "text" | "none" => {
  const value = cell.trim();
  return value === "" ? "none" : NUMBER.test(value) ? "number" : DATE.test(value) ? "date" : "text";
};

/** A first record is data when it looks like the rest wherever the rest is not plain text. */
function headerOf(
  first: readonly string[],
  rest: readonly (readonly string[])[],
): { is: boolean; confidence: number } {
  let header = 0;
  let data = 0;
  for (const [column, label] of first.entries()) {
    const values = rest.map((cells) => cells[column] ?? "").filter((value) => value.trim() !== "");
    const kinds = new Set(values.map(kind));
    const same = kinds.size === 1 ? [...kinds][0] : undefined;
    if (same === undefined || same === "text") continue;
    if (kind(label) !== same) header++;
    else if (YEAR.test(label) && !values.every((value) => YEAR.test(value))) header++;
    else data++;
  }
  if (data > 0 && header === 0) return { is: false, confidence: Math.min(0.95, 0.6 + 0.1 * data) };
  return { is: true, confidence: header > 0 ? (data === 0 ? 0.95 : 0.6) : 0.5 };
}

/** Names that are there once: blank ones are called after their place, repeated ones are numbered. */
export function unique(labels: readonly string[]): { columns: string[]; notes: string[] } {
  const taken = new Set(labels.map((label) => label.trim()));
  const used = new Set<string>();
  const notes: string[] = [];
  const columns = labels.map((label, index) => {
    let name = label.trim();
    if (name === "") {
      name = `column_${index + 1}`;
      for (let more = 2; taken.has(name) || used.has(name); more++) name = `column_${index + 1}_${more}`;
      notes.push(`column ${index + 1} has no name and is read as ${name}`);
    } else if (used.has(name) || name === "__proto__") {
      const base = name;
      for (let more = 2; taken.has(name) || used.has(name); more++) name = `${base}_${more}`;
      notes.push(`column ${index + 1} repeats the name ${JSON.stringify(base)} and is read as ${name}`);
    }
    used.add(name);
    return name;
  });
  return { columns, notes };
}
