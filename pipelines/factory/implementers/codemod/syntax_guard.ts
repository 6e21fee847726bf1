import { ok, type Result } from "../../../../specs/mod.ts";
import { errorCount, grammar } from "./grammar.ts";
import { languageOf } from "./language.ts";
import { type CodemodProblem, fail } from "./problem.ts";
import { decodeText } from "./text_file.ts";

/** Refuses an edit after which a file has more syntax errors than before. Files of languages without a grammar pass. */
export async function checkSyntax(
  path: string,
  before: Uint8Array | null,
  after: Uint8Array | null,
): Promise<Result<void, CodemodProblem>> {
  const language = languageOf(path);
  if (language === null || after === null) return ok(undefined);
  const parser = await grammar(language);
  if (!parser.ok) return parser;
  const count = (bytes: Uint8Array | null): number => {
    const file = bytes === null ? null : decodeText(path, bytes);
    if (file === null) return 0;
    const syntax = parser.value.parse(file.text);
    try {
      return errorCount(syntax.root);
    } finally {
      syntax.free();
    }
  };
  const errors = count(after);
  if (errors === 0 || errors <= count(before)) return ok(undefined);
  return fail("breaks-syntax", `The operation would leave ${path} with a syntax error`, {
    path,
    remedy: "correct the names and expressions that the operation puts in; nothing was changed",
  });
}
