import { FORMATS } from "./formats.ts";
import type { TokenFormat } from "./formats/format.ts";
import { isPlaceholder, looksRandom, madeByChance } from "./placeholder.ts";
import { START, STARTS } from "./starts.ts";

/** A place in a text that holds a secret. */
export interface Span {
  rule: string;
  start: number;
  end: number;
}

type Compiled = TokenFormat & { program: RegExp | null };

/** No token is longer than this: what is read from a hit on is never more. */
const WINDOW = 4200;
/** Bits of entropy a character without which a token whose checksum is wrong is a filler. */
const CHANCE = 2;
const WORDY = /[0-9A-Za-z_]/;

const compiled: Compiled[] = FORMATS.map((format) => ({ ...format, program: null }));
const byStart = new Map<string, Compiled[]>();
for (const format of compiled) {
  for (const start of format.starts) byStart.set(start, [...(byStart.get(start) ?? []), format]);
}
/** For each literal the formats that it may begin: its own, and those of a shorter one, as `sk-` where `sk-proj-` was found. */
const candidates = new Map(
  [...byStart.keys()].map((literal) => [
    literal,
    [...byStart].filter(([start]) => literal.startsWith(start)).flatMap(([, formats]) => formats),
  ]),
);

function programOf(format: Compiled): RegExp {
  return format.program ??= new RegExp(`^(?:${format.pattern})`);
}

/**
 * All tokens of known formats, in order, each character in at most one of them. Linear in the text. At a border a token may begin
 * or end whatever stands beside it: pieces were put together there.
 */
export function knownTokens(text: string, bordersOf?: () => ReadonlySet<number>): Span[] {
  const spans: Span[] = [];
  let borders: ReadonlySet<number> | undefined;
  for (let hit = STARTS.next(text, 0, START.plain); hit !== null;) {
    borders ??= bordersOf?.();
    const found = tokenAt(text, hit.index, hit.literal, borders);
    if (found) spans.push(found);
    hit = STARTS.next(text, Math.max(found?.end ?? 0, hit.index + 1), START.plain);
  }
  return spans;
}

/** The token whose literal stands at `at`, or null. */
export function tokenAt(
  text: string,
  at: number,
  literal: string,
  borders?: ReadonlySet<number>,
): Span | null {
  for (const format of candidates.get(literal) ?? []) {
    const begin = at - (format.back ?? 0);
    if (begin < 0) continue;
    const previous = begin > 0 ? text[begin - 1] ?? "" : "";
    if (
      previous !== "" && (format.before ?? WORDY).test(previous) && !escaped(text, begin) &&
      borders?.has(begin) !== true
    ) continue;
    const value = programOf(format).exec(text.slice(begin, begin + WINDOW))?.[0];
    if (value === undefined) continue;
    const end = begin + value.length;
    const next = text[end] ?? "";
    // A longer run of the same characters is another thing: a hash, a base 64 blob.
    if (
      format.id !== "private-key-body" && WORDY.test(next) && WORDY.test(value.at(-1) ?? "") &&
      borders?.has(end) !== true
    ) continue;
    if (format.id !== "private-key-body" && insideBase64(text, begin, end)) continue;
    // What its checksum proves is a token, whatever it spells; without it, a prefix and one letter over and over is none.
    const proven = format.checksum?.(value);
    if (proven !== true && isPlaceholder(value)) return null;
    const least = proven === false ? CHANCE : format.chance;
    const body = value.slice(0, at - begin) + value.slice(at - begin + literal.length);
    if (least !== undefined && !madeByChance(body, least)) continue;
    return { rule: format.id, start: begin, end };
  }
  return null;
}

/** A long run of base 64 holds whatever it likes between two slashes: what is of one case is no chance, mixed text is. */
function insideBase64(text: string, begin: number, end: number): boolean {
  if (!/[+/]/.test(text[begin - 1] ?? "") && !/[+/]/.test(text[end] ?? "")) return false;
  const value = text.slice(begin, end);
  if (!/^[A-Za-z0-9+/]+$/.test(value) || !/[a-z]/.test(value)) return false;
  let length = 0;
  for (let at = begin - 1; length <= 120 && /[A-Za-z0-9+/]/.test(text[at] ?? " "); at--) length++;
  for (let at = end; length <= 120 && /[A-Za-z0-9+/=]/.test(text[at] ?? " "); at++) length++;
  return length > 120;
}

/** `\n` before a token inside a string literal is a line end, not a letter. */
function escaped(text: string, begin: number): boolean {
  return /[nrt]/.test(text[begin - 1] ?? "") && text[begin - 2] === "\\";
}

const PEM = /-----BEGIN |PuTTY-User-Key-File-/g;
const PEM_HEAD =
  /^(?:-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[23]:)/;

/** Private keys in PEM, OpenPGP and PuTTY form; a header without key material behind it is documentation. */
export function privateKeys(text: string): Span[] {
  const spans: Span[] = [];
  PEM.lastIndex = 0;
  for (let hit = PEM.exec(text); hit !== null; hit = PEM.exec(text)) {
    const window = text.slice(hit.index, hit.index + 12_000);
    const head = PEM_HEAD.exec(window)?.[0].length;
    if (head === undefined) continue;
    if (!/[A-Za-z0-9+/]{32}/.test(window.slice(head, head + 700))) continue;
    const foot = window.indexOf("-----END", head);
    const end = hit.index + (foot >= 0 ? foot : Math.min(window.length, 4000));
    spans.push({ rule: "private-key", start: hit.index, end });
    PEM.lastIndex = Math.max(end, PEM.lastIndex);
  }
  return spans;
}

