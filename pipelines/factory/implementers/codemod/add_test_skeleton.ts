import { ok } from "../../../../specs/mod.ts";
import { familyOf, languageOf } from "./language.ts";
import { fail } from "./problem.ts";
import { goSkeleton } from "./skeleton/go.ts";
import { pythonSkeleton } from "./skeleton/python.ts";
import { typeScriptSkeleton } from "./skeleton/typescript.ts";
import type { Runner } from "./workbench.ts";

/** Writes a test file that imports what a source file exports and asserts what it is. */
export const addTestSkeleton: Runner<"add-test-skeleton"> = async (operation, bench) => {
  const source = await bench.stage.text(operation.for);
  if (!source.ok) return source;
  const language = languageOf(operation.for);
  const family = language === null ? null : familyOf(language);
  if (family !== "typescript" && family !== "python" && family !== "go") {
    return fail("unsupported-language", `Tests are not written for files such as ${operation.for}`, {
      path: operation.for,
      value: language ?? operation.for,
      remedy:
        "add-test-skeleton works for TypeScript, JavaScript, Python and Go; use create-file with a template",
    });
  }
  const written = family === "typescript"
    ? await typeScriptSkeleton(operation, bench)
    : family === "python"
    ? await pythonSkeleton(operation, source.value, bench)
    : await goSkeleton(operation, source.value);
  if (!written.ok) return written;
  const { path, text, symbols } = written.value;
  if (await bench.stage.has(path)) {
    return fail("exists", `${path} exists already`, { path, remedy: "say where the tests go with `to`" });
  }
  return ok({
    writes: new Map([[path, new TextEncoder().encode(text)]]),
    matches: symbols,
    renames: [],
    notes: [
      `${path} asserts that ${
        symbols === 1 ? "a symbol exists" : `${symbols} symbols exist`
      }, nothing of what they do`,
    ],
  });
};
