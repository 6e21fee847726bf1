import type { OperationLanguage } from "../../../../specs/mod.ts";
import { familyOf, isForeign, languageOf } from "./language.ts";
import type { Candidate } from "./nearest.ts";
import { readProgram, type SyntaxFamily } from "./syntax/program.ts";
import { declaredNames } from "./syntax/target.ts";
import { candidatesOf } from "./typescript/rename.ts";
import type { Workbench } from "./workbench.ts";

export type SymbolFamily = "typescript" | SyntaxFamily;

/** The language families of the tree, and those of which a file has a word in it; of one language when it is given. */
export async function familiesHolding(
  word: string,
  language: OperationLanguage | undefined,
  bench: Workbench,
): Promise<{ present: Set<SymbolFamily>; holding: Set<SymbolFamily> }> {
  const present = new Set<SymbolFamily>();
  const holding = new Set<SymbolFamily>();
  for (const path of await bench.stage.list()) {
    bench.check();
    const own = languageOf(path);
    if (own === null || isForeign(path)) continue;
    const family = familyOf(own);
    if (family === "yaml" || family === "json") continue;
    if (language !== undefined && familyOf(language) !== family) continue;
    present.add(family);
    if (!holding.has(family) && (await bench.stage.searched(path))?.text.includes(word)) holding.add(family);
  }
  return { present, holding };
}

/** What is declared in these families, with and without its owner: only for the message when nothing matched. */
export async function symbolCandidates(
  families: ReadonlySet<SymbolFamily>,
  bench: Workbench,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const family of families) {
    if (family === "typescript") found.push(...candidatesOf(await bench.typescript()));
    else {
      const program = await readProgram(family, null, bench);
      if (program.ok) found.push(...declaredNames(program.value));
    }
  }
  return found.flatMap((it) => {
    const dot = it.name.lastIndexOf(".");
    return dot < 0 ? [it] : [it, { ...it, name: it.name.slice(dot + 1) }];
  });
}
