import { ok } from "../../../../specs/mod.ts";
import { unusedExportEdits } from "./typescript/unused_export.ts";
import { type Runner, writesOf } from "./workbench.ts";

/** Takes away exports that no other file uses. */
export const removeUnusedExport: Runner<"remove-unused-export"> = async (operation, bench) => {
  const found = await unusedExportEdits(await bench.typescript(), operation, bench);
  if (!found.ok) return found;
  const writes = await writesOf(bench, found.value.edits);
  if (!writes.ok) return writes;
  return ok({ writes: writes.value, matches: found.value.matches, renames: [], notes: found.value.notes });
};