const JWT_START = /eyJ/g;
const JWT = /^eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{20,}/;

export function jsonWebTokens(text: string): Span[] {
  const spans: Span[] = [];
  JWT_START.lastIndex = 0;
  for (let hit = JWT_START.exec(text); hit !== null; hit = JWT_START.exec(text)) {
    if (/[0-9A-Za-z_.-]/.test(text[hit.index - 1] ?? "")) continue;
    const value = JWT.exec(text.slice(hit.index, hit.index + 7100))?.[0];
    if (value === undefined) continue;
    JWT_START.lastIndex = hit.index + value.length;
    if (isPlaceholder(value)) continue;
    spans.push({ rule: "json-web-token", start: hit.index, end: hit.index + value.length });
  }
  return spans;
}

const URL_START = /:\/\//g;
const URL_AUTH = /^:\/\/([^\s:@/"'`<>{}$]{0,80}):([^\s:@/"'`<>{}$]{6,200})@([^\s/:"'`<>]{1,253})/;
const LOCAL =
  /^(?:localhost|127\.|0\.0\.0\.0|\[?::1|.*\.(?:local|localhost|test|invalid|example)$|(?:.*\.)?example\.(?:com|org|net)$|[a-z][a-z0-9_-]*$)/;
const WEAK =
  /^(?:pass(?:word)?|passwd|pwd|secret|changeme|admin|root|test|guest|user|postgres|mysql|redis|hunter2)\d{0,4}$/i;

/** Words of documentation, also with signs in them that a URL must encode: `pass%20word`, `p@ssword`, `<password>`. */
function isWeak(password: string): boolean {
  const plain = password.replace(/%[0-9A-Fa-f]{2}|&[a-z]{2,4};/g, "").replace(/[^0-9A-Za-z]/g, "");
  return WEAK.test(password) || WEAK.test(plain) ||
    /^(?:my|your|the|some)?(?:p[a]?ss(?:wor?d)?)+\d{0,4}$/i.test(plain);
}

/** `scheme://user:password@host`, unless the host is this machine or nobody's, or the password nobody would use. */
export function urlPasswords(text: string): Span[] {
  const spans: Span[] = [];
  URL_START.lastIndex = 0;
  for (let hit = URL_START.exec(text); hit !== null; hit = URL_START.exec(text)) {
    const [, user = "", password = "", host = ""] = URL_AUTH.exec(text.slice(hit.index, hit.index + 540)) ??
      [];
    if (password === "") continue;
    if (
      isWeak(password) || password === user || isPlaceholder(password) || LOCAL.test(host.toLowerCase())
    ) continue;
    const start = hit.index + 3 + user.length + 1;
    spans.push({ rule: "url-password", start, end: start + password.length });
  }
  return spans;
}

const NAME =
  /passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|account[_-]?key|signing[_-]?key|credential|app[_-]?key|client[_-]?key/gi;
// Both end with the value, so that it begins where the match ends less its length.
const ASSIGNED =
  /^[0-9A-Za-z_.-]{0,40}\\?["'`]?\]?\s{0,8}(?::\s{0,4}[A-Za-z_]{1,30}\s{0,4}=|:=|=>|==?|:|,)\s{0,8}(?:(?:Bearer|Basic)\s)?(?:[A-Za-z]{1,2})?\\?["'`]([^"'`\s\\]{16,256})/;
const BARE = /^[0-9A-Za-z_.-]{0,40}\s{0,4}[=:]\s{0,4}([0-9A-Za-z+/=_.~!@#%^&*-]{16,256})(?=\s|$)/;

/** A random-looking value that is assigned to a name such as `password`, `api_key` or `token`. */
export function assignedSecrets(text: string): Span[] {
  const spans: Span[] = [];
  NAME.lastIndex = 0;
  for (let hit = NAME.exec(text); hit !== null; hit = NAME.exec(text)) {
    const from = hit.index + hit[0].length;
    const window = text.slice(from, from + 340);
    const line = window.slice(0, endOfLine(window));
    const found = ASSIGNED.exec(line) ?? BARE.exec(line);
    const value = found?.[1];
    if (!found || value === undefined || !looksRandom(value) || isReference(value)) continue;
    const start = from + found[0].length - value.length;
    spans.push({ rule: "assigned-secret", start, end: start + value.length });
    NAME.lastIndex = start + value.length;
  }
  return spans;
}

/** Code that reads the secret from elsewhere, paths, URLs, digests with their algorithm in front. */
function isReference(value: string): boolean {
  return /^(?:\$|%|urn:|process\.env|os\.environ|env[.:]|vault:|secretsmanager:|arn:|https?:|file:|\/|\.\/|~\/|sha(?:1|256|384|512)[-:])/i
    .test(value) || /[()[\]{}<>]/.test(value) || /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value);
}

function endOfLine(text: string): number {
  const at = text.indexOf("\n");
  return at < 0 ? text.length : at;
}
