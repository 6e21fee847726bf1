import { ok } from "../../../../specs/mod.ts";
import { extensionEdits } from "./typescript/import_extensions.ts";
import { type Runner, writesOf } from "./workbench.ts";

/** Writes the file extension of relative imports. */
export const fixImportExtensions: Runner<"fix-import-extensions"> = async (operation, bench) => {
  const found = await extensionEdits(await bench.typescript(), operation, bench);
  if (!found.ok) return found;
  const writes = await writesOf(bench, found.value.edits);
  if (!writes.ok) return writes;
  return ok({ writes: writes.value, matches: found.value.matches, renames: [], notes: found.value.notes });
};
