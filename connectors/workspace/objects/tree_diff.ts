/** What changed between two trees: files, renames, lines, and the unified diff, without git. It applies with `git apply`. */
import { structuredPatch } from "diff";
import type { FileChange } from "../../../specs/mod.ts";
import { concat } from "../path_text.ts";
import { literalLines } from "./binary_patch.ts";
import type { FlatEntry, MemoryObjects } from "./memory_objects.ts";
import { linesOf } from "./patch_apply.ts";
import { bytesOf, latin1 } from "./patch_text.ts";
import { withRenames } from "./renames.ts";

/** One changed file, with both sides; null where there is none. */
export interface ChangedFile {
  readonly path: string;
  readonly from?: string;
  readonly old: FlatEntry | null;
  readonly now: FlatEntry | null;
  /** Of a rename, in percent. */
  readonly similarity?: number;
}

export interface TreeDiff {
  readonly files: FileChange[];
  readonly patch: Uint8Array;
}

/** Git looks so far for a NUL byte, which makes a file binary. */
const BINARY_PROBE = 8000;

export async function diffTrees(objects: MemoryObjects, from: string, to: string): Promise<TreeDiff> {
  const changed = await withRenames(objects, changedFiles(objects, from, to));
  const files: FileChange[] = [];
  const parts: Uint8Array[] = [];
  for (const file of changed) {
    const made = await fileDiff(objects, file);
    files.push(made.change);
    parts.push(made.patch);
  }
  return { files, patch: concat(parts) };
}

/** Files that differ, in git's order: by the bytes of their names. */
function changedFiles(objects: MemoryObjects, from: string, to: string): ChangedFile[] {
  const [before, after] = [objects.files(from), objects.files(to)];
  const found: ChangedFile[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path) ?? null, after.get(path) ?? null];
    if (old?.sha === now?.sha && old?.mode === now?.mode) continue;
    found.push({ path, old, now });
  }
  const encoder = new TextEncoder();
  return found.map((file) => ({ file, key: latin1(encoder.encode(file.path)) }))
    .sort((a, b) => a.key < b.key ? -1 : 1).map(({ file }) => file);
}

async function fileDiff(
  objects: MemoryObjects,
  file: ChangedFile,
): Promise<{ change: FileChange; patch: Uint8Array }> {
  const [old, now] = await Promise.all([textOf(objects, file.old), textOf(objects, file.now)]);
  const kind = (entry: FlatEntry | null) => entry?.mode.slice(0, 3);
  const retyped = file.old !== null && file.now !== null && kind(file.old) !== kind(file.now);
  const binary = isBinary(old) || isBinary(now);
  const body = (before: string, after: string) => binary ? null : hunksOf(before, after);
  const whole = body(old, now);
  const change: FileChange = {
    status: file.from !== undefined
      ? "R"
      : file.old === null
      ? "A"
      : file.now === null
      ? "D"
      : retyped
      ? "T"
      : "M",
    path: file.path,
    ...(file.from === undefined ? {} : { from: file.from }),
    oldMode: file.old?.mode ?? "000000",
    newMode: file.now?.mode ?? "000000",
    binary,
    added: whole?.added ?? 0,
    removed: whole?.removed ?? 0,
  };
  // What becomes of another kind is deleted and made anew.
  const steps: ChangedFile[] = retyped ? [{ ...file, now: null }, { ...file, old: null }] : [file];
  const text = steps.map((step) => {
    const [before, after] = [step.old === null ? "" : old, step.now === null ? "" : now];
    const same = step.old?.sha === step.now?.sha;
    return header(step) + (same ? "" : indexLine(objects, step)) +
      (same || before === after
        ? ""
        : binary
        ? binaryBody(before, after)
        : textBody(step, body(before, after)));
  }).join("");
  return { change, patch: bytesOf(text) };
}

/** As git reads it for a diff: of a submodule the line that names its commit. */
async function textOf(objects: MemoryObjects, entry: FlatEntry | null): Promise<string> {
  if (entry === null) return "";
  if (entry.mode === "160000") return `Subproject commit ${entry.sha}\n`;
  return latin1(await objects.blob(entry.sha));
}

