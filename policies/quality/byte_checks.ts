/** Checks of values as they lie in a file, byte by byte: true where they hold for certain, of values that are ASCII. */

export type ByteCheck = (bytes: Uint8Array, start: number, end: number) => boolean;

/** Whether a value is one of these texts; null when none of them is ASCII. */
export function bytesAmong(texts: Iterable<string>): ByteCheck | null {
  const byLength: (Uint8Array[] | undefined)[] = [];
  let any = false;
  for (const text of texts) {
    if (text.length === 0 || text.length > 256 || !/^[\x20-\x7e]*$/.test(text)) continue;
    (byLength[text.length] ??= []).push(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    any = true;
  }
  if (!any) return null;
  return (bytes, start, end) => {
    const same = byLength[end - start];
    if (same === undefined) return false;
    for (let one = 0; one < same.length; one++) {
      const wanted = same[one] as Uint8Array;
      let at = 0;
      while (at < wanted.length && wanted[at] === bytes[start + at]) at++;
      if (at === wanted.length) return true;
    }
    return false;
  };
}

/** Letters, escapes and classes, each with what repeats it. */
const ATOM = /(\\.|\[\^?[^\]\\[]*\]|[^\\[\](){}|^$*+?])([*+?]?)(?![*+?{])/uy;
/** An atom has a bit of a number. */
const MOST_ATOMS = 30;

/**
 * Whether a value matches a pattern of single letters and classes without groups and choices: all its ways are followed at once, one
 * bit for each (Baeza-Yates and Gonnet 1992). Null for any other pattern, and for one that matches nothing at all.
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
  const [repeats, left] = [loops, skips];
  return (bytes, start, end) => {
    // Of its own: what is shared by several checks is looked up at every use.
    const [accepts, again, most, begin, isOpen] = [byLetter, repeats, all, first, left === 0];
    let state = 0;
    for (let at = start; at < end; at++) {
      const code = bytes[at] as number;
      if (code > 127) return false;
      const next = isOpen ? (state << 1) & most : reach(state << 1);
      const begins = isFromStart && at > start ? 0 : begin;
      state = (next | (state & again) | begins) & (accepts[code] as number);
      if (!isToEnd && (state & last) !== 0) return true;
      if (state === 0 && isFromStart) return false;
    }
    return (state & last) !== 0;
  };
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
