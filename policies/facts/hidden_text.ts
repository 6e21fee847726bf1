import { type FileFacts, hiddenCharacters, type HiddenText } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";
import { isSpelled, lettersFromRight } from "./orthography.ts";
import { tokensOf } from "./source/lexicon.ts";
import type { Token } from "./source/token.ts";

const MAX_FOUND = 200;

/**
 * Bidirectional and invisible characters in lines that the change adds, and names that mix look-alike letters of two scripts (X3 of
 * the gate catalogue): what a reviewer reads is then not what runs. Control characters are not meant: they can be seen in a diff.
 * Nor is orthography: marks of direction in Arabic and Hebrew text, joiners in emoji.
 */
export async function hiddenText(files: readonly FileFacts[], contents: Contents): Promise<HiddenText[]> {
  const found: HiddenText[] = [];
  for (const file of files) {
    if (file.binary || file.status === "D" || !file.newMode.startsWith("100")) continue;
    const after = await contents.head(file);
    if (after === null) continue;
    const before = new Set((await contents.base(file))?.split("\n") ?? []);
    const added = (line: string, at: number) =>
      !before.has(line) && !(at === 0 && before.has(`\ufeff${line}`));
    const lines = after.replace(/^\ufeff/, "").split("\n");
    const strings = literals(file, after);
    const text = file.language === null && file.kind !== "code";
    const fromRight = text && lettersFromRight(after) >= 10;
    for (const [at, line] of lines.entries()) {
      if (!added(line, at)) continue;
      const first = hiddenCharacters(line, Number.MAX_SAFE_INTEGER).find(({ kind, offset }) =>
        kind !== "control" && kind !== "surrogate" &&
        !isSpelled(line, offset, { quoted: text || within(strings.get(at + 1), offset), fromRight })
      );
      if (first) found.push({ path: file.path, line: at + 1, character: first.name });
      if (found.length >= MAX_FOUND) return found;
    }
    for (const { line, character } of mixedNames(file, after)) {
      if (added(lines[line - 1] ?? "", line - 1)) found.push({ path: file.path, line, character });
      if (found.length >= MAX_FOUND) return found;
    }
  }
  return found;
}

/** Columns of the string literals of each line, as far as they stand on one line and could hold a character that is meant here. */
function literals(file: FileFacts, text: string): Map<number, Token[]> {
  const strings = new Map<number, Token[]>();
  // deno-lint-ignore no-control-regex
  if (file.language === null || !/[^\u0000-\u00ff]|\u00ad/.test(text)) return strings;
  for (const token of tokensOf(text.replace(/^\ufeff/, ""), file.language)) {
    if (token.kind !== "string" || token.text.includes("\n")) continue;
    strings.set(token.line, [...strings.get(token.line) ?? [], token]);
  }
  return strings;
}

const within = (strings: readonly Token[] | undefined, offset: number): boolean =>
  strings?.some(({ column, text }) => offset > column && offset < column + text.length - 1) ?? false;

const LATIN = /\p{Script=Latin}/u;
const CYRILLIC = /[\u0400-\u052f]/;

/** Names of Latin letters with a Cyrillic one among them, which looks like a Latin one more often than not. */
function* mixedNames(file: FileFacts, text: string): Iterable<{ line: number; character: string }> {
  if (file.language === null || !CYRILLIC.test(text)) return;
  for (const { kind, text: name, line } of tokensOf(text.replace(/^\ufeff/, ""), file.language)) {
    const letter = kind === "word" && LATIN.test(name) ? CYRILLIC.exec(name)?.[0] : undefined;
    if (letter === undefined) continue;
    const code = letter.codePointAt(0) ?? 0;
    yield {
      line,
      character: `U+${code.toString(16).toUpperCase().padStart(4, "0")} in a name of Latin letters`,
    };
  }
}
