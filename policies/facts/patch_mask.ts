import type { SecretFinding } from "../../specs/mod.ts";
import { latin1Bytes, latin1Text } from "./latin1.ts";
import { parsePatch } from "./patch.ts";
import { blockBytes } from "./patch_binary.ts";
import type { BinaryBlock, Hunk, PatchFile } from "./patch_file.ts";
import { readPatchSecrets } from "./patch_secrets.ts";
import { redact, secretDigest } from "./keyed_redaction.ts";
import { located, safePath, scanBinarySecrets, secretSpans } from "./secrets.ts";

/** Reads a file at base; null when it is not there. */
export type ReadBase = (path: string) => Promise<Uint8Array | null>;

/** A patch as it may be kept. */
export interface MaskedPatch {
  bytes: Uint8Array;
  /** Whether lines that show a secret of the base were taken out: `restorePatch` puts them back. */
  masked: boolean;
  /** Secrets that cannot be taken out without changing what the patch does. */
  found: SecretFinding[];
}

const utf8 = new TextDecoder("utf-8");
const MAX_FILE = 1_000_000;
const KEY_LINE = /^\s{0,12}[A-Za-z0-9+/]{48,76}={0,2}\s{0,2}$/;
const MARK = /^\[redacted:[\w:.-]{1,80}\]$/;

/**
 * Takes the lines out of a patch that show a secret without bringing it in: context and removed lines, headings of hunks, the old
 * content of a binary file. They all stand in the base, so that nothing is lost. With `base` the files themselves tell where
 * their secrets are; without it only what the patch shows of them does.
 */
export async function maskPatch(patch: Uint8Array, base?: ReadBase): Promise<MaskedPatch> {
  const parsed = parsePatch(patch);
  if (!parsed.ok) {
    // What nobody can read is refused; until then its binary content, which nobody could look into, is not kept.
    const opaque = latin1Text(patch).includes("GIT binary patch");
    return { bytes: opaque ? withheldPatch(patch) : patch, masked: opaque, found: [] };
  }
  const { shown } = readPatchSecrets(parsed);
  const kinds = new Map<number, "added" | "old" | "head">();
  const paths = new Map<number, string>();
  const drop = new Set<number>();
  for (const file of parsed.files) {
    const old = file.oldPath?.text;
    const secrets = base && old !== undefined && file.hunks.length > 0 ? await secretLines(old, base) : null;
    for (const hunk of file.hunks) {
      if (hunk.at !== undefined) kinds.set(hunk.at, "head");
      for (const { kind, at, bytes } of hunk.lines) {
        if (at === undefined) continue;
        // The middle of a key looks like the middle of a certificate: without the file nobody can tell.
        if (!base && kind !== "added" && bytes.length < 100 && KEY_LINE.test(latin1Text(bytes))) {
          shown.set(at, "key-body");
        }
        kinds.set(at, kind === "added" ? "added" : "old");
        paths.set(at, (file.newPath ?? file.oldPath)?.text ?? "");
      }
      if (secrets) markOld(hunk, secrets, shown);
    }
    for (const block of file.blocks?.slice(1) ?? []) {
      if (await holdsSecret(block)) { for (let at = block.from - 1; at <= block.to + 1; at++) drop.add(at); }
    }
  }
  const lines = latin1Text(patch).split("\n");
  const found: SecretFinding[] = [];
  // What the lines show together is looked at again, until nothing is left.
  for (let round = 0; round < 4; round++) {
    for (const [at, rule] of shown) lines[at - 1] = blank(lines[at - 1] ?? "", rule);
    const text = lines.filter((_line, index) => !drop.has(index + 1)).join("\n");
    const spans = secretSpans(text);
    if (spans.length === 0) {
      return {
        bytes: shown.size + drop.size > 0 ? latin1Bytes(text) : patch,
        masked: shown.size + drop.size > 0,
        found,
      };
    }
    const numbers = lines.flatMap((_line, index) => drop.has(index + 1) ? [] : [index + 1]);
    for (const [index, { rule, line }] of located(text, spans).entries()) {
      const span = spans[index];
      const count = span ? text.slice(span.start, span.end).split("\n").length : 1;
      let hidden = false;
      for (let offset = 0; offset < count; offset++) {
        const at = numbers[line - 1 + offset] ?? 0;
        const kind = kinds.get(at);
        if ((kind === "old" || kind === "head") && !shown.has(at)) {
          shown.set(at, rule);
          hidden = true;
        }
      }
      if (!hidden) {
        const path = paths.get(numbers[line - 1] ?? 0);
        found.push({ rule, ...(path === undefined ? {} : { path: safePath(path) }) });
      }
    }
    if (found.length > 0) break;
  }
  return { bytes: patch, masked: false, found: found.length > 0 ? found : [{ rule: "secret" }] };
}

