import type { SecretFinding } from "../../specs/mod.ts";
import { parsePatch } from "./patch.ts";
import type { ParsedPatch } from "./patch_file.ts";
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
export const SECRET_RULES_VERSION = `1.1.0/${FORMATS.length}`;

const decoder = new TextDecoder("utf-8");
/** Lockfiles are full of random text, which is why names like `token` beside it mean nothing there. */
const LOCKFILE = /(?:^|\/)(?:[^/]*[.-]lock(?:\.json|\.yaml|b)?|[^/]*\.sum|npm-shrinkwrap\.json)$/;

function spansOf(text: string, path?: string): Span[] {
  const all = [
    ...privateKeys(text),
    ...knownTokens(text),
    ...jsonWebTokens(text),
    ...urlPasswords(text),
    ...disguisedTokens(text),
    ...joinedSecrets(text),
    ...(path !== undefined && LOCKFILE.test(path) ? [] : assignedSecrets(text)),
  ].sort((a, z) => a.start - z.start || z.end - a.end);
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
  return located(text, spansOf(text, path)).map(({ rule, line }) => ({
    rule,
    ...(path === undefined ? {} : { path }),
    line,
  }));
}

function located(text: string, spans: readonly Span[]): { rule: string; line: number }[] {
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
 * The text with every secret replaced by `[redacted:<rule>]`. Line ends stay, so that a redacted diff keeps its shape. What is
 * returned holds nothing that the scanner finds.
 */
export function redact(text: string): string {
  let current = text;
  for (let round = 0; round < 5; round++) {
    const spans = spansOf(current);
    if (spans.length === 0) return current;
    let out = "";
    let at = 0;
    for (const span of spans) {
      out += current.slice(at, span.start) + blank(current.slice(span.start, span.end), span.rule);
      at = span.end;
    }
    current = out + current.slice(at);
  }
  // What is still found after that is built to be found: nothing of the text is kept but its line ends.
  return spansOf(current).length === 0 ? current : current.replace(/[^\n]+/g, "[redacted]");
}

/** One mark a line; the first character of a line in a diff says what the line is, and stays. */
function blank(value: string, rule: string): string {
  return value.split("\n").map((line, index) =>
    index === 0 ? `[redacted:${rule}]` : `${/^[ +-]/.test(line) ? line[0] : ""}[redacted]`
  )
    .join("\n");
}

/**
 * Secrets that a patch brings in: in its added lines, its file names, and the text before its first file. Lines that it removes
 * or only shows are not its doing. A patch that does not parse is scanned whole.
 */
export function scanPatchSecrets(
  patch: Uint8Array,
  parsed: ParsedPatch = parsePatch(patch),
): SecretFinding[] {
  if (!parsed.ok) return scanSecrets(patch);
  const findings: SecretFinding[] = [];
  const preamble = parsed.preamble.map((line) => decoder.decode(line)).join("\n");
  findings.push(...scanSecrets(preamble).map(({ rule }) => ({ rule })));
  for (const file of parsed.files) {
    const path = (file.newPath ?? file.oldPath)?.text ?? "";
    const lines: number[] = [];
    const texts: string[] = [];
    for (const hunk of file.hunks) {
      let line = hunk.newStart;
      for (const one of hunk.lines) {
        if (one.kind === "added") {
          lines.push(line);
          texts.push(decoder.decode(one.bytes));
        }
        if (one.kind !== "removed") line++;
      }
    }
    for (const found of located(texts.join("\n"), spansOf(texts.join("\n"), path))) {
      findings.push({ rule: found.rule, path: safePath(path), line: lines[found.line - 1] });
    }
    for (const found of scanSecrets(path)) findings.push({ rule: found.rule, path: safePath(path) });
  }
  return findings;
}

/** A path can hold a secret itself. */
function safePath(path: string): string {
  return redact(path).slice(0, 4096);
}
