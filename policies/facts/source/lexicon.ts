import type { CodeLanguage } from "../../../specs/mod.ts";
import { type Piece, type PieceReader, type Token, tokenize } from "./token.ts";

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
};

function lineComment(text: string, at: number, mark: string): Piece | null {
  if (!text.startsWith(mark, at)) return null;
  const end = lineEnd(text, at);
  return { kind: "comment", end, from: at + mark.length, to: end };
}

function blockComment(text: string, at: number): Piece | null {
  if (!text.startsWith("/*", at)) return null;
  const close = text.indexOf("*/", at + 2);
  const end = close < 0 ? text.length : close + 2;
  return { kind: "comment", end, from: at + 2, to: close < 0 ? text.length : close };
}

/** Rust's block comments nest. */
function nestedComment(text: string, at: number): Piece | null {
  if (!text.startsWith("/*", at)) return null;
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    if (text.startsWith("/*", next)) {
      depth++;
      next++;
    } else if (text.startsWith("*/", next)) {
      next++;
      if (--depth === 0) return { kind: "comment", end: next + 1, from: at + 2, to: next - 1 };
    }
  }
  return { kind: "comment", end: text.length, from: at + 2, to: text.length };
}

/** A string between `quote`s. One that may not cross lines ends with its line when it is not closed. */
function quoted(
  text: string,
  start: number,
  quote: string,
  options: { lines: boolean; escapes: boolean },
): Piece {
  const from = start + quote.length;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === "\\" && options.escapes) at++;
    else if (char === "\n" && !options.lines) return { kind: "string", end: at, from, to: at };
    else if (text.startsWith(quote, at)) return { kind: "string", end: at + quote.length, from, to: at };
  }
  return { kind: "string", end: text.length, from, to: text.length };
}

/** A template with its `${}`, in which strings and templates nest. One pass with a stack. */
function template(text: string, start: number): Piece {
  const stack: ("`" | "{")[] = ["`"];
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") {
      at++;
      continue;
    }
    const inside = stack.at(-1);
    if (inside === "`") {
      if (char === "`") {
        stack.pop();
        if (stack.length === 0) return { kind: "string", end: at + 1, from: start + 1, to: at };
      } else if (char === "$" && text[at + 1] === "{") {
        stack.push("{");
        at++;
      }
    } else if (char === "`") stack.push("`");
    else if (char === "{") stack.push("{");
    else if (char === "}") stack.pop();
    else if (char === "'" || char === '"') {
      at = quoted(text, at, char, { lines: false, escapes: true }).end - 1;
    }
  }
  return { kind: "string", end: text.length, from: start + 1, to: text.length };
}

const REGEX_AFTER_WORDS = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "do",
  "else",
  "void",
  "delete",
  "throw",
  "new",
  "await",
  "yield",
  "instanceof",
]);

/** Whether a slash here begins a regular expression, and not a division or the end of a JSX element. */
function regexCanStart(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === "word") return REGEX_AFTER_WORDS.has(previous.text);
  if (previous.kind !== "mark") return false;
  return !")]}<".includes(previous.text);
}

/** No regular expression is read beyond this, so that a line full of slashes costs no more than its length. */
const MAX_REGEX = 500;

function regex(text: string, start: number): Piece | null {
  let inClass = false;
  const limit = Math.min(text.length, start + MAX_REGEX);
  for (let at = start + 1; at < limit; at++) {
    const char = text[at];
    if (char === "\n") return null;
    if (char === "\\") at++;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return { kind: "regex", end: at + 1, from: start + 1, to: at };
  }
  return null;
}

const ecmascript: PieceReader = (text, at, previous) => {
  switch (text[at]) {
    case "/":
      return lineComment(text, at, "//") ?? blockComment(text, at) ??
        (regexCanStart(previous) ? regex(text, at) : null);
    case "#":
      return at === 0 && text[1] === "!" ? lineComment(text, at, "#!") : null;
    case "'":
    case '"':
      return quoted(text, at, text[at] ?? '"', { lines: false, escapes: true });
    case "`":
      return template(text, at);
    default:
      return null;
  }
};

const PYTHON_PREFIX = /^(?:[rbuft]|[rb]{2}|[rf]{2}|[rt]{2})$/i;

const python: PieceReader = (text, at) => {
  const char = text[at] ?? "";
  if (char === "#") return lineComment(text, at, "#");
  let quote = at;
  while (quote - at < 3 && /[A-Za-z]/.test(text[quote] ?? "")) quote++;
  const mark = text[quote];
  if (mark !== "'" && mark !== '"') return null;
  if (quote > at && !PYTHON_PREFIX.test(text.slice(at, quote))) return null;
  const triple = mark.repeat(3);
  // A raw string may still not end after a backslash, so that escapes are stepped over in every kind.
  if (text.startsWith(triple, quote)) return quoted(text, quote, triple, { lines: true, escapes: true });
  return quoted(text, quote, mark, { lines: false, escapes: true });
};

