import type { Suppression } from "../../../specs/mod.ts";

/** What a mark says, once it was found. */
export interface Said {
  scope: Suppression["scope"];
  /** Text that lists the rules; empty: all of them. */
  rules: string;
  /** What stands behind the rules. */
  rest: string;
}

/** A mark that a tool reads in a comment. */
export interface Mark {
  tool: string;
  /** Extensions, or names of files without one, in which the tool looks for it; absent: all. */
  files?: RegExp;
  /** Matched against a comment without its introducer; no nested repetition, so that the time is linear. */
  pattern: RegExp;
  /** What the mark is called in findings. */
  name: string;
  /** `own`: it stands alone on its line. */
  says(match: RegExpExecArray, own: boolean, first: boolean): Said;
  /** The tool looks for it anywhere in a comment, not only at its start. */
  anywhere?: true;
  /** The tool looks at lines of text, so that it also counts inside a string. */
  strings?: true;
}

/** `a, b -- why` as ESLint and those who follow it write it. */
export function listed(text: string, scope: Suppression["scope"]): Said {
  const at = text.search(/\s-{2,}(?:\s|$)/);
  return at < 0
    ? { scope, rules: text, rest: "" }
    : { scope, rules: text.slice(0, at), rest: text.slice(at).replace(/^\s*-+/, "") };
}
/** How far a mark reaches, by the ending of its name. */
export const near = (suffix: string | undefined, otherwise: Suppression["scope"]): Suppression["scope"] =>
  suffix === undefined || suffix === ""
    ? otherwise
    : /file|all/i.test(suffix)
    ? "file"
    : /start|begin/i.test(suffix)
    ? "block"
    : "line";
/** Rules and a rest, in this order. */
export const plain = (scope: Suppression["scope"]) => (match: RegExpExecArray): Said => ({
  scope,
  rules: match[1] ?? "",
  rest: match[2] ?? "",
});
/** A bracket, as type checkers write it, or nothing; alone before all code it is about the file. */
export const bracketed = (match: RegExpExecArray, own: boolean, first: boolean): Said => ({
  scope: own && first ? "file" : "line",
  rules: match[1] ?? "",
  rest: match[2] ?? "",
});

/** A mark that is no comment: an annotation, an attribute or a directive on a line of its own language. */
export interface LineMark {
  tool: string;
  files: RegExp;
  name: string;
  /** Group 1: the rules. */
  pattern: RegExp;
  scope: Suppression["scope"];
}
