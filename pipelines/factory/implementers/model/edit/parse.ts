import type { Edit, Malformed, ParsedEdits } from "./edit.ts";
import { parseV4a, V4A_BEGIN } from "./v4a.ts";

const SEARCH = /^(<{7,15}) SEARCH\s*$/;
const FILE = /^(<{7,15}) FILE\s*$/;
const CLOSE = /^>{7,15} (?:REPLACE|FILE)\s*$/;
const FENCE = /^\s*(?:```|~~~)/;

/**
 * Reads the edits out of the plain text of an answer: search/replace blocks, whole files, V4A patches, in any number and order, with
 * prose between them. Never throws; what looks like an edit and cannot be read is told with its line.
 */
export function parseEdits(text: string): ParsedEdits {
  const lines = text.split(/\r?\n/);
  const edits: { line: number; edit: Edit }[] = [];
  const malformed: Malformed[] = [];
  let last: string | null = null;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (V4A_BEGIN.test(line)) {
      const read = parseV4a(lines, at);
      edits.push(...read.edits);
      malformed.push(...read.malformed);
      last = read.edits.at(-1)?.edit.path ?? last;
      at = read.end;
      continue;
    }
    const search = SEARCH.exec(line);
    const file = search === null ? FILE.exec(line) : null;
    const mark = search?.[1] ?? file?.[1];
    if (mark === undefined) continue;
    const end = closing(lines, at + 1, mark.length, search === null ? "FILE" : "REPLACE");
    const tell = (why: string, remedy: string) => malformed.push({ line: at + 1, why, remedy });
    if (end === null) {
      const word = search === null ? "FILE" : "REPLACE";
      tell(
        `the block is not closed: no line ${">".repeat(mark.length)} ${word} follows`,
        "Write the whole block again; an answer that was cut off loses its last block",
      );
      // Whatever follows may belong to it.
      break;
    }
    const path: string | null = pathAbove(lines, at) ?? last;
    const body = lines.slice(at + 1, end);
    at = end;
    if (path === null) {
      tell("no file is named", "Put the path on a line of its own right above the block");
      continue;
    }
    last = path;
    if (search === null) {
      edits.push({ line: end - body.length, edit: { kind: "write", path, content: joined(body) } });
      continue;
    }
    const dividers = body.flatMap((one, index) => one.trimEnd() === "=".repeat(mark.length) ? [index] : []);
    const [divider] = dividers;
    if (divider === undefined || dividers.length > 1) {
      tell(
        divider === undefined
          ? `no line ${"=".repeat(mark.length)} parts SEARCH from REPLACE`
          : `${dividers.length} lines could be the divider ${"=".repeat(mark.length)}`,
        "Write the block again with longer marks: the same number (8 to 15) of <, = and > in all three",
      );
      continue;
    }
    edits.push({
      line: end - body.length,
      edit: {
        kind: "replace",
        path,
        search: body.slice(0, divider),
        replace: body.slice(divider + 1),
      },
    });
  }
  return { edits, malformed };
}

/** Where a block ends; null when it does not, or another one begins before. */
function closing(lines: readonly string[], from: number, length: number, word: string): number | null {
  const close = `${">".repeat(length)} ${word}`;
  const open = "<".repeat(length);
  for (let at = from; at < lines.length; at++) {
    const line = (lines[at] ?? "").trimEnd();
    if (line === close) return at;
    if (line === `${open} SEARCH` || line === `${open} FILE`) return null;
  }
  return null;
}

/** The path above a block: on the line before it, over a code fence if there is one, or in the fence's own words. */
function pathAbove(lines: readonly string[], at: number): string | null {
  for (let back = at - 1; back >= 0 && back >= at - 4; back--) {
    const line = (lines[back] ?? "").trim();
    if (line === "") continue;
    if (CLOSE.test(line)) return null;
    if (!FENCE.test(line)) return pathOf(line);
    const words = line.replace(/^(?:`{3,}|~{3,})/, "").split(/[\s:]+/);
    const named = words.find((word) => word.includes("/") || /\w\.[A-Za-z]\w*$/.test(word));
    if (named !== undefined) return pathOf(named);
  }
  return null;
}

/** A line that is a path, without what people decorate it with; of a sentence the path that it ends in. */
function pathOf(line: string): string | null {
  const quoted = /^[^`]*`([^`]+)`[^`]*$/.exec(line)?.[1];
  const bare = (quoted ?? line).trim().replace(/^(?:#{1,6}|[-*+]|\d+\.|\/\/)\s+/, "")
    .replace(/^(?:file|path)(?:name)?\s*:\s*/i, "").replace(/^[*`"'“]+|[*`"'”:]+$/g, "").trim();
  const words = bare.split(/\s+/);
  const [first = "", last = ""] = [words[0], words.at(-1)];
  const path = words.length === 1 || first.includes("/") || quoted !== undefined ? bare : last;
  const isOne = words.length === 1 || path.includes("/") || /\w\.[A-Za-z]\w*$/.test(path);
  return !isOne || path === "" || path.length > 500 || /[<>|?"`\0]/.test(path) ? null : path;
}

const joined = (body: readonly string[]): string => body.length === 0 ? "" : `${body.join("\n")}\n`;

/** Writes a block as `parseEdits` reads it, with marks that nothing in it looks like. */
export function renderEdit(edit: Extract<Edit, { kind: "replace" | "write" }>): string {
  const lines = edit.kind === "replace" ? [...edit.search, ...edit.replace] : edit.content.split(/\r?\n/);
  let length = 7;
  while (length < 15 && lines.some((line) => isMark(line.trimEnd(), length))) length++;
  const [open, close] = ["<".repeat(length), ">".repeat(length)];
  return edit.kind === "write"
    ? `${edit.path}\n${open} FILE\n${edit.content}${close} FILE`
    : [edit.path, `${open} SEARCH`, ...edit.search, "=".repeat(length), ...edit.replace, `${close} REPLACE`]
      .join("\n");
}

function isMark(line: string, length: number): boolean {
  const [open, close] = ["<".repeat(length), ">".repeat(length)];
  return [`${open} SEARCH`, `${open} FILE`, "=".repeat(length), `${close} REPLACE`, `${close} FILE`].includes(
    line,
  );
}
