import { hasCrc32 } from "./checksum.ts";
import { isTailOfCrc32, SHORTEST_TAIL } from "./checksum_tail.ts";
import {
  ALPHANUMERIC_CLASS,
  BASE64_CLASS,
  hasRun,
  HEX_CLASS,
  PERCENT_CLASS,
  runsOf,
  SPACED_HEX_CLASS,
} from "./runs.ts";
import { jsonWebTokens, knownTokens, privateKeys, type Span, tokenAt, urlPasswords } from "./scan.ts";
import { reverse, rot13, START, STARTS } from "./starts.ts";
import { SHORTEST } from "./traces.ts";

const SPACED_HEX = /(?:[0-9a-fA-F]{2}[ :,]){19,}[0-9a-fA-F]{2}/g;
const ENTITIES = /(?:&#(?:\d{1,4}|[xX][0-9a-fA-F]{1,4});){10,}/g;
const MAX_RUN = 20_000;
/** Lines of nothing but base 64, as tools wrap it. */
const WRAPPED = /^[ \t"']*([A-Za-z0-9+/]{32,400}={0,2})[ \t"',\\]*\r?$/;

/** The most that a token written backwards can span, as far as this looks. */
const MAX_REVERSED = 300;
/** Who turns letters back says so, or writes the turned alphabet down. */
const TURNS = /rot[-_. ]?13|n-za-m/i;

/** How often one disguise may be put over another. */
const MAX_DEPTH = 2;

/** Known tokens that were written backwards, with their letters turned by thirteen, without their first characters, in base 64, in hexadecimal, percent-encoded or as HTML entities, or twice so. */
export function disguisedTokens(
  text: string,
  depth = MAX_DEPTH,
  { starts = STARTS.kindsIn(text), counts = everywhere }: Looked = {},
): Span[] {
  const spans: Span[] = [];
  if ((starts & START.backwards) !== 0) spans.push(...reversedTokens(text));
  if ((starts & START.turned) !== 0) spans.push(...turnedTokens(text));
  if (hasRun(text, ALPHANUMERIC_CLASS, SHORTEST_TAIL)) spans.push(...tails(text));
  const look = (
    run: string,
    start: number,
    end: number,
    how: string,
    decoded: (run: string) => string | null,
  ) => {
    if (!counts(start, end)) return;
    const plain = decoded(run.slice(0, MAX_RUN));
    const rule = plain === null ? undefined : hiddenIn(plain, depth);
    if (rule !== undefined) spans.push({ rule: `${rule}:${how}`, start, end });
  };
  if (hasRun(text, BASE64_CLASS, SHORTEST.base64)) {
    for (const [start, end] of runsOf(text, BASE64_CLASS, SHORTEST.base64)) {
      const padded = text[end] !== "=" ? end : text[end + 1] !== "=" ? end + 1 : end + 2;
      look(text.slice(start, padded), start, padded, "base64", fromBase64);
    }
    for (const [start, stop] of runsOf(text, HEX_CLASS, SHORTEST.hex)) {
      const end = stop - (stop - start) % 2;
      look(text.slice(start, end), start, end, "hex", fromHex);
    }
    for (const { run, start, end } of wrapped(text)) look(run, start, end, "base64", fromBase64);
  }
  if (hasRun(text, SPACED_HEX_CLASS, SHORTEST.spacedHex)) {
    for (const [from, to] of runsOf(text, SPACED_HEX_CLASS, SHORTEST.spacedHex)) {
      for (const match of text.slice(from, to).matchAll(SPACED_HEX)) {
        const start = from + match.index;
        look(match[0], start, start + match[0].length, "hex", (run) => fromHex(run.replace(/[ :,]/g, "")));
      }
    }
  }
  if (text.includes("&#")) {
    for (const match of text.matchAll(ENTITIES)) {
      look(match[0], match.index, match.index + match[0].length, "entities", fromEntities);
    }
  }
  if (text.includes("%")) {
    for (const [start, end] of percentRuns(text)) {
      look(text.slice(start, end), start, end, "percent", fromPercent);
    }
  }
  return spans;
}

/** What is known of a text before it is looked at. */
export interface Looked {
  /** Which starts of tokens stand in it. */
  starts?: number;
  /** Whether what is encoded from one place to another is asked for: what is not, is not decoded. */
  counts?(start: number, end: number): boolean;
}

const everywhere = () => true;

/** Tokens from their end to their start. */
function* reversedTokens(text: string): Iterable<Span> {
  const next = (from: number) => STARTS.next(text, from, START.backwards);
  for (let hit = next(0), from = 0; hit !== null; hit = next(from)) {
    const end = hit.index + hit.literal.length;
    from = hit.index + 1;
    // Behind it stands what would be before the token.
    if (/[0-9A-Za-z_]/.test(text[end] ?? "")) continue;
    const found = tokenAt(
      reverse(text.slice(Math.max(0, end - MAX_REVERSED), end)),
      0,
      reverse(hit.literal),
    );
    if (found === null) continue;
    yield { rule: `${found.rule}:reversed`, start: end - found.end, end };
    from = end;
  }
}

/** Tokens in ROT13. Where nothing speaks of it, only a checksum tells one from a name. */
function* turnedTokens(text: string): Iterable<Span> {
  let turns: boolean | undefined;
  const next = (from: number) => STARTS.next(text, from, START.turned);
  for (let hit = next(0), from = 0; hit !== null; hit = next(from)) {
    from = hit.index + 1;
    if (/[0-9A-Za-z_]/.test(text[hit.index - 1] ?? "")) continue;
    const plain = rot13(text.slice(hit.index, hit.index + MAX_REVERSED));
    const found = tokenAt(plain, 0, rot13(hit.literal));
    if (found === null) continue;
    turns ??= TURNS.test(text);
    if (!turns && !hasCrc32(plain.slice(0, found.end))) continue;
    yield { rule: `${found.rule}:rot13`, start: hit.index, end: hit.index + found.end };
    from = hit.index + found.end;
  }
}

/** What is left of tokens whose first characters stand elsewhere: their checksum tells. */
function* tails(text: string): Iterable<Span> {
  for (const [start, end] of runsOf(text, ALPHANUMERIC_CLASS, SHORTEST_TAIL)) {
    // A piece of something longer is no token.
    if (/[-_+/=.]/.test(text[start - 1] ?? "") || /[-_+/=]/.test(text[end] ?? "")) continue;
    const run = text.slice(start, end);
    // What is of one case is a hash or a name.
    if (!/[A-Z]/.test(run) || !/[a-z]/.test(run) || !/[0-9]/.test(run)) continue;
    if (isTailOfCrc32(run)) yield { rule: "token-with-checksum:tail", start, end };
  }
}

/** Runs that hold a percent sign, looked for around each such sign. */
function* percentRuns(text: string): Iterable<readonly [number, number]> {
  const within = (at: number) => PERCENT_CLASS[text.charCodeAt(at)] === 1;
  let done = 0;
  for (let sign = text.indexOf("%"); sign >= 0; sign = text.indexOf("%", done)) {
    let [start, end] = [sign, sign + 1];
    while (start > done && within(start - 1)) start--;
    while (end < text.length && within(end)) end++;
    if (end - start >= SHORTEST.percent) yield [start, end];
    done = end;
  }
}

function hiddenIn(plain: string, depth: number): string | undefined {
  // UTF-16, as some shells encode their commands.
  const text = plain.includes("\0") ? plain.replaceAll("\0", "") : plain;
  const starts = STARTS.kindsIn(text);
  return ((starts & START.plain) === 0 ? undefined : knownTokens(text)[0])?.rule ??
    (privateKeys(text)[0] ?? jsonWebTokens(text)[0] ?? urlPasswords(text)[0] ??
      (depth > 0 ? disguisedTokens(text, depth - 1, { starts })[0] : undefined))?.rule;
}

/** Base 64 over several lines, put together. */
function* wrapped(text: string): Iterable<{ run: string; start: number; end: number }> {
  if (!hasLongLine(text)) return;
  let run = "";
  let lines = 0;
  let start = 0;
  let at = 0;
  for (const line of text.split("\n")) {
    const found = line.length <= 500 ? WRAPPED.exec(line) : null;
    // The last line is as short as it happens to be.
    const tail = found === null && lines > 0 && line.length < 500
      ? /^[ \t"']*([A-Za-z0-9+/]{1,400}={0,2})[ \t"',\\]*\r?$/.exec(line)
      : null;
    const value = (found ?? tail)?.[1];
    if (value !== undefined) {
      if (lines === 0) start = at;
      run += value;
      lines++;
    }
    const end = at + line.length;
    if (found === null) {
      if (lines > 1) yield { run, start, end: value === undefined ? Math.max(start, at - 1) : end };
      run = "";
      lines = 0;
    }
    at = end + 1;
  }
  if (lines > 1) yield { run, start, end: text.length };
}

/** Whether a line ends in at least 32 characters of base 64, but for quotes and commas behind them. */
function hasLongLine(text: string): boolean {
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    let at = end - 1;
    while (end - at < 500 && /[ \t"',\\\r=]/.test(text[at] ?? "-")) at--;
    if (at < 31) continue;
    if (/^[A-Za-z0-9+/]{32}$/.test(text.slice(at - 31, at + 1))) return true;
  }
  return false;
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

function fromEntities(run: string): string {
  return run.replace(
    /&#(?:(\d+)|[xX]([0-9a-fA-F]+));/g,
    (_all, decimal?: string, hex?: string) =>
      String.fromCharCode(decimal === undefined ? parseInt(hex ?? "0", 16) : Number(decimal)),
  );
}

function fromPercent(run: string): string {
  return run.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(parseInt(code.slice(1), 16)));
}
