import { ascii, type Cursor, headOf, Malformed } from "./patch_cursor.ts";
import type { BinaryBlock, Hunk } from "./patch_file.ts";

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

export function readHunks(cursor: Cursor): Hunk[] {
  const hunks: Hunk[] = [];
  while (!cursor.done() && headOf(cursor.peek(), 4) === "@@ -") hunks.push(readHunk(cursor));
  return hunks;
}

function readHunk(cursor: Cursor): Hunk {
  const at = cursor.line();
  const header = cursor.take();
  const found = HUNK.exec(headOf(header, 96));
  if (!found) throw new Malformed("this hunk header is not as '@@ -1,2 +1,2 @@'", at);
  const count = (text: string | undefined) => text === undefined ? 1 : Number(text);
  const hunk: Hunk = {
    oldStart: Number(found[1]),
    oldLines: count(found[2]),
    newStart: Number(found[3]),
    newLines: count(found[4]),
    section: header.slice(found[0].length),
    lines: [],
    at,
  };
  let oldLeft = hunk.oldLines;
  let newLeft = hunk.newLines;
  if (oldLeft === 0 && newLeft === 0) throw new Malformed("the hunk is empty", at);
  while (oldLeft > 0 || newLeft > 0) {
    if (cursor.done()) throw new Malformed("the patch ends inside a hunk", cursor.line());
    const line = cursor.peek();
    const mark = line[0];
    if (mark === 92) {
      noNewline(hunk, line, cursor.line());
      cursor.take();
      continue;
    }
    const kind = mark === 43
      ? "added"
      : mark === 45
      ? "removed"
      : mark === 32 || mark === undefined
      ? "context"
      : null;
    if (kind === null) {
      throw new Malformed("this line of the hunk begins with none of ' ', '+', '-' and '\\'", cursor.line());
    }
    if (kind !== "added") oldLeft--;
    if (kind !== "removed") newLeft--;
    if (oldLeft < 0 || newLeft < 0) {
      throw new Malformed("the hunk has more lines than its header says", cursor.line());
    }
    hunk.lines.push({ kind, bytes: line.slice(1), noNewline: false, at: cursor.line() });
    cursor.take();
  }
  if (!cursor.done() && cursor.peek()[0] === 92) {
    noNewline(hunk, cursor.peek(), cursor.line());
    cursor.take();
  }
  return hunk;
}

function noNewline(hunk: Hunk, line: Uint8Array, at: number): void {
  const last = hunk.lines.at(-1);
  // Translated by some diffs; the leading backslash and space are what git itself relies on.
  if (!last || last.noNewline || headOf(line, 2) !== "\\ ") {
    throw new Malformed("this line begins with a backslash, but no line of the hunk stands before it", at);
  }
  last.noNewline = true;
}

const BINARY = /^(?:literal|delta) \d{1,12}$/;
const BASE85 = /^[A-Za-z][0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]+$/;

/** `GIT binary patch`: one or two blocks of length-prefixed base 85 lines, each ended by an empty line. */
export function readBinary(cursor: Cursor): BinaryBlock[] {
  const blocks: BinaryBlock[] = [];
  while (!cursor.done() && blocks.length < 2 && BINARY.test(headOf(cursor.peek(), 32))) {
    const [kind, size] = headOf(cursor.take(), 32).split(" ");
    const block: BinaryBlock = {
      kind: kind === "literal" ? "literal" : "delta",
      size: Number(size),
      from: cursor.line(),
      to: cursor.line(),
      lines: [],
    };
    while (!cursor.done() && cursor.peek().length > 0) {
      const line = cursor.peek();
      if (line.length > 66 || !BASE85.test(ascii(line))) {
        throw new Malformed("this line of a binary patch is not base 85", cursor.line());
      }
      block.to = cursor.line();
      block.lines.push(cursor.take());
    }
    if (!cursor.done()) cursor.take();
    blocks.push(block);
  }
  if (blocks.length === 0) {
    throw new Malformed("'GIT binary patch' is not followed by 'literal' or 'delta'", cursor.line());
  }
  return blocks;
}
