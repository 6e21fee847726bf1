import type { PatchFile } from "./patch_file.ts";
import { nameBytes, type PatchPath, writePath } from "./patch_path.ts";

const encoder = new TextEncoder();

/** Writes a parsed patch again, as git would. Binary content is not kept by the parser and cannot be written. */
export function renderPatch(files: readonly PatchFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const put = (text: string) => parts.push(encoder.encode(`${text}\n`));
  const name = (prefix: string, path: PatchPath) =>
    writePath(Uint8Array.from([...encoder.encode(prefix), ...nameBytes(path.text)]));
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
