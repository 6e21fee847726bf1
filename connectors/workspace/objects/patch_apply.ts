/** Applies a unified diff to a tree as `git apply --cached` does: every context line must be there, nothing changes unless all fits. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { staysInside } from "../apply.ts";
import { refusePath } from "../inside.ts";
import { binaryWithoutData } from "../refusal.ts";
import { binaryContent } from "./binary_patch.ts";
import type { FlatEntry, MemoryObjects } from "./memory_objects.ts";
import { bytesOf, type FilePatch, latin1, type PatchHunk, PatchMalformed, readPatch } from "./patch_text.ts";

const MAX_PATCH_BYTES = 100 * 1024 * 1024;
const MAX_NAME_BYTES = 255;
const LINK = "120000";
const AS_GIT_PRINTS = "Give a unified diff as `git diff --binary` prints it, complete and unedited.";
const REBASE = "Make the patch again from the base commit of the run (--base names it).";

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

function refuse(code: "patch-malformed" | "patch-conflict" | "patch-path", path: string, why: string): never {
  const remedy = code === "patch-conflict"
    ? REBASE
    : code === "patch-path"
    ? "Keep paths inside the repository, relative, without `..`, `.git` and links on the way."
    : AS_GIT_PRINTS;
  const shown = path.slice(0, 1000);
  throw new Refused({ code, message: `Cannot apply the patch to ${shown}: ${why}`, path: shown, remedy });
}

/** The name of the tree that comes of it. */
export async function applyToTree(
  objects: MemoryObjects,
  tree: string,
  patch: Uint8Array,
): Promise<Result<string, Problem>> {
  if (patch.byteLength > MAX_PATCH_BYTES) {
    return err({
      code: "patch-malformed",
      message: `Cannot apply the patch: it has ${patch.byteLength} bytes and ${MAX_PATCH_BYTES} is the limit`,
      remedy: "Split the change.",
    });
  }
  // Nothing but white space proposes nothing; the gate for empty changes says it better.
  if (patch.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))) return ok(tree);
  const hollow = binaryWithoutData(patch);
  if (hollow !== null) return err(hollow);
  try {
    const files = readPatch(patch);
    if (files.length === 0) throw new PatchMalformed("there is no unified diff in it", 1);
    return ok(await objects.addTree(await applied(objects, objects.files(tree), files)));
  } catch (error) {
    if (error instanceof Refused) return err(error.problem);
    if (!(error instanceof PatchMalformed)) throw error;
    return err({
      code: "patch-malformed",
      message: `Cannot apply the patch: ${error.message} (patch line ${error.line})`,
      line: error.line,
      remedy: AS_GIT_PRINTS,
    });
  }
}

async function applied(
  objects: MemoryObjects,
  before: ReadonlyMap<string, FlatEntry>,
  files: readonly FilePatch[],
): Promise<Map<string, FlatEntry>> {
  const now = new Map(before);
  /** Written by an earlier part of the same patch. */
  const written = new Set<string>();
  /** Names that go with this patch: others may take them, whatever the order. */
  const leaving = new Set(
    files.flatMap(({ oldPath, newPath, how }) =>
      oldPath !== null && how !== "copy" && oldPath !== newPath ? [oldPath] : []
    ),
  );
  for (const file of files) {
    const { oldPath, newPath } = file;
    for (const path of [oldPath, newPath]) if (path !== null) checkPath(path, now);
    const moves = file.how !== "change";
    const old = oldPath === null ? null : moves ? before.get(oldPath) ?? null : now.get(oldPath) ?? null;
    const name = newPath ?? oldPath ?? "";
    if (oldPath !== null && old === null) {
      refuse("patch-conflict", oldPath, "the file is not there");
    }
    if (newPath !== null && newPath !== oldPath && now.has(newPath) && !leaving.has(newPath)) {
      refuse("patch-conflict", newPath, "the file is there already");
    }
    if (newPath !== null && newPath === oldPath && oldPath !== null && file.how === "rename") {
      refuse("patch-malformed", newPath, "it is renamed to itself");
    }
    const mode = modeOf(file, old, name);
    const content = await contentOf(objects, file, old, name);
    if (newPath === null && content !== null && content.byteLength > 0) {
      refuse("patch-conflict", name, "the file would be deleted, and not all of it is taken out");
    }
    if (oldPath !== null && oldPath !== newPath && file.how !== "copy" && !written.has(oldPath)) {
      now.delete(oldPath);
    }
    if (newPath === null) {
      now.delete(name);
      continue;
    }
    const sha = content === null ? old?.sha ?? await objects.addBlob(new Uint8Array()) : await put(content);
    if (mode === LINK) await checkLink(objects, newPath, sha);
    now.set(newPath, { mode, sha });
    written.add(newPath);
  }
  for (const path of written) checkPlace(path, now);
  return now;

  function put(content: Uint8Array): Promise<string> {
    return objects.addBlob(content);
  }
}

function modeOf(file: FilePatch, old: FlatEntry | null, name: string): string {
  const given = file.newMode ?? (file.oldPath === null ? "100644" : old?.mode ?? "100644");
  const kind = (mode: string) => mode.slice(0, 3);
  if (given === "160000" || old?.mode === "160000") {
    refuse("patch-conflict", name, "it is a submodule, which a patch cannot change here");
  }
  if (old !== null && file.oldMode !== undefined && kind(file.oldMode) !== kind(old.mode)) {
    refuse("patch-conflict", name, `it has the mode ${old.mode}, and the patch is for ${file.oldMode}`);
  }
  if (old !== null && file.newPath !== null && kind(given) !== kind(old.mode)) {
    refuse("patch-malformed", name, "a file becomes a link, or a link a file, without being deleted first");
  }
  return given;
}

