/** A class of characters below code 128, as a table. */
export type CharClass = Readonly<Uint8Array>;

/** The class of the characters given; others are not in it. */
export function charClass(characters: string): CharClass {
  const table = new Uint8Array(128);
  for (const char of characters) table[char.charCodeAt(0)] = 1;
  return table;
}

const DIGITS = "0123456789";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const CAPITALS = LETTERS.toUpperCase();
export const BASE64_CLASS = charClass(`${DIGITS}${LETTERS}${CAPITALS}+/_-`);
export const ALPHANUMERIC_CLASS = charClass(`${DIGITS}${LETTERS}${CAPITALS}`);
export const HEX_CLASS = charClass(`${DIGITS}abcdefABCDEF`);
export const SPACED_HEX_CLASS = charClass(`${DIGITS}abcdefABCDEF :,`);
export const PERCENT_CLASS = charClass(`${DIGITS}${LETTERS}${CAPITALS}%_.~-`);
/** What names and tokens are written in: `[\w.-]`. */
export const WORD_CLASS = charClass(`${DIGITS}${LETTERS}${CAPITALS}_.-`);

/**
 * Whether at least `length` characters of a class stand together. It looks from the end of where a run could be, so that most
 * characters of common text are never looked at.
 */
export function hasRun(text: string, of: CharClass, length: number): boolean {
  return nextRun(text, of, length, 0) >= 0;
}

/** Where the first run of at least `length` characters of a class begins, from `from` on, where no run goes on; -1 for none. */
function nextRun(text: string, of: CharClass, length: number, from: number): number {
  // The last place that is known to end every run before it.
  let border = from - 1;
  while (border + length < text.length) {
    let at = border + length;
    while (at > border && of[text.charCodeAt(at)] === 1) at--;
    if (at === border) return border + 1;
    border = at;
  }
  return -1;
}

/** All runs of at least `length` characters of a class, each as long as it goes. */
export function* runsOf(text: string, of: CharClass, length: number): Iterable<readonly [number, number]> {
  for (let start = nextRun(text, of, length, 0); start >= 0;) {
    let end = start + length;
    while (end < text.length && of[text.charCodeAt(end)] === 1) end++;
    yield [start, end];
    start = nextRun(text, of, length, end + 1);
  }
}
