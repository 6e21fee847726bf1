import { decodePath, type PatchPath, readQuoted, writePath } from "./patch_path.ts";

/** One line of a hunk, without its newline. */
export interface PatchLine {
  kind: "context" | "added" | "removed";
  bytes: Uint8Array;
  /** True when `\ No newline at end of file` follows. */
  noNewline: boolean;
}

export interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  section: Uint8Array;
  lines: PatchLine[];
}

/** One file of a unified diff. A side that does not exist is null. */
export interface PatchFile {
  oldPath: PatchPath | null;
  newPath: PatchPath | null;
  status: "A" | "M" | "D" | "R" | "C";
  oldMode: string | null;
  newMode: string | null;
  /** `withheld`: the diff says that binary files differ and does not carry them. */
  binary: "none" | "carried" | "withheld";
  hunks: Hunk[];
}

export type ParsedPatch =
  | { ok: true; files: PatchFile[]; preamble: Uint8Array[]; hunks: number }
  | { ok: false; problem: string; line: number };

class Malformed extends Error {
  constructor(readonly problem: string, readonly line: number) {
    super(problem);
  }
}

const encoder = new TextEncoder();
const ascii = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
/** The first bytes of a line as text: enough to tell what kind of line it is. */
const headOf = (bytes: Uint8Array, length = 64): string => ascii(bytes.subarray(0, length));

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;
const MODE = /^(?:100644|100755|100664|120000|160000|040000)$/;

/**
 * Reads a unified diff as `git diff` prints it, and plain `---`/`+++` pairs. Strict: what it does not understand is a
 * problem with its line, never skipped. Linear in the length of the patch; content is never decoded.
 */
export function parsePatch(patch: Uint8Array): ParsedPatch {
  const cursor = new Cursor(patch);
  try {
    const preamble: Uint8Array[] = [];
    while (!cursor.done() && !startsFile(cursor)) preamble.push(cursor.take());
    const files: PatchFile[] = [];
    let hunks = 0;
    while (!cursor.done()) {
      if (startsFile(cursor)) {
        const file = headOf(cursor.peek(), 11) === "diff --git " ? gitFile(cursor) : plainFile(cursor);
        hunks += file.hunks.length;
        files.push(file);
        continue;
      }
      // The signature that `git format-patch` puts at the end: "-- ", the version, perhaps an empty line.
      if (headOf(cursor.peek()) === "-- " || cursor.peek().length === 0) {
        cursor.take();
        if (cursor.rest() <= 2) {
          while (!cursor.done()) preamble.push(cursor.take());
        }
        continue;
      }
      throw new Malformed("this line belongs to no file and no hunk", cursor.line());
    }
    if (files.length === 0 && preamble.some((line) => line.length > 0)) {
      throw new Malformed("there is text, but no 'diff --git' header and no '---' and '+++' pair", 1);
    }
    return { ok: true, files, preamble, hunks };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problem: error.problem, line: error.line };
    throw error;
  }
}

