import { FORMATS } from "./formats.ts";
import { classChanges, entropy } from "./placeholder.ts";
import { literalsPattern, type Span, tokenAt } from "./scan.ts";

const LONG_STARTS = literalsPattern(
  FORMATS.flatMap(({ starts }) => starts).filter((start) => start.length >= 4),
);

/** A token that a line end cuts in two with nothing to join it: whoever copies it takes both lines. */
export function* brokenTokens(text: string): Iterable<Span> {
  LONG_STARTS.lastIndex = 0;
  for (let hit = LONG_STARTS.exec(text); hit !== null; hit = LONG_STARTS.exec(text)) {
    const start = hit.index;
    LONG_STARTS.lastIndex = start + 1;
    const lines = text.slice(start, start + 600).split("\n", 4);
    const pieces: string[] = [];
    const skipped: number[] = [];
    for (const [at, line] of lines.entries()) {
      const found = /^([ \t]*)([\w.-]{6,})\r?$/.exec(line) ?? /^([ \t]*)([\w.-]{6,})/.exec(line);
      if (!found || (at === 0 && found[1] !== "")) break;
      pieces.push(found[2] ?? "");
      skipped.push((found[1] ?? "").length);
      if (found[0].replace(/\r$/, "").length < line.replace(/\r$/, "").length) break;
    }
    if (pieces.length < 2) continue;
    const found = tokenAt(pieces.join(""), 0, hit[0]);
    if (found === null || found.start !== 0 || found.end <= (pieces[0]?.length ?? 0)) continue;
    const value = pieces.join("").slice(hit[0].length, found.end);
    if (!madeByChance(value) || entropy(value) < 3.5 || classChanges(value) < 6) continue;
    let end = start;
    let left = found.end;
    for (const [at, piece] of pieces.entries()) {
      if (left <= 0) break;
      end += (at > 0
        ? (lines[at - 1]?.length ?? 0) - (pieces[at - 1]?.length ?? 0) - (skipped[at - 1] ?? 0) + 1
        : 0) +
        (skipped[at] ?? 0) + Math.min(left, piece.length);
      left -= piece.length;
    }
    yield { rule: `${found.rule}:broken`, start, end };
    LONG_STARTS.lastIndex = end;
  }
}

/** Letters and digits as no word has them. */
export function madeByChance(token: string): boolean {
  return /[0-9]/.test(token) && /[A-Za-z]/.test(token) && entropy(token) >= 3;
}