function blank(line: string, rule: string): string {
  if (line.startsWith("@@")) return /^@@ [^@]{1,60} @@/.exec(line)?.[0] ?? line;
  return `${line.slice(0, 1)}[redacted:${rule}${secretDigest(line.slice(1))}]`;
}

/** Lines of a file at base, from 1, on which its secrets stand, with their text. */
async function secretLines(
  path: string,
  base: ReadBase,
): Promise<{ at: Map<number, string>; texts: string[] } | null> {
  const bytes = await base(path);
  if (bytes === null || bytes.length > MAX_FILE) return null;
  const text = utf8.decode(bytes);
  const spans = secretSpans(text, path);
  if (spans.length === 0) return null;
  const lines = text.split("\n");
  const at = new Map<number, string>();
  for (const [index, { rule, line }] of located(text, spans).entries()) {
    const span = spans[index];
    const count = span ? text.slice(span.start, span.end).split("\n").length : 1;
    for (let offset = 0; offset < count; offset++) at.set(line + offset, rule);
  }
  return { at, texts: [...at.keys()].map((line) => (lines[line - 1] ?? "").trim()) };
}

function markOld(
  hunk: Hunk,
  secrets: { at: Map<number, string>; texts: string[] },
  shown: Map<number, string>,
): void {
  let number = hunk.oldStart;
  for (const line of hunk.lines) {
    if (line.kind === "added") continue;
    const rule = secrets.at.get(number);
    if (rule !== undefined && line.at !== undefined) shown.set(line.at, rule);
    number++;
  }
  // Git cuts the heading of a hunk, and half a token is half a secret.
  const heading = utf8.decode(hunk.section).trim();
  if (heading !== "" && hunk.at !== undefined && secrets.texts.some((text) => text.startsWith(heading))) {
    shown.set(hunk.at, "heading");
  }
}

async function holdsSecret(block: BinaryBlock): Promise<boolean> {
  const bytes = await blockBytes(block);
  return bytes !== null && scanBinarySecrets(bytes).length > 0;
}

/** Puts the lines back that `maskPatch` took out, from the base. What does not stand there stays as it is, and will not apply. */
export async function restorePatch(patch: Uint8Array, base: ReadBase): Promise<Uint8Array> {
  const parsed = parsePatch(patch);
  if (!parsed.ok) return patch;
  const lines = latin1Text(patch).split("\n");
  let restored = false;
  for (const file of parsed.files) {
    const hunks = file.hunks.filter((hunk) => hunk.lines.some(isMasked));
    if (hunks.length === 0 || !file.oldPath) continue;
    const bytes = await base(file.oldPath.text);
    if (bytes === null) continue;
    const old = latin1Text(bytes).split("\n");
    for (const hunk of hunks) {
      const start = placeOf(hunk, old);
      if (start === null) continue;
      let number = start;
      for (const line of hunk.lines) {
        if (line.kind === "added") continue;
        if (isMasked(line) && line.at !== undefined) {
          lines[line.at - 1] = `${lines[line.at - 1]?.slice(0, 1) ?? " "}${old[number] ?? ""}`;
          restored = true;
        }
        number++;
      }
    }
  }
  return restored ? latin1Bytes(lines.join("\n")) : patch;
}

function isMasked(line: PatchFile["hunks"][number]["lines"][number]): boolean {
  return line.kind !== "added" && line.bytes.length < 100 && MARK.test(latin1Text(line.bytes));
}

/** The place nearest to where the hunk says it is at which all lines that it still shows stand. */
function placeOf(hunk: Hunk, old: readonly string[]): number | null {
  const wanted = hunk.lines.filter(({ kind }) => kind !== "added");
  const texts = wanted.map((line) => isMasked(line) ? null : latin1Text(line.bytes));
  const said = hunk.oldStart - 1;
  for (let away = 0; away <= old.length; away++) {
    for (const start of away === 0 ? [said] : [said - away, said + away]) {
      if (start < 0 || start + texts.length > old.length) continue;
      if (texts.every((text, index) => text === null || text === old[start + index])) return start;
    }
  }
  return null;
}

/**
 * A patch with a secret in it, as it may be kept: every secret is taken out, and of binary content nothing stays. It no longer
 * does what the original did.
 */
export function withheldPatch(patch: Uint8Array): Uint8Array {
  const kept: string[] = [];
  let binary = false;
  for (const line of latin1Text(patch).split("\n")) {
    if (line.startsWith("GIT binary patch")) {
      binary = true;
      kept.push("[withheld: binary content]");
    } else if (binary && !/^(?:diff |--- |\+\+\+ |@@ )/.test(line)) continue;
    else {
      binary = false;
      kept.push(line);
    }
  }
  return latin1Bytes(redact(kept.join("\n")));
}
