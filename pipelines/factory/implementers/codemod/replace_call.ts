import type { SgNode } from "@ast-grep/wasm";
import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import { globs } from "./glob.ts";
import { expandoOf, type Grammar, grammar, present, type SyntaxNode } from "./grammar.ts";
import { addImports } from "./import_statement.ts";
import { familyOf, isForeign, languageOf } from "./language.ts";
import { nearestRemedy } from "./nearest.ts";
import { type CodemodProblem, enumerate, fail, messageOf } from "./problem.ts";
import { encodeText, lineAt, lineEnd, type TextFile, withLineEnd } from "./text_file.ts";
import type { OperationOf, Runner, Workbench } from "./workbench.ts";

/** Where a fragment can stand in a file of a language, for those that read a bare one otherwise. `_` is the fragment. */
const CONTEXTS: Partial<Record<OperationLanguage, string[]>> = {
  // At the top of a Go file a call reads as a type conversion.
  go: ["package p\nfunc f() {\n_\n}\n", "package p\n_\n", "_"],
  java: ["class C { void f() {\n_;\n} }\n", "class C {\n_\n}\n", "_"],
  rust: ["fn f() {\n_\n}\n", "fn f() {\n_;\n}\n", "_"],
};

/** Statements around an expression: a pattern means the expression, which also stands elsewhere. */
const WRAPPERS = new Set(["expression_statement"]);

const METAVARIABLE = /\$\$\$[A-Z_][A-Z0-9_]*|\$\$\$|\$[A-Z_][A-Z0-9_]*/g;

const TEMPLATE = /\$\$\$[A-Z_][A-Z0-9_]*|\$[A-Z_][A-Z0-9_]*|\$\$/g;

/** The names that a pattern binds: `$A` and `$$$ARGS`; those that start with `_` bind nothing. */
export function metavariables(text: string): { name: string; many: boolean }[] {
  return [...text.matchAll(METAVARIABLE)].map(([whole]) => ({
    name: whole.replace(/^\$+/, ""),
    many: whole.startsWith("$$$"),
  })).filter((it) => it.name !== "");
}

type Matcher = unknown;

/** Compiles a pattern in the surroundings where the language reads it without an error. */
function compile(
  pattern: string,
  language: OperationLanguage,
  parser: Grammar,
): Result<Matcher, CodemodProblem> {
  // The grammars do not know `$`: put in what ast-grep itself puts in.
  const readable = pattern.replace(METAVARIABLE, (it) => it.replaceAll("$", expandoOf(language)));
  for (const context of CONTEXTS[language] ?? ["_"]) {
    const start = context.indexOf("_");
    const syntax = parser.parse(context.replace("_", () => readable));
    try {
      if (syntax.root.hasError) continue;
      const end = start + readable.length;
      let node: SyntaxNode | null = syntax.root.descendantForIndex(start, Math.max(start, end - 1));
      while (node !== null && (node.startIndex > start || node.endIndex < end)) node = node.parent;
      if (node === null || node.startIndex !== start || node.endIndex !== end) continue;
      // The outermost node that is the fragment, below a statement that holds just it.
      while (node.parent !== null && node.parent.startIndex === start && node.parent.endIndex === end) {
        node = node.parent;
      }
      while (WRAPPERS.has(node.type) || (node.parent === null && present(node.namedChildren).length === 1)) {
        const [inner]: SyntaxNode[] = present(node.namedChildren);
        if (inner === undefined || inner.startIndex !== start || inner.endIndex !== end) break;
        node = inner;
      }
      const rule = node.parent === null
        ? { pattern }
        : { pattern: { context: context.replace("_", () => pattern), selector: node.type } };
      const trial = parser.parse("");
      try {
        trial.grep.root().find({ rule });
        return ok({ rule });
      } catch (cause) {
        return fail("invalid", `The pattern cannot be compiled for ${language}: ${messageOf(cause)}`, {
          value: pattern,
          remedy: "write the pattern as one whole expression or statement of the language",
        });
      } finally {
        trial.free();
      }
    } finally {
      syntax.free();
    }
  }
  return fail("invalid", `The pattern is no whole expression or statement of ${language}`, {
    value: pattern,
    remedy: "write one complete piece of code, such as foo($$$ARGS)",
  });
}

interface Match {
  start: number;
  end: number;
  /** Source ranges of what the metavariables bind. */
  bound: Map<string, { start: number; end: number } | null>;
}

function rangeOf(node: SgNode): { start: number; end: number } {
  const range = node.range();
  const found = { start: range.start.index, end: range.end.index };
  range.free();
  return found;
}

function readMatch(node: SgNode, names: readonly { name: string; many: boolean }[]): Match {
  const bound = new Map<string, { start: number; end: number } | null>();
  for (const { name, many } of names) {
    if (!many) {
      const inner = node.getMatch(name);
      bound.set(name, inner === undefined ? null : rangeOf(inner));
      continue;
    }
    const inner = node.getMultipleMatches(name).map(rangeOf);
    const first = inner[0], last = inner.at(-1);
    bound.set(name, first === undefined || last === undefined ? null : { start: first.start, end: last.end });
  }
  return { ...rangeOf(node), bound };
}

