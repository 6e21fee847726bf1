import type { CodeLanguage } from "../../../specs/mod.ts";
import { tokensOf } from "../source/lexicon.ts";
import type { Token } from "../source/token.ts";

/** One line of a comment, or of a string that a tool may take for one. */
export interface Remark {
  line: number;
  /** With its introducer. */
  text: string;
  /** Nothing else stands on its line. */
  own: boolean;
  /** No code stands before it in the file. */
  first: boolean;
  /** It stands in a string. */
  quoted: boolean;
}

/** The comments of a file, line by line, and the tokens where the language is read here. */
export interface Remarks {
  remarks: Remark[];
  tokens: Token[] | null;
}

/** Longer than any mark with its reason. */
const MAX_COMMENT = 600;

export function remarksOf(text: string, language: CodeLanguage | null, extension: string): Remarks {
  if (language !== null) {
    const tokens = tokensOf(text, language);
    return { remarks: ofTokens(tokens), tokens };
  }
  return { remarks: ofLines(text, introducersOf(extension)), tokens: null };
}

function ofTokens(tokens: readonly Token[]): Remark[] {
  const found: Remark[] = [];
  let code = false;
  const lastCode = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== "comment") {
      const ends = token.line + (token.text.match(/\n/g)?.length ?? 0);
      lastCode.add(token.line).add(ends);
    }
  }
  for (const token of tokens) {
    if (token.kind === "comment") {
      for (const [at, piece] of token.text.split("\n").entries()) {
        const line = token.line + at;
        const own = !lastCode.has(line);
        found.push({ line, text: piece.slice(0, MAX_COMMENT), own, first: !code && own, quoted: false });
      }
      continue;
    }
    if (token.kind === "string" && /#|\bnosem/.test(token.value) && !token.value.includes("\n")) {
      found.push({
        line: token.line,
        text: token.value.slice(0, MAX_COMMENT),
        own: false,
        first: false,
        quoted: true,
      });
    }
    code = true;
  }
  return found;
}

const HASH =
  /^(?:rb|rake|gemspec|ya?ml|toml|tf|tfvars|hcl|exs?|r|pl|pm|ps1|nix|cmake|ini|cfg|conf|env|mk|nim|jl|cr|tcl|gitignore|graphql|dockerfile|containerfile|makefile|gnumakefile|justfile|rakefile|gemfile|jenkinsfile|)$/;
const DASH = /^(?:sql|lua|hs|elm|adb|ads|vhdl?)$/;
const BOTH = /^(?:php|phtml|inc|tf|hcl|groovy)$/;

function introducersOf(extension: string): readonly string[] {
  if (BOTH.test(extension)) return ["//", "/*", "#"];
  if (HASH.test(extension)) return ["#"];
  if (DASH.test(extension)) return ["--", "/*", "{-"];
  return ["//", "/*", "<!--"];
}

/** Without a lexicon: from the first introducer that stands in no string of its line; block comments by their usual star. */
function ofLines(text: string, introducers: readonly string[]): Remark[] {
  const found: Remark[] = [];
  let code = false;
  let block = "";
  for (const [at, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    if (block !== "") {
      found.push({
        line: at + 1,
        text: trimmed.slice(0, MAX_COMMENT),
        own: true,
        first: !code,
        quoted: false,
      });
      if (line.includes(block)) block = "";
      continue;
    }
    const start = introducedAt(line, introducers);
    if (start >= 0) {
      const own = line.slice(0, start).trim() === "";
      found.push({
        line: at + 1,
        text: line.slice(start, start + MAX_COMMENT),
        own,
        first: own && !code,
        quoted: false,
      });
      const rest = line.slice(start);
      if (rest.startsWith("/*") && !rest.includes("*/")) block = "*/";
      if (rest.startsWith("<!--") && !rest.includes("-->")) block = "-->";
      if (own) continue;
    }
    code = true;
  }
  return found;
}

function introducedAt(line: string, introducers: readonly string[]): number {
  let quote = "";
  const limit = Math.min(line.length, 4000);
  for (let at = 0; at < limit; at++) {
    const char = line[at] ?? "";
    if (quote !== "") {
      if (char === "\\") at++;
      else if (char === quote) quote = "";
      continue;
    }
    const found = introducers.find((one) => line.startsWith(one, at));
    if (found !== undefined) {
      // An address, a colour, a shell's `$#`.
      const before = line[at - 1] ?? " ";
      if (found === "#" ? /\s/.test(before) : !(found === "//" && before === ":")) return at;
    }
    // An apostrophe of a word opens nothing.
    if (char === '"' || char === "`" || (char === "'" && !/\w/.test(line[at - 1] ?? " "))) quote = char;
  }
  return -1;
}
