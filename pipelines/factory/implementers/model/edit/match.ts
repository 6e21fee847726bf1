import { hiddenCharacters } from "../../../../../specs/mod.ts";
import { nearestLines } from "./near.ts";

/** A file's text in lines, each with its own ending, so that what is not edited stays byte for byte. */
interface Lines {
  readonly texts: readonly string[];
  readonly ends: readonly string[];
}

/** How exactly the place was found: the first of these that finds one counts. */
export type MatchLevel = "exact" | "trailing-space" | "indentation" | "within-a-line" | "characters";

export type Replaced =
  | {
    readonly ok: true;
    readonly text: string;
    readonly level: MatchLevel;
    readonly line: number;
    readonly lines: number;
  }
  | { readonly ok: false; readonly why: string; readonly remedy: string; readonly nearest: string };

/** Where a hunk may stand. Hunks are made of whole lines. */
export interface Placing {
  /** Index of the first line that it may begin at. */
  readonly from: number;
  /** Only at the end of the file. */
  readonly atEnd: boolean;
  /** The first place from there on counts, as what stands before it told where. */
  readonly first: boolean;
}

export function linesOf(text: string): Lines {
  const texts: string[] = [];
  const ends: string[] = [];
  const parts = text.split("\n");
  for (const [at, part] of parts.entries()) {
    if (at === parts.length - 1) {
      if (part !== "") {
        texts.push(part);
        ends.push("");
      }
    } else if (part.endsWith("\r")) {
      texts.push(part.slice(0, -1));
      ends.push("\r\n");
    } else {
      texts.push(part);
      ends.push("\n");
    }
  }
  return { texts, ends };
}

/**
 * Replaces the one place that `search` is found at. It is looked for as whole lines, then without trailing white space,
 * then shifted by one indentation, then inside of lines, then with look-alike characters taken for one another. More than one place at a level
 * is refused: nothing is ever guessed. Line ends and a missing end of the last line stay as the file has them.
 */
export function replaceOnce(
  text: string,
  wanted: readonly string[],
  given: readonly string[],
  placing?: Placing,
): Replaced {
  if (wanted.length === 0) {
    return text === "" && given.length > 0
      ? { ok: true, text: `${given.join("\n")}\n`, level: "exact", line: 1, lines: 0 }
      : refused(
        "SEARCH is empty, and the file is not",
        "Repeat some lines of the file in SEARCH, with the new text in REPLACE",
        "",
      );
  }
  if (wanted.join("\n") === given.join("\n") && wanted.length === given.length) {
    return refused("SEARCH and REPLACE are the same", "Leave the block out, or change something", "");
  }
  const file = linesOf(text);
  for (const level of LEVELS) {
    if (placing !== undefined && level.name === "within-a-line") continue;
    const found = level.places(file, wanted, text);
    const here = placing === undefined ? found : chosen(found, placing, file.texts.length, wanted.length);
    if (here.length > 1) {
      const at = here.slice(0, 8).map((place) => place + 1).join(", ");
      return refused(
        `SEARCH is found ${here.length} times (lines ${at}${here.length > 8 ? ", …" : ""})`,
        "Repeat more lines around the place, so that it is the only one",
        "",
      );
    }
    const [place] = here;
    if (place === undefined) continue;
    const done = level.put(file, place, wanted, given, text);
    if (done === null) continue;
    if (done === text) return refused("the file has that text already", "Leave the block out", "");
    return { ok: true, text: done, level: level.name, line: place + 1, lines: wanted.length };
  }
  const there = given.length > 0 && contiguous(file.texts, given, (a, b) => a === b).length === 1;
  return refused(
    there
      ? "SEARCH is not in the file, but REPLACE is: the edit seems to be made already"
      : /\[(?:redacted|left out)/.test(wanted.join("\n"))
      ? "SEARCH repeats a place that was left out of what you were shown"
      : "SEARCH is not in the file",
    there
      ? "Read the file again before you go on"
      : "Copy the lines from the file as it is now, all of them, or write the whole file",
    there ? "" : nearestLines(file.texts, wanted),
  );
}

const refused = (why: string, remedy: string, nearest: string): Replaced => ({
  ok: false,
  why,
  remedy,
  nearest,
});

function chosen(
  found: readonly number[],
  { from, atEnd, first }: Placing,
  count: number,
  length: number,
): readonly number[] {
  const fit = found.filter((place) => place >= from && (!atEnd || place + length === count));
  return first ? fit.slice(0, 1) : fit;
}

interface Level {
  readonly name: MatchLevel;
  /** Indices of the first lines of all places. */
  places(file: Lines, wanted: readonly string[], text: string): number[];
  /** The text after the edit, or null when it cannot be made at this level. */
  put(
    file: Lines,
    place: number,
    wanted: readonly string[],
    given: readonly string[],
    text: string,
  ): string | null;
}

const LEVELS: readonly Level[] = [
  whole("exact", (a, b) => a === b),
  whole("trailing-space", (a, b) => a.trimEnd() === b.trimEnd()),
  {
    name: "indentation",
    places: (file, wanted) => {
      const first = wanted.findIndex((line) => line.trim() !== "");
      if (first < 0) return [];
      return starts(file.texts.length, wanted.length).filter((at) =>
        shiftOf(file.texts, at, wanted) !== null
      );
    },
    put: (file, place, wanted, given) => {
      const shift = shiftOf(file.texts, place, wanted);
      if (shift === null) return null;
      const shifted: string[] = [];
      for (const line of given) {
        if (line.trim() === "") shifted.push(line);
        else if (shift.add !== "") shifted.push(shift.add + line);
        else if (line.startsWith(shift.take)) shifted.push(line.slice(shift.take.length));
        // A line that is indented less than what the whole block would have to lose.
        else return null;
      }
      return spliced(file, place, wanted.length, shifted);
    },
  },
  {
    name: "within-a-line",
    places: (_file, wanted, text) => {
      if (wanted.every((line) => line.trim() === "")) return [];
      const search = inText(text, wanted);
      const places: number[] = [];
      // Overlaps count, too: `aa` stands twice in `aaa`.
      for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) {
        places.push(lineAt(text, at));
        if (places.length > 100) break;
      }
      return places;
    },
    put: (_file, _place, wanted, given, text) => {
      const search = inText(text, wanted);
      const at = text.indexOf(search);
      return text.slice(0, at) + inText(text, given) + text.slice(at + search.length);
    },
  },
  whole("characters", (a, b) => folded(a) === folded(b)),
];

