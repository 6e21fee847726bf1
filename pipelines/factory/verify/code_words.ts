/** What a piece of source text is: code, or what stands in quotes. Comments are neither and are left as they are. */
type Piece = "code" | "text" | "comment";

/**
 * Rewrites code and quoted text of a source file separately. Enough of a reader for tests: it knows quotes, template strings,
 * Python's triple quotes and comments; a quote that does not close ends with its line.
 */
export function rewriteSource(
  path: string,
  source: string,
  rewrite: { code(text: string): string; text(text: string, before: string): string },
): string {
  const hash = /\.(py|rb|sh|bash|bats)$/.test(path);
  let out = "";
  let at = 0;
  let from = 0;
  const flush = (kind: Piece, end: number) => {
    const piece = source.slice(from, end);
    if (kind === "code") out += rewrite.code(piece);
    else if (kind === "text") out += rewrite.text(piece, out);
    else out += piece;
    from = at = end;
  };
  while (at < source.length) {
    const comment = hash
      ? source.charAt(at) === "#" ? "\n" : null
      : source.startsWith("//", at)
      ? "\n"
      : source.startsWith("/*", at)
      ? "*/"
      : null;
    const quote = openingQuote(path, source, at);
    if (comment !== null) {
      flush("code", at);
      const end = source.indexOf(comment, at + 2);
      flush("comment", end < 0 ? source.length : end + (comment === "\n" ? 0 : comment.length));
    } else if (quote !== null) {
      flush("code", at + quote.length);
      at = from;
      for (;;) {
        const end = textEnd(source, at, quote);
        if (quote === "`" && source.startsWith("${", end)) {
          flush("text", end);
          at = end + 2;
          flush("code", closingBrace(source, end + 2));
          continue;
        }
        flush("text", end);
        break;
      }
      at = Math.min(source.length, at + (source.startsWith(quote, at) ? quote.length : 0));
    } else at++;
  }
  flush("code", source.length);
  return out;
}

function openingQuote(path: string, source: string, at: number): string | null {
  const letter = source.charAt(at);
  if (letter !== '"' && letter !== "'" && letter !== "`") return null;
  if (path.endsWith(".py")) {
    const triple = source.slice(at, at + 3);
    return triple === '"""' || triple === "'''" ? triple : letter === "`" ? null : letter;
  }
  // A lifetime or a character of Rust: never a long text.
  if (path.endsWith(".rs") && letter === "'") return null;
  return letter;
}

/** Where quoted text ends: at its quote, at a template's `${`, at the end of a line that must hold it, or of the file. */
function textEnd(source: string, from: number, quote: string): number {
  const raw = quote === "`" || quote.length === 3;
  for (let at = from; at < source.length; at++) {
    const letter = source.charAt(at);
    if (letter === "\\") at++;
    else if (source.startsWith(quote, at) || quote === "`" && source.startsWith("${", at)) return at;
    else if (letter === "\n" && !raw) return at;
  }
  return source.length;
}

function closingBrace(source: string, from: number): number {
  let depth = 1;
  for (let at = from; at < source.length; at++) {
    const letter = source.charAt(at);
    if (letter === "{") depth++;
    else if (letter === "}" && --depth === 0) return at;
  }
  return source.length;
}
