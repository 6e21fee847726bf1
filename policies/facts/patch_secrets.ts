import type { SecretFinding } from "../../specs/mod.ts";
import { parsePatch } from "./patch.ts";
import { blockBytes } from "./patch_binary.ts";
import type { Hunk, ParsedPatch, PatchFile, PatchLine } from "./patch_file.ts";
import { located, safePath, scanBinarySecrets, scanSecrets, secretSpans } from "./secrets.ts";

const decoder = new TextDecoder("utf-8");

/** What a patch says about secrets: what it brings in, and which of its lines show one that was there before. */
export interface PatchSecrets {
  found: SecretFinding[];
  /** Line of the patch, from 1 -> rule. */
  shown: Map<number, string>;
}

/**
 * Secrets that a patch brings in: in its added lines, its file names, and the text before its first file. Lines that it removes
 * or only shows are not its doing. A patch that does not parse is scanned whole.
 */
export function scanPatchSecrets(
  patch: Uint8Array,
  parsed: ParsedPatch = parsePatch(patch),
): SecretFinding[] {
  return parsed.ok ? readPatchSecrets(parsed).found : scanSecrets(patch);
}

/** The same, with what its binary files hold. */
export async function patchSecrets(
  patch: Uint8Array,
  parsed: ParsedPatch = parsePatch(patch),
): Promise<SecretFinding[]> {
  const found = scanPatchSecrets(patch, parsed);
  if (!parsed.ok) return found;
  for (const file of parsed.files) {
    const block = file.blocks?.[0];
    const bytes = block ? await blockBytes(block) : null;
    if (bytes) found.push(...scanBinarySecrets(bytes, nameOf(file)));
  }
  return found;
}

const nameOf = (file: PatchFile): string => (file.newPath ?? file.oldPath)?.text ?? "";

export function readPatchSecrets(parsed: ParsedPatch & { ok: true }): PatchSecrets {
  const findings = new Map<string, SecretFinding>();
  const shown = new Map<number, string>();
  const add = (rule: string, path?: string, line?: number) => {
    const finding = {
      rule,
      ...(path === undefined ? {} : { path: safePath(path) }),
      ...(line === undefined ? {} : { line }),
    };
    findings.set(JSON.stringify([finding.path, finding.line]), finding);
  };
  for (const found of scanSecrets(parsed.preamble.map((line) => decoder.decode(line)).join("\n"))) {
    add(found.rule);
  }
  const everything: Line[] = [];
  for (const file of parsed.files) {
    const path = nameOf(file);
    const whole: Line[] = [];
    for (const hunk of file.hunks) {
      const lines = numbered(hunk, path);
      for (const line of lines) if (line.kind === "added") whole.push(line);
      // A new file is scanned once, with all of its lines, below.
      if (file.hunks.length > 1 || lines.some(({ kind }) => kind !== "added")) {
        touched(lines.filter(({ kind }) => kind !== "removed"), path, (rule, line) => {
          if (line.kind === "added") add(rule, path, line.number);
          else shown.set(line.at, rule);
        });
      }
      touched(lines.filter(({ kind }) => kind !== "added"), path, (rule, line) => shown.set(line.at, rule));
      const section = scanSecrets(decoder.decode(hunk.section))[0];
      if (section && hunk.at !== undefined) shown.set(hunk.at, section.rule);
    }
    touched(whole, path, (rule, line) => add(rule, path, line.number));
    if (whole.length <= MAX_TOGETHER - everything.length) everything.push(...whole);
    if (file.status !== "D") { for (const found of scanSecrets(path)) add(found.rule, path); }
  }
  // A token whose pieces stand in two files.
  if (findings.size === 0 && parsed.files.length > 1) {
    touched(everything, undefined, (rule, line) => {
      if (!LOCK.test(line.path)) add(rule, line.path, line.number);
    });
  }
  return { found: [...findings.values()], shown };
}

const MAX_TOGETHER = 20_000;
const LOCK = /lock|\.sum$/;

interface Line {
  kind: PatchLine["kind"];
  text: string;
  path: string;
  /** Line of the new file. */
  number: number;
  /** Line of the patch. */
  at: number;
}

function numbered(hunk: Hunk, path: string): Line[] {
  let number = hunk.newStart;
  return hunk.lines.map(({ kind, bytes, at }) => {
    const line = { kind, text: decoder.decode(bytes), path, number: Math.max(1, number), at: at ?? 0 };
    if (kind !== "removed") number++;
    return line;
  });
}

/** Calls back for each line that a secret of these lines stands on: once for a secret that lies on added lines only. */
function touched(
  lines: readonly Line[],
  path: string | undefined,
  each: (rule: string, line: Line) => void,
): void {
  if (lines.length === 0) return;
  const text = lines.map((line) => line.text).join("\n");
  const spans = secretSpans(text, path);
  const starts = located(text, spans);
  for (const [at, span] of spans.entries()) {
    const first = (starts[at]?.line ?? 1) - 1;
    const count = text.slice(span.start, span.end).split("\n").length;
    const under = lines.slice(first, first + count);
    const added = under.find(({ kind }) => kind === "added");
    if (added) each(span.rule, added);
    for (const line of under) if (line.kind !== "added") each(span.rule, line);
  }
}
