import { ok, type Result } from "../../../../specs/mod.ts";
import { familiesHolding, symbolCandidates } from "./families.ts";
import { familyOf } from "./language.ts";
import { nearestRemedy } from "./nearest.ts";
import { type CodemodProblem, enumerate, fail } from "./problem.ts";
import { isSyntaxFamily, type SyntaxFamily } from "./syntax/program.ts";
import { syntaxRename } from "./syntax/rename.ts";
import type { TextEdit } from "./text_file.ts";
import { ownerAndName } from "./typescript/lookup.ts";
import { renameEdits } from "./typescript/rename.ts";
import { type OperationOf, type Rename, type Runner, type Workbench, writesOf } from "./workbench.ts";

interface Found {
  family: string;
  edits: Map<string, TextEdit[]>;
  matches: number;
  notes: string[];
  files: Rename[];
}

/** The names that a rename is about. */
export function renamedWords({ from, to }: Pick<OperationOf<"rename-symbol">, "from" | "to">): string[] {
  return [ownerAndName(from).name, to];
}

async function findIn(
  family: "typescript" | SyntaxFamily,
  operation: OperationOf<"rename-symbol">,
  bench: Workbench,
): Promise<Result<Found | null, CodemodProblem>> {
  if (family === "typescript") {
    const renamed = renameEdits(await bench.typescript(renamedWords(operation)), operation, bench);
    if (!renamed.ok) return renamed;
    return ok(renamed.value === null ? null : { family, ...renamed.value, files: [] });
  }
  const renamed = await syntaxRename(family, operation, bench);
  if (!renamed.ok) return renamed;
  return ok(renamed.value === null ? null : { family, ...renamed.value });
}

/** Gives a symbol another name, wherever it is used. */
export const renameSymbol: Runner<"rename-symbol"> = async (operation, bench) => {
  if (operation.lang !== undefined) {
    const family = familyOf(operation.lang);
    if (family !== "typescript" && !isSyntaxFamily(family)) {
      return fail("unsupported-language", `${operation.lang} has no symbols to rename`, {
        value: operation.lang,
        remedy: "use set-config-value or replace-call for keys and values",
      });
    }
  }
  const { present, holding } = await familiesHolding(
    ownerAndName(operation.from).name,
    operation.lang,
    bench,
  );
  const found: Found[] = [];
  for (const family of holding) {
    const renamed = await findIn(family, operation, bench);
    if (!renamed.ok) return renamed;
    if (renamed.value !== null) found.push(renamed.value);
  }
  const [first] = found;
  if (first === undefined) {
    const where = operation.in === undefined ? "the repository" : JSON.stringify(operation.in);
    return fail("no-match", `No ${operation.kind ?? "symbol"} ${operation.from} is declared in ${where}`, {
      value: operation.from,
      remedy: nearestRemedy(
        operation.from,
        await symbolCandidates(present, bench),
        present.size === 0
          ? "there is no file of a language whose symbols can be renamed"
          : "correct the name, `in`, `kind` or `lang`",
      ),
    });
  }
  if (found.length > 1) {
    const places = found.map((it) => `${it.family} (${[...it.edits.keys()][0]})`);
    return fail("ambiguous", `${operation.from} is declared in several languages: ${enumerate(places)}`, {
      value: operation.from,
      remedy: "say which one with `lang` or `in`",
    });
  }
  const edited = await writesOf(bench, first.edits);
  if (!edited.ok) return edited;
  const writes = edited.value;
  for (const { from, to } of first.files) {
    if (await bench.stage.has(to)) {
      return fail("collision", `${from} would have to be called ${to}, which exists`, {
        path: to,
        remedy: "choose another name, or move that file first",
      });
    }
    writes.set(to, writes.get(from) ?? await bench.stage.bytes(from));
    writes.set(from, null);
  }
  const { owner } = ownerAndName(operation.from);
  const to = owner === null ? operation.to : `${owner}.${operation.to}`;
  return ok({
    writes,
    matches: first.matches,
    renames: [{ from: operation.from, to }, ...first.files],
    notes: first.notes,
  });
};