const go: PieceReader = (text, at) => {
  switch (text[at]) {
    case "/":
      return lineComment(text, at, "//") ?? blockComment(text, at);
    case '"':
    case "'":
      return quoted(text, at, text[at] ?? '"', { lines: false, escapes: true });
    case "`":
      return quoted(text, at, "`", { lines: true, escapes: false });
    default:
      return null;
  }
};

const java: PieceReader = (text, at) => {
  switch (text[at]) {
    case "/":
      return lineComment(text, at, "//") ?? blockComment(text, at);
    case '"':
      return text.startsWith('"""', at)
        ? quoted(text, at, '"""', { lines: true, escapes: true })
        : quoted(text, at, '"', { lines: false, escapes: true });
    case "'":
      return quoted(text, at, "'", { lines: false, escapes: true });
    default:
      return null;
  }
};

const rust: PieceReader = (text, at) => {
  const char = text[at] ?? "";
  if (char === "/") return lineComment(text, at, "//") ?? nestedComment(text, at);
  if (char === '"') return quoted(text, at, '"', { lines: true, escapes: true });
  if (char === "'") {
    // 'a is a lifetime, 'a' is a character.
    if (text[at + 1] !== "\\" && text[at + 2] !== "'") {
      const wide = text.codePointAt(at + 1) ?? 0;
      if (!(wide > 0xffff && text[at + 3] === "'")) return null;
    }
    return quoted(text, at, "'", { lines: false, escapes: true });
  }
  if (char !== "r" && char !== "b" && char !== "c") return null;
  let next = at;
  while (next - at < 2 && "rbc".includes(text[next] ?? " ")) next++;
  const raw = text.slice(at, next).includes("r");
  let hashes = 0;
  while (raw && text[next + hashes] === "#") hashes++;
  if (text[next + hashes] !== '"') return null;
  if (!raw) return quoted(text, next, '"', { lines: true, escapes: true });
  const from = next + hashes + 1;
  const close = text.indexOf(`"${"#".repeat(hashes)}`, from);
  const to = close < 0 ? text.length : close;
  return { kind: "string", end: close < 0 ? text.length : close + 1 + hashes, from, to };
};

const HEREDOC = /^<<-?[ \t]{0,8}(?:'([A-Za-z_]\w{0,60})'|"([A-Za-z_]\w{0,60})"|\\?([A-Za-z_]\w{0,60}))/;

const shell: PieceReader = (text, at) => {
  const char = text[at];
  if (char === "#") {
    // `${#list[@]}` counts.
    const counts = text[at - 1] === "{" && text[at - 2] === "$";
    return at === 0 || (!counts && /[\s;&|(){}]/.test(text[at - 1] ?? ""))
      ? lineComment(text, at, "#")
      : null;
  }
  if (char === "'") return quoted(text, at, "'", { lines: true, escapes: false });
  if (char === '"') return quoted(text, at, '"', { lines: true, escapes: true });
  if (char === "<" && text[at + 1] === "<" && text[at + 2] !== "<") {
    const found = HEREDOC.exec(text.slice(at, at + 80));
    const word = found?.[1] ?? found?.[2] ?? found?.[3];
    if (!word) return null;
    // The body begins on the next line; what stands behind the operator on its own line is given up.
    const from = lineEnd(text, at) + 1;
    let start = from;
    while (start <= text.length) {
      const end = lineEnd(text, start);
      if (text.slice(start, end).trim() === word) return { kind: "string", end, from, to: start };
      if (end >= text.length) break;
      start = end + 1;
    }
    return { kind: "string", end: text.length, from: Math.min(from, text.length), to: text.length };
  }
  return null;
};

const LEXICONS: Readonly<Record<CodeLanguage, PieceReader>> = { ecmascript, python, go, java, rust, shell };

/** Tokens of a source text in its language. */
export function tokensOf(text: string, language: CodeLanguage): Token[] {
  return tokenize(asRead(text, language), LEXICONS[language]);
}

/**
 * The text as the language's own reader has it, where that differs from what git and people see: line ends that are none to
 * git can end a comment, and Java puts in Unicode escapes before anything else, also those of a line end.
 */
function asRead(text: string, language: CodeLanguage): string {
  switch (language) {
    case "ecmascript":
      return text.replace(/\r(?!\n)|[\u2028\u2029]/g, "\n");
    case "python":
      return text.replace(/\r(?!\n)/g, "\n");
    case "java":
      return text.replace(/\r(?!\n)/g, "\n").replace(
        /\\u+([0-9a-fA-F]{4})/g,
        (_all, code: string) => String.fromCharCode(parseInt(code, 16)),
      );
    case "go":
    case "rust":
    case "shell":
      return text;
  }
}
