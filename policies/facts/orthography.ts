/** Letters of scripts that are written from right to left. */
const FROM_RIGHT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const ALL_FROM_RIGHT = new RegExp(FROM_RIGHT, "gu");
const WITHOUT_SPACES =
  /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}\p{Script=Tibetan}]/u;
/** The flags of England, Scotland and Wales: the only emoji that are spelled with tags. */
const FLAG =
  /\u{1f3f4}(?:\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073}))\u{e007f}/gu;

const OPENS = new Set([0x202a, 0x202b, 0x2066, 0x2067, 0x2068]);
const ISOLATES_END = 0x2069;
const EMBEDDING_ENDS = 0x202c;

/** How many letters of a text are written from right to left, up to a hundred. */
export function lettersFromRight(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(ALL_FROM_RIGHT)) if (++count >= 100) break;
  return count;
}

/** Where the character stands: in a literal or in a file that is no program, and whether that file is in such a script. */
export interface Setting {
  quoted: boolean;
  fromRight: boolean;
}

/** Whether an invisible character is how its language is written, where it stands. It never is in code itself. */
export function isSpelled(line: string, offset: number, { quoted, fromRight }: Setting): boolean {
  if (!quoted) return false;
  const code = line.codePointAt(offset) ?? 0;
  const previous = [...line.slice(Math.max(0, offset - 2), offset)].at(-1) ?? " ";
  const next = String.fromCodePoint(line.codePointAt(offset + 1) ?? 0x20);
  const near = (letters: RegExp) => letters.test(previous) && letters.test(next);
  switch (code) {
    // Marks of direction, which make no letter stand elsewhere than its neighbours say.
    case 0x200e:
    case 0x200f:
    case 0x061c:
      return fromRight || FROM_RIGHT.test(line);
    case 0x200b:
      return near(WITHOUT_SPACES);
    case 0x00ad:
      return near(/\p{Letter}/u);
    case ISOLATES_END:
    case EMBEDDING_ENDS:
      return (fromRight || FROM_RIGHT.test(line)) && balanced(line);
  }
  if (OPENS.has(code)) return (fromRight || FROM_RIGHT.test(line)) && balanced(line);
  // Variants of Han characters and Mongolian letters.
  if (code >= 0xe0100 && code <= 0xe01ef) return /\p{Script=Han}/u.test(previous);
  if (code >= 0x180b && code <= 0x180d) return /\p{Script=Mongolian}/u.test(previous);
  if (code >= 0xe0020 && code <= 0xe007f) {
    for (const flag of line.matchAll(FLAG)) {
      if (offset > flag.index && offset < flag.index + flag[0].length) return true;
    }
  }
  return false;
}

/** Every isolate and embedding of a line ends on it, in order; what is left open would turn what follows. */
function balanced(line: string): boolean {
  const open: number[] = [];
  for (const char of line) {
    const code = char.codePointAt(0) ?? 0;
    if (OPENS.has(code)) open.push(code >= 0x2066 ? ISOLATES_END : EMBEDDING_ENDS);
    else if (code === ISOLATES_END || code === EMBEDDING_ENDS) {
      if (open.pop() !== code) return false;
    }
  }
  return open.length === 0;
}
