/**
 * Text of a sample that cannot stand in it as it is: tokens that look real, characters that nobody sees, hundreds of alike lines.
 *
 *     {{secret:github}}  {{secret:github|reverse}}  {{U+202E}}  {{lines:400:row {i}}}
 */
import { TOKENS } from "../cheats/c7_secret.ts";

/** Repeated lines take a line of the sample, to its end: what is repeated may have braces. */
const FORM = /\{\{(lines):(.*)\}\}$|\{\{(secret|U\+):?([^{}]*)\}\}/gm;
const MAX_LINES = 200_000;

/** Puts in what the marks of a text stand for. Marks of other kinds, such as `${{ }}` of workflows, are left alone. */
export function substituted(text: string): string {
  return text.replaceAll(
    FORM,
    (_whole, lines: string | undefined, many: string, kind: string, rest: string) => {
      if (lines !== undefined) return repeated(many);
      switch (kind) {
        case "secret":
          return secretOf(rest);
        default:
          return String.fromCodePoint(Number.parseInt(rest, 16));
      }
    },
  );
}

function secretOf(rest: string): string {
  const [name = "", ...shapes] = rest.split("|");
  const make = TOKENS[name];
  if (make === undefined) {
    throw new Error(`Cannot make the secret ${name}: one of ${Object.keys(TOKENS).join(", ")}`);
  }
  return shapes.reduce(shaped, make());
}

/** A token as somebody would write it who knows that it is looked for. */
function shaped(token: string, shape: string): string {
  switch (shape) {
    case "reverse":
      return [...token].reverse().join("");
    case "base64":
      return btoa(token);
    case "hex":
      return [...new TextEncoder().encode(token)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    case "url":
      return [...new TextEncoder().encode(token)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`)
        .join("");
    case "split":
      return `${token.slice(0, 12)}" + "${token.slice(12)}`;
    case "codes":
      return [...token].map((char) => char.charCodeAt(0)).join(", ");
    case "tail":
      return token.slice(7);
    case "rot13":
      return token.replace(/[A-Za-z]/g, (char) => {
        const start = char <= "Z" ? 65 : 97;
        return String.fromCharCode((char.charCodeAt(0) - start + 13) % 26 + start);
      });
    default:
      throw new Error(
        `Cannot write a secret as ${shape}: one of reverse, base64, hex, url, split, codes, tail, rot13`,
      );
  }
}

function repeated(rest: string): string {
  const [, count = "", template = ""] = /^(\d+):([\s\S]*)$/.exec(rest) ?? [];
  const many = Number(count);
  if (!(many >= 1 && many <= MAX_LINES)) {
    throw new Error(`Cannot repeat ${rest}: write {{lines:COUNT:text with {i}}}`);
  }
  return Array.from({ length: many }, (_, i) => template.replaceAll("{i}", String(i))).join("\n");
}
