import { ok } from "../../../../specs/mod.ts";
import { fail } from "./problem.ts";
import { applyEdits, encodeText } from "./text_file.ts";
import { ownerAndName } from "./typescript/lookup.ts";
import { renameEdits } from "./typescript/rename.ts";
import type { Runner } from "./workbench.ts";

/** Gives a symbol another name, wherever it is used. */
export const renameSymbol: Runner<"rename-symbol"> = async (operation, bench) => {
  const project = await bench.typescript();
  const renamed = renameEdits(project, operation, bench);
  if (!renamed.ok) return renamed;
  const writes = new Map<string, Uint8Array>();
  for (const [path, edits] of renamed.value.edits) {
    const file = await bench.stage.text(path);
    if (!file.ok) return file;
    writes.set(path, encodeText({ ...file.value, text: applyEdits(file.value.text, edits) }));
  }
  const { owner } = ownerAndName(operation.from);
  const to = owner === null ? operation.to : `${owner}.${operation.to}`;
  void fail;
  return ok({ writes, matches: renamed.value.matches, renames: [{ from: operation.from, to }], notes: [] });
};
