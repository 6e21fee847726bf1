/** Finds the tests of a file: the corpus is written in one plain style, so lines are enough. */
import type { Language } from "../corpus.ts";

export interface TestBlock {
  title: string;
  /** Lines of the file, from the header to the closing line; both 0-based, `to` not included. */
  from: number;
  to: number;
  /** The header, that opens the test. */
  header: string;
  indent: string;
  /** One line holds the whole test. */
  inline: boolean;
}

const HEADER: Record<Language, RegExp> = {
  deno: /^(\s*)Deno\.test\((["'`])(.*?)\2/,
  node: /^(\s*)(?:it|test)\((["'`])(.*?)\2/,
  python: /^(\s*)def ()(test_\w+)\(self\):/,
  go: /^()func ()(Test\w+)\(t \*testing\.T\)/,
  shell: /^()()(test_\w+)\(\) \{/,
};

/** The tests of a file in their order. Tests made in a loop (a title with `${`) are left out. */
export function testBlocks(language: Language, text: string): TestBlock[] {
  const lines = text.split("\n");
  const blocks: TestBlock[] = [];
  for (const [from, header] of lines.entries()) {
    const match = HEADER[language].exec(header);
    if (match === null || (match[3] ?? "").includes("${")) continue;
    const indent = match[1] ?? "";
    blocks.push({
      title: match[3] ?? "",
      from,
      to: endOf(language, lines, from, indent),
      header,
      indent,
      inline: language !== "python" && /\);\s*$/.test(header),
    });
  }
  return blocks;
}

function endOf(language: Language, lines: readonly string[], from: number, indent: string): number {
  if (language !== "python" && /\);\s*$/.test(lines[from] ?? "")) return from + 1;
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (language === "python") {
      if (line.trim() !== "" && !line.startsWith(`${indent} `)) return trimmed(lines, at);
    } else if (line === `${indent}});` || line === `${indent}}`) return at + 1;
  }
  return trimmed(lines, lines.length);
}

function trimmed(lines: readonly string[], to: number): number {
  while (to > 0 && (lines[to - 1] ?? "").trim() === "") to--;
  return to;
}

/** The file without one of its tests. */
export function withoutBlock(text: string, block: TestBlock): string {
  const lines = text.split("\n");
  lines.splice(block.from, block.to - block.from);
  if ((lines[block.from] ?? "").trim() === "" && (lines[block.from - 1] ?? "").trim() === "") {
    lines.splice(block.from, 1);
  }
  return lines.join("\n");
}

/** The file with one of its tests rewritten, line by line. */
export function rewriteBlock(text: string, block: TestBlock, by: (lines: string[]) => string[]): string {
  const lines = text.split("\n");
  lines.splice(block.from, block.to - block.from, ...by(lines.slice(block.from, block.to)));
  return lines.join("\n");
}
