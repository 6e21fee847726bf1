/** What others said, made fit to be shown: no secret nor a part of one, no control characters, not long. */
import type { Json } from "../../specs/mod.ts";
import { redaction } from "../net/redaction.ts";

export interface Quotes {
  /** The text without secrets, in full. */
  hide(text: string): string;
  /** One line for a message: also without pieces of the credential and without what looks like one. */
  quote(text: string, most?: number): string;
  /** A value in which no string holds the credential. */
  clean<T>(value: T): T;
}

/** So long a piece of a credential is no accident. */
const PIECE = 8;
const LOOKS_SECRET =
  /\b(?:sk|pk|rk|gsk|xai|hf|nvapi|org|proj)[-_][\w*.\-…]{6,}|\bAIza[\w-]{10,}|\b(?:Bearer|Basic)\s+[\w*.~+/=-]{6,}|\b[\w-]{2,}\*{3,}[\w-]*/gi;

export function quotes(secrets: readonly string[]): Quotes {
  const hidden = redaction();
  const known = secrets.filter((secret) => secret.length >= 4);
  for (const secret of known) hidden.add(secret);
  const pieces = new Set(known.flatMap((secret) => piecesOf(secret.toLowerCase())));
  const hide = (text: string): string => hidden.hide(text);
  return {
    hide,
    quote(text, most = 300) {
      const line = withoutPieces(hidden.hideCut(text.slice(0, 20_000)), pieces)
        .replace(LOOKS_SECRET, "***")
        // deno-lint-ignore no-control-regex -- exactly these are taken out
        .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g, " ")
        .replace(/\s+/g, " ").trim();
      return line.length > most ? `${line.slice(0, most)}…` : line;
    },
    clean<T>(value: T): T {
      const text = JSON.stringify(value);
      if (text === undefined || known.length === 0) return value;
      const shown = hide(text);
      return shown === text
        ? value
        : fallback(() => JSON.parse(shown) as Json, () => cleanDeep(value, hide)) as T;
    },
  };
}

function fallback<T>(first: () => T, second: () => T): T {
  try {
    return first();
  } catch {
    // A secret that ends in a backslash takes a quote along.
    return second();
  }
}

function cleanDeep(value: unknown, hide: (text: string) => string): Json {
  if (typeof value === "string") return hide(value);
  if (Array.isArray(value)) return value.map((one) => cleanDeep(one, hide));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [hide(key), cleanDeep(one, hide)]));
  }
  return value as Json;
}

function piecesOf(secret: string): string[] {
  return Array.from(
    { length: Math.max(0, secret.length - PIECE + 1) },
    (_, at) => secret.slice(at, at + PIECE),
  );
}

function withoutPieces(text: string, pieces: ReadonlySet<string>): string {
  if (pieces.size === 0 || text.length < PIECE) return text;
  const lower = text.toLowerCase();
  // Lower case can change a length (İ): then places do not match, and nothing of it is shown.
  if (lower.length !== text.length) return "";
  let shown = "";
  for (let at = 0; at < text.length;) {
    let end = at;
    while (pieces.has(lower.slice(end, end + PIECE))) end++;
    if (end === at) shown += text[at++];
    else {
      shown += "***";
      at = end + PIECE - 1;
    }
  }
  return shown;
}
