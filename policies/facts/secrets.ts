import type { SecretFinding } from "../../specs/mod.ts";
import { latin1Text } from "./latin1.ts";
import { disguisedTokens } from "./secrets/disguise.ts";
import { joinedSecrets } from "./secrets/joined.ts";
import {
  assignedSecrets,
  jsonWebTokens,
  knownTokens,
  privateKeys,
  type Span,
  urlPasswords,
} from "./secrets/scan.ts";
import { FORMATS } from "./secrets/formats.ts";

/** Set anew when a format or a heuristic changes: it can flip verdicts. */
export const SECRET_RULES_VERSION = `1.3.0/${FORMATS.length}`;

const decoder = new TextDecoder("utf-8");
/** Lockfiles are full of random text, which is why names like `token` beside it mean nothing there. */
const LOCKFILE = /(?:^|\/)(?:[^/]*[.-]lock(?:\.json|\.yaml|b)?|[^/]*\.sum|npm-shrinkwrap\.json)$/;

/** Where secrets stand in a text, in order, no character in two of them. */
export function secretSpans(text: string, path?: string): Span[] {
  return merged([
    ...privateKeys(text),
    ...knownTokens(text),
    ...jsonWebTokens(text),
    ...urlPasswords(text),
    ...disguisedTokens(text),
    ...joinedSecrets(text),
    ...(path !== undefined && LOCKFILE.test(path) ? [] : assignedSecrets(text)),
  ]);
}

function merged(all: Span[]): Span[] {
  all.sort((a, z) => a.start - z.start || z.end - a.end);
  const kept: Span[] = [];
  let end = -1;
  for (const span of all) {
    if (span.start < end) continue;
    kept.push(span);
    end = span.end;
  }
  return kept;
}

/**
 * Secrets in a text: which rule, which line, never the value. Bytes are read as UTF-8, what is not UTF-8 is stepped over.
 * Linear in the length of the text, whatever it holds.
 */
export function scanSecrets(content: string | Uint8Array, path?: string): SecretFinding[] {
  const text = typeof content === "string" ? content : decoder.decode(content);
  return located(text, secretSpans(text, path)).map(({ rule, line }) => ({
    rule,
    ...(path === undefined ? {} : { path }),
    line,
  }));
}

/** Rule and line of each place of a text. */
export function located(text: string, spans: readonly Span[]): { rule: string; line: number }[] {
  let line = 1;
  let at = 0;
  return spans.map((span) => {
    for (let next = text.indexOf("\n", at); next >= 0 && next < span.start; next = text.indexOf("\n", at)) {
      line++;
      at = next + 1;
    }
    return { rule: span.rule, line };
  });
}

/**
 * Secrets in the bytes of a binary file: tokens and keys as they stand, and all of what is text in UTF-16. Values that only look
 * random are everywhere there.
 */
export function scanBinarySecrets(bytes: Uint8Array, path?: string): SecretFinding[] {
  const place = path === undefined ? {} : { path: safePath(path) };
  const text = latin1Text(bytes);
  const found = merged([
    ...privateKeys(text),
    ...knownTokens(text),
    ...jsonWebTokens(text),
    ...disguisedTokens(text),
  ]);
  if (found.length === 0 && text.includes("\0")) {
    const wide = text.replaceAll("\0", "");
    found.push(
      ...(wide.length <= 0.6 * text.length
        ? secretSpans(wide, path)
        : merged([...privateKeys(wide), ...knownTokens(wide)])),
    );
  }
  return [...new Set(found.map(({ rule }) => rule))].map((rule) => ({ rule, ...place }));
}

/** A path can hold a secret itself. */
export function safePath(path: string): string {
  return redact(path).slice(0, 4096);
}

/** What a mark says of the value that it stands for, beside its rule. */
export type SecretDigest = (value: string) => string;
const noDigest: SecretDigest = () => "";

/**
 * The text with every secret replaced by `[redacted:<rule>]`. Line ends stay, so that a redacted diff keeps its shape. What is
 * returned holds nothing that the scanner finds.
 */
export function redact(text: string, digest: SecretDigest = noDigest): string {
  let current = text;
  for (let round = 0; round < 5; round++) {
    const spans = secretSpans(current);
    if (spans.length === 0) return current;
    let out = "";
    let at = 0;
    for (const span of spans) {
      out += current.slice(at, span.start) + blank(current.slice(span.start, span.end), span.rule, digest);
      at = span.end;
    }
    current = out + current.slice(at);
  }
  // What is still found after that is built to be found: nothing of the text is kept but its line ends.
  return secretSpans(current).length === 0 ? current : current.replace(/[^\n]+/g, "[redacted]");
}

/** One mark a line; the first character of a line in a diff says what the line is, and stays. */
function blank(value: string, rule: string, digest: SecretDigest): string {
  return value.split("\n").map((line, index) =>
    index === 0 ? `[redacted:${rule}${digest(value)}]` : `${/^[ +-]/.test(line) ? line[0] : ""}[redacted]`
  )
    .join("\n");
}