class Cursor {
  #at = 0;
  #next: number;
  #line = 1;
  #remaining: number;
  constructor(readonly bytes: Uint8Array) {
    this.#next = this.#find(0);
    let count = 0;
    for (const byte of bytes) if (byte === 10) count++;
    this.#remaining = count + (bytes.length > 0 && bytes[bytes.length - 1] !== 10 ? 1 : 0);
  }
  #find(from: number): number {
    const at = this.bytes.indexOf(10, from);
    return at < 0 ? this.bytes.length : at;
  }
  done(): boolean {
    return this.#at >= this.bytes.length;
  }
  /** Lines that are left, this one included. */
  rest(): number {
    return this.#remaining;
  }
  peek(): Uint8Array {
    return this.bytes.subarray(this.#at, this.#next);
  }
  second(): Uint8Array | null {
    if (this.#next + 1 >= this.bytes.length) return null;
    return this.bytes.subarray(this.#next + 1, this.#find(this.#next + 1));
  }
  take(): Uint8Array {
    const line = this.peek();
    this.#at = this.#next + 1;
    this.#next = this.#find(this.#at);
    this.#line++;
    this.#remaining--;
    return line;
  }
  line(): number {
    return this.#line;
  }
}

function startsFile(cursor: Cursor): boolean {
  const head = headOf(cursor.peek(), 11);
  if (head === "diff --git ") return true;
  if (!head.startsWith("--- ")) return false;
  const second = cursor.second();
  return second !== null && headOf(second, 4) === "+++ ";
}

interface Header {
  oldPath: PatchPath | null | undefined;
  newPath: PatchPath | null | undefined;
  oldMode: string | null;
  newMode: string | null;
  created: boolean;
  deleted: boolean;
  renamed: boolean;
  copied: boolean;
}

function gitFile(cursor: Cursor): PatchFile {
  const headerLine = cursor.line();
  const names = gitNames(cursor.take(), headerLine);
  const header: Header = {
    oldPath: undefined,
    newPath: undefined,
    oldMode: null,
    newMode: null,
    created: false,
    deleted: false,
    renamed: false,
    copied: false,
  };
  let binary: PatchFile["binary"] = "none";
  let hunks: Hunk[] = [];
  let from: PatchPath | undefined;
  let to: PatchPath | undefined;
  extended: while (!cursor.done()) {
    const at = cursor.line();
    const line = cursor.peek();
    const text = headOf(line);
    const mode = (prefix: string): string => {
      const value = ascii(line.subarray(prefix.length));
      if (!MODE.test(value)) throw new Malformed(`'${value.slice(0, 20)}' is not a file mode of git`, at);
      return value;
    };
    if (text.startsWith("old mode ")) header.oldMode = mode("old mode ");
    else if (text.startsWith("new mode ")) header.newMode = mode("new mode ");
    else if (text.startsWith("deleted file mode ")) {
      header.oldMode = mode("deleted file mode ");
      header.deleted = true;
    } else if (text.startsWith("new file mode ")) {
      header.newMode = mode("new file mode ");
      header.created = true;
    } else if (text.startsWith("rename from ")) {
      from = wholePath(line, 12, at);
      header.renamed = true;
    } else if (text.startsWith("rename to ")) {
      to = wholePath(line, 10, at);
      header.renamed = true;
    } else if (text.startsWith("copy from ")) {
      from = wholePath(line, 10, at);
      header.copied = true;
    } else if (text.startsWith("copy to ")) {
      to = wholePath(line, 8, at);
      header.copied = true;
    } else if (text.startsWith("similarity index ") || text.startsWith("dissimilarity index ")) {
      if (!/^(?:dis)?similarity index \d{1,3}%$/.test(ascii(line))) {
        throw new Malformed("this similarity index is not a percentage", at);
      }
    } else if (text.startsWith("index ")) {
      const found = /^index [0-9a-f]{4,64}\.\.[0-9a-f]{4,64}(?: (\d{6}))?$/.exec(ascii(line));
      if (!found) throw new Malformed("this index line is not as git writes it", at);
      if (found[1] !== undefined) {
        if (!MODE.test(found[1])) throw new Malformed(`'${found[1]}' is not a file mode of git`, at);
        header.oldMode ??= found[1];
        header.newMode ??= found[1];
      }
    } else if (text.startsWith("--- ")) {
      header.oldPath = sidePath(line, "a/", at);
      cursor.take();
      const second = cursor.done() ? null : cursor.peek();
      if (second === null || headOf(second, 4) !== "+++ ") {
        throw new Malformed("'---' is not followed by '+++'", cursor.line());
      }
      header.newPath = sidePath(second, "b/", cursor.line());
      cursor.take();
      hunks = readHunks(cursor);
      if (hunks.length === 0) {
        throw new Malformed("'---' and '+++' are not followed by a hunk", cursor.line());
      }
      break extended;
    } else if (text.startsWith("Binary files ")) {
      if (!ascii(line).endsWith(" differ")) {
        throw new Malformed("this line about binary files does not end", at);
      }
      binary = "withheld";
      cursor.take();
      break extended;
    } else if (text === "GIT binary patch") {
      cursor.take();
      readBinary(cursor);
      binary = "carried";
      break extended;
    } else break extended;
    cursor.take();
  }
  return settle(header, names, { from, to }, binary, hunks, headerLine);
}

/** Puts together what the header lines say of one file; where they contradict each other it is malformed. */
function settle(
  header: Header,
  names: { old: PatchPath; new: PatchPath } | null,
  moved: { from: PatchPath | undefined; to: PatchPath | undefined },
  binary: PatchFile["binary"],
  hunks: Hunk[],
  line: number,
): PatchFile {
  const refuse = (problem: string): never => {
    throw new Malformed(problem, line);
  };
  if (header.created && header.deleted) refuse("the file is said to be both new and deleted");
  if (header.renamed && header.copied) refuse("the file is said to be both renamed and copied");
  const moves = header.renamed || header.copied;
  if (moves && (header.created || header.deleted)) refuse("a renamed file cannot be new or deleted");
  if (moves && (!moved.from || !moved.to)) refuse("the rename names only one side");
  let oldPath = moves ? moved.from : names?.old;
  let newPath = moves ? moved.to : names?.new;
  if (header.oldPath !== undefined || header.newPath !== undefined) {
    if (header.oldPath === null && header.newPath === null) refuse("both sides are /dev/null");
    if (header.oldPath === null && !header.created) {
      refuse("the old side is /dev/null, but the file is not new");
    }
    if (header.newPath === null && !header.deleted) {
      refuse("the new side is /dev/null, but the file is not deleted");
    }
    if (header.created && header.oldPath !== null) refuse("the file is said to be new, but has an old side");
    if (header.deleted && header.newPath !== null) {
      refuse("the file is said to be deleted, but has a new side");
    }
    const same = (a: PatchPath | null | undefined, b: PatchPath | undefined) => !a || !b || a.text === b.text;
    if (!same(header.oldPath, oldPath) || !same(header.newPath, newPath)) {
      refuse("the header and the '---' and '+++' lines name different files");
    }
    oldPath ??= header.oldPath ?? undefined;
    newPath ??= header.newPath ?? undefined;
    // A header whose names are ambiguous: only a new or deleted file may leave one side open.
    if (header.created) oldPath = undefined;
    if (header.deleted) newPath = undefined;
  } else if (!oldPath || !newPath) refuse("the names of the file cannot be told from the header");
  if (!moves && !header.created && !header.deleted && oldPath?.text !== newPath?.text) {
    refuse("the header names two files, but says nothing of a rename");
  }
  const status = header.created
    ? "A"
    : header.deleted
    ? "D"
    : header.renamed
    ? "R"
    : header.copied
    ? "C"
    : "M";
  if (status === "M" && binary === "none" && hunks.length === 0 && header.oldMode === header.newMode) {
    refuse("the file is named, but nothing of it changes");
  }
  return {
    oldPath: status === "A" ? null : oldPath ?? null,
    newPath: status === "D" ? null : newPath ?? null,
    status,
    oldMode: header.oldMode,
    newMode: header.newMode,
    binary,
    hunks,
  };
}

/** `--- a` and `+++ b` without git's header, as diff(1) writes them. */
function plainFile(cursor: Cursor): PatchFile {
  const at = cursor.line();
  const oldPath = sidePath(cursor.take(), "a/", at);
  const newPath = sidePath(cursor.take(), "b/", at + 1);
  const hunks = readHunks(cursor);
  if (hunks.length === 0) throw new Malformed("'---' and '+++' are not followed by a hunk", cursor.line());
  if (oldPath === null && newPath === null) throw new Malformed("both sides are /dev/null", at);
  if (oldPath && newPath && oldPath.text !== newPath.text) {
    throw new Malformed("'---' and '+++' name different files", at);
  }
  return {
    oldPath,
    newPath,
    status: oldPath === null ? "A" : newPath === null ? "D" : "M",
    oldMode: null,
    newMode: null,
    binary: "none",
    hunks,
  };
}

/** Both names of `diff --git a/x b/x`; null when unquoted names hold spaces so that they cannot be told apart. */
function gitNames(line: Uint8Array, at: number): { old: PatchPath; new: PatchPath } | null {
  const start = "diff --git ".length;
  if (line[start] === 34) {
    const first = readQuoted(line, start);
    if (!first || line[first.end] !== 32) throw new Malformed("the quoted name does not end", at);
    const second = line[first.end + 1] === 34 ? readQuoted(line, first.end + 1) : {
      bytes: line.subarray(first.end + 1),
      end: line.length,
    };
    if (!second || second.end !== line.length) throw new Malformed("the quoted name does not end", at);
    return { old: unprefixed(first.bytes, "a/", at), new: unprefixed(second.bytes, "b/", at) };
  }
  const rest = line.subarray(start);
  if (rest.length > 0 && rest[rest.length - 1] === 34) {
    const quote = rest.indexOf(34);
    const second = readQuoted(rest, quote);
    if (!second || second.end !== rest.length || rest[quote - 1] !== 32) {
      throw new Malformed("the quoted name does not end", at);
    }
    return {
      old: unprefixed(rest.subarray(0, quote - 1), "a/", at),
      new: unprefixed(second.bytes, "b/", at),
    };
  }
  // Both names are the same but for their prefix whenever nothing else will tell them: then the middle is the space.
  const middle = (rest.length - 1) / 2;
  if (Number.isInteger(middle) && rest[middle] === 32) {
    const left = rest.subarray(0, middle);
    const right = rest.subarray(middle + 1);
    if (equal(left.subarray(2), right.subarray(2))) {
      return { old: unprefixed(left, "a/", at), new: unprefixed(right, "b/", at) };
    }
  }
  const space = rest.indexOf(32);
  if (space > 0 && rest.indexOf(32, space + 1) < 0) {
    return {
      old: unprefixed(rest.subarray(0, space), "a/", at),
      new: unprefixed(rest.subarray(space + 1), "b/", at),
    };
  }
  return null;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function unprefixed(bytes: Uint8Array, prefix: "a/" | "b/", at: number): PatchPath {
  if (headOf(bytes, 2) !== prefix) throw new Malformed(`the name does not begin with ${prefix}`, at);
  if (bytes.length === 2) throw new Malformed("the name is empty", at);
  return decodePath(bytes.slice(2));
}

/** The path after `--- ` or `+++ `; null for /dev/null. diff(1) may put a tab and a date behind it. */
function sidePath(line: Uint8Array, prefix: "a/" | "b/", at: number): PatchPath | null {
  let bytes = line.subarray(4);
  if (bytes[0] === 34) {
    const quoted = readQuoted(line, 4);
    if (!quoted) throw new Malformed("the quoted name does not end", at);
    const after = line[quoted.end];
    if (after !== undefined && after !== 9) throw new Malformed("there is text behind the quoted name", at);
    bytes = quoted.bytes;
  } else {
    const tab = bytes.indexOf(9);
    if (tab >= 0) bytes = bytes.subarray(0, tab);
    if (headOf(bytes) === "/dev/null") return null;
  }
  return unprefixed(bytes, prefix, at);
}

function wholePath(line: Uint8Array, start: number, at: number): PatchPath {
  if (line[start] === 34) {
    const quoted = readQuoted(line, start);
    if (!quoted || quoted.end !== line.length) throw new Malformed("the quoted name does not end", at);
    return decodePath(quoted.bytes);
  }
  if (line.length === start) throw new Malformed("the name is empty", at);
  return decodePath(line.slice(start));
}

function readHunks(cursor: Cursor): Hunk[] {
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
    hunk.lines.push({ kind, bytes: line.slice(1), noNewline: false });
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
function readBinary(cursor: Cursor): void {
  let blocks = 0;
  while (!cursor.done() && blocks < 2 && BINARY.test(headOf(cursor.peek(), 32))) {
    cursor.take();
    while (!cursor.done() && cursor.peek().length > 0) {
      const line = cursor.peek();
      if (line.length > 66 || !BASE85.test(ascii(line))) {
        throw new Malformed("this line of a binary patch is not base 85", cursor.line());
      }
      cursor.take();
    }
    if (!cursor.done()) cursor.take();
    blocks++;
  }
  if (blocks === 0) {
    throw new Malformed("'GIT binary patch' is not followed by 'literal' or 'delta'", cursor.line());
  }
}

/** Writes a parsed patch again, as git would. Binary content is not kept by the parser and cannot be written. */
export function renderPatch(files: readonly PatchFile[], pathBytes = encoder): Uint8Array {
  const parts: Uint8Array[] = [];
  const put = (text: string) => parts.push(encoder.encode(`${text}\n`));
  const name = (prefix: string, path: PatchPath) => writePath(pathBytes.encode(`${prefix}${path.text}`));
  for (const file of files) {
    const left = file.oldPath ?? file.newPath;
    const right = file.newPath ?? file.oldPath;
    if (!left || !right) throw new Error("Cannot render a patch of a file without a path");
    if (file.binary === "carried") throw new Error("Cannot render a binary patch: its content is not kept");
    put(`diff --git ${name("a/", left)} ${name("b/", right)}`);
    if (file.status === "A") put(`new file mode ${file.newMode ?? "100644"}`);
    else if (file.status === "D") put(`deleted file mode ${file.oldMode ?? "100644"}`);
    else if (file.oldMode !== null && file.newMode !== null && file.oldMode !== file.newMode) {
      put(`old mode ${file.oldMode}`);
      put(`new mode ${file.newMode}`);
    }
    if (file.status === "R" || file.status === "C") {
      const verb = file.status === "R" ? "rename" : "copy";
      put("similarity index 90%");
      put(`${verb} from ${name("", left)}`);
      put(`${verb} to ${name("", right)}`);
    }
    if (file.binary === "withheld") put(`Binary files ${name("a/", left)} and ${name("b/", right)} differ`);
    if (file.hunks.length > 0) {
      put(`--- ${file.oldPath ? name("a/", file.oldPath) : "/dev/null"}`);
      put(`+++ ${file.newPath ? name("b/", file.newPath) : "/dev/null"}`);
    }
    for (const hunk of file.hunks) {
      parts.push(encoder.encode(
        `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
      ));
      parts.push(hunk.section);
      put("");
      for (const line of hunk.lines) {
        parts.push(encoder.encode(line.kind === "added" ? "+" : line.kind === "removed" ? "-" : " "));
        parts.push(line.bytes);
        put(line.noNewline ? "\n\\ No newline at end of file" : "");
      }
    }
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const range = (start: number, lines: number): string => lines === 1 ? `${start}` : `${start},${lines}`;
