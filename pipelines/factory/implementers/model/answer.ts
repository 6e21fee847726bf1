import type { ParsedEdits } from "./edit/edit.ts";
import { parseEdits } from "./edit/parse.ts";

/** What an answer says beside its tool calls. */
export interface Answer extends ParsedEdits {
  /** It says that all is done, and what was done. */
  readonly done: readonly string[] | null;
  /** It says that the task cannot be done, and why. */
  readonly cannot: string | null;
}

const BLOCK_END = /^(?:>{7,15} (?:REPLACE|FILE)|\*\*\* End Patch)\s*$/;

/** Reads edits, and what is said after the last of them. */
export function readAnswer(text: string): Answer {
  const lines = text.split(/\r?\n/);
  const last = lines.findLastIndex((line) => BLOCK_END.test(line));
  const said = lines.slice(last + 1);
  const done = said.findIndex((line) => /^[*_#\s]*DONE\b[*_.:!\s]*$/.test(line) || /^DONE[:.]\s/.test(line));
  const cannot = said.findIndex((line) => /^[*_#\s]*CANNOT\b/.test(line));
  return {
    ...parseEdits(text),
    done: done < 0
      ? null
      : claimsOf([said[done]?.replace(/^[*_#\s]*DONE\b[*_.:!\s]*/, "") ?? "", ...said.slice(done + 1)]),
    cannot: cannot < 0 ? null : said.slice(cannot).join("\n").replace(/^[*_#\s]*CANNOT\b[*_:\s]*/, "").trim(),
  };
}

/** One claim a line, without the signs of a list. */
export function claimsOf(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^\s*(?:[-*•]|\d+[.)])\s*/, "").trim())
    .filter((line) => line !== "" && !/^`{3,}/.test(line)).slice(0, 50).map((line) => line.slice(0, 500));
}
