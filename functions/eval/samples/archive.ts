/**
 * The text form of samples: sections that begin with a line `@@@ WORD ARGUMENTS`, and a body up to the next one. Many files of a
 * repository, or many changes to it, stand in one file that reads from top to bottom.
 */

export interface Section {
  word: string;
  args: string;
  /** Text below the line, with its last line break; empty when there is none. */
  body: string;
  /** Line of the file, from 1, for what is said of it. */
  line: number;
}

const MARK = "@@@ ";

/** Reads the sections of a text. What stands before the first one is a comment. */
export function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  let body: string[] = [];
  const close = (): void => {
    const last = sections.at(-1);
    if (last !== undefined) last.body = body.length === 0 ? "" : `${body.join("\n")}\n`;
    body = [];
  };
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith(MARK)) {
      if (sections.length > 0) body.push(line);
      continue;
    }
    close();
    const [, word = "", args = ""] = /^(\S+)\s*(.*)$/.exec(line.slice(MARK.length)) ?? [];
    sections.push({ word, args: args.trim(), body: "", line: index + 1 });
  }
  close();
  return sections;
}

/** One piece of text that is to be replaced by another. */
export interface Replacement {
  from: string;
  to: string;
}

/** Reads `<<<<` old `====` new `>>>>` blocks; text between blocks is refused. */
export function replacementsOf(body: string): Replacement[] {
  const found: Replacement[] = [];
  let from: string[] | null = null;
  let to: string[] | null = null;
  for (const line of body.split("\n")) {
    if (from === null) {
      if (line === "<<<<") from = [];
      else if (line.trim() !== "") {
        throw new Error(`Cannot read ${JSON.stringify(line)}: a block begins with <<<<`);
      }
    } else if (to === null) {
      if (line === "====") to = [];
      else from.push(line);
    } else if (line === ">>>>") {
      found.push({ from: linesOf(from), to: linesOf(to) });
      from = to = null;
    } else to.push(line);
  }
  if (from !== null) throw new Error("Cannot read a block: it has no ==== or no >>>>");
  return found;
}

const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
