import { FORMATS } from "./formats.ts";
import { knownTokens, literalsPattern, type Span, tokenAt } from "./scan.ts";

/** Runs of base 64 and of hexadecimal that are long enough to hide a token. Each is a single class: no backtracking. */
const BASE64 = /[A-Za-z0-9+/_-]{26,}={0,2}/g;
const HEX = /(?:[0-9a-fA-F]{2}){20,}/g;
const MAX_RUN = 20_000;

/** The most that a token written backwards can span, as far as this looks. */
const MAX_REVERSED = 300;
// Two or three letters backwards stand everywhere.
const BACKWARDS = literalsPattern(
  FORMATS.flatMap(({ starts }) => starts).filter((start) => start.length > 3).map(reverse),
);

/** Known tokens that were written backwards, in base 64, in hexadecimal or percent-encoded. */
export function disguisedTokens(text: string): Span[] {
  const spans: Span[] = [];
  BACKWARDS.lastIndex = 0;
  for (let hit = BACKWARDS.exec(text); hit !== null; hit = BACKWARDS.exec(text)) {
    const end = hit.index + hit[0].length;
    BACKWARDS.lastIndex = hit.index + 1;
    // Behind it stands what would be before the token.
    if (/[0-9A-Za-z_]/.test(text[end] ?? "")) continue;
    const found = tokenAt(reverse(text.slice(Math.max(0, end - MAX_REVERSED), end)), 0, reverse(hit[0]));
    if (found === null) continue;
    spans.push({ rule: `${found.rule}:reversed`, start: end - found.end, end });
    BACKWARDS.lastIndex = end;
  }
  const decode = (pattern: RegExp, how: string, decoded: (run: string) => string | null) => {
    for (const match of text.matchAll(pattern)) {
      const plain = decoded(match[0].slice(0, MAX_RUN));
      const found = plain === null ? undefined : knownTokens(plain)[0];
      if (found) {
        spans.push({ rule: `${found.rule}:${how}`, start: match.index, end: match.index + match[0].length });
      }
    }
  };
  decode(BASE64, "base64", fromBase64);
  decode(HEX, "hex", fromHex);
  if (text.includes("%")) {
    decode(/[0-9A-Za-z%_.~-]{20,}/g, "percent", (run) => run.includes("%") ? fromPercent(run) : null);
  }
  return spans;
}

function reverse(text: string): string {
  let out = "";
  for (let at = text.length - 1; at >= 0; at--) out += text[at];
  return out;
}

function fromBase64(run: string): string | null {
  // Words, paths and identifiers are of one case more often than not; an encoded token never is.
  if (!/[A-Z]/.test(run) || !/[a-z]/.test(run)) return null;
  const plain = run.replace(/[=]+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  try {
    return atob(plain.slice(0, plain.length - (plain.length % 4 === 1 ? 1 : 0)));
  } catch {
    return null;
  }
}

function fromHex(run: string): string {
  let out = "";
  for (let at = 0; at + 1 < run.length; at += 2) {
    out += String.fromCharCode(parseInt(run.slice(at, at + 2), 16));
  }
  return out;
}

function fromPercent(run: string): string {
  return run.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(parseInt(code.slice(1), 16)));
}