function whole(name: MatchLevel, same: (a: string, b: string) => boolean): Level {
  return {
    name,
    places: (file, wanted) =>
      wanted.every((line) => line.trim() === "") && name !== "exact"
        ? []
        : contiguous(file.texts, wanted, same),
    put: (file, place, wanted, given) => spliced(file, place, wanted.length, given),
  };
}

const starts = (count: number, length: number): number[] =>
  Array.from({ length: Math.max(0, count - length + 1) }, (_, at) => at);

function contiguous(
  lines: readonly string[],
  wanted: readonly string[],
  same: (a: string, b: string) => boolean,
): number[] {
  if (wanted.length === 0) return [];
  return starts(lines.length, wanted.length).filter((at) =>
    wanted.every((line, index) => same(lines[at + index] ?? "", line))
  );
}

/** What every line of the file has before it and the search lacks (`add`), or the other way round (`take`). */
function shiftOf(
  lines: readonly string[],
  at: number,
  wanted: readonly string[],
): { add: string; take: string } | null {
  let shift: { add: string; take: string } | null = null;
  for (const [index, line] of wanted.entries()) {
    const own = lines[at + index] ?? "";
    if (line.trim() === "" || own.trim() === "") {
      if (line.trim() !== own.trim()) return null;
      continue;
    }
    if (line.trim() !== own.trim()) return null;
    const [a, b] = [/^\s*/.exec(own)?.[0] ?? "", /^\s*/.exec(line)?.[0] ?? ""];
    const one = a.endsWith(b)
      ? { add: a.slice(0, a.length - b.length), take: "" }
      : b.endsWith(a)
      ? { add: "", take: b.slice(0, b.length - a.length) }
      : null;
    if (one === null || (shift !== null && (shift.add !== one.add || shift.take !== one.take))) return null;
    shift = one;
  }
  return shift;
}

/** The text with some lines replaced. New lines end as the file's lines do; the last line of the file keeps its own end. */
function spliced(file: Lines, place: number, count: number, given: readonly string[]): string {
  const end = file.ends.slice(place, place + count).find((one) => one !== "") ??
    file.ends.find((one) => one !== "") ?? "\n";
  const last = file.ends[place + count - 1] ?? "";
  const before = file.texts.slice(0, place).map((line, at) => line + (file.ends[at] ?? "")).join("");
  const after = file.texts.slice(place + count).map((line, at) =>
    line + (file.ends[place + count + at] ?? "")
  )
    .join("");
  const middle = given.map((line, at) => line + (at === given.length - 1 ? last : end)).join("");
  return before + middle + after;
}

/** Several lines as the file would write them: with its own line ends. */
function inText(text: string, lines: readonly string[]): string {
  return lines.join(text.includes("\r\n") ? "\r\n" : "\n");
}

function lineAt(text: string, offset: number): number {
  let line = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

const LOOKALIKES: Readonly<Record<string, string>> = {
  "\u2018": "'",
  "\u2019": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u2013": "-",
  "\u2014": "-",
  "\u2212": "-",
  "\u00a0": " ",
  "\u202f": " ",
  "\u2026": "...",
};

/** A line without hidden characters, and with one letter for those that models take for one another. */
function folded(line: string): string {
  let text = line.normalize("NFC");
  for (const { offset } of hiddenCharacters(text, 1000).reverse()) {
    text = text.slice(0, offset) +
      text.slice(offset + String.fromCodePoint(text.codePointAt(offset) ?? 0).length);
  }
  return text.replace(
    /[\u2018\u2019\u201c\u201d\u2013\u2014\u2212\u00a0\u202f\u2026]/g,
    (one) => LOOKALIKES[one] ?? one,
  )
    .trimEnd();
}
