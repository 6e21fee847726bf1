import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import { globs } from "./glob.ts";
import { grammar, present } from "./grammar.ts";
import { addImports } from "./import_statement.ts";
import { familyOf, isForeign, languageOf } from "./language.ts";
import { nearestRemedy } from "./nearest.ts";
import { METAVARIABLE, metavariables, wordsOf } from "./pattern.ts";
import { type PatternSearch, patternSearch } from "./pattern_search.ts";
import { type CodemodProblem, enumerate, fail } from "./problem.ts";
import { render } from "./template.ts";
import { encodeText, lineAt, lineEnd, withLineEnd } from "./text_file.ts";
import type { OperationOf, Outcome, Runner, Workbench } from "./workbench.ts";

/** The first word of a pattern that could be the name of what is called, for a message that helps. */
function calleeOf(pattern: string): string {
  return /[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/u.exec(pattern.replace(METAVARIABLE, " "))
    ?.[0] ?? pattern;
}

interface Target {
  path: string;
  language: OperationLanguage;
}

/** Languages that a file is searched in: `ts` patterns also go for JavaScript, and the other way round. */
async function targets(
  operation: OperationOf<"replace-call">,
  bench: Workbench,
): Promise<Result<Target[], CodemodProblem>> {
  const within = operation.in === undefined ? ok(() => true) : globs(operation.in);
  if (!within.ok) return within;
  const found: Target[] = [];
  for (const path of await bench.stage.list()) {
    const language = languageOf(path);
    if (language === null || !within.value(path)) continue;
    if (operation.in === undefined && isForeign(path)) continue;
    if (operation.lang !== undefined && familyOf(language) !== familyOf(operation.lang)) continue;
    found.push({ path, language });
  }
  if (found.length === 0) {
    return fail(
      "no-match",
      `No file ${operation.lang === undefined ? "" : `of language ${operation.lang} `}is meant`,
      {
        value: JSON.stringify(operation.in ?? operation.lang ?? "all files"),
        remedy: "correct `in` and `lang`",
      },
    );
  }
  return ok(found);
}

/** Rewrites code by pattern. */
export const replaceCall: Runner<"replace-call"> = async (operation, bench) => {
  const files = await targets(operation, bench);
  if (!files.ok) return files;
  // What starts with an underscore binds nothing that a replacement could use.
  const names = metavariables(operation.pattern).filter((it) => !it.name.startsWith("_"));
  const unknown = metavariables(operation.replacement).filter(({ name, many }) =>
    !names.some((it) => it.name === name && it.many === many)
  );
  if (unknown.length > 0) {
    return fail(
      "invalid",
      `The replacement uses ${
        enumerate(unknown.map((it) => `${it.many ? "$$$" : "$"}${it.name}`))
      }, which the pattern does not bind`,
      {
        value: operation.replacement,
        remedy: names.length === 0
          ? "the pattern binds nothing"
          : `the pattern binds ${enumerate(names.map((it) => `${it.many ? "$$$" : "$"}${it.name}`))}`,
      },
    );
  }
  const started = patternSearch(operation.pattern, bench);
  if (!started.ok) return started;
  const searching = started.value;
  try {
    return await rewrite(operation, files.value, searching, bench);
  } finally {
    searching.close();
  }
};

async function rewrite(
  operation: OperationOf<"replace-call">,
  files: readonly Target[],
  searching: PatternSearch,
  bench: Workbench,
): Promise<Result<Outcome, CodemodProblem>> {
  const problems = new Map<OperationLanguage, CodemodProblem | null>();
  const words = wordsOf(operation.pattern);
  const writes = new Map<string, Uint8Array>();
  const families = new Map<string, string>();
  const skipped: string[] = [];
  let matches = 0;
  for (const { path, language } of files) {
    bench.check();
    const file = await bench.stage.searched(path);
    if (file === null) {
      skipped.push(`${path} (${await bench.stage.skipped(path)})`);
      continue;
    }
    let problem = problems.get(language);
    if (problem === undefined) {
      problem = await searching.check(language);
      if (problem !== null && problem.code !== "invalid") return { ok: false, error: problem };
      problems.set(language, problem);
    }
    if (problem !== null || !words.every((word) => file.text.includes(word))) continue;
    const searched = await searching.find(language, file.text);
    if (!searched.ok) return searched;
    const found = searched.value;
    if (found.length === 0) continue;
    matches += found.length;
    if (matches > bench.stage.limits.maxMatches) {
      return fail("limit", `The pattern matches more than ${bench.stage.limits.maxMatches} places`, {
        value: operation.pattern,
        remedy: "narrow the pattern or `in`",
      });
    }
    families.set(familyOf(language), `${path}:${lineAt(file.text, found[0]?.start ?? 0)}`);
    const replacement = withLineEnd(operation.replacement, lineEnd(file.text));
    let text = render(file.text, 0, file.text.length, found, replacement);
    if (operation.imports.length > 0) {
      const imported = await addImports({ ...file, text }, language, operation.imports);
      if (!imported.ok) return imported;
      text = imported.value;
    }
    if (text !== file.text) writes.set(path, encodeText({ ...file, text }));
  }
  if (families.size > 1 && operation.lang === undefined) {
    return fail(
      "ambiguous",
      `The pattern matches code of several languages: ${
        [...families].map(([family, at]) => `${family} (${at})`).join(", ")
      }`,
      { value: operation.pattern, remedy: "say which one with `lang`, or narrow `in`" },
    );
  }
  const [problem] = [...problems.values()].filter((it) => it !== null);
  if (problem !== undefined && [...problems.values()].every((it) => it !== null)) {
    return { ok: false, error: problem };
  }
  if (writes.size === 0) {
    const callee = calleeOf(operation.pattern);
    const left = skipped.length === 0 ? "" : `; not searched: ${enumerate(skipped)}`;
    return fail(
      "no-match",
      matches > 0
        ? `The replacement is the same as what the pattern matches in ${matches} places`
        : `The pattern matches nothing in ${files.length} files${left}`,
      {
        value: operation.pattern,
        remedy: nearestRemedy(
          callee,
          await callees(files, bench),
          "correct the pattern; names, literals and the number of arguments count",
        ),
      },
    );
  }
  return ok({
    writes,
    matches,
    renames: [],
    notes: skipped.length === 0 ? [] : [`not searched: ${enumerate(skipped)}`],
  });
}

/** Node types of calls, by grammar. */
const CALLS = [
  "call_expression",
  "call",
  "method_invocation",
  "macro_invocation",
  "command",
  "new_expression",
];
const CANDIDATE_FILES = 200;

/** What the files call, with where. */
async function callees(files: readonly Target[], bench: Workbench) {
  const found: { name: string; at: string }[] = [];
  for (const { path, language } of files.slice(0, CANDIDATE_FILES)) {
    bench.check();
    const file = await bench.stage.searched(path);
    const parser = await grammar(language);
    if (file === null || !parser.ok) continue;
    const syntax = parser.value.parse(file.text);
    try {
      for (const node of present(syntax.root.descendantsOfType(CALLS))) {
        const head = node.text.split("(")[0]?.trim() ?? "";
        const name = node.type === "command" ? head.split(/\s/)[0] ?? "" : head;
        if (name.length > 0 && name.length <= 200) {
          found.push({ name, at: `${path}:${node.startPosition.row + 1}` });
        }
      }
    } finally {
      syntax.free();
    }
  }
  return found;
}
