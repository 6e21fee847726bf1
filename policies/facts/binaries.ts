import type { BinaryFile, FileFacts } from "../../specs/mod.ts";
import { contentType } from "./content_type.ts";

/**
 * What the changed files are by their bytes, as far as they are no text: what was there under another name or in the same bytes is
 * not brought in. `read` gives null for a file that is not there.
 */
export async function binaryFiles(
  files: readonly FileFacts[],
  read: (path: string, at: "base" | "head") => Promise<Uint8Array | null>,
): Promise<BinaryFile[]> {
  const found: BinaryFile[] = [];
  for (const file of files) {
    if (file.status === "D" || !file.newMode.startsWith("100")) continue;
    const bytes = await read(file.path, "head");
    if (bytes === null) continue;
    const { type, class: kind } = contentType(bytes);
    if (kind === "text" && !file.binary) continue;
    const before = file.status === "A" ? null : await read(file.from ?? file.path, "base");
    if (before !== null && before.length === bytes.length && before.every((byte, at) => byte === bytes[at])) {
      continue;
    }
    found.push({ path: file.path, type, class: kind === "text" ? "unknown" : kind, bytes: bytes.length });
  }
  return found;
}
