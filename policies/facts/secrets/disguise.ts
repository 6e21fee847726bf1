import { knownTokens, type Span } from "./scan.ts";

/** Runs of base 64 and of hexadecimal that are long enough to hide a token. Each is a single class: no backtracking. */
const BASE64 = /[A-Za-z0-9+/_-]{28,}={0,2}/g;
const HEX = /(?:[0-9a-fA-F]{2}){20,}/g;
const MAX_RUN = 20_000;

/** Known tokens that were written backwards, in base 64, in hexadecimal or percent-encoded. */
export function disguisedTokens(text: string): Span[] {
  const spans: Span[] = [];
  for (const found of knownTokens(reverse(text))) {
    spans.push({
      rule: `${found.rule}:reversed`,
      start: text.length - found.end,
      end: text.length - found.start,
    });
  }
  const decode = (pattern: RegExp, how: string, decoded: (run: string) => string | null) => {
    for (const match of text.matchAll(pattern)) {
      const run = match[0].slice(0, MAX_RUN);
      const plain = decoded(run);
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
