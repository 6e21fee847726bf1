import { Cursor, headOf, Malformed } from "./patch_cursor.ts";
import { gitFile } from "./patch_header.ts";
import { readHunks } from "./patch_hunk.ts";
import { sidePath } from "./patch_name.ts";
import type { ParsedPatch, PatchFile } from "./patch_file.ts";

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

function startsFile(cursor: Cursor): boolean {
  const head = headOf(cursor.peek(), 11);
  if (head === "diff --git ") return true;
  if (!head.startsWith("--- ")) return false;
  const second = cursor.second();
  return second !== null && headOf(second, 4) === "+++ ";
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