/** The new content; null where it stays what it is. */
async function contentOf(
  objects: MemoryObjects,
  file: FilePatch,
  old: FlatEntry | null,
  name: string,
): Promise<Uint8Array | null> {
  if (file.binary !== undefined) {
    if (old !== null && file.oldSha !== undefined && old.sha !== file.oldSha) {
      refuse("patch-conflict", name, "the binary file is not the one that it was made from");
    }
    const before = old === null ? new Uint8Array() : await objects.blob(old.sha);
    return binaryContent(file.binary, before, file.at);
  }
  if (file.hunks.length === 0) {
    if (file.newPath !== null) return null;
    return old === null ? null : await objects.blob(old.sha);
  }
  let lines = old === null ? [] : linesOf(latin1(await objects.blob(old.sha)));
  let shift = 0;
  for (const hunk of file.hunks) {
    const placed = place(lines, hunk, shift);
    if (placed === null) {
      refuse("patch-conflict", name, `a hunk does not match the file (line ${hunk.oldStart})`);
    }
    lines = placed.lines;
    shift = placed.shift;
  }
  return bytesOf(lines.join(""));
}

export const linesOf = (text: string): string[] => text === "" ? [] : text.split(/(?<=\n)/);

/** Where it says, else at the nearest place that has its lines; a hunk without context at an end of the file belongs there. */
function place(
  lines: readonly string[],
  hunk: PatchHunk,
  shift: number,
): { lines: string[]; shift: number } | null {
  const old = hunk.lines.filter(({ mark }) => mark !== "+").map(({ text }) => text);
  const fresh = hunk.lines.filter(({ mark }) => mark !== "-").map(({ text }) => text);
  const atStart = hunk.oldStart <= 1;
  const atEnd = hunk.lines.at(-1)?.mark !== " ";
  const wanted = Math.max(0, (hunk.oldStart === 0 ? 0 : hunk.oldStart - 1) + shift);
  const fits = (at: number): boolean =>
    at >= 0 && at + old.length <= lines.length && (!atStart || at === 0) &&
    (!atEnd || at + old.length === lines.length) && old.every((text, nth) => lines[at + nth] === text);
  for (let off = 0; off <= lines.length; off++) {
    for (const at of off === 0 ? [wanted] : [wanted - off, wanted + off]) {
      if (!fits(at)) continue;
      return {
        lines: [...lines.slice(0, at), ...fresh, ...lines.slice(at + old.length)],
        shift: at - (hunk.oldStart === 0 ? 0 : hunk.oldStart - 1) + fresh.length - old.length,
      };
    }
  }
  return null;
}

/** Characters that some file systems leave out of a name. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Whether some file system takes a part of a path for git's own directory. */
function isGitDirectory(part: string): boolean {
  const plain = part.replace(IGNORED, "").toLowerCase();
  return plain === ".git" || /^(?:\.git|git~1)[ .]*(?::.*)?$/.test(plain);
}

/** Why nobody may write there: a path that leads out, through a link or a file, or into git's own directory; null when one may. */
export function unwritable(path: string, tree: ReadonlyMap<string, FlatEntry>): string | null {
  const why = refusePath(path);
  if (why !== null) return why;
  const parts = path.split("/");
  if (parts.some((part) => part.split("\\").some(isGitDirectory))) return "it is git's own";
  for (let depth = 1; depth < parts.length; depth++) {
    const above = parts.slice(0, depth).join("/");
    if (tree.has(above)) return `${above} is a file or a link`;
  }
  return null;
}

function checkPath(path: string, tree: ReadonlyMap<string, FlatEntry>): void {
  const why = refusePath(path);
  if (why !== null) refuse("patch-path", path, why);
  const encoder = new TextEncoder();
  const parts = path.split("/");
  for (const [depth, part] of parts.entries()) {
    if (part.split("\\").some(isGitDirectory)) {
      refuse("patch-path", path, "it names a path that no repository may hold");
    }
    if (encoder.encode(part).length > MAX_NAME_BYTES) {
      refuse("patch-malformed", path, `a part of the path has more than ${MAX_NAME_BYTES} bytes`);
    }
    if (depth < parts.length - 1 && tree.get(parts.slice(0, depth + 1).join("/"))?.mode === LINK) {
      refuse("patch-path", path, "it writes through a symbolic link");
    }
  }
}

/** No file where a directory has to be, nor the other way round. */
function checkPlace(path: string, tree: ReadonlyMap<string, FlatEntry>): void {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    if (tree.has(parts.slice(0, depth).join("/"))) {
      refuse("patch-conflict", path, "a file is in the place of a directory, or the other way round");
    }
  }
  if (tree.get(path) === undefined) return;
  for (const other of tree.keys()) {
    if (other.startsWith(`${path}/`)) {
      refuse("patch-conflict", path, "a file is in the place of a directory, or the other way round");
    }
  }
}

async function checkLink(objects: MemoryObjects, path: string, sha: string): Promise<void> {
  const target = new TextDecoder().decode(await objects.blob(sha));
  if (staysInside(path, target)) return;
  throw new Refused({
    code: "patch-path",
    message: `Cannot apply the patch: the symbolic link ${path} leads out of the repository (${
      target.slice(0, 200)
    })`,
    path,
    value: target.slice(0, 200),
    remedy: "Link to a path inside the repository, relative, with `..` only at its beginning.",
  });
}
