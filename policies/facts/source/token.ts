export type TokenKind = "word" | "number" | "string" | "regex" | "comment" | "mark";

/** A piece of source text. Strings keep their content in `value`, without quotes and prefixes, escapes as they stand. */
export interface Token {
  kind: TokenKind;
  text: string;
  value: string;
  line: number;
  /** Characters before it on its line. */
  column: number;
  /** The first token of its line, comments aside. */
  first: boolean;
}

/** What a string or comment at a position is: where it ends, and where its content lies. */
export interface Piece {
  kind: "string" | "comment" | "regex";
  end: number;
  from: number;
  to: number;
}

/** How a language writes what is not code. `previous` is the last token that is no comment. */
export type PieceReader = (text: string, at: number, previous: Token | undefined) => Piece | null;

/** White space beyond ASCII, as the languages read it: it separates words that look like one. */
const isWideSpace = (code: number): boolean =>
  code === 0xa0 || code === 0xfeff || code === 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
  code === 0x2028 ||
  code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000;
const isWordStart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36 ||
  (code > 127 && !isWideSpace(code));
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/**
 * Cuts source text into tokens, one pass, linear in its length whatever it holds. It does not parse: a file with syntax errors
 * still gives the tokens that it has.
 */
export function tokenize(text: string, readPiece: PieceReader): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let first = true;
  let previous: Token | undefined;
  let at = 0;
  const push = (kind: TokenKind, start: number, end: number, value: string) => {
    const token = { kind, text: text.slice(start, end), value, line, column: start - lineStart, first };
    tokens.push(token);
    if (kind !== "comment") {
      previous = token;
      first = false;
    }
  };
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 10) {
      line++;
      at++;
      lineStart = at;
      first = true;
      continue;
    }
    if (code === 32 || (code >= 9 && code <= 13) || isWideSpace(code)) {
      at++;
      continue;
    }
    const piece = readPiece(text, at, previous);
    if (piece !== null && piece.end > at) {
      push(piece.kind, at, piece.end, text.slice(piece.from, piece.to));
      for (let next = at; next < piece.end; next++) {
        if (text.charCodeAt(next) !== 10) continue;
        line++;
        lineStart = next + 1;
      }
      at = piece.end;
      continue;
    }
    let end = at + 1;
    if (isWordStart(code) || escapeAt(text, at) > 0) {
      end = wordEnd(text, at);
      push("word", at, end, text.slice(at, end));
      const token = tokens.at(-1);
      if (token?.text.includes("\\")) token.text = token.value = unescaped(token.text);
    } else if (isDigit(code)) {
      while (
        end < text.length &&
        (isWordStart(text.charCodeAt(end)) || isDigit(text.charCodeAt(end)) || text[end] === ".")
      ) end++;
      push("number", at, end, text.slice(at, end));
    } else push("mark", at, end, text.slice(at, end));
    at = end;
  }
  return tokens;
}

/** The innermost of a chain of names: a depth that no honest file has must not cost a join of it at every test. */
export function innermost(chain: readonly { name: string }[], separator: string): string {
  return chain.slice(-12).map((one) => one.name).join(separator);
}

const ESCAPE = /\\u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})/y;

/** Length of a Unicode escape that stands here: JavaScript reads `sk\u0069p` as the name `skip`. */
function escapeAt(text: string, at: number): number {
  if (text[at] !== "\\") return 0;
  ESCAPE.lastIndex = at;
  return ESCAPE.exec(text)?.[0].length ?? 0;
}

function wordEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    const length = isWordStart(code) || isDigit(code) ? 1 : escapeAt(text, end);
    if (length === 0) return end;
    end += length;
  }
  return end;
}

function unescaped(word: string): string {
  return word.replace(
    new RegExp(ESCAPE.source, "g"),
    (_all, four: string | undefined, any: string | undefined) => {
      const code = parseInt(four ?? any ?? "", 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}

/** Tokens that are code: without comments. */
export function codeOf(tokens: readonly Token[]): Token[] {
  return tokens.filter((token) => token.kind !== "comment");
}

/** For each bracket the index of its partner; the number of tokens where it has none. One pass. */
export function partners(tokens: readonly Token[]): Int32Array {
  const found = new Int32Array(tokens.length).fill(tokens.length);
  const open: number[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "mark") continue;
    if (token.text === "(" || token.text === "[" || token.text === "{") open.push(at);
    else if (token.text === ")" || token.text === "]" || token.text === "}") {
      const start = open.pop();
      if (start === undefined) continue;
      found[start] = at;
      found[at] = start;
    }
  }
  return found;
}

/** Whether the tokens from `at` on read like this; `null` stands for any token. */
export function reads(tokens: readonly Token[], at: number, ...texts: readonly (string | null)[]): boolean {
  return texts.every((text, index) => {
    const token = tokens[at + index];
    return token !== undefined && (text === null || (token.text === text && token.kind !== "string"));
  });
}
