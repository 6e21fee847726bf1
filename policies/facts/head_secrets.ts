import type { FileFacts, SecretFinding } from "../../specs/mod.ts";
import type { PatchFile } from "./patch_file.ts";
import { located, safePath, scanBinarySecrets, secretSpans } from "./secrets.ts";

/** A file beyond this is looked at around the lines that were added. */
const MAX_FILE = 500_000;
/** More than any token or key takes before and behind. */
const AROUND = 15_000;
const decoder = new TextDecoder("utf-8");

/**
 * Secrets of the changed files as they are after the change, as far as an added line is a part of them: the second half of a token
 * whose first half stood there before, a line of a key, what a binary file holds that its old content did not.
 */
export async function headSecrets(
  files: readonly FileFacts[],
  patchFiles: readonly PatchFile[],
  read: (path: string, at: "base" | "head") => Promise<Uint8Array | null>,
): Promise<SecretFinding[]> {
  const found: SecretFinding[] = [];
  const texts = new Map(patchFiles.map((file) => [(file.newPath ?? file.oldPath)?.text ?? "", file]));
  for (const file of files) {
    if (file.status === "D" || !file.newMode.startsWith("100")) continue;
    const added = addedLines(texts.get(file.path));
    if (!file.binary && added.size === 0) continue;
    const bytes = await read(file.path, "head");
    if (bytes === null) continue;
    if (file.binary) {
      const secrets = scanBinarySecrets(bytes, file.path);
      const before = secrets.length > 0 && file.status !== "A"
        ? await read(file.from ?? file.path, "base")
        : null;
      const known = new Set(before ? scanBinarySecrets(before).map(({ rule }) => rule) : []);
      found.push(...secrets.filter(({ rule }) => !known.has(rule)));
      continue;
    }
    const whole = decoder.decode(bytes);
    for (
      const { text, before } of whole.length > MAX_FILE ? around(whole, added) : [{ text: whole, before: 0 }]
    ) {
      const spans = secretSpans(text, file.path);
      for (const [index, { rule, line }] of located(text, spans).entries()) {
        const span = spans[index];
        const count = span ? text.slice(span.start, span.end).split("\n").length : 1;
        for (let at = before + line; at < before + line + count; at++) {
          if (!added.has(at)) continue;
          found.push({ rule, path: safePath(file.path), line: at });
          break;
        }
      }
    }
  }
  return found;
}

/** Pieces of a text around its added lines, each with the number of lines before it; pieces that touch are one. */
function around(text: string, added: ReadonlySet<number>): { text: string; before: number }[] {
  const ranges: { start: number; end: number }[] = [];
  let [line, start] = [1, 0];
  for (const at of [...added].sort((a, b) => a - b)) {
    while (line < at) {
      const next = text.indexOf("\n", start);
      if (next < 0) break;
      start = next + 1;
      line++;
    }
    const stop = text.indexOf("\n", start);
    const end = Math.min(text.length, (stop < 0 ? text.length : stop) + AROUND);
    const from = Math.max(0, start - AROUND);
    const last = ranges.at(-1);
    if (last !== undefined && from <= last.end) last.end = Math.max(last.end, end);
    else ranges.push({ start: from, end });
  }
  let [lines, counted] = [0, 0];
  return ranges.map(({ start, end }) => {
    for (let at = text.indexOf("\n", counted); at >= 0 && at < start; at = text.indexOf("\n", at + 1)) {
      lines++;
      counted = at + 1;
    }
    return { text: text.slice(start, end), before: lines };
  });
}

function addedLines(file: PatchFile | undefined): Set<number> {
  const lines = new Set<number>();
  for (const hunk of file?.hunks ?? []) {
    let number = hunk.newStart;
    for (const { kind } of hunk.lines) {
      if (kind === "added") lines.add(number);
      if (kind !== "removed") number++;
    }
  }
  return lines;
}
