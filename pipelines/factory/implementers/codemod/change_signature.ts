import { ok, type Result } from "../../../../specs/mod.ts";
import { familiesHolding, symbolCandidates } from "./families.ts";
import { familyOf } from "./language.ts";
import { nearestRemedy } from "./nearest.ts";
import { type CodemodProblem, enumerate, fail } from "./problem.ts";
import { isSyntaxFamily, type SyntaxFamily } from "./syntax/program.ts";
import { syntaxSignature } from "./syntax/signature.ts";
import type { TextEdit } from "./text_file.ts";
import { ownerAndName } from "./typescript/lookup.ts";
import { signatureEdits } from "./typescript/signature.ts";
import { type OperationOf, type Runner, type Workbench, writesOf } from "./workbench.ts";

interface Found {
  family: string;
  edits: Map<string, TextEdit[]>;
  matches: number;
  notes: string[];
}

async function findIn(
  family: "typescript" | SyntaxFamily,
  operation: OperationOf<"change-signature">,
  bench: Workbench,
): Promise<Result<Found | null, CodemodProblem>> {
  const changed = family === "typescript"
    ? signatureEdits(await bench.typescript(), operation, bench)
    : await syntaxSignature(family, operation, bench);
  if (!changed.ok) return changed;
  return ok(changed.value === null ? null : { family, ...changed.value });
}

/** Adds a parameter to a function, and its argument to the calls. */
export const changeSignature: Runner<"change-signature"> = async (operation, bench) => {
  const family = operation.lang === undefined ? null : familyOf(operation.lang);
  if (family !== null && family !== "typescript" && (!isSyntaxFamily(family) || family === "bash")) {
    return fail("unsupported-language", `Functions have no parameter lists in ${operation.lang}`, {
      value: operation.lang,
      remedy: "change-signature works for TypeScript, JavaScript, Python, Go, Java and Rust",
    });
  }
  const { name, owner } = ownerAndName(operation.function);
  const word = name === "constructor" && owner !== null ? owner : name;
  const { present, holding } = await familiesHolding(word, operation.lang, bench);
  const found: Found[] = [];
  for (const it of holding) {
    const changed = await findIn(it, operation, bench);
    if (!changed.ok) return changed;
    if (changed.value !== null) found.push(changed.value);
  }
  const [first] = found;
  if (first === undefined) {
    const where = operation.in === undefined ? "the repository" : JSON.stringify(operation.in);
    return fail("no-match", `No function ${operation.function} is declared in ${where}`, {
      value: operation.function,
      remedy: nearestRemedy(
        operation.function,
        await symbolCandidates(present, bench),
        present.size === 0
          ? "there is no file of a language whose functions can be changed"
          : "correct the name, `in` or `lang`",
      ),
    });
  }
  if (found.length > 1) {
    const places = found.map((it) => `${it.family} (${[...it.edits.keys()][0]})`);
    return fail("ambiguous", `${operation.function} is declared in several languages: ${enumerate(places)}`, {
      value: operation.function,
      remedy: "say which one with `lang` or `in`",
    });
  }
  const writes = await writesOf(bench, first.edits);
  if (!writes.ok) return writes;
  return ok({ writes: writes.value, matches: first.matches, renames: [], notes: first.notes });
};
