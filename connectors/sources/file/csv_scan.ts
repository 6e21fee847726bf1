/**
 * The careful way through CSV text, for what papaparse reads wrongly or in silence: stray and unclosed quotes, mixed line ends,
 * lines that must be told by number. Every physical line ends up in exactly one record, good or bad; nothing is swallowed.
 */

export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  /** What makes a quote part of the value: the quote itself, or a backslash. */
  readonly escape: string;
  /** Lines that start with it are no records. */
  readonly comment: string | null;
}

export interface ScannedRecord {
  readonly cells: readonly string[];
  /** 1 for the first line of the text, whatever line the text itself starts at. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Why it is no row: its text is one physical line then. */
  readonly problem: string | null;
}

export interface Scan {
  readonly records: ScannedRecord[];
  /** Characters that were used up: the start of the first record that is not whole. */
  readonly consumed: number;
  /** Physical lines among them. */
  readonly lines: number;
}

export interface ScanOptions {
  /** The text ends here: its last record needs no line end. */
  readonly final: boolean;
  readonly maxRecords?: number;
  /** A quoted value that is still open at the end of the text is broken, not unfinished. */
  readonly giveUp?: boolean;
}

const LF = 10;
const CR = 13;

/** Cuts text into records. A line that cannot be one is a record with a problem, and the next line starts afresh. */
export function scanCsv(text: string, dialect: Dialect, options: ScanOptions): Scan {
  const records: ScannedRecord[] = [];
  const max = options.maxRecords ?? Infinity;
  let at = 0;
  let line = 1;
  /** Up to here each line stands for itself: a quote in front of it was never closed properly. */
  let strictUntil = -1;
  while (at < text.length && records.length < max) {
    if (dialect.comment !== null && text.startsWith(dialect.comment, at)) {
      const end = lineEnd(text, at, options.final);
      if (end === -1) break;
      at = end;
      line++;
      continue;
    }
    const strict = at < strictUntil;
    const record = oneRecord(text, at, dialect, options.final, strict);
    if (record === null && !(options.giveUp === true || options.final)) break;
    if (record !== null && record.problem === null) {
      records.push({ cells: record.cells, line, start: at, end: record.end, problem: null });
      line += record.lines;
      at = record.end;
      continue;
    }
    const end = lineEnd(text, at, options.final);
    if (end === -1) break;
    records.push({
      cells: [text.slice(at, bare(text, at, end))],
      line,
      start: at,
      end,
      problem: record?.problem ?? "a quote is opened and never closed",
    });
    if (!strict) strictUntil = record === null ? text.length : lineEndOr(text, record.end);
    at = end;
    line++;
  }
  return { records, consumed: at, lines: line - 1 };
}

interface Found {
  readonly cells: string[];
  /** After the line end; with a problem: where it shows. */
  readonly end: number;
  readonly lines: number;
  readonly problem: string | null;
}

/** The record at `at`; null when it does not end within the text. */
function oneRecord(
  text: string,
  at: number,
  dialect: Dialect,
  final: boolean,
  strict: boolean,
): Found | null {
  const { delimiter, quote, escape } = dialect;
  const first = delimiter.charCodeAt(0);
  const quoteCode = quote === "" ? -1 : quote.charCodeAt(0);
  const cells: string[] = [];
  let lines = 1;
  let i = at;
  for (;;) {
    if (i < text.length && text.charCodeAt(i) === quoteCode) {
      const close = closing(text, i + 1, quote, escape);
      if (close === -1) {
        return strict ? broken(text, i, "a quote is opened and not closed in its line") : null;
      }
      const value = text.slice(i + 1, close);
      const breaks = lineBreaks(value);
      if (strict && breaks > 0) return broken(text, i, "a quote is opened and not closed in its line");
      let after = close + 1;
      while (after < text.length && isBlank(text.charCodeAt(after)) && !text.startsWith(delimiter, after)) {
        after++;
      }
      if (after >= text.length) {
        if (!final) return null;
      } else if (!text.startsWith(delimiter, after) && !isLineEnd(text.charCodeAt(after))) {
        return broken(text, close, "a quoted value goes on after its closing quote");
      }
      lines += breaks;
      cells.push(unescaped(value, quote, escape));
      i = after;
    } else {
      const from = i;
      while (i < text.length) {
        const code = text.charCodeAt(i);
        if (code === LF || code === CR) break;
        if (code === first && (delimiter.length === 1 || text.startsWith(delimiter, i))) break;
        if (strict && code === quoteCode) return broken(text, i, "a quote stands within a value");
        i++;
      }
      cells.push(text.slice(from, i));
    }
    if (i >= text.length) return final ? { cells, end: i, lines, problem: null } : null;
    const code = text.charCodeAt(i);
    if (code === LF) return { cells, end: i + 1, lines, problem: null };
    if (code === CR) {
      // A CR at the very end may be the first half of a CRLF.
      if (i + 1 >= text.length && !final) return null;
      return { cells, end: text.charCodeAt(i + 1) === LF ? i + 2 : i + 1, lines, problem: null };
    }
    i += delimiter.length;
  }
}

const broken = (_text: string, at: number, problem: string): Found => ({
  cells: [],
  end: at,
  lines: 0,
  problem,
});

/** Index of the closing quote, or -1. */
function closing(text: string, from: number, quote: string, escape: string): number {
  let at = from;
  if (escape === quote) {
    for (;;) {
      at = text.indexOf(quote, at);
      if (at === -1) return -1;
      if (text[at + 1] !== quote) return at;
      at += 2;
    }
  }
  for (; at < text.length; at++) {
    if (text[at] === escape) at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function unescaped(value: string, quote: string, escape: string): string {
  if (!value.includes(escape)) return value;
  if (escape === quote) return value.replaceAll(quote + quote, quote);
  let out = "";
  for (let i = 0; i < value.length; i++) {
    if (value[i] === escape && (value[i + 1] === quote || value[i + 1] === escape)) i++;
    out += value[i];
  }
  return out;
}

const isBlank = (code: number): boolean => code === 32 || code === 9;
const isLineEnd = (code: number): boolean => code === LF || code === CR;

/** Line breaks in a value: LF, CRLF and CR each count once. */
export function lineBreaks(value: string): number {
  let count = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === LF) count++;
    else if (code === CR && value.charCodeAt(i + 1) !== LF) count++;
  }
  return count;
}

/** Start of the next line, or -1 when the line does not end within the text. */
function lineEnd(text: string, from: number, final: boolean): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === LF) return i + 1;
    if (code === CR) {
      if (i + 1 >= text.length && !final) return -1;
      return text.charCodeAt(i + 1) === LF ? i + 2 : i + 1;
    }
  }
  return final ? text.length : -1;
}

function lineEndOr(text: string, from: number): number {
  const end = lineEnd(text, from, true);
  return end === -1 ? text.length : end;
}

function bare(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isLineEnd(text.charCodeAt(at - 1))) at--;
  return at;
}