/** `f(, x)` and `f(x, )` would come of an empty $$$ARGS beside a comma: the comma goes with it. */
function withoutEmpty(replacement: string, match: Match): string {
  let text = replacement;
  for (const [name, range] of match.bound) {
    if (range !== null || !text.includes(`$$$${name}`)) continue;
    const variable = `\\$\\$\\$${name}(?![A-Z0-9_])`;
    text = text.replace(new RegExp(`([([{]\\s*)${variable}\\s*,\\s*`, "g"), "$1")
      .replace(new RegExp(`\\s*,\\s*${variable}`, "g"), "");
  }
  return text;
}

/**
 * The text of a range with the matches in it rewritten, the inner ones inside what the outer ones keep. One pass:
 * what a replacement brings in is not searched again, so a replacement that matches its own pattern ends.
 * The matches are sorted, outer before inner.
 */
function render(
  text: string,
  start: number,
  end: number,
  matches: readonly Match[],
  replacement: string,
): string {
  let out = "", at = start;
  for (let i = 0; i < matches.length;) {
    const match = matches[i];
    if (match === undefined) break;
    let next = i + 1;
    while (next < matches.length && (matches[next]?.start ?? match.end) < match.end) next++;
    const inner = matches.slice(i + 1, next);
    if (match.start < at || match.end > end) {
      i++; // not inside this range: what lies in it may be
      continue;
    }
    i = next;
    out += text.slice(at, match.start);
    out += withoutEmpty(replacement, match).replace(TEMPLATE, (whole) => {
      if (whole === "$$") return "$";
      const range = match.bound.get(whole.replace(/^\$+/, ""));
      return range === null || range === undefined
        ? ""
        : render(text, range.start, range.end, inner, replacement);
    });
    at = match.end;
  }
  return out + text.slice(at, end);
}

/** The matches of a file, the outermost first where they nest. */
function search(
  parser: Grammar,
  file: TextFile,
  matcher: Matcher,
  names: readonly { name: string; many: boolean }[],
): Match[] {
  const syntax = parser.parse(file.text);
  try {
    const found = syntax.grep.root().findAll(matcher).map((node) => readMatch(node, names));
    return found.sort((a, b) => a.start - b.start || b.end - a.end);
  } finally {
    syntax.free();
  }
}

/** The first word of a pattern that could be the name of what is called, for a message that helps. */
function calleeOf(pattern: string): string {
  return /[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/u.exec(pattern.replace(METAVARIABLE, " "))
    ?.[0] ?? pattern;
}

/** Languages that a file is searched in: `ts` patterns also go for JavaScript, and the other way round. */
async function targets(operation: OperationOf<"replace-call">, bench: Workbench): Promise<
  Result<{ path: string; language: OperationLanguage }[], CodemodProblem>
> {
  const within = operation.in === undefined ? ok(() => true) : globs(operation.in);
  if (!within.ok) return within;
  const found: { path: string; language: OperationLanguage }[] = [];
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
  const names = metavariables(operation.pattern);
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
  const matchers = new Map<OperationLanguage, { parser: Grammar; matcher: Matcher } | null>();
  const problems: CodemodProblem[] = [];
  const writes = new Map<string, Uint8Array>();
  const families = new Map<string, string>();
  const skipped: string[] = [];
  let matches = 0;
  for (const { path, language } of files.value) {
    bench.check();
    const file = await bench.stage.searched(path);
    if (file === null) {
      skipped.push(`${path} (${await bench.stage.skipped(path)})`);
      continue;
    }
    let ready = matchers.get(language);
    if (ready === undefined) {
      const parser = await grammar(language);
      if (!parser.ok) return parser;
      const compiled = compile(operation.pattern, language, parser.value);
      if (!compiled.ok) problems.push(compiled.error);
      ready = compiled.ok ? { parser: parser.value, matcher: compiled.value } : null;
      matchers.set(language, ready);
    }
    if (ready === null) continue;
    const found = search(ready.parser, file, ready.matcher, names);
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
  const compiledAny = [...matchers.values()].some((it) => it !== null);
  const [problem] = problems;
  if (!compiledAny && problem !== undefined) return { ok: false, error: problem };
  if (writes.size === 0) {
    const callee = calleeOf(operation.pattern);
    const left = skipped.length === 0 ? "" : `; not searched: ${enumerate(skipped)}`;
    return fail(
      "no-match",
      matches > 0
        ? `The replacement is the same as what the pattern matches in ${matches} places`
        : `The pattern matches nothing in ${files.value.length} files${left}`,
      {
        value: operation.pattern,
        remedy: nearestRemedy(
          callee,
          await callees(files.value, bench),
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
};

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
async function callees(files: readonly { path: string; language: OperationLanguage }[], bench: Workbench) {
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
