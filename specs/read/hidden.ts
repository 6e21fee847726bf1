/**
 * Text that a reader of the screen does not see but a machine does: control characters, bidirectional controls,
 * zero-width characters, tag characters, fillers. It can make a spec say one thing to its reviewer and another
 * to a model, so it is refused wherever it stands.
 */
export interface HiddenCharacter {
  /** Offset in UTF-16 units. */
  offset: number;
  /** Such as `U+202E`. */
  name: string;
  kind: "control" | "bidirectional" | "invisible" | "tag" | "surrogate";
}

const SUSPECT = /(?![\t\n\r])\p{Cc}|[\uFFF9-\uFFFB]|\p{Default_Ignorable_Code_Point}|\p{Surrogate}/gu;

/** Joiners that spell words in these scripts; elsewhere they only hide. */
const JOINING_SCRIPTS =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}]/u;
const EMOJI_BEFORE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier})\uFE0F?$/u;
const VARIATION_BASE = /(?:\p{Emoji}|\p{Extended_Pictographic})$/u;

/** Whether the character is ordinary orthography where it stands: an emoji sequence, a joiner inside a word. */
function isSpelling(text: string, offset: number, code: number): boolean {
  const before = text.slice(Math.max(0, offset - 6), offset);
  if (code === 0xfe0e || code === 0xfe0f) return VARIATION_BASE.test(before);
  if (code !== 0x200c && code !== 0x200d) return false;
  const after = String.fromCodePoint(text.codePointAt(offset + 1) ?? 0x20);
  if (code === 0x200d && EMOJI_BEFORE.test(before) && /\p{Extended_Pictographic}/u.test(after)) return true;
  const last = [...before].at(-1) ?? " ";
  return JOINING_SCRIPTS.test(last) && JOINING_SCRIPTS.test(after);
}

function kindOf(code: number): HiddenCharacter["kind"] {
  if (code < 0xa0) return "control";
  if (code >= 0xd800 && code <= 0xdfff) return "surrogate";
  if (code >= 0xe0000 && code <= 0xe007f) return "tag";
  const bidirectional = code === 0x061c || code === 0x200e || code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return bidirectional ? "bidirectional" : "invisible";
}

/** Every hidden character of a text, in order, at most `limit`. Tab, line feed and carriage return are not hidden. */
export function hiddenCharacters(text: string, limit = 20): HiddenCharacter[] {
  const found: HiddenCharacter[] = [];
  for (const match of text.matchAll(SUSPECT)) {
    const code = match[0].codePointAt(0) ?? 0;
    if (isSpelling(text, match.index, code)) continue;
    found.push({
      offset: match.index,
      name: `U+${code.toString(16).toUpperCase().padStart(4, "0")}`,
      kind: kindOf(code),
    });
    if (found.length >= limit) break;
  }
  return found;
}
