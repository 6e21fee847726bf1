import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import { grammar, present, type SyntaxNode } from "./grammar.ts";
import { familyOf } from "./language.ts";
import { type CodemodProblem, fail } from "./problem.ts";
import { lineEnd, type TextFile } from "./text_file.ts";

const IMPORTS = new Set(["import_statement", "import_from_statement", "future_import_statement"]);

/** One spelling for what means the same: spaces, quotes and the semicolon do not count. */
function normalized(statement: string): string {
  return statement.trim().replace(/;$/, "").replaceAll("'", '"').replace(/\s+/g, " ");
}

/** A statement that may stand before imports: a header comment, `"use strict"`, a docstring. */
function isPrologue(node: SyntaxNode): boolean {
  if (node.type === "comment" || node.type === "hash_bang_line") return true;
  if (node.type !== "expression_statement") return false;
  const [inner] = present(node.namedChildren);
  return inner?.type === "string";
}

/** The text with import statements that it lacks, after those that it has. TypeScript, JavaScript and Python. */
export async function addImports(
  file: TextFile,
  language: OperationLanguage,
  statements: readonly string[],
): Promise<Result<string, CodemodProblem>> {
  const family = familyOf(language);
  if (family !== "typescript" && family !== "python") {
    return fail("unsupported-language", `Imports are not added to ${language} files such as ${file.path}`, {
      path: file.path,
      value: language,
      remedy: "take `imports` out and add them by another operation or a patch",
    });
  }
  const parser = await grammar(language);
  if (!parser.ok) return parser;
  for (const statement of statements) {
    const trial = parser.value.parse(`${statement.trim()}\n`);
    const nodes = present(trial.root.namedChildren);
    const fine = !trial.root.hasError && nodes.length === 1 && IMPORTS.has(nodes[0]?.type ?? "");
    trial.free();
    if (!fine) {
      return fail("invalid", `This is not one import statement of ${language}: ${statement}`, {
        value: statement,
        remedy: 'write it as it would stand in a file, such as import { log } from "./log.ts";',
      });
    }
  }
  const syntax = parser.value.parse(file.text);
  try {
    const top = present(syntax.root.namedChildren);
    const imports = top.filter((node) => IMPORTS.has(node.type));
    const known = new Set(imports.map((node) => normalized(node.text)));
    const missing = statements.filter((it) => !known.has(normalized(it))).map((it) => it.trim());
    if (missing.length === 0) return ok(file.text);
    const eol = lineEnd(file.text);
    let after = imports.at(-1);
    if (after === undefined) {
      for (const node of top) {
        if (!isPrologue(node)) break;
        after = node;
      }
    }
    if (after === undefined) return ok(missing.join(eol) + eol + file.text);
    const lineBreak = file.text.indexOf("\n", after.endIndex);
    const at = lineBreak < 0 ? file.text.length : lineBreak + 1;
    const lead = lineBreak < 0 ? eol : "";
    return ok(file.text.slice(0, at) + lead + missing.join(eol) + eol + file.text.slice(at));
  } finally {
    syntax.free();
  }
}
