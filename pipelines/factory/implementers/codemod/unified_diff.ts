/** A change of one file; null where there is none. */
export interface FileBytes {
  path: string;
  before: Uint8Array | null;
  after: Uint8Array | null;
}

/** Git quotes names that would not survive a line of text. */
function quoted(path: string): string {
  if (!/["\\\p{Cc}]/u.test(path)) return path;
  const inner = path.replace(/["\\\p{Cc}]/gu, (sign) => {
    const code = sign.charCodeAt(0);
    if (sign === '"' || sign === "\\") return `\\${sign}`;
    return code < 0x80 ? `\\${code.toString(8).padStart(3, "0")}` : sign;
  });
  return `"${inner}"`;
}

function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return "";
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null; // not UTF-8: shown as binary
  }
}

/** The change of a file as git prints it, so that `git apply` takes it; a file that is not UTF-8 is only named. */
export async function unifiedDiff({ path, before, after }: FileBytes): Promise<string> {
  const { structuredPatch } = await import("diff");
  const a = quoted(`a/${path}`), b = quoted(`b/${path}`);
  let out = `diff --git ${a} ${b}\n`;
  if (before === null) out += "new file mode 100644\n";
  if (after === null) out += "deleted file mode 100644\n";
  const oldName = before === null ? "/dev/null" : a;
  const newName = after === null ? "/dev/null" : b;
  const oldText = textOf(before), newText = textOf(after);
  if (oldText === null || newText === null) return `${out}Binary files ${oldName} and ${newName} differ\n`;
  const { hunks } = structuredPatch(oldName, newName, oldText, newText, "", "", { context: 3 });
  if (hunks.length === 0) return out; // an empty file comes or goes: the header says it all
  // A name that ends in a space needs the tab that git puts there.
  out += `--- ${oldName}${oldName.includes(" ") ? "\t" : ""}\n+++ ${newName}${
    newName.includes(" ") ? "\t" : ""
  }\n`;
  for (const hunk of hunks) {
    // An empty side starts at the line before it: that is how git counts.
    const range = (start: number, lines: number) =>
      lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`;
    out += `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@\n`;
    out += hunk.lines.map((line) => `${line}\n`).join("");
  }
  return out;
}
