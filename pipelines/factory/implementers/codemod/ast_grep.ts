import type { SgRoot } from "@ast-grep/wasm";
import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import { expandoOf, parserFile, type SyntaxNode } from "./grammar.ts";
import { type CodemodProblem, fail, messageOf } from "./problem.ts";

/** A text that ast-grep parsed: its own root for matching, and the tree for reading. */
export interface Grepped {
  readonly grep: SgRoot;
  readonly root: SyntaxNode;
}

/** ast-grep with a language in it. What it parses is never given back: use it in a worker that ends. */
export interface AstGrep {
  parse(text: string): Grepped;
}

/** Loads ast-grep with a language. */
export async function registerLanguage(
  language: OperationLanguage,
): Promise<Result<AstGrep, CodemodProblem>> {
  try {
    const { initializeTreeSitter, parse, registerDynamicLanguage } = await import("@ast-grep/wasm");
    await initializeTreeSitter();
    await registerDynamicLanguage({
      [language]: { libraryPath: parserFile(language), expandoChar: expandoOf(language) },
    });
    return ok({
      parse(text) {
        const grep = parse(language, text);
        const tree = grep.getInnerTree() as { rootNode: SyntaxNode };
        return { grep, root: tree.rootNode };
      },
    });
  } catch (cause) {
    return fail("grammar-unavailable", `ast-grep cannot be loaded for ${language}: ${messageOf(cause)}`, {
      value: language,
      remedy:
        'run "deno install" where the npm registry can be reached, so that npm:@ast-grep/wasm is cached',
    });
  }
}
