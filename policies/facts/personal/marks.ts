import { hmacSha256Hex } from "../../../kernel/mod.ts";
import { PERSONAL_MARK, type PersonalKind, personalSpans } from "./spans.ts";

/** Sixteen letters for sixteen digits: in what is left of a value nobody finds a number, and no entropy. */
const LETTERS = "abcdefghijklmnop";

/**
 * A keyed digest (HMAC-SHA-256, 128 bits) as letters: the same value gives the same one in an installation, and who has not its key can
 * neither try values nor tell that two installations hold the same one.
 */
export function keyedDigest(key: Uint8Array, domain: string, value: string): string {
  const hex = hmacSha256Hex(key, `${domain}\0${value}`).slice(0, 32);
  return hex.replace(/./g, (digit) => LETTERS[parseInt(digit, 16)] ?? "");
}

/** Puts marks in the place of personal data; whoever is given `taken` can put it back. */
export interface PersonalMarker {
  (text: string): string;
}

export function personalMarker(
  key: Uint8Array,
  taken: (mark: string, value: string) => void = () => {},
): PersonalMarker {
  const markOf = (kind: PersonalKind, value: string): string => {
    const mark = `[personal:${kind}:${keyedDigest(key, `personal/${kind}`, value)}]`;
    taken(mark, value);
    return mark;
  };
  return (text) => {
    let current = text;
    // What stood right beside a value is seen once that one is gone. A mark holds nothing to find: it comes to an end.
    for (let spans = personalSpans(current); spans.length > 0; spans = personalSpans(current)) {
      let out = "";
      let at = 0;
      for (const { kind, start, end } of spans) {
        out += current.slice(at, start) + markOf(kind, current.slice(start, end));
        at = end;
      }
      current = out + current.slice(at);
    }
    return current;
  };
}

/** The text with its marks replaced by what they stand for, as far as that is known. */
export const unmarked = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(PERSONAL_MARK, (mark) => values.get(mark) ?? mark);

/** A value with every text in it changed, names of properties and numbers too; the same one when nothing was. */
export function withTexts<T>(value: T, change: (text: string) => string): T {
  return changed(value, change) as T;
}

function changed(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value === "number") {
    const text = change(String(value));
    return text === String(value) ? value : text;
  }
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    const items = value.map((one) => changed(one, change));
    return items.some((one, at) => one !== value[at]) ? items : value;
  }
  let isSame = true;
  const entries = Object.entries(value).map(([name, one]): [string, unknown] => {
    const [newName, newOne] = [change(name), changed(one, change)];
    isSame &&= newName === name && newOne === one;
    return [newName, newOne];
  });
  return isSame ? value : Object.fromEntries(entries);
}
