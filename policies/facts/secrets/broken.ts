import { classChanges, entropy, madeByChance } from "./placeholder.ts";
import { WORD_CLASS } from "./runs.ts";
import { type Span, tokenAt } from "./scan.ts";
import { START, STARTS } from "./starts.ts";

/** Shorter starts stand everywhere. */
const LONG_START = 4;
/** No token and the indents in it are longer than this. */
const MAX_BROKEN = 600;

const next = (text: string, from: number) => STARTS.next(text, from, START.plain);

/** A token that a line end cuts in two with nothing to join it: whoever copies it takes both lines. */
export function* brokenTokens(text: string): Iterable<Span> {
  if (!text.includes("\n")) return;
  let from = 0;
  for (let hit = next(text, 0); hit !== null; hit = next(text, from)) {
    const start = hit.index;
    from = start + 1;
    if (hit.literal.length < LONG_START) continue;
    // In the middle of a word, of base 64 or of a path nothing begins.
    if (/[0-9A-Za-z_/]/.test(text[start - 1] ?? "") || !fillsLine(text, start)) continue;
    const lines = text.slice(start, start + MAX_BROKEN).split("\n", 4);
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
    const found = tokenAt(pieces.join(""), 0, hit.literal);
    if (found === null || found.start !== 0 || found.end <= (pieces[0]?.length ?? 0)) continue;
    const value = pieces.join("").slice(hit.literal.length, found.end);
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
    from = end;
  }
}

/** Whether nothing but what tokens are made of stands between a place and the end of its line, which another line follows. */
function fillsLine(text: string, start: number): boolean {
  const limit = start + MAX_BROKEN;
  let at = start;
  while (at < limit && WORD_CLASS[text.charCodeAt(at)] === 1) at++;
  return text[at] === "\n" || (text[at] === "\r" && text[at + 1] === "\n");
}
