import type { FileFacts, ProtectedEdit } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";
import { changedParts, partsReader } from "./protected_part.ts";
import { protectedClass } from "./protected_path.ts";

/** Edits of files, or of parts of files, that only open to a spec which names the exact path. */
export async function protectedEdits(
  files: readonly FileFacts[],
  contents: Contents | null,
): Promise<ProtectedEdit[]> {
  const edits: ProtectedEdit[] = [];
  for (const file of files) {
    for (
      const path of file.from === undefined || file.status === "C" ? [file.path] : [file.from, file.path]
    ) {
      const whole = protectedClass(path);
      if (whole) edits.push({ path, ...whole });
      else if (partsReader(path) !== null) edits.push(...await partEdits(path, file, contents));
    }
  }
  return edits;
}

async function partEdits(path: string, file: FileFacts, contents: Contents | null): Promise<ProtectedEdit[]> {
  const edit = (part: string): ProtectedEdit => ({
    path,
    class: "test-runner",
    part,
    why: "it decides which tests and checks run, or what runs under their names",
  });
  if (contents === null) return [edit("a part that cannot be read")];
  // A manifest that comes with a whole new package steers nothing that was there before.
  const base = await contents.at(path, "base");
  if (base === null && file.status === "A" && path.includes("/") && !contents.tooLarge.has(path)) return [];
  const head = file.status === "D" || (file.from === path && file.path !== path)
    ? null
    : await contents.at(path, "head");
  if (contents.tooLarge.has(path)) return [edit("a part that cannot be read")];
  return (await changedParts(path, base, head)).map(edit);
}
