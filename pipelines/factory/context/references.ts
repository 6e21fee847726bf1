import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { parsedFiles } from "../implementers/codemod/mod.ts";
import { createStage, DEFAULT_LIMITS } from "../implementers/codemod/stage.ts";
import { ownerAndName, referencesAt } from "../implementers/codemod/typescript/lookup.ts";
import { typeScriptSession } from "../implementers/codemod/typescript/project.ts";
import { declarationsOf } from "../implementers/codemod/typescript/symbols.ts";
import type { SearchHit, TextFiles } from "./search.ts";

const MAX_HITS = 100;
const MAX_LINE = 300;
const MAX_FILES = 2_000;

/** Whether the compiler is asked about a file: others have no references but words. */
export const hasReferences = (path: string): boolean => /\.[cm]?[jt]sx?$/.test(path);

/**
 * Every place that means a symbol, as the TypeScript compiler sees it, also through aliases and re-exports; told apart from others of
 * the same name. The symbol is the one that `path` declares: `name` or `Owner.member`.
 */
export async function referencesOf(
  files: TextFiles,
  wanted: { path: string; symbol: string },
): Promise<Result<{ hits: SearchHit[]; more: boolean }, Problem>> {
  const { owner, name } = ownerAndName(wanted.symbol);
  const no = (message: string, remedy: string): Result<never, Problem> =>
    err({ code: "references", message, remedy });
  const paths = (await files.list()).filter((path) =>
    hasReferences(path) || /(?:^|\/)(?:deno|package|tsconfig[^/]*|import_map)\.jsonc?$/.test(path)
  );
  if (paths.length > MAX_FILES) {
    return no(`There are ${paths.length} files: too many for the compiler`, "Search for the name");
  }
  const encoder = new TextEncoder();
  const refused = () => Promise.reject(new Error("Cannot write: references are only looked up"));
  const stage = createStage({
    list: () => Promise.resolve(paths),
    read: async (path) => {
      const text = await files.read(path);
      return text === null ? null : encoder.encode(text);
    },
    write: refused,
    remove: refused,
  }, DEFAULT_LIMITS);
  const parsed = parsedFiles();
  try {
    const project = await typeScriptSession(stage, parsed).project([name]);
    const declared = declarationsOf(project, wanted.path).filter((one) =>
      one.name === name && (owner === null || one.owner === owner)
    );
    const [first] = declared.filter(({ nested }) => !nested).concat(declared);
    if (first === undefined) {
      return no(
        `${wanted.path} declares no ${wanted.symbol}`,
        "Name the file that declares it, or search for the name",
      );
    }
    const all = referencesAt(project, wanted.path, first.node.getStart());
    const hits: SearchHit[] = [];
    const seen = new Set<string>();
    for (const { path, start } of all) {
      const text = project.text(path) ?? "";
      const line = text.slice(0, start).split("\n").length;
      if (seen.has(`${path}:${line}`)) continue;
      seen.add(`${path}:${line}`);
      hits.push({ path, line, text: (text.split("\n")[line - 1] ?? "").trim().slice(0, MAX_LINE) });
      if (hits.length >= MAX_HITS) break;
    }
    return ok({ hits, more: hits.length >= MAX_HITS });
  } finally {
    parsed.dispose();
  }
}
