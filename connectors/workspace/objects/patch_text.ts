/** Reads a unified diff as git does, one character a byte. What it holds is checked where it is applied. */
import { Buffer } from "node:buffer";

/** A line of a hunk: its mark, and its bytes with the line end, which the last line of a file may lack. */
export interface PatchLine {
  readonly mark: " " | "+" | "-";
  text: string;
}

export interface PatchHunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: PatchLine[];
  /** Its header's line in the patch, from 1. */
  readonly at: number;
}

export interface BinaryData {
  readonly kind: "literal" | "delta";
  readonly size: number;
  /** Base 85, a line at a time, with the character for its length. */
  readonly lines: readonly string[];
}

export interface FilePatch {
  /** Null: the side does not exist. */
  oldPath: string | null;
  newPath: string | null;
  how: "change" | "rename" | "copy";
  oldMode?: string;
  newMode?: string;
  hunks: PatchHunk[];
  /** What makes the new side. */
  binary?: BinaryData;
  /** Name of the old side, in full, when the patch has it. */
  oldSha?: string;
  newSha?: string;
  at: number;
}

export class PatchMalformed extends Error {
  override readonly name = "PatchMalformed";
  constructor(message: string, readonly line: number) {
    super(message);
  }
}

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

/** The bytes as text of one character each. */
export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** @throws {PatchMalformed} */
export function readPatch(patch: Uint8Array): FilePatch[] {
  const lines = latin1(patch).split(/(?<=\n)/);
  const files: FilePatch[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) {
      const [file, next] = gitFile(lines, at);
      files.push(file);
      at = next;
    } else if (
      line.startsWith("--- ") && lines[at + 1]?.startsWith("+++ ") && lines[at + 2]?.startsWith("@@ -")
    ) {
      const file: FilePatch = {
        oldPath: sidePath(line, at),
        newPath: sidePath(lines[at + 1] ?? "", at + 1),
        how: "change",
        hunks: [],
        at: at + 1,
      };
      at = readHunks(lines, at + 2, file);
      files.push(file);
    } else if (HUNK.test(line)) {
      throw new PatchMalformed("a hunk stands without the header of its file", at + 1);
    } else at++;
  }
  return files;
}

function gitFile(lines: readonly string[], start: number): [FilePatch, number] {
  const file: FilePatch = { oldPath: null, newPath: null, how: "change", hunks: [], at: start + 1 };
  const both = bothPaths(chomp(lines[start] ?? "").slice("diff --git ".length));
  let [created, deleted] = [false, false];
  let [seenOld, seenNew] = [both?.old ?? null, both?.new ?? null];
  let at = start + 1;
  for (; at < lines.length; at++) {
    const line = chomp(lines[at] ?? "");
    const value = (head: string) => line.startsWith(head) ? line.slice(head.length) : null;
    const mode = (head: string) => {
      const text = value(head)?.trim();
      if (text === undefined) return null;
      if (!/^(100644|100755|120000|160000)$/.test(text)) {
        throw new PatchMalformed(`it names a mode that no file has: ${text.slice(0, 20)}`, at + 1);
      }
      return text;
    };
    const moved = value("rename from ") ?? value("copy from ");
    const into = value("rename to ") ?? value("copy to ");
    const fresh = mode("new file mode ");
    const gone = mode("deleted file mode ");
    const [oldMode, newMode] = [mode("old mode "), mode("new mode ")];
    if (fresh !== null) [created, file.newMode] = [true, fresh];
    else if (gone !== null) [deleted, file.oldMode] = [true, gone];
    else if (oldMode !== null) file.oldMode = oldMode;
    else if (newMode !== null) file.newMode = newMode;
    else if (moved !== null) {
      file.how = line.startsWith("rename") ? "rename" : "copy";
      seenOld = unquoted(moved, at);
    } else if (into !== null) seenNew = unquoted(into, at);
    else if (line.startsWith("index ")) {
      const found = /^index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: (\d{6}))?$/.exec(line);
      if (found?.[1] !== undefined) file.oldSha = found[1];
      if (found?.[2] !== undefined) file.newSha = found[2];
    } else if (/^(?:dis)?similarity index /.test(line)) continue;
    else break;
  }
  const next = lines[at] ?? "";
  if (next.startsWith("--- ") && lines[at + 1]?.startsWith("+++ ")) {
    const [before, after] = [sidePath(next, at), sidePath(lines[at + 1] ?? "", at + 1)];
    if ((before === null && !created) || (after === null && !deleted)) {
      if (before === null) created = true;
      if (after === null) deleted = true;
    }
    seenOld = before ?? seenOld;
    seenNew = after ?? seenNew;
    at = readHunks(lines, at + 2, file);
  } else if (next.startsWith("GIT binary patch")) at = readBinary(lines, at + 1, file);
  if (seenOld === null && !created || seenNew === null && !deleted) {
    throw new PatchMalformed("the names of the file are not in its header", start + 1);
  }
  if (file.how === "change" && !created && !deleted && seenOld !== seenNew) {
    throw new PatchMalformed("its two sides have names that differ, and it is no rename", start + 1);
  }
  file.oldPath = created ? null : seenOld;
  file.newPath = deleted ? null : seenNew;
  return [file, at];
}

