import type { FileFacts, SecretFinding } from "../../specs/mod.ts";
import type { PatchFile } from "./patch_file.ts";
import { located, safePath, scanBinarySecrets, secretSpans } from "./secrets.ts";

const MAX_FILE = 500_000;
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
    if (bytes.length > MAX_FILE) continue;
    const text = decoder.decode(bytes);
    const spans = secretSpans(text, file.path);
    for (const [index, { rule, line }] of located(text, spans).entries()) {
      const span = spans[index];
      const count = span ? text.slice(span.start, span.end).split("\n").length : 1;
      for (let at = line; at < line + count; at++) {
        if (!added.has(at)) continue;
        found.push({ rule, path: safePath(file.path), line: at });
        break;
      }
    }
  }
  return found;
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
