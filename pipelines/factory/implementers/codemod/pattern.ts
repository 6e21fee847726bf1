import type { SgNode } from "@ast-grep/wasm";
import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import type { AstGrep } from "./ast_grep.ts";
import { expandoOf, present, type SyntaxNode } from "./grammar.ts";
import { type CodemodProblem, fail, messageOf } from "./problem.ts";

/** Where a fragment can stand in a file of a language, for those that read a bare one otherwise. `_` is the fragment. */
const CONTEXTS: Partial<Record<OperationLanguage, string[]>> = {
  // At the top of a Go file a call reads as a type conversion.
  go: ["package p\nfunc f() {\n_\n}\n", "package p\n_\n", "_"],
  java: ["class C { void f() {\n_;\n} }\n", "class C {\n_\n}\n", "_"],
  rust: ["fn f() {\n_\n}\n", "fn f() {\n_;\n}\n", "_"],
};

export const METAVARIABLE = /\$\$\$[A-Z_][A-Z0-9_]*|\$\$\$|\$[A-Z_][A-Z0-9_]*/g;

export interface Metavariable {
  name: string;
  /** `$$$ARGS`: any number of nodes. */
  many: boolean;
}

/** The names in a pattern: `$A` and `$$$ARGS`. */
export function metavariables(text: string): Metavariable[] {
  return [...text.matchAll(METAVARIABLE)].map(([whole]) => ({
    name: whole.replace(/^\$+/, ""),
    many: whole.startsWith("$$$"),
  })).filter((it) => it.name !== "");
}

/** A pattern that is ready to be looked for in one language. */
export interface Pattern {
  rule: unknown;
  /** What it binds, unnamed ones included. */
  variables: Metavariable[];
  /** Its words and signs; what it binds stands as a metavariable's name behind a dollar sign. */
  tokens: string[];
}

export interface Match {
  start: number;
  end: number;
  /** Source ranges of what the metavariables bind. */
  bound: Map<string, { start: number; end: number } | null>;
}

/** The words that a text must have to match. */
export function wordsOf(pattern: string): string[] {
  return pattern.replace(METAVARIABLE, " ").match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
}

/** Gives unnamed metavariables a name, so that what they bind is known too. */
function named(pattern: string): string {
  let count = 0;
  return pattern.replace(METAVARIABLE, (whole) => {
    const name = whole.replace(/^\$+/, "");
    if (name !== "" && !name.startsWith("_")) return whole;
    return `${whole.startsWith("$$$") ? "$$$" : "$"}UNNAMED${count++}`;
  });
}

/** Signs that may be there or not without a change of meaning. */
const OPTIONAL = new Set([",", ";", ""]);

/** The words and signs of a node, as far as they lie in a range. */
function tokensOf(node: SyntaxNode, within: { start: number; end: number }): string[] {
  const found: string[] = [];
  const pending = [node];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at.endIndex <= within.start || at.startIndex >= within.end) continue;
    const children = present(at.children);
    if (children.length === 0) {
      const text = at.text.trim();
      if (!OPTIONAL.has(text)) found.push(text);
    }
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (child !== undefined) pending.push(child);
    }
  }
  return found;
}

/** Compiles a pattern in the surroundings where the language reads it without an error. */
export function compilePattern(
  text: string,
  language: OperationLanguage,
  parser: AstGrep,
): Result<Pattern, CodemodProblem> {
  const pattern = named(text);
  // The grammars do not know `$`: put in what ast-grep itself puts in.
  const placeholder = (it: string) => it.replaceAll("$", expandoOf(language));
  const readable = pattern.replace(METAVARIABLE, placeholder);
  const variables = new Map(
    [...pattern.matchAll(METAVARIABLE)].map(([it]) => [placeholder(it), `$${it.replace(/^\$+/, "")}`]),
  );
  for (const context of CONTEXTS[language] ?? ["_"]) {
    const start = context.indexOf("_");
    const end = start + readable.length;
    const syntax = parser.parse(context.replace("_", () => readable));
    if (syntax.root.hasError) continue;
    let node: SyntaxNode | null = syntax.root.descendantForIndex(start, Math.max(start, end - 1));
    while (node !== null && (node.startIndex > start || node.endIndex < end)) node = node.parent;
    if (node === null || node.startIndex !== start || node.endIndex < end) continue;
    if (context !== "_" && node.endIndex !== end) continue;
    const tokens = tokensOf(node, { start, end }).map((it) => variables.get(it) ?? it);
    // In surroundings the innermost node that is the whole fragment is meant: the call, not the statement around it.
    const rule = context === "_"
      ? { pattern }
      : { pattern: { context: context.replace("_", () => pattern), selector: node.type } };
    const problem = trial(parser, rule);
    if (problem === null) return ok({ rule: { rule }, variables: metavariables(pattern), tokens });
    return fail("invalid", `The pattern cannot be compiled for ${language}: ${problem}`, {
      value: text,
      remedy: "write the pattern as one whole expression or statement of the language",
    });
  }
  return fail("invalid", `The pattern is no whole expression or statement of ${language}`, {
    value: text,
    remedy: "write one complete piece of code, such as foo($$$ARGS)",
  });
}

/** What the library says against a rule; null when it takes it. */
function trial(parser: AstGrep, rule: unknown): string | null {
  const syntax = parser.parse("");
  try {
    syntax.grep.root().find({ rule });
    return null;
  } catch (cause) {
    return messageOf(cause);
  }
}

function rangeOf(node: SgNode): { start: number; end: number } {
  const range = node.range();
  const found = { start: range.start.index, end: range.end.index };
  range.free();
  return found;
}

function readMatch(node: SgNode, variables: readonly Metavariable[]): Match {
  const bound = new Map<string, { start: number; end: number } | null>();
  for (const { name, many } of variables) {
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

/** The node that a range is. */
function nodeOf(root: SyntaxNode, { start, end }: Match): SyntaxNode | null {
  let node = root.descendantForIndex(start, Math.max(start, end - 1));
  while (node !== null && (node.startIndex > start || node.endIndex < end)) node = node.parent;
  return node;
}

/**
 * The matches in a text, the outermost first where they nest. ast-grep passes over what a pattern leaves out (`async`,
 * a further argument, a comment); a rewrite would lose it. So a match counts only when every word of it is the
 * pattern's or bound by a metavariable.
 */
export function findMatches(parser: AstGrep, text: string, pattern: Pattern): Match[] {
  const { grep, root } = parser.parse(text);
  const found = grep.root().findAll(pattern.rule).map((node) => readMatch(node, pattern.variables));
  return found.filter((match) => {
    const node = nodeOf(root, match);
    if (node === null) return false;
    const expected = pattern.tokens.flatMap((token) => {
      const range = token.startsWith("$") ? match.bound.get(token.slice(1)) : undefined;
      return range === undefined ? [token] : range === null ? [] : tokensOf(node, range);
    });
    const own = tokensOf(node, match);
    return own.length === expected.length && own.every((it, i) => it === expected[i]);
  }).sort((a, b) => a.start - b.start || b.end - a.end);
}
