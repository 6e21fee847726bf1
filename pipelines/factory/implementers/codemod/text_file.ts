/** A text file taken apart so that it can be put together again byte by byte. */
export interface TextFile {
  path: string;
  /** Without the byte order mark. Line ends are as they are in the file. */
  text: string;
  bom: boolean;
}

/** One replacement in a text: UTF-16 offsets, end exclusive. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

const BOM = "\ufeff";

/** Reads bytes as UTF-8; null when they are not text in UTF-8 (also when they hold a NUL, as UTF-16 and binaries do). */
export function decodeText(path: string, bytes: Uint8Array): TextFile | null {
  if (bytes.includes(0)) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const bom = text.startsWith(BOM);
    return { path, text: bom ? text.slice(1) : text, bom };
  } catch {
    return null; // a TypeError by the decoder's contract: malformed UTF-8, which is what we were asked
  }
}

/** The bytes of a text file whose text may have changed. */
export function encodeText(file: TextFile): Uint8Array {
  return new TextEncoder().encode(file.bom ? BOM + file.text : file.text);
}

/** The line end that most lines of a text have; `\n` for a text of one line. */
export function lineEnd(text: string): "\n" | "\r\n" {
  let crlf = 0, lf = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    if (at > 0 && text[at - 1] === "\r") crlf++;
    else lf++;
  }
  return crlf > lf ? "\r\n" : "\n";
}

/** Text with every line end as given. */
export function withLineEnd(text: string, end: "\n" | "\r\n"): string {
  return text.replace(/\r\n|\n/g, end);
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** What parts one element of a list from the one before: a space, or a line of its own with its indentation. */
export function gapBefore(text: string, start: number): string {
  const lineBreak = text.lastIndexOf("\n", start - 1);
  const lead = text.slice(lineBreak + 1, start);
  if (lineBreak < 0 || lead.trim() !== "") return " ";
  return (text[lineBreak - 1] === "\r" ? "\r\n" : "\n") + lead;
}

/** Applies edits to a text. Overlapping edits are a bug of the caller; two equal ones count once. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let out = "", at = 0;
  let last: TextEdit | null = null;
  for (const edit of sorted) {
    if (last !== null && edit.start === last.start && edit.end === last.end && edit.text === last.text) {
      continue;
    }
    if (edit.start < at || edit.end < edit.start || edit.end > text.length) {
      throw new Error(`edits overlap or leave the text: ${edit.start}..${edit.end} after ${at}`);
    }
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
    last = edit;
  }
  return out + text.slice(at);
}
