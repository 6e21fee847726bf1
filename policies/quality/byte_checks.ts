/** What can be told of values by their bytes as they lie in a file, as data for whoever looks at them there. */

/** Where it says yes, the rule holds for certain; of every other value the rule itself is asked. */
export type ByteCheck =
  /** Any value that is there. */
  | { readonly kind: "any" }
  /** A number from the one to the other, in a column of numbers. */
  | { readonly kind: "within"; readonly low: number; readonly high: number }
  /** A text that is one of these, which are ASCII. */
  | { readonly kind: "among"; readonly texts: readonly string[] }
  /** A text of ASCII that matches. */
  | { readonly kind: "like"; readonly like: BytePattern };

/** Longer texts are compared as texts, and so are they where there are more than so many. */
const [MOST_LENGTH, MOST_TEXTS] = [256, 256];

/** Whether a value is one of these texts; null when none of them is ASCII. */
export function bytesAmong(texts: Iterable<string>): ByteCheck | null {
  const plain = [...texts].filter((text) =>
    text.length > 0 && text.length <= MOST_LENGTH && /^[\x20-\x7e]*$/.test(text)
  );
  return plain.length === 0 || plain.length > MOST_TEXTS ? null : { kind: "among", texts: plain };
}

/**
 * A pattern whose ways are all followed at once, one bit of a number for each of its atoms (Baeza-Yates and Gonnet 1992): from the atoms
 * that are met and those that may come behind them, those go on that accept the next letter.
 */
export interface BytePattern {
  /** Atoms that take a letter, for each letter of ASCII. */
  readonly accepts: Int32Array;
  /** Atoms that may be met again, and those that may be left out. */
  readonly loops: number;
  readonly skips: number;
  readonly all: number;
  /** Atoms that a match begins with, and ends with. */
  readonly first: number;
  readonly last: number;
  readonly isFromStart: boolean;
  readonly isToEnd: boolean;
}

/** Letters, escapes and classes, each with what repeats it. */
const ATOM = /(\\.|\[\^?[^\]\\[]*\]|[^\\[\](){}|^$*+?])([*+?]?)(?![*+?{])/uy;
/** An atom has a bit of a number. */
const MOST_ATOMS = 30;

/**
 * Whether a value matches a pattern of single letters and classes without groups and choices. Null for any other pattern, and for one
 * that matches nothing at all.
 */
export function bytesLike(pattern: string): ByteCheck | null {
  const [isFromStart, isToEnd] = [pattern.startsWith("^"), /(?:^|[^\\])\$$/.test(pattern)];
  const body = pattern.slice(isFromStart ? 1 : 0, isToEnd ? -1 : undefined);
  const byLetter = new Int32Array(128);
  let [loops, skips, count] = [0, 0, 0];
  ATOM.lastIndex = 0;
  while (ATOM.lastIndex < body.length) {
    const found = ATOM.exec(body);
    if (found === null || count === MOST_ATOMS) return null;
    const [, atom = "", repeat = ""] = found;
    const letters = lettersOf(atom);
    if (letters === null) return null;
    const bit = 1 << count++;
    for (const code of letters) byLetter[code] = (byLetter[code] as number) | bit;
    if (repeat === "*" || repeat === "+") loops |= bit;
    if (repeat === "*" || repeat === "?") skips |= bit;
  }
  const all = 2 ** count - 1;
  if (count === 0 || skips === all) return null;
  /** What may come behind: the next ones, and those behind what may be left out. */
  const reach = (bits: number): number => {
    let from = bits;
    for (let more = from & skips; more !== 0;) {
      const wider = from | (more << 1);
      more = wider & skips & ~from;
      from = wider;
    }
    return from & all;
  };
  const first = reach(1);
  let last = 0;
  for (let at = count - 1; at >= 0; at--) {
    last |= 1 << at;
    if ((skips & (1 << at)) === 0) break;
  }
  return { kind: "like", like: { accepts: byLetter, loops, skips, all, first, last, isFromStart, isToEnd } };
}

/** Codes that an atom takes, as the engine's own expressions have it. A dot is any character but a line feed, as RE2 has it. */
function lettersOf(atom: string): number[] | null {
  let expression: RegExp;
  try {
    expression = new RegExp(`^${atom === "." ? "[^\\n]" : atom}$`, "u");
  } catch {
    return null;
  }
  const codes: number[] = [];
  for (let code = 0; code < 128; code++) if (expression.test(String.fromCharCode(code))) codes.push(code);
  return codes;
}