const isBinary = (text: string): boolean => text.slice(0, BINARY_PROBE).includes("\0");

interface Hunks {
  text: string;
  added: number;
  removed: number;
}

function hunksOf(before: string, after: string): Hunks {
  if (before === after) return { text: "", added: 0, removed: 0 };
  const [old, fresh] = [linesOf(before), linesOf(after)];
  // Beyond so many edits the search costs more than a diff that is not the smallest.
  const made = old.length === 0 || fresh.length === 0
    ? undefined
    : structuredPatch("", "", before, after, "", "", { context: 3, maxEditLength: 8000 });
  if (made === undefined) return wholeFile(old, fresh);
  let [text, added, removed] = ["", 0, 0];
  for (const hunk of made.hunks) {
    text += `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@\n`;
    for (const line of hunk.lines) {
      text += `${line}\n`;
      if (line.startsWith("+")) added++;
      else if (line.startsWith("-")) removed++;
    }
  }
  return { text, added, removed };
}

function wholeFile(old: readonly string[], fresh: readonly string[]): Hunks {
  const lines = (mark: string, all: readonly string[]) =>
    all.map((line) => `${mark}${line}${line.endsWith("\n") ? "" : "\n\\ No newline at end of file\n"}`).join(
      "",
    );
  const start = (all: readonly string[]) => range(all.length === 0 ? 0 : 1, all.length);
  return {
    text: `@@ -${start(old)} +${start(fresh)} @@\n${lines("-", old)}${lines("+", fresh)}`,
    added: fresh.length,
    removed: old.length,
  };
}

const range = (start: number, count: number): string => count === 1 ? `${start}` : `${start},${count}`;

function header({ path, from, old, now, similarity }: ChangedFile): string {
  const modes = old !== null && now !== null && old.mode !== now.mode
    ? `old mode ${old.mode}\nnew mode ${now.mode}\n`
    : "";
  return `diff --git ${name("a/", from ?? path)} ${name("b/", path)}\n` + modes +
    (old === null ? `new file mode ${now?.mode}\n` : now === null ? `deleted file mode ${old.mode}\n` : "") +
    (from === undefined
      ? ""
      : `similarity index ${similarity ?? 100}%\nrename from ${name("", from)}\nrename to ${
        name("", path)
      }\n`);
}

function indexLine({ sha256 }: MemoryObjects, { old, now }: ChangedFile): string {
  const none = "0".repeat(sha256 ? 64 : 40);
  const mode = old !== null && now !== null && old.mode === now.mode ? ` ${now.mode}` : "";
  return `index ${old?.sha ?? none}..${now?.sha ?? none}${mode}\n`;
}

function textBody({ path, from, old, now }: ChangedFile, hunks: Hunks | null): string {
  if (hunks === null || hunks.text === "") return "";
  // Git ends a name with a space in it by a tab, so that dates are told from names.
  const side = (mark: string, prefix: string, file: string | null) => {
    const text = file === null ? "/dev/null" : name(prefix, file);
    return `${mark} ${text}${file?.includes(" ") && !text.startsWith('"') ? "\t" : ""}\n`;
  };
  return side("---", "a/", old === null ? null : from ?? path) +
    side("+++", "b/", now === null ? null : path) +
    hunks.text;
}

const binaryBody = (before: string, after: string): string =>
  `GIT binary patch\n${literalLines(bytesOf(after))}\n${literalLines(bytesOf(before))}\n`;

const SHORT: Readonly<Record<number, string>> = {
  7: "a",
  8: "b",
  9: "t",
  10: "n",
  11: "v",
  12: "f",
  13: "r",
};

/** A name in a header, quoted where git quotes it. */
function name(prefix: string, path: string): string {
  const raw = new TextEncoder().encode(path);
  const plain = raw.every((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c);
  if (plain) return prefix + path;
  let quoted = `"${prefix}`;
  for (const byte of raw) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (SHORT[byte] !== undefined) quoted += `\\${SHORT[byte]}`;
    else if (byte >= 0x20 && byte < 0x7f) quoted += String.fromCharCode(byte);
    else quoted += `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `${quoted}"`;
}
