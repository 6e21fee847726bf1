import { FORMATS } from "./formats.ts";
import { literalKinds } from "./literal_set.ts";

/** How the start of a token may stand in a text, as bits. */
export const START = { plain: 1, backwards: 2, turned: 4 } as const;

const PLAIN = FORMATS.flatMap(({ starts }) => starts);
// Two or three letters backwards, or turned, stand everywhere.
const LONG = PLAIN.filter((start) => start.length > 3);

/** The starts of all formats as they are, backwards and with their letters turned by thirteen. */
export const STARTS = literalKinds([PLAIN, LONG.map(reverse), LONG.map(rot13)]);

export function reverse(text: string): string {
  let out = "";
  for (let at = text.length - 1; at >= 0; at--) out += text[at];
  return out;
}

export function rot13(text: string): string {
  return text.replace(/[A-Za-z]/g, (char) => {
    const start = char <= "Z" ? 65 : 97;
    return String.fromCharCode((char.charCodeAt(0) - start + 13) % 26 + start);
  });
}
