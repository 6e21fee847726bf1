import { ok } from "../../../../specs/mod.ts";
import { familyOf, languageOf } from "./language.ts";
import { fail } from "./problem.ts";
import { pythonMove } from "./syntax/python_move.ts";
import { moveEdits } from "./typescript/move.ts";
import { type Runner, writesOf } from "./workbench.ts";

/** Moves a top-level declaration into another file and corrects the imports. */
export const moveSymbol: Runner<"move-symbol"> = async (operation, bench) => {
  const language = languageOf(operation.from);
  const family = language === null ? null : familyOf(language);
  if (family !== "typescript" && family !== "python") {
    return fail("unsupported-language", `Symbols of ${operation.from} are not moved between files`, {
      path: operation.from,
      value: language ?? operation.from,
      remedy: "move-symbol works for TypeScript, JavaScript and Python; make this change by a patch",
    });
  }
  const source = await bench.stage.text(operation.from);
  if (!source.ok) return source;
  const moved = family === "python"
    ? await pythonMove(operation, bench)
    : await moveEdits(await bench.typescript(), operation, bench);
  if (!moved.ok) return moved;
  const { edits, created, matches } = moved.value;
  const writes = await writesOf(bench, edits);
  if (!writes.ok) return writes;
  if (created !== null) writes.value.set(operation.to, new TextEncoder().encode(created));
  const renames = [operation.symbol, ...operation.along]
    .map((name) => ({ from: `${operation.from}#${name}`, to: `${operation.to}#${name}` }));
  return ok({ writes: writes.value, matches, renames, notes: [] });
};
