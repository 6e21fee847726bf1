import { ascii, type Cursor, headOf, Malformed } from "./patch_cursor.ts";
import { readBinary, readHunks } from "./patch_hunk.ts";
import { gitNames, sidePath, wholePath } from "./patch_name.ts";
import type { PatchPath } from "./patch_path.ts";
import type { BinaryBlock, Hunk, PatchFile } from "./patch_file.ts";

const MODE = /^(?:100644|100755|100664|120000|160000|040000)$/;

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

/** One file under a `diff --git` header. */
export function gitFile(cursor: Cursor): PatchFile {
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
  let blocks: BinaryBlock[] | undefined;
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
      blocks = readBinary(cursor);
      binary = "carried";
      break extended;
    } else break extended;
    cursor.take();
  }
  const file = settle(header, names, { from, to }, binary, hunks, headerLine);
  return blocks ? { ...file, blocks } : file;
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
