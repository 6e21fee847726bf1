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
export const BASE64_CLASS = charClass(`${DIGITS}${LETTERS}${LETTERS.toUpperCase()}+/_-`);
export const SPACED_HEX_CLASS = charClass(`${DIGITS}abcdefABCDEF :,`);

/**
 * Whether at least `length` characters of a class stand together. It looks from the end of where a run could be, so that most
 * characters of common text are never looked at.
 */
export function hasRun(text: string, of: CharClass, length: number): boolean {
  // The last place that is known to end every run before it.
  let border = -1;
  while (border + length < text.length) {
    let at = border + length;
    while (at > border && of[text.charCodeAt(at)] === 1) at--;
    if (at === border) return true;
    border = at;
  }
  return false;
}
