/**
 * JSON in which no number is changed: integers beyond 2^53 and decimals that a double would round stay text. One pass over the
 * bytes finds the few that matter, so that the rest is JSON.parse at its own speed.
 */
import type { Json } from "../../specs/mod.ts";

/** Deeper than any answer of an API, and shallow enough for every recursive walk that comes after. */
export const MAX_DEPTH = 500;

export const isObject = (value: unknown): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What makes a text no JSON that can be used; the message tells where, and never repeats the content. */
export class NotJson extends Error {
  override name = "NotJson";
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads UTF-8 JSON. Throws NotJson for anything else, for broken UTF-8 and for nesting beyond `MAX_DEPTH`. */
export function parseJson(bytes: Uint8Array): Json {
  const { depth, numbers } = survey(bytes);
  if (depth > MAX_DEPTH) {
    throw new NotJson(`it is nested ${depth} levels deep, more than ${MAX_DEPTH}`);
  }
  const exact = numbers.length === 0 ? bytes : quoted(bytes, numbers);
  let text: string;
  try {
    text = utf8.decode(exact);
  } catch {
    throw new NotJson("it is not UTF-8");
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new NotJson(
      bytes.length === 0 ? "it is empty" : `it breaks off or has a wrong character (${bytes.length} bytes)`,
    );
  }
}

/** Greatest depth, and [start, end) of numbers with more than 15 digits or a three-digit exponent: all others survive a double. */
function survey(bytes: Uint8Array): { depth: number; numbers: [number, number][] } {
  const numbers: [number, number][] = [];
  const length = bytes.length;
  let depth = 0;
  let open = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      for (i++; i < length; i++) {
        const inside = bytes[i];
        if (inside === BACKSLASH) i++;
        else if (inside === QUOTE) break;
      }
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++open > depth) depth = open;
    } else if (byte === 0x5d || byte === 0x7d) {
      open--;
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const start = i;
      let digits = 0;
      let exponent = -1;
      for (; i < length; i++) {
        const part = bytes[i] as number;
        if (part >= 0x30 && part <= 0x39) digits++;
        else if (part === 0x65 || part === 0x45) exponent = digits;
        else if (part !== 0x2e && part !== 0x2d && part !== 0x2b) break;
      }
      if (digits > 15 || (exponent >= 0 && digits - exponent > 2)) numbers.push([start, i]);
      i--;
    }
  }
  return { depth, numbers };
}

/** The bytes with quotes around each number that a double would change. Only where a value may stand, so that nothing wrong becomes right. */
function quoted(bytes: Uint8Array, numbers: readonly [number, number][]): Uint8Array {
  const ascii = new TextDecoder("latin1");
  const changed = numbers.filter(([start, end]) =>
    isValue(bytes, start, end) && changesAsDouble(ascii.decode(bytes.subarray(start, end)))
  );
  const out = new Uint8Array(bytes.length + changed.length * 2);
  let from = 0;
  let to = 0;
  for (const [start, end] of changed) {
    out.set(bytes.subarray(from, start), to);
    to += start - from;
    out[to++] = QUOTE;
    out.set(bytes.subarray(start, end), to);
    to += end - start;
    out[to++] = QUOTE;
    from = end;
  }
  out.set(bytes.subarray(from), to);
  return out;
}

function isValue(bytes: Uint8Array, start: number, end: number): boolean {
  let before = start - 1;
  while (before >= 0 && isSpace(bytes[before] as number)) before--;
  let after = end;
  while (after < bytes.length && isSpace(bytes[after] as number)) after++;
  const left = before < 0 ? "" : String.fromCharCode(bytes[before] as number);
  const right = after >= bytes.length ? "" : String.fromCharCode(bytes[after] as number);
  return ["", "[", ",", ":"].includes(left) && ["", "]", "}", ","].includes(right);
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Whether a JSON number loses something as a double: false for what is no JSON number. */
export function changesAsDouble(source: string): boolean {
  const parts = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source);
  if (!parts) return false;
  const value = Number(source);
  if (!Number.isFinite(value)) return true;
  const isInteger = parts[2] === undefined && parts[3] === undefined;
  if (isInteger) return !Number.isSafeInteger(value);
  return normal(source) !== normal(String(value));
}

/** Significant digits and the power of ten of the last: the same for the same number. */
function normal(number: string): string {
  const [mantissa = "", exponent = "0"] = number.replace(/^-/, "").toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${significant}e${
    BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  }`;
}