/** `a/NAME b/NAME`, where both are the same: the only way to tell them apart without quotes. */
function bothPaths(text: string): { old: string; new: string } | null {
  if (text.startsWith('"')) {
    const found = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*"|.+)$/.exec(text);
    if (found === null) return null;
    return { old: strip(unquoted(found[1] ?? "", 0)), new: strip(unquoted(found[2] ?? "", 0)) };
  }
  const half = (text.length - 1) / 2;
  const [before, after] = [text.slice(0, half), text.slice(half + 1)];
  if (!Number.isInteger(half) || text[half] !== " " || strip(before) !== strip(after)) return null;
  return { old: utf8Path(strip(before), 0), new: utf8Path(strip(after), 0) };
}

const chomp = (line: string): string => line.replace(/\r?\n$/, "");
const strip = (path: string): string => path.slice(path.indexOf("/") + 1);

/** The path of a `---` or `+++` line; null for /dev/null. */
function sidePath(line: string, at: number): string | null {
  const text = chomp(line).slice(4);
  const name = text.startsWith('"') ? text : text.replace(/\t.*$/, "");
  if (name === "/dev/null") return null;
  return strip(unquoted(name, at));
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

function unquoted(text: string, at: number): string {
  if (!text.startsWith('"')) return utf8Path(text, at);
  const inner = /^"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  if (inner === undefined) throw new PatchMalformed("a quoted name does not end", at + 1);
  const raw = inner.replace(/\\([0-7]{3}|.)/g, (_, code: string) => {
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(parseInt(code, 8) & 0xff);
    const plain = ESCAPES[code];
    if (plain === undefined) throw new PatchMalformed("a quoted name has an unknown escape", at + 1);
    return plain;
  });
  return utf8Path(raw, at);
}

function utf8Path(raw: string, at: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(raw));
  } catch {
    throw new PatchMalformed("it names a file by bytes that are no UTF-8", at + 1);
  }
}

function readHunks(lines: readonly string[], start: number, file: FilePatch): number {
  let at = start;
  while (at < lines.length && (lines[at] ?? "").startsWith("@@ -")) {
    const found = HUNK.exec(lines[at] ?? "");
    if (found === null) throw new PatchMalformed("a hunk header is not as '@@ -1,2 +1,2 @@'", at + 1);
    const count = (text: string | undefined) => text === undefined ? 1 : Number(text);
    let [oldLeft, newLeft] = [count(found[2]), count(found[4])];
    const hunk: PatchHunk = {
      oldStart: Number(found[1]),
      newStart: Number(found[3]),
      lines: [],
      at: at + 1,
    };
    at++;
    for (;; at++) {
      const line = lines[at] ?? "";
      if (line.startsWith("\\")) {
        const last = hunk.lines.at(-1);
        if (last === undefined) throw new PatchMalformed("a hunk begins with '\\'", at + 1);
        last.text = last.text.replace(/\n$/, "");
        continue;
      }
      if (oldLeft === 0 && newLeft === 0) break;
      if (at >= lines.length) throw new PatchMalformed("the patch ends inside a hunk", at);
      const mark = line === "\n" || line === "\r\n" ? " " : line[0];
      if (mark !== " " && mark !== "+" && mark !== "-") {
        throw new PatchMalformed("a hunk does not have the lines that its header counts", at + 1);
      }
      if (mark !== "+") oldLeft--;
      if (mark !== "-") newLeft--;
      if (oldLeft < 0 || newLeft < 0) {
        throw new PatchMalformed("a hunk has more lines than its header counts", at + 1);
      }
      // A patch that was cut after its last line's text: the line has its end all the same.
      const text = line === "\n" ? line : line.slice(1);
      hunk.lines.push({ mark, text: text.endsWith("\n") ? text : `${text}\n` });
    }
    file.hunks.push(hunk);
  }
  if (file.hunks.length === 0) throw new PatchMalformed("a file's header is followed by no hunk", start);
  return at;
}

function readBinary(lines: readonly string[], start: number, file: FilePatch): number {
  let at = start;
  for (let side = 0; side < 2; side++) {
    const found = /^(literal|delta) (\d{1,12})$/.exec(chomp(lines[at] ?? ""));
    if (found === null) {
      if (side === 1) return at;
      throw new PatchMalformed("a binary change without its data", at + 1);
    }
    const data: string[] = [];
    for (at++; at < lines.length && chomp(lines[at] ?? "") !== ""; at++) data.push(chomp(lines[at] ?? ""));
    if (side === 0) {
      file.binary = { kind: found[1] as "literal" | "delta", size: Number(found[2]), lines: data };
    }
    at++;
  }
  return at;
}
