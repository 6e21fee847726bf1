/**
 * Tests that stand inside source files, as Rust's do (`#[cfg(test)] mod tests { ... }`): these blocks can be taken from one side
 * of a change and put into the other's file, where laying whole files would take the code along.
 */

/** Whether a path may hold tests beside the code that they test. */
export function holdsInlineTests(path: string): boolean {
  return path.endsWith(".rs");
}

interface Block {
  name: string;
  start: number;
  end: number;
}

/** The file `code` with the test blocks of `tests`: each in the place of its namesake, new ones at the end. */
export function withInlineTests(code: string, tests: string): string {
  const wanted = testBlocks(tests);
  const present = testBlocks(code);
  let out = "";
  let at = 0;
  for (const block of present) {
    const other = wanted.find((one) => one.name === block.name);
    out += code.slice(at, block.start) + (other === undefined ? "" : tests.slice(other.start, other.end));
    at = block.end;
  }
  out += code.slice(at);
  for (const block of wanted) {
    if (!present.some((one) => one.name === block.name)) out += `\n${tests.slice(block.start, block.end)}\n`;
  }
  return out;
}

/** Whether two versions of a file differ in their test blocks. */
export function inlineTestsDiffer(a: string, b: string): boolean {
  const text = (source: string) =>
    testBlocks(source).map(({ start, end }) => source.slice(start, end)).join("\n");
  return text(a) !== text(b);
}

/** Modules for tests at the top of a Rust file, with their attributes. A block that does not close is none. */
function testBlocks(source: string): Block[] {
  const opening =
    /^#\[cfg\((?:test|all\(test\b[^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*\{/gm;
  const blocks: Block[] = [];
  for (let match = opening.exec(source); match !== null; match = opening.exec(source)) {
    const end = closingBrace(source, match.index + match[0].length);
    if (end < 0) break;
    blocks.push({ name: match[1] ?? "", start: match.index, end });
    opening.lastIndex = end;
  }
  return blocks;
}

/** After the brace that closes a block, or -1. Knows Rust's strings, raw strings, characters, lifetimes and nested comments. */
function closingBrace(source: string, from: number): number {
  const skip =
    /\/\/[^\n]*|\/\*|b?r(#*)"|b?"(?:[^"\\]|\\[\s\S])*"|b?'(?:[^'\\\n]|\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.))'|[{}]/gy;
  let depth = 1;
  let at = from;
  while (at < source.length) {
    skip.lastIndex = at;
    const match = skip.exec(source);
    if (match === null) {
      // A word is taken whole: the r of `for"` begins no raw string.
      const word = /[A-Za-z0-9_]+/y;
      word.lastIndex = at;
      at += word.exec(source)?.[0].length ?? 1;
      continue;
    }
    const [text, hashes] = match;
    at += text.length;
    if (text === "{") depth++;
    else if (text === "}" && --depth === 0) return at;
    else if (text === "/*") {
      let nested = 1;
      while (nested > 0 && at < source.length) {
        if (source.startsWith("/*", at)) nested++;
        if (source.startsWith("*/", at)) nested--;
        at += source.startsWith("/*", at) || source.startsWith("*/", at) ? 2 : 1;
      }
    } else if (hashes !== undefined && /r#*"$/.test(text)) {
      const end = source.indexOf(`"${hashes}`, at);
      if (end < 0) return -1;
      at = end + 1 + hashes.length;
    }
  }
  return -1;
}
